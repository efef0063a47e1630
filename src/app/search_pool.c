/* Messages: rank 0 sends WORK (ticket and parameters) or QUIT; a worker sends
 * RESULT for each WORK, and before it REPORT, each answered by VERDICT. A
 * worker's own error rides on its RESULT, rank 0 then hands out nothing more,
 * and par_agree tells everybody the same at the end. Rank 0's worker is a
 * thread; its main thread alone talks to MPI. */
#include "app/search_pool.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/side.h"

enum {
    TAG_WORK = 1,
    TAG_QUIT = 2,
    TAG_RESULT = 3,
    TAG_REPORT = 4,
    TAG_VERDICT = 5
};
/* How long rank 0 sleeps between two looks for a message: less after one. */
enum { LOOK_US = 50, LOOK_MOST_US = 2000, ALONE_US = 20000 };

struct result_msg {
    uint32_t ticket;
    int32_t st;   /* of the trial */
    int32_t stop; /* this worker was asked to stop */
    int32_t pruned;
    double value;
};

struct report_msg { /* and its answer */
    uint32_t ticket;
    int32_t prune;
    int32_t st; /* of study_report */
    int32_t pad;
    int64_t step;
    double value;
};

/* A trial on a worker, or (side) in rank 0's thread. */
struct pool_trial {
    struct par *par;
    struct side *side;
    uint32_t ticket;
    bool pruned;
};

/* What rank 0's own worker computes, on the side thread. */
struct own {
    const struct pool_job *job;
    const double *x;
    struct pool_trial trial;
    struct result_msg result;
};

static status own_trial(void *ctx)
{
    struct own *o = ctx;
    status st = o->job->fn(o->job->ctx, o->x, &o->trial, &o->result.value);

    o->result.pruned = o->trial.pruned;
    return st;
}

/* Over the wire and back. */
static status ask_rank_0(struct pool_trial *t, struct report_msg *m)
{
    char *buf = NULL;
    size_t cap = 0;
    size_t size;
    int from;
    int tag;
    status st = OK;

    TRY(par_send(t->par, 0, TAG_REPORT, m, sizeof *m));
    TRY(par_recv(t->par, &from, &tag, &buf, &cap, &size));
    BUG_IF(tag != TAG_VERDICT || size != sizeof *m);
    memcpy(m, buf, sizeof *m);
out:
    mem_free(buf);
    return st;
}

status
pool_report(struct pool_trial *t, int64_t step, double value, bool *prune)
{
    struct report_msg m = {.ticket = t->ticket, .step = step, .value = value};
    status st = OK;

    if (t->side)
        side_ask(t->side, &m);
    else
        TRY(ask_rank_0(t, &m));
    ENSURE(m.st == OK, (status)m.st, "trial %u: its report at step %lld",
           t->ticket, (long long)step);
    *prune = t->pruned = m.prune != 0;
out:
    return st;
}

uint32_t pool_ticket(const struct pool_trial *t)
{
    return t->ticket;
}

/* ---- the other ranks ---- */

static status worker(const struct pool_job *job)
{
    size_t size = sizeof(double) * (job->n_params + 1);
    double *msg = NULL; /* ticket, x [n_params] */
    size_t cap = 0;
    status failed = OK;
    struct trail trail = {0};
    status st = OK;

    for (;;) {
        int from;
        int tag;
        size_t got;
        struct result_msg r = {.value = NAN};
        char *buf = (char *)msg;
        st = par_recv(job->par, &from, &tag, &buf, &cap, &got);
        msg = (double *)(void *)buf;
        TRY(st);
        if (tag == TAG_QUIT)
            break;
        BUG_IF(tag != TAG_WORK || got != size);
        r.ticket = (uint32_t)msg[0];
        struct pool_trial trial = {.par = job->par, .ticket = r.ticket};
        r.st = (int32_t)job->fn(job->ctx, msg + 1, &trial, &r.value);
        r.pruned = trial.pruned;
        if (r.st != OK && r.st != ERR_NUMERIC && failed == OK) {
            failed = (status)r.st;
            trail_save(&trail);
        }
        r.stop = job->stop_wanted();
        TRY(par_send(job->par, 0, TAG_RESULT, &r, sizeof r));
    }
    if (failed != OK) {
        trail_load(&trail);
        st = failed;
    }
out:
    mem_free(msg);
    return st;
}

