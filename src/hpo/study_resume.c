/* The trials a journal holds. Our own are proposed again, in the order the
 * schedule gives, and must come out as recorded; those of another program are
 * history, held against space and direction only. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#include "hpo/study_part.h"

static const char attr_name[] = "fmcib:search";

/* ---- what a study says of itself ---- */

static void identity(const struct study *s, struct text *t)
{
    static const char *const sampler[] = {"tpe", "random", "grid"};
    const struct study_conf *c = &s->conf;
    struct text pruner = {0};

    if (c->pruner)
        pruner_text(c->pruner, &pruner);
    text_add(t,
             "{\"seed\": %" PRIu64 ", \"lag\": %u, \"sampler\": \"%s\", "
             "\"rules\": \"%s\", \"startup\": %u, \"candidates\": %u, "
             "\"pruner\": \"%s\", \"before\": %u, \"data\": ",
             c->seed, c->lag, sampler[c->sampler],
             c->tpe.parzen.rules == TPE_V31 ? "optuna-3.1" : "optuna-current",
             c->tpe.n_startup, c->tpe.n_candidates,
             pruner.s ? pruner.s : "none", s->before);
    text_json(t, c->data ? c->data : "");
    text_add(t, "}");
    if (text_status(&pruner) != OK)
        t->st = text_status(&pruner);
    text_free(&pruner);
}

static void value_text(const struct json *v, char *out, size_t size)
{
    if (json_is_text(v))
        (void)snprintf(out, size, "%s", json_text(v));
    else
        (void)snprintf(out, size, "%lld", (long long)json_i64(v, -1));
}

/* Same configuration? Names the first member that differs. */
static status check_identity(const struct study *s, const struct json *is)
{
    struct json *mine = NULL;
    struct text t = {0};
    status st = OK;

    identity(s, &t);
    TRY(text_status(&t));
    TRY(json_parse(t.s, t.len, "identity", &mine));
    for (size_t i = 0; i < json_len(mine); i++) {
        const char *key = json_key(mine, i);
        const struct json *a = json_get(is, key);
        const struct json *b = json_member(mine, i);
        char there[256];
        char here[256];
        value_text(a, there, sizeof there);
        value_text(b, here, sizeof here);
        ENSURE(!strcmp(there, here), ERR_RUN,
               "the study there has another %s: %s, here %s", key, there, here);
    }
out:
    text_free(&t);
    json_free(mine);
    return st;
}

static status write_identity(struct study *s)
{
    struct text t = {0};
    status st = OK;

    identity(s, &t);
    TRY(text_status(&t));
    journal_study_attr(s->journal, s->id, true, attr_name, t.s);
out:
    text_free(&t);
    return st;
}

/* ---- one recorded trial ---- */

static status find_param(const struct study *s,
                         uint32_t t,
                         const struct journal_value *v,
                         uint32_t *at)
{
    struct space_param is = {0};
    uint32_t p = space_find(s->space, v->name);
    status st = OK;

    ENSURE(p < s->space->n, ERR_RUN,
           "trial %u has a parameter %s, which is not searched here", t,
           v->name);
    TRY(space_from_json(v->name, v->dist, &is));
    ENSURE(space_same(&is, &s->space->params[p]), ERR_RUN,
           "trial %u: %s was drawn from another range: %g to %g%s, here %g to "
           "%g%s",
           t, v->name, is.low, is.high, is.log ? " (log)" : "",
           s->space->params[p].low, s->space->params[p].high,
           s->space->params[p].log ? " (log)" : "");
    *at = p;
out:
    space_param_free(&is);
    return st;
}

