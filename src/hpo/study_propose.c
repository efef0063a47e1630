/* What is decided: parameters of a ticket, whether it goes on. Both look at
 * the same trials: results of tickets 0 .. t-lag-1, the ones in between as
 * running, without reports. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "hpo/study_part.h"

/* Proposals without a model: this many start-up trials are never reached. */
#define NEVER UINT32_MAX

/* Trial t with its result, or as a running one. */
static void show(struct study *s, uint32_t t, bool as_told)
{
    const struct study_result *r = &s->result[t];
    struct trial *a = &s->trials[t];

    a->state = as_told ? r->state : TRIAL_RUNNING;
    a->value = as_told ? r->value : (double)NAN;
    a->reports = r->reports;
    a->n_reports = as_told ? (uint32_t)r->n_reports : 0;
    a->rungs = r->rungs;
    a->n_rungs = as_told ? (uint32_t)r->n_rungs : 0;
}

/* Results of tickets seen .. n-1 that are told already out of sight, or back
 * in it. */
static void
show_results(struct study *s, uint32_t seen, uint32_t n, bool as_told)
{
    for (uint32_t t = seen; t < s->told && t < n; t++)
        show(s, t, as_told);
}

void study_tell(struct study *s, uint32_t t)
{
    show(s, t, true);
    s->told = t + 1;
}

void study_forget(struct study *s, uint32_t t)
{
    s->result[t].n_reports = 0;
    s->result[t].n_rungs = 0;
    s->result[t].pruned = false;
}

/* ---- parameters ---- */

/* Under hyperband the sampler of 3.1 sees the trials of one bracket; the
 * current one means to, but asks for the trials in a way that passes the
 * filter by. *some is NULL when it sees all. */
static status bracket_of(const struct study *s,
                         uint32_t t,
                         struct tpe_past *past,
                         struct trial **some)
{
    uint32_t bracket = pruner_bracket(&s->pruner, t);
    status st = OK;

    *some = NULL;
    if (!s->conf.pruner || s->pruner.brackets == 0 ||
        s->conf.tpe.parzen.rules != TPE_V31)
        goto out;
    TRY(mem_new(t, sizeof **some, some));
    past->n = 0;
    for (uint32_t i = 0; i < t; i++)
        if (pruner_bracket(&s->pruner, i) == bracket)
            (*some)[past->n++] = s->trials[i];
    past->trials = *some;
    past->memo = NULL;
out:
    return st;
}

static status suggest(struct study *s, uint32_t t, double *x)
{
    struct tpe_conf conf = s->conf.tpe;
    struct tpe_past past = {s->space, s->trials, t, s->memo, s->fixed[t]};
    struct trial *some = NULL;
    status st = OK;

    if (s->conf.sampler == STUDY_RANDOM)
        conf.n_startup = NEVER;
    conf.liar = conf.liar || s->conf.lag > 0;
    if (s->conf.lag > 0)
        tpe_rng_ticket(&s->rng, s->conf.seed, 0, t);
    TRY(bracket_of(s, t, &past, &some));
    TRY(tpe_suggest(&conf, &past, &s->rng, x));
out:
    mem_free(some);
    return st;
}

/* How many trials before t have each place of the grid: those seen, and those
 * running; a place that is only missing because it runs is never free. */
static status in_grid(struct study *s, uint32_t t, double *x)
{
    uint32_t *taken = NULL;
    status st = OK;

    if (s->fixed[t]) {
        memcpy(x, s->fixed[t], s->space->n * sizeof *x);
        goto out;
    }
    TRY(mem_new(grid_size(s->grid), sizeof *taken, &taken));
    for (uint32_t i = 0; i < t; i++)
        if (s->place[i] != GRID_NONE)
            taken[s->place[i]]++;
    s->place[t] = grid_next(s->grid, t, taken);
    BUG_IF(s->place[t] == GRID_NONE);
    grid_at(s->grid, s->place[t], x);
out:
    mem_free(taken);
    return st;
}

/* As in Optuna, combinations that differ in what no trial has are not one. */
static status place_in_grid(struct study *s, uint32_t t, double *x)
{
    status st = OK;

    TRY(in_grid(s, t, x));
    for (uint32_t p = 0; p < s->space->n; p++)
        if (!space_exists(s->space, p, x))
            x[p] = NAN;
out:
    return st;
}