/* ---- rank 0 ---- */

struct pool {
    const struct pool_job *job;
    struct side *side;
    struct own own;
    int size;
    bool *busy; /* [size] */
    int n_busy;
    double *msg; /* [1 + n_params] */
    char *buf;
    size_t cap;
    long look_us;
    bool stop;          /* hand out nothing more */
    struct trail trail; /* why rank 0's own trial ended the search */
    struct progress progress;
    uint32_t logged;
};

static status hand_to(struct pool *p, int w, bool *given)
{
    const struct pool_job *job = p->job;
    const double *x;
    uint32_t ticket;
    status st = OK;

    *given = study_take(job->study, w, &ticket, &x);
    if (!*given)
        goto out;
    p->busy[w] = true;
    p->n_busy++;
    if (w == 0) {
        p->own = (struct own){job,
                              x,
                              {.side = p->side, .ticket = ticket},
                              {.ticket = ticket, .value = NAN}};
        side_start(p->side, own_trial, &p->own);
        goto out;
    }
    p->msg[0] = (double)ticket;
    memcpy(p->msg + 1, x, job->n_params * sizeof *x);
    TRY(par_send(job->par, w, TAG_WORK, p->msg,
                 sizeof(double) * (job->n_params + 1)));
out:
    return st;
}

/* Idle ranks first, so that the coordinator's own trial does not delay them. */
static status hand_out(struct pool *p)
{
    bool given = true;
    status st = OK;

    for (int w = p->size - 1; w >= 0 && given; w--)
        if (!p->busy[w])
            TRY(hand_to(p, w, &given));
out:
    return st;
}

static void take_result(struct pool *p, int w, const struct result_msg *r)
{
    p->busy[w] = false;
    p->n_busy--;
    p->stop = p->stop || r->stop;
    if (r->st != OK && r->st != ERR_NUMERIC) {
        p->stop = true;
        study_lost(p->job->study, w);
        return;
    }
    enum trial_state state = r->st != OK ? TRIAL_FAIL
                             : r->pruned ? TRIAL_PRUNED
                                         : TRIAL_COMPLETE;
    (void)study_result(p->job->study, r->ticket, state, r->value);
}

static void judge(struct pool *p, struct report_msg *m)
{
    bool prune = false;

    m->st = (int32_t)study_report(p->job->study, m->ticket, m->step, m->value,
                                  &prune);
    m->prune = prune;
}

static status take_message(struct pool *p)
{
    int from;
    int tag;
    size_t size;
    struct result_msg r;
    struct report_msg m;
    status st = OK;

    TRY(par_recv(p->job->par, &from, &tag, &p->buf, &p->cap, &size));
    if (tag == TAG_REPORT) {
        BUG_IF(size != sizeof m);
        memcpy(&m, p->buf, sizeof m);
        judge(p, &m);
        TRY(par_send(p->job->par, from, TAG_VERDICT, &m, sizeof m));
    } else {
        BUG_IF(tag != TAG_RESULT || size != sizeof r);
        memcpy(&r, p->buf, sizeof r);
        take_result(p, from, &r);
    }
out:
    return st;
}