/* Its reports, and the rungs the halving pruners noted, in order. */
static status take_reports(struct study_result *r,
                           const struct journal_trial *j)
{
    const struct json *rung;
    char key[40];
    status st = OK;

    TRY(mem_grow(j->n_reports, sizeof *r->reports, &r->reports,
                 &r->cap_reports));
    for (size_t i = 0; i < j->n_reports; i++)
        r->reports[i] = j->reports[i];
    r->n_reports = j->n_reports;
    for (r->n_rungs = 0;; r->n_rungs++) {
        (void)snprintf(key, sizeof key, "completed_rung_%zu", r->n_rungs);
        rung = journal_attr(&j->system, key);
        if (!rung)
            break;
        TRY(mem_grow(r->n_rungs + 1, sizeof *r->rungs, &r->rungs,
                     &r->cap_rungs));
        r->rungs[r->n_rungs] = json_f64(rung, NAN);
    }
out:
    return st;
}

/* ---- trials of another program ---- */

static status
take_history(struct study *s, uint32_t t, const struct journal_trial *j)
{
    double *x = s->x + (size_t)t * s->space->n;
    uint32_t p = 0;
    status st = OK;

    for (uint32_t i = 0; i < s->space->n; i++)
        x[i] = NAN;
    for (size_t i = 0; i < j->n_params; i++) {
        TRY(find_param(s, t, &j->params[i], &p));
        x[p] = j->params[i].x;
    }
    TRY(take_reports(&s->result[t], j));
    s->result[t].state = j->state;
    s->result[t].value = j->value;
    if (j->state == TRIAL_RUNNING) {
        /* whoever ran it is gone, and may not come back */
        journal_end_trial(s->journal, j->id, TRIAL_FAIL, NAN);
        s->result[t].state = TRIAL_FAIL;
    }
    s->trial_id[t] = j->id;
    s->trials[t].x = x;
    s->place[t] = GRID_NONE;
    if (s->grid)
        s->place[t] = grid_place(s->grid, journal_attr(&j->system, "grid_id"),
                                 journal_attr(&j->system, "search_space"));
    study_tell(s, t);
    s->proposed = t + 1;
out:
    return st;
}

static status take_before(struct study *s, const struct journal_study *j)
{
    uint32_t waiting = 0;
    uint32_t running = 0;
    status st = OK;

    ENSURE(s->before <= j->n_trials, ERR_DATA,
           "%u earlier trials are spoken of, %zu are there", s->before,
           j->n_trials);
    ENSURE(s->before < s->conf.trials, ERR_CONF,
           "study %s has %u trials already, this search %u in all", j->name,
           s->before, s->conf.trials);
    for (uint32_t t = 0; t < s->before; t++) {
        waiting += j->trials[t].state == TRIAL_WAITING;
        running += j->trials[t].state == TRIAL_RUNNING;
        TRY(take_history(s, t, &j->trials[t]));
    }
    if (waiting > 0)
        log_warn("study %s: %u queued trials are left in the queue: later ones "
                 "were run before them",
                 j->name, waiting);
    if (running > 0)
        log_warn("study %s: %u trials that were left running are told FAIL",
                 j->name, running);
out:
    return st;
}

/* A grid has no trial for a combination that is done already; those of the
 * queue have no place in it. */
static status cut_trials(struct study *s)
{
    uint32_t *taken = NULL;
    uint32_t queued = 0;
    uint32_t size;
    uint32_t left;
    status st = OK;

    if (!s->grid)
        goto out;
    size = grid_size(s->grid);
    TRY(mem_new(size, sizeof *taken, &taken));
    for (uint32_t t = 0; t < s->before; t++)
        if (s->place[t] != GRID_NONE && s->result[t].state != TRIAL_WAITING)
            taken[s->place[t]]++;
    for (uint32_t t = s->before; t < s->room; t++)
        queued += s->fixed[t] != NULL;
    left = queued + grid_left(s->grid, s->before + queued, taken);
    ENSURE(left > 0, ERR_CONF,
           "each of the grid's %u combinations is done already", size);
    if (s->conf.trials > s->before + left)
        s->conf.trials = s->before + left;
out:
    mem_free(taken);
    return st;
}

/* ---- our own trials, again ---- */

/* The recorded trial t against the one proposed again; what a kill left out
 * of its parameters is written now. */
