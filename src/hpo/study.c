/* The sampler is asked and the journal written in the order schedule_step
 * gives, and nothing else decides anything; so the journal is a function of
 * configuration and results. A resume replays that order from the beginning
 * against the recorded trials, and goes on where they end. */
#include "hpo/study.h"

#include <inttypes.h>
#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "hpo/study_part.h"

/* ---- one step ---- */

static void write_reports(struct study *s, uint32_t t)
{
    const struct study_result *r = &s->result[t];

    for (size_t i = 0; i < r->n_reports; i++)
        journal_report(s->journal, s->trial_id[t], r->reports[i].step,
                       r->reports[i].value);
    for (size_t i = 0; i < r->n_rungs; i++)
        journal_rung(s->journal, s->trial_id[t], (uint32_t)i, r->rungs[i]);
}

static status write_reason(struct study *s, uint32_t t)
{
    struct text line = {0};
    status st = OK;

    if (!s->result[t].reason)
        goto out;
    text_json(&line, s->result[t].reason);
    TRY(text_status(&line));
    journal_trial_attr(s->journal, s->trial_id[t], false, "fail_reason",
                       line.s);
out:
    text_free(&line);
    return st;
}

static status do_step(struct study *s, struct schedule_do d)
{
    uint32_t t = d.ticket;
    status st = OK;

    if (d.what == SCHEDULE_PROPOSE) {
        TRY(study_propose(s, t, d.seen));
        if (t < s->queue_end) {
            journal_take_trial(s->journal, s->trial_id[t]);
        } else {
            s->trial_id[t] = s->next_id++;
            journal_start_trial(s->journal, s->id);
        }
        study_write_params(s, t, NULL);
    } else {
        study_tell(s, t);
        write_reports(s, t);
        TRY(write_reason(s, t));
        journal_end_trial(s->journal, s->trial_id[t], s->trials[t].state,
                          s->trials[t].value);
    }
out:
    return st;
}

status study_advance(struct study *s, bool *done)
{
    struct schedule_do d = schedule_step(s->schedule);
    status st = OK;

    for (; d.what == SCHEDULE_PROPOSE || d.what == SCHEDULE_TELL;
         d = schedule_step(s->schedule))
        TRY(do_step(s, d));
    TRY(journal_flush(s->journal));
    *done = d.what == SCHEDULE_DONE;
out:
    return st;
}

/* ---- the object ---- */

static status check_conf(const struct study_conf *c, const struct space *space)
{
    status st = OK;

    TRY(space_check(space));
    ENSURE(c->trials >= 1, ERR_CONF, "a search of no trials");
    ENSURE(c->lag > 0 || c->seed <= UINT32_MAX, ERR_CONF,
           "with lag 0 the draws are Optuna's, whose seeds end at %u; the seed "
           "is %" PRIu64,
           UINT32_MAX, c->seed);
out:
    return st;
}

static status new_tables(struct study *s)
{
    size_t n = s->conf.trials;
    status st = OK;

    s->room = s->conf.trials;
    TRY(mem_new(n, sizeof *s->trials, &s->trials));
    TRY(mem_new(n, sizeof *s->result, &s->result));
    TRY(mem_new(n, sizeof *s->trial_id, &s->trial_id));
    TRY(mem_new(n, sizeof *s->place, &s->place));
    TRY(mem_new(n, sizeof *s->fixed, &s->fixed));
    TRY(mem_new(n * s->space->n, sizeof *s->x, &s->x));
out:
    return st;
}

/* The parts that decide. */
static status new_rules(struct study *s)
{
    const struct study_conf *c = &s->conf;
    status st = OK;

    s->decided_at = UINT32_MAX;
    /* equal observations: as numpy orders them where Optuna is repeated */
    s->conf.tpe.parzen.numpy_order = c->lag == 0;
    if (c->lag == 0)
        tpe_rng_sequential(&s->rng, (uint32_t)c->seed, s->mt);
    TRY(tpe_memo_new(s->space, &s->memo));
    if (c->pruner)
        TRY(pruner_start(c->pruner, &s->pruner));
    if (c->sampler == STUDY_GRID)
        TRY(grid_new(s->space, c->grid, c->seed, &s->grid));
out:
    return st;
}

status study_open(const char *path,
                  const struct study_conf *conf,
                  const struct space *space,
                  bool resume,
                  struct study **out)
{
    struct study *s = NULL;
    status st = OK;

    TRY(check_conf(conf, space));
    ENSURE(!conf->adopt || file_exists(path), ERR_FILE,
           "%s: no journal to go on with", path);
    ENSURE(resume || conf->adopt || !file_exists(path), ERR_RUN,
           "%s: there is a journal already; --resume goes on with it", path);
    TRY(mem_new(1, sizeof *s, &s));
    s->conf = *conf;
    s->space = space;
    TRY(new_tables(s));
    TRY(new_rules(s));
    TRY(study_load(s, path, resume));
    TRY(journal_flush(s->journal));
    TRY(schedule_new(s->conf.trials, conf->lag, s->told, s->proposed,
                     &s->schedule));
    *out = s;
    s = NULL;
out:
    study_close(s);
    return st;
}

