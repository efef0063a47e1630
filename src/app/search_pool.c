/* Messages: rank 0 sends WORK (ticket and parameters) or QUIT; a worker sends
 * RESULT for each WORK. A worker's own error rides on its RESULT, rank 0 then
 * hands out nothing more, and par_agree tells everybody the same at the end.
 * Rank 0's worker is a thread; its main thread alone talks to MPI. */
#include "app/search_pool.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/side.h"

enum { TAG_WORK = 1, TAG_QUIT = 2, TAG_RESULT = 3 };

struct result_msg {
    uint32_t ticket;
    int32_t st;   /* of the trial */
    int32_t stop; /* this worker was asked to stop */
    int32_t pad;
    double value;
};

/* What rank 0's own worker computes, on the side thread. */
struct own {
    const struct pool_job *job;
    const double *x;
    struct result_msg result;
};

static status own_trial(void *ctx)
{
    struct own *o = ctx;
    return o->job->fn(o->job->ctx, o->x, &o->result.value);
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
        r.st = (int32_t)job->fn(job->ctx, msg + 1, &r.value);
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
        p->own = (struct own){job, x, {.ticket = ticket, .value = NAN}};
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
    (void)study_result(p->job->study, r->ticket,
                       r->st == OK ? TRIAL_COMPLETE : TRIAL_FAIL, r->value);
}

/* Wait for one result, or a little while. */
static status wait_result(struct pool *p, status *mine)
{
    bool waiting = false;
    status own = OK;
    status st = OK;

    if (p->size > 1)
        TRY(par_probe(p->job->par, &waiting));
    if (waiting) {
        int from;
        int tag;
        size_t size;
        TRY(par_recv(p->job->par, &from, &tag, &p->buf, &p->cap, &size));
        struct result_msg r;
        BUG_IF(tag != TAG_RESULT || size != sizeof r);
        memcpy(&r, p->buf, sizeof r);
        take_result(p, from, &r);
    } else if (side_done(p->side, p->size > 1 ? 50 : 20000, &own)) {
        if (own != OK && own != ERR_NUMERIC) {
            *mine = own;
            trail_save(&p->trail);
        }
        p->own.result.st = (int32_t)own;
        take_result(p, 0, &p->own.result);
    }
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
        TRY(wait_result(p, mine));
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
        if (wait_result(p, &ignored) != OK)
            break;
    for (int w = 1; w < p->size; w++)
        (void)par_send(p->job->par, w, TAG_QUIT, NULL, 0);
    side_free(p->side);
}

static status coordinator(const struct pool_job *job, bool *done)
{
    struct pool p = {.job = job, .size = par_size(job->par)};
    struct trail trail = {0};
    status mine = OK;
    status st = OK;

    uint32_t first = study_told(job->study);
    p.logged = first;
    progress_start(&p.progress, "search", "trial", first, job->trials,
                   !job->quiet);
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