/* Wait for one message, or a little while. */
static status wait_message(struct pool *p, status *mine)
{
    bool waiting = false;
    status own = OK;
    struct report_msg *asked;
    status st = OK;

    if (p->size > 1)
        TRY(par_probe(p->job->par, &waiting));
    if (waiting) {
        TRY(take_message(p));
    } else if (side_done(p->side, p->size > 1 ? p->look_us : ALONE_US, &own)) {
        if (own != OK && own != ERR_NUMERIC) {
            *mine = own;
            trail_save(&p->trail);
        }
        p->own.result.st = (int32_t)own;
        take_result(p, 0, &p->own.result);
    } else if ((asked = side_question(p->side)) != NULL) {
        judge(p, asked);
        side_answer(p->side);
    } else {
        p->look_us = p->look_us < LOOK_MOST_US ? 2 * p->look_us : LOOK_MOST_US;
        goto out;
    }
    p->look_us = LOOK_US;
out:
    return st;
}

/* Events and progress of the trials told since the last call. */
static void show(struct pool *p)
{
    uint32_t told = study_told(p->job->study);
    uint32_t best;
    char extra[64] = "";

    for (; p->logged < told; p->logged++) {
        const struct trial *t = study_trial(p->job->study, p->logged);
        LOG_TEXT("search.state", p->logged, trial_state_name(t->state));
        if (t->state == TRIAL_COMPLETE)
            LOG_F64("search.value", p->logged, t->value);
    }
    if (study_best(p->job->study, &best))
        (void)snprintf(extra, sizeof extra, "best %.6f (trial %" PRIu32 ")",
                       study_trial(p->job->study, best)->value, best);
    progress_show(&p->progress, told, extra);
}

static bool should_stop(const struct pool *p)
{
    return p->stop || p->job->stop_wanted() ||
           (p->job->stop_after >= 0 &&
            study_told(p->job->study) >= p->job->stop_after);
}

static status coordinate(struct pool *p, bool *done, status *mine)
{
    status st = OK;

    for (;;) {
        TRY(study_advance(p->job->study, done));
        show(p);
        if (*done)
            break;
        p->stop = should_stop(p);
        if (!p->stop)
            TRY(hand_out(p));
        if (p->n_busy == 0)
            break;
        TRY(wait_message(p, mine));
    }
out:
    return st;
}

/* Nobody is left computing or waiting for a message, whatever happened. */
static void dismiss(struct pool *p)
{
    status ignored = OK;

    p->stop = true;
    while (p->n_busy > 0)
        if (wait_message(p, &ignored) != OK)
            break;
    for (int w = 1; w < p->size; w++)
        (void)par_send(p->job->par, w, TAG_QUIT, NULL, 0);
    side_free(p->side);
}

static status coordinator(const struct pool_job *job, bool *done)
{
    struct pool p = {
        .job = job, .size = par_size(job->par), .look_us = LOOK_US};
    struct trail trail = {0};
    status mine = OK;
    status st = OK;

    uint32_t first = study_told(job->study);
    p.logged = first;
    progress_start(&p.progress, "search", "trial", first,
                   study_trials(job->study), !job->quiet);
    TRY(mem_new((size_t)p.size, sizeof *p.busy, &p.busy));
    TRY(mem_new(job->n_params + 1, sizeof *p.msg, &p.msg));
    TRY(side_new(&p.side));
    TRY(coordinate(&p, done, &mine));
    if (mine != OK) {
        trail_load(&p.trail);
        TRY(mine);
    }
out:
    if (st != OK)
        trail_save(&trail);
    dismiss(&p);
    if (st != OK)
        trail_load(&trail);
    progress_end(&p.progress, study_told(job->study), "");
    mem_free(p.buf);
    mem_free(p.msg);
    mem_free(p.busy);
    return st;
}

status pool_run(const struct pool_job *job, bool *stopped)
{
    bool done = false;
    bool all = false;
    status st = OK;

    if (par_rank(job->par) == 0)
        st = coordinator(job, &done);
    else
        st = worker(job);
    TRY(par_agree(job->par, st));
    TRY(par_any(job->par, done, &all));
    *stopped = !all;
out:
    return st;
}