static status
replay_start(struct study *s, uint32_t t, const struct journal_trial *j)
{
    bool *have = NULL;
    uint32_t p = 0;
    status st = OK;

    TRY(mem_new(s->space->n, sizeof *have, &have));
    for (size_t i = 0; i < j->n_params; i++) {
        const struct journal_value *v = &j->params[i];
        TRY(find_param(s, t, v, &p));
        ENSURE(v->x == s->trials[t].x[p], ERR_RUN,
               "trial %u: the journal has %s = %.17g, this configuration "
               "proposes %.17g",
               t, v->name, v->x, s->trials[t].x[p]);
        have[p] = true;
    }
    for (p = 0; p < s->space->n; p++)
        ENSURE(have[p] || isnan(s->trials[t].x[p]) || j->state == TRIAL_RUNNING,
               ERR_RUN,
               "trial %u: the journal has no %s, this configuration proposes "
               "%.17g",
               t, s->space->params[p].name, s->trials[t].x[p]);
    s->trial_id[t] = j->id;
    if (j->state == TRIAL_RUNNING)
        study_write_params(s, t, have);
out:
    mem_free(have);
    return st;
}

/* The recorded reports through the pruner, who must say what it said. */
static status
replay_reports(struct study *s, uint32_t t, const struct journal_trial *j)
{
    bool pruned = false;
    status st = OK;

    study_forget(s, t);
    for (size_t i = 0; i < j->n_reports; i++) {
        ENSURE(!pruned, ERR_RUN,
               "trial %u went on after step %lld, at which this pruner stops "
               "it",
               t, (long long)j->reports[i - 1].step);
        TRY(study_ask(s, t, j->reports[i].step, j->reports[i].value, &pruned));
    }
    ENSURE(!s->conf.pruner || j->state == TRIAL_FAIL ||
               pruned == (j->state == TRIAL_PRUNED),
           ERR_RUN, "trial %u is %s, which this pruner would not have said", t,
           trial_state_name(j->state));
out:
    return st;
}

static status
replay_end(struct study *s, uint32_t t, const struct journal_trial *j)
{
    const char *reason;
    status st = OK;

    ENSURE(j->state != TRIAL_RUNNING && j->state != TRIAL_WAITING, ERR_RUN,
           "trial %u is %s, but a later one is finished: not written by a "
           "search with lag %u",
           t, trial_state_name(j->state), s->conf.lag);
    TRY(replay_reports(s, t, j));
    reason = json_text(journal_attr(&j->user, "fail_reason"));
    if (reason && !s->result[t].reason)
        TRY(mem_text(reason, &s->result[t].reason));
    s->result[t].state = j->state;
    s->result[t].value = j->value;
    study_tell(s, t);
out:
    return st;
}

/* The next step of the recorded search; *more: it may not be the last. */
static status replay_step(struct study *s,
                          const struct journal_study *j,
                          struct schedule *again,
                          uint32_t ended,
                          bool *more)
{
    uint32_t n = study_queue_start(j);
    struct schedule_do d = schedule_step(again);
    status st = OK;

    if (d.what == SCHEDULE_PROPOSE && d.ticket < n) {
        TRY(study_propose(s, d.ticket, d.seen));
        TRY(replay_start(s, d.ticket, &j->trials[d.ticket]));
    } else if (d.what == SCHEDULE_TELL) {
        TRY(replay_end(s, d.ticket, &j->trials[d.ticket]));
    } else if (s->told < ended) {
        (void)schedule_result(again, s->told);
    } else {
        *more = false;
    }
out:
    return st;
}

static status replay(struct study *s, const struct journal_study *j)
{
    struct schedule *again = NULL;
    uint32_t n = study_queue_start(j);
    uint32_t ended = s->before;
    bool more = true;
    status st = OK;

    n = n > s->before ? n : s->before;
    ENSURE(n <= s->conf.trials, ERR_RUN,
           "%u trials are there, this search has %u", n, s->conf.trials);
    for (uint32_t t = s->before; t < n; t++)
        if (j->trials[t].state != TRIAL_RUNNING)
            ended = t + 1;
    TRY(schedule_new(s->conf.trials, s->conf.lag, s->before, s->before,
                     &again));
    while (more && (s->proposed < n || s->told < ended))
        TRY(replay_step(s, j, again, ended, &more));
    ENSURE(s->proposed == n, ERR_RUN,
           "%u trials are there, of which %u are finished: not written by a "
           "search with lag %u",
           n, ended, s->conf.lag);
out:
    schedule_free(again);
    return st;
}

