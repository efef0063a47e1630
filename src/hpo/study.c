/* The sampler is asked and the journal written in the order schedule_step
 * gives, and nothing else decides anything; so the journal is a function of
 * configuration and results. A resume replays that order from the beginning
 * against the recorded trials, and goes on where they end. */
#include "hpo/study.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "hpo/journal.h"
#include "hpo/schedule.h"

/* Proposals without a model: this many start-up trials are never reached. */
#define NEVER UINT32_MAX

struct result {
    bool there;
    enum trial_state state;
    double value;
};

struct study {
    struct study_conf conf;
    const struct space *space;
    struct schedule *schedule;
    struct journal_writer *journal;
    int64_t id;            /* of the study in its file */
    int64_t trial_offset;  /* file id of trial 0 */
    struct trial *trials;  /* [conf.trials] */
    double *x;             /* [conf.trials][space->n] */
    struct result *result; /* [conf.trials] results not told yet */
    uint32_t proposed, told;
    struct tpe_rng rng; /* lag 0: goes on from trial to trial */
    struct mt19937 mt[2];
};

/* What a resumed journal says of itself, and this run of itself. */
static void identity(const struct study_conf *c, struct text *t)
{
    text_add(t,
             "{\"seed\": %" PRIu64 ", \"lag\": %u, \"sampler\": \"%s\", "
             "\"rules\": \"%s\", \"startup\": %u, \"candidates\": %u, "
             "\"data\": ",
             c->seed, c->lag, c->sampler == STUDY_RANDOM ? "random" : "tpe",
             c->tpe.parzen.rules == TPE_V31 ? "optuna-3.1" : "optuna-current",
             c->tpe.n_startup, c->tpe.n_candidates);
    text_json(t, c->data ? c->data : "");
    text_add(t, "}");
}

static const char attr_name[] = "fmcib:search";

/* ---- proposals ---- */

/* Results of tickets seen .. told-1 out of sight, or back in it. They are there
 * only when a finished search goes on with more trials. */
static void show_results(struct study *s, uint32_t seen, bool show)
{
    for (uint32_t t = seen; t < s->told; t++)
        s->trials[t].state = show ? s->result[t].state : TRIAL_RUNNING;
}

/* Parameters of ticket t from results of tickets < seen. */
static status propose(struct study *s, uint32_t t, uint32_t seen)
{
    struct tpe_conf conf = s->conf.tpe;
    struct tpe_past past = {s->space, s->trials, t};
    double *x = s->x + (size_t)t * s->space->n;
    status st = OK;

    if (s->conf.sampler == STUDY_RANDOM)
        conf.n_startup = NEVER;
    conf.liar = conf.liar || s->conf.lag > 0;
    if (s->conf.lag > 0)
        tpe_rng_ticket(&s->rng, s->conf.seed, 0, t);
    BUG_IF(s->told < seen || s->proposed != t);
    show_results(s, seen, false);
    st = tpe_suggest(&conf, &past, &s->rng, x);
    show_results(s, seen, true);
    TRY(st);
    s->trials[t] = (struct trial){.state = TRIAL_RUNNING, .value = NAN, .x = x};
    s->proposed = t + 1;
out:
    return st;
}

static void write_params(struct study *s, uint32_t t, const bool *have)
{
    for (uint32_t p = 0; p < s->space->n; p++)
        if (!have || !have[p])
            journal_param(s->journal, s->trial_offset + t, &s->space->params[p],
                          s->trials[t].x[p]);
}

static void tell(struct study *s, uint32_t t)
{
    const struct result *r = &s->result[t];

    s->trials[t].state = r->state;
    s->trials[t].value = r->value;
    s->told = t + 1;
}