status study_propose(struct study *s, uint32_t t, uint32_t seen)
{
    double *x = s->x + (size_t)t * s->space->n;
    status st = OK;

    seen = seen > s->before ? seen : s->before;
    BUG_IF(s->told < seen || s->proposed != t);
    s->place[t] = GRID_NONE;
    show_results(s, seen, t, false);
    if (s->conf.sampler == STUDY_GRID)
        st = place_in_grid(s, t, x);
    else
        st = suggest(s, t, x);
    /* with a lag trials ask in any order, so their turn decides */
    if (s->conf.pruner && s->conf.lag > 0 && !pruner_is_decided(&s->pruner)) {
        pruner_decide(&s->pruner, s->trials, t);
        if (pruner_is_decided(&s->pruner))
            s->decided_at = t;
    }
    show_results(s, seen, t, true);
    TRY(st);
    s->trials[t] = (struct trial){.state = TRIAL_RUNNING, .value = NAN, .x = x};
    s->proposed = t + 1;
out:
    return st;
}

/* ---- pruning ---- */

static status
keep_report(struct study_result *r, uint32_t t, int64_t step, double value)
{
    status st = OK;

    for (size_t i = 0; i < r->n_reports; i++)
        ENSURE(r->reports[i].step != step, ERR_DATA,
               "trial %u reports step %lld twice", t, (long long)step);
    TRY(mem_grow(r->n_reports + 1, sizeof *r->reports, &r->reports,
                 &r->cap_reports));
    r->reports[r->n_reports++] = (struct trial_report){step, value};
out:
    return st;
}

static status keep_rungs(struct study_result *r, uint32_t n, double value)
{
    status st = OK;

    TRY(mem_grow(r->n_rungs + n, sizeof *r->rungs, &r->rungs, &r->cap_rungs));
    for (; n > 0; n--)
        r->rungs[r->n_rungs++] = value;
out:
    return st;
}

static status ask(struct study *s, uint32_t t, struct pruner_verdict *v)
{
    uint32_t seen = t > s->conf.lag ? t - s->conf.lag : 0;
    struct pruner undecided;
    struct pruner *p = &s->pruner;
    status st = OK;

    if (s->conf.lag > 0 && t < s->decided_at &&
        s->decided_at != UINT32_MAX) { /* it was decided after this ticket */
        TRY(pruner_start(s->conf.pruner, &undecided));
        p = &undecided;
    }
    seen = seen > s->before ? seen : s->before;
    show_results(s, seen, t, false);
    show(s, t, true);
    s->trials[t].state = TRIAL_RUNNING;
    st = pruner_ask(p, s->trials, t + 1, t, v);
    show(s, t, false);
    show_results(s, seen, t, true);
out:
    return st;
}

status
study_ask(struct study *s, uint32_t t, int64_t step, double value, bool *prune)
{
    struct study_result *r = &s->result[t];
    struct pruner_verdict v = {0};
    const struct trial_report *last;
    status st = OK;

    TRY(keep_report(r, t, step, value));
    if (s->conf.pruner) {
        TRY(ask(s, t, &v));
        show(s, t, true);
        last = trial_last(&s->trials[t]);
        TRY(keep_rungs(r, v.new_rungs, last->value));
        show(s, t, false);
    }
    r->pruned = v.prune;
    *prune = v.prune;
out:
    return st;
}

/* ---- records ---- */

void study_write_params(struct study *s, uint32_t t, const bool *have)
{
    struct text grid = {0};
    char place[16];

    for (uint32_t p = 0; p < s->space->n; p++)
        if (!isnan(s->trials[t].x[p]) && (!have || !have[p]))
            journal_param(s->journal, s->trial_id[t], &s->space->params[p],
                          s->trials[t].x[p]);
    if (s->place[t] == GRID_NONE)
        return;
    grid_text(s->grid, &grid);
    (void)snprintf(place, sizeof place, "%u", s->place[t]);
    journal_trial_attr(s->journal, s->trial_id[t], true, "search_space",
                       text_status(&grid) == OK ? grid.s : "null");
    journal_trial_attr(s->journal, s->trial_id[t], true, "grid_id", place);
    text_free(&grid);
}