/* ---- the whole ---- */

static status new_study(struct study *s)
{
    status st = OK;

    journal_create_study(s->journal, s->conf.name, s->conf.tpe.maximise);
    TRY(cut_trials(s));
    TRY(write_identity(s));
out:
    return st;
}

/* Everything that is there comes before ours. */
static status adopt(struct study *s, const struct journal_study *there)
{
    status st = OK;

    s->before = study_queue_start(there);
    TRY(take_before(s, there));
    TRY(study_read_queue(s, there));
    TRY(cut_trials(s));
    TRY(write_identity(s));
out:
    return st;
}

/* A kill may come between the records of the study and its trials. */
static status go_on(struct study *s, const struct journal_study *there)
{
    const struct json *is = journal_attr(&there->system, attr_name);
    status st = OK;

    if (!is && there->n_trials == 0) {
        TRY(cut_trials(s));
        TRY(write_identity(s));
        goto out;
    }
    ENSURE(json_is_object(is), ERR_RUN,
           "study %s was not written by this program; a new run may take it "
           "over as history (search.journal)",
           there->name);
    s->before = (uint32_t)json_i64(json_get(is, "before"), 0);
    TRY(check_identity(s, is));
    if (s->before > 0)
        TRY(take_before(s, there));
    TRY(study_read_queue(s, there));
    TRY(cut_trials(s));
    TRY(replay(s, there));
out:
    return st;
}

static status check_study(const struct study *s, const struct journal_study *j)
{
    status st = OK;

    ENSURE(j->directions == 1, ERR_RUN,
           "study %s has %zu objectives; one can be searched", j->name,
           j->directions);
    ENSURE(j->maximise == s->conf.tpe.maximise, ERR_RUN,
           "study %s has another direction: it %s", j->name,
           j->maximise ? "maximises" : "minimises");
out:
    return st;
}

/* The studies of the file, for a message. */
static void names_of(const struct journal *j, char *out, size_t size)
{
    size_t at = 0;

    *out = '\0';
    for (size_t i = 0; j && i < j->n_studies && at < size; i++)
        if (!j->studies[i].deleted)
            at += (size_t)snprintf(out + at, size - at, "%s%s", at ? ", " : "",
                                   j->studies[i].name);
}

status study_load(struct study *s, const char *path, bool resume)
{
    struct journal *j = NULL;
    const struct journal_study *there = NULL;
    char names[256];
    status st = OK;

    if (file_exists(path))
        TRY(journal_read(path, &j));
    TRY(journal_open(path, s->conf.name, &s->journal));
    journal_expect(s->journal, j ? j->good_size + j->torn : 0);
    there = j ? journal_find(j, s->conf.name) : NULL;
    names_of(j, names, sizeof names);
    ENSURE(there || (!s->conf.adopt && !*names), ERR_RUN,
           "there is no study %s to go on with (there are: %s); it is the "
           "journal of another search",
           s->conf.name, names);
    s->id = there ? there->id : j ? (int64_t)j->n_studies : 0;
    s->next_id = j ? (int64_t)j->n_ids : 0;
    if (there)
        TRY(check_study(s, there));
    if (!there)
        TRY(new_study(s));
    else if (s->conf.adopt &&
             (!resume || !journal_attr(&there->system, attr_name)))
        TRY(adopt(s, there));
    else
        TRY(go_on(s, there));
out:
    if (st != OK && strncmp(status_text(), path, strlen(path)) != 0)
        status_prefix("%s: ", path);
    journal_free(j);
    return st;
}