static status do_step(struct study *s, struct schedule_do d)
{
    status st = OK;

    if (d.what == SCHEDULE_PROPOSE) {
        TRY(propose(s, d.ticket, d.seen));
        journal_start_trial(s->journal, s->id);
        write_params(s, d.ticket, NULL);
    } else {
        tell(s, d.ticket);
        journal_end_trial(s->journal, s->trial_offset + d.ticket,
                          s->trials[d.ticket].state, s->trials[d.ticket].value);
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

/* ---- resume ---- */

static status check_param(const struct study *s,
                          uint32_t t,
                          const struct journal_value *v,
                          bool *have)
{
    struct space_param is = {0};
    uint32_t p = 0;
    status st = OK;

    while (p < s->space->n && strcmp(s->space->params[p].name, v->name) != 0)
        p++;
    ENSURE(p < s->space->n, ERR_RUN,
           "trial %u has a parameter %s, which is not searched here", t,
           v->name);
    TRY(space_from_json(v->name, v->dist, &is));
    ENSURE(space_same(&is, &s->space->params[p]), ERR_RUN,
           "trial %u: %s was drawn from another range", t, v->name);
    ENSURE(v->x == s->trials[t].x[p], ERR_RUN,
           "trial %u: the journal has %s = %.17g, this configuration proposes "
           "%.17g",
           t, v->name, v->x, s->trials[t].x[p]);
    have[p] = true;
out:
    space_param_free(&is);
    return st;
}

/* The recorded trial t against the one proposed again; what a kill left out
 * of its parameters is written now. */
static status
replay_start(struct study *s, uint32_t t, const struct journal_trial *j)
{
    bool *have = NULL;
    status st = OK;

    TRY(mem_new(s->space->n, sizeof *have, &have));
    for (size_t i = 0; i < j->n_params; i++)
        TRY(check_param(s, t, &j->params[i], have));
    if (t == 0)
        s->trial_offset = j->id;
    ENSURE(j->id == s->trial_offset + t, ERR_RUN,
           "trial %u: trials of another study lie between ours", t);
    if (j->state == TRIAL_RUNNING)
        write_params(s, t, have);
out:
    mem_free(have);
    return st;
}

static status
replay_end(struct study *s, uint32_t t, const struct journal_trial *j)
{
    status st = OK;

    ENSURE(j->state == TRIAL_COMPLETE || j->state == TRIAL_FAIL, ERR_RUN,
           "trial %u is %s, but a later one is finished: not written by a "
           "search with lag %u",
           t, trial_state_name(j->state), s->conf.lag);
    s->result[t] = (struct result){true, j->state, j->value};
    tell(s, t);
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
    struct schedule_do d = schedule_step(again);
    status st = OK;

    if (d.what == SCHEDULE_PROPOSE && d.ticket < j->n_trials) {
        TRY(propose(s, d.ticket, d.seen));
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
    uint32_t n = (uint32_t)j->n_trials;
    uint32_t ended = 0;
    bool more = true;
    status st = OK;

    ENSURE(j->n_trials <= s->conf.trials, ERR_RUN,
           "%zu trials are there, this search has %u", j->n_trials,
           s->conf.trials);
    for (uint32_t t = 0; t < n; t++)
        if (j->trials[t].state != TRIAL_RUNNING)
            ended = t + 1;
    TRY(schedule_new(s->conf.trials, s->conf.lag, 0, 0, &again));
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

static void value_text(const struct json *v, char *out, size_t size)
{
    if (json_is_text(v))
        (void)snprintf(out, size, "%s", json_text(v));
    else
        (void)snprintf(out, size, "%lld", (long long)json_i64(v, -1));
}

/* Same configuration? Names the first member that differs. */
static status check_identity(const struct study *s,
                             const struct journal_study *j)
{
    const struct json *is = journal_attr(&j->system, attr_name);
    struct json *mine = NULL;
    struct text t = {0};
    status st = OK;

    identity(&s->conf, &t);
    TRY(text_status(&t));
    TRY(json_parse(t.s, t.len, "identity", &mine));
    ENSURE(j->maximise == s->conf.tpe.maximise && json_is_object(is), ERR_RUN,
           "study %s was not written by this program or has another direction",
           j->name);
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

/* A kill may come between the records of the study and its trials. */
static status load(struct study *s, const char *path)
{
    struct journal *j = NULL;
    const struct journal_study *there = NULL;
    struct text t = {0};
    status st = OK;

    if (file_exists(path))
        TRY(journal_read(path, &j));
    there = j ? journal_find(j, s->conf.name) : NULL;
    s->id = there ? there->id : j ? (int64_t)j->n_studies : 0;
    s->trial_offset = j ? (int64_t)j->n_ids : 0;
    if (!there)
        journal_create_study(s->journal, s->conf.name, s->conf.tpe.maximise);
    if (!there ||
        (!journal_attr(&there->system, attr_name) && there->n_trials == 0)) {
        identity(&s->conf, &t);
        TRY(text_status(&t));
        journal_study_attr(s->journal, s->id, true, attr_name, t.s);
    } else {
        TRY(check_identity(s, there));
    }
    if (there)
        TRY(replay(s, there));
out:
    if (st != OK)
        status_prefix("%s: ", path);
    text_free(&t);
    journal_free(j);
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

status study_open(const char *path,
                  const struct study_conf *conf,
                  const struct space *space,
                  bool resume,
                  struct study **out)
{
    struct study *s = NULL;
    status st = OK;

    TRY(check_conf(conf, space));
    ENSURE(resume || !file_exists(path), ERR_RUN,
           "%s: there is a journal already; --resume goes on with it", path);
    TRY(mem_new(1, sizeof *s, &s));
    s->conf = *conf;
    s->space = space;
    /* equal observations: as numpy orders them where Optuna is repeated */
    s->conf.tpe.parzen.numpy_order = conf->lag == 0;
    TRY(mem_new(conf->trials, sizeof *s->trials, &s->trials));
    TRY(mem_new(conf->trials, sizeof *s->result, &s->result));
    TRY(mem_new((size_t)conf->trials * space->n, sizeof *s->x, &s->x));
    if (conf->lag == 0)
        tpe_rng_sequential(&s->rng, (uint32_t)conf->seed, s->mt);
    TRY(journal_open(path, conf->name, &s->journal));
    TRY(load(s, path));
    TRY(journal_flush(s->journal));
    TRY(schedule_new(conf->trials, conf->lag, s->told, s->proposed,
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
    journal_close(s->journal);
    schedule_free(s->schedule);
    mem_free(s->x);
    mem_free(s->result);
    mem_free(s->trials);
    mem_free(s);
}

bool study_take(struct study *s, int worker, uint32_t *ticket, const double **x)
{
    if (!schedule_take(s->schedule, worker, ticket))
        return false;
    *x = s->trials[*ticket].x;
    return true;
}

bool study_result(struct study *s,
                  uint32_t ticket,
                  enum trial_state state,
                  double value)
{
    if (!schedule_result(s->schedule, ticket))
        return false;
    if (state != TRIAL_COMPLETE || isnan(value)) {
        state = TRIAL_FAIL;
        value = NAN;
    }
    s->result[ticket] = (struct result){true, state, value};
    return true;
}

void study_lost(struct study *s, int worker)
{
    schedule_lost(s->schedule, worker);
}

uint32_t study_running(const struct study *s)
{
    return schedule_running(s->schedule);
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

void study_digest(const struct study *s, struct digest *d)
{
    digest_text(d, "study", s->conf.name);
    digest_i64(d, "maximise", s->conf.tpe.maximise);
    digest_i64(d, "trials", s->told);
    for (uint32_t p = 0; p < s->space->n; p++) {
        struct text t = {0};
        space_text(&s->space->params[p], &t);
        digest_text(d, s->space->params[p].name, t.s ? t.s : "");
        text_free(&t);
    }
    for (uint32_t t = 0; t < s->told; t++) {
        uint64_t n = s->space->n;
        digest_text(d, "state", trial_state_name(s->trials[t].state));
        digest_array(d, "x", DIGEST_F64, 1, &n, s->trials[t].x);
        if (s->trials[t].state == TRIAL_COMPLETE)
            digest_f64(d, "value", s->trials[t].value);
    }
}