void study_close(struct study *s)
{
    if (!s)
        return;
    for (uint32_t t = 0; s->result && t < s->room; t++) {
        mem_free(s->result[t].reports);
        mem_free(s->result[t].rungs);
        mem_free(s->result[t].reason);
    }
    for (uint32_t t = 0; s->fixed && t < s->room; t++)
        mem_free(s->fixed[t]);
    mem_free(s->fixed);
    journal_close(s->journal);
    schedule_free(s->schedule);
    grid_free(s->grid);
    tpe_memo_free(s->memo);
    mem_free(s->x);
    mem_free(s->place);
    mem_free(s->trial_id);
    mem_free(s->result);
    mem_free(s->trials);
    mem_free(s);
}

/* ---- workers ---- */

bool study_take(struct study *s, int worker, uint32_t *ticket, const double **x)
{
    if (!schedule_take(s->schedule, worker, ticket))
        return false;
    study_forget(s, *ticket);
    *x = s->trials[*ticket].x;
    return true;
}

status study_report(
    struct study *s, uint32_t ticket, int64_t step, double value, bool *prune)
{
    status st = OK;

    BUG_IF(ticket < s->told || ticket >= s->proposed);
    TRY(study_ask(s, ticket, step, value, prune));
out:
    return st;
}

/* The value of the largest step. */
static double last_report(const struct study_result *r)
{
    const struct trial t = {.reports = r->reports,
                            .n_reports = (uint32_t)r->n_reports};
    const struct trial_report *last = trial_last(&t);

    return last ? last->value : (double)NAN;
}

bool study_result(struct study *s,
                  uint32_t ticket,
                  enum trial_state state,
                  double value)
{
    struct study_result *r = &s->result[ticket];

    if (!schedule_result(s->schedule, ticket))
        return false;
    if (state == TRIAL_PRUNED) {
        value = last_report(r);
    } else if (state != TRIAL_COMPLETE || isnan(value)) {
        state = TRIAL_FAIL;
        value = NAN;
    }
    r->state = state;
    r->value = value;
    return true;
}

bool study_fail(struct study *s, uint32_t ticket, const char *reason)
{
    bool taken = study_result(s, ticket, TRIAL_FAIL, NAN);

    if (taken && mem_text(reason, &s->result[ticket].reason) != OK)
        s->result[ticket].reason = NULL; /* FAIL without words */
    return taken;
}

const char *study_reason(const struct study *s, uint32_t t)
{
    return s->result[t].reason ? s->result[t].reason : "";
}

void study_lost(struct study *s, int worker)
{
    schedule_lost(s->schedule, worker);
}

/* ---- what is known ---- */

uint32_t study_running(const struct study *s)
{
    return schedule_running(s->schedule);
}

uint32_t study_trials(const struct study *s)
{
    return s->conf.trials;
}

uint32_t study_before(const struct study *s)
{
    return s->before;
}

uint32_t study_told(const struct study *s)
{
    return s->told;
}

const struct trial *study_trial(const struct study *s, uint32_t t)
{
    return &s->trials[t];
}

bool study_best(const struct study *s, uint32_t *best)
{
    bool found = false;

    for (uint32_t t = 0; t < s->told; t++) {
        const struct trial *a = &s->trials[t];
        if (a->state != TRIAL_COMPLETE)
            continue;
        double v = s->conf.tpe.maximise ? a->value : -a->value;
        double top = !found                 ? 0
                     : s->conf.tpe.maximise ? s->trials[*best].value
                                            : -s->trials[*best].value;
        if (!found || v > top)
            *best = t;
        found = true;
    }
    return found;
}

/* Nothing for a parameter that is always there. */
static void digest_conditions(const struct space_param *p, struct digest *d)
{
    for (uint32_t k = 0; k < p->n_when; k++) {
        uint64_t n = p->when[k].n;
        digest_i64(d, "parent", p->when[k].parent);
        digest_array(d, "when", DIGEST_F64, 1, &n, p->when[k].values);
    }
}

static void digest_trial(const struct study *s, uint32_t t, struct digest *d)
{
    const struct trial *a = &s->trials[t];
    uint64_t n = s->space->n;

    digest_text(d, "state", trial_state_name(a->state));
    digest_array(d, "x", DIGEST_F64, 1, &n, a->x);
    if (a->state == TRIAL_COMPLETE)
        digest_f64(d, "value", a->value);
    for (uint32_t i = 0; i < a->n_reports; i++) {
        digest_i64(d, "step", a->reports[i].step);
        digest_f64(d, "report", a->reports[i].value);
    }
}

void study_digest(const struct study *s, struct digest *d)
{
    digest_text(d, "study", s->conf.name);
    digest_i64(d, "maximise", s->conf.tpe.maximise);
    digest_i64(d, "trials", s->told);
    for (uint32_t p = 0; p < s->space->n; p++) {
        struct text t = {0};
        space_text(&s->space->params[p], &t);
        digest_text(d, s->space->params[p].name, t.s ? t.s : "");
        digest_conditions(&s->space->params[p], d);
        text_free(&t);
    }
    for (uint32_t t = 0; t < s->told; t++)
        digest_trial(s, t, d);
}
