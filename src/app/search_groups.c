/* Groups of ranks and their leaders; rank 0 is search_coordinator.c. */
#include "app/search_groups.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

#include "app/search_groups_impl.h"

static bool is_first(const struct groups *g)
{
    return par_rank(g->job->par) == 0;
}

size_t groups_work_size(const struct groups *g)
{
    return sizeof(double) * (g->job->n_params + 1);
}

status groups_pass_on(struct groups *g, int tag, size_t size)
{
    status st = OK;

    for (int r = 1; r < par_size(g->job->group); r++)
        TRY(par_send(g->job->group, r, tag, g->msg, size));
out:
    return st;
}

/* What a trial logs is no event of the search. */
void groups_compute(struct groups *g, struct result_msg *out)
{
    bool events = log_events(false);
    status st;

    memset(out, 0, sizeof *out);
    out->r.state = TRIAL_FAIL;
    out->r.value = NAN;
    out->ticket = g->ticket;
    st = g->job->fn(g->job->ctx, g, g->ticket, g->x, &out->r);
    (void)log_events(events);
    if (st != OK && st != STOPPED && g->failed == OK) {
        status_prefix("trial %" PRIu32 ": ", g->ticket);
        g->failed = st;
        trail_save(&g->trail);
    }
    out->st = (int32_t)st;
}

/* A WORK message that has come. */
static void take_work(struct groups *g, int tag, size_t size)
{
    BUG_IF(tag != TAG_WORK || size != groups_work_size(g));
    memcpy(g->msg, g->buf, size);
    g->ticket = (uint32_t)g->msg[0];
    g->x = g->msg + 1;
}

/* Ranks that are no leaders. */
static status follow(struct groups *g)
{
    status st = OK;

    for (;;) {
        struct result_msg mine;
        size_t size = 0;
        int from = 0;
        int tag = 0;

        TRY(par_recv(g->job->group, &from, &tag, &g->buf, &g->cap, &size));
        if (tag == TAG_QUIT)
            break;
        take_work(g, tag, size);
        groups_compute(g, &mine);
    }
out:
    return st;
}

/* Rank 0 of a group that is not the first. */
static status lead(struct groups *g)
{
    status st = OK;

    for (;;) {
        struct result_msg mine;
        size_t size = 0;
        int from = 0;
        int tag = 0;

        TRY(par_recv(g->job->par, &from, &tag, &g->buf, &g->cap, &size));
        if (tag == TAG_STOP)
            continue;
        if (tag == TAG_QUIT)
            break;
        take_work(g, tag, size);
        TRY(groups_pass_on(g, TAG_WORK, size));
        groups_compute(g, &mine);
        TRY(par_send(g->job->par, 0, TAG_RESULT, &mine, sizeof mine));
    }
    TRY(groups_pass_on(g, TAG_QUIT, 0));
out:
    return st;
}

/* ---- from within a trial ---- */

status groups_report(struct groups *g, int64_t step, double value, bool *prune)
{
    struct report_msg report = {step, value};
    status st = OK;

    if (is_first(g))
        return groups_judge(g, g->ticket, &report, prune);
    TRY(par_send(g->job->par, 0, TAG_REPORT, &report, sizeof report));
    for (;;) {
        struct verdict_msg verdict;
        size_t size = 0;
        int from = 0;
        int tag = 0;

        TRY(par_recv(g->job->par, &from, &tag, &g->buf, &g->cap, &size));
        g->stop = g->stop || tag == TAG_STOP;
        if (tag != TAG_VERDICT)
            continue;
        BUG_IF(size != sizeof verdict);
        memcpy(&verdict, g->buf, sizeof verdict);
        *prune = verdict.prune != 0;
        break;
    }
out:
    return st;
}

/* A leader within a trial is sent nothing but STOP. */
static status look_for_stop(struct groups *g)
{
    bool waiting = false;
    size_t size = 0;
    int from = 0;
    int tag = 0;
    status st = OK;

    TRY(par_probe(g->job->par, &waiting));
    if (!waiting)
        goto out;
    TRY(par_recv(g->job->par, &from, &tag, &g->buf, &g->cap, &size));
    BUG_IF(tag != TAG_STOP);
    g->stop = true;
out:
    return st;
}

status groups_tick(struct groups *g, bool *stop)
{
    status st = OK;

    TRY(is_first(g) ? groups_serve(g) : look_for_stop(g));
    *stop = g->stop;
out:
    return st;
}

/* ---- all ---- */

static status make(struct groups *g)
{
    status st = OK;

    g->n = par_size(g->job->par) / g->job->ranks_per_trial;
    TRY(mem_new((size_t)g->n, sizeof *g->busy, &g->busy));
    TRY(mem_new((size_t)g->n, sizeof *g->running, &g->running));
    TRY(mem_new(g->job->n_params + 1, sizeof *g->msg, &g->msg));
out:
    return st;
}

static status take_part(struct groups *g)
{
    status st = OK;

    if (is_first(g))
        st = groups_coordinate(g);
    else if (par_rank(g->job->group) == 0)
        st = lead(g);
    else
        st = follow(g);
    if (st == OK && g->failed != OK) {
        trail_load(&g->trail);
        st = g->failed;
    }
    return st;
}

status groups_run(const struct group_job *job, bool *stopped)
{
    struct groups g = {.job = job};
    bool all = false;
    status st = OK;

    BUG_IF(par_size(job->par) % job->ranks_per_trial != 0);
    st = make(&g);
    TRY(par_agree(job->par, st));
    TRY(par_agree(job->par, take_part(&g)));
    TRY(par_any(job->par, g.done, &all));
    *stopped = !all;
out:
    mem_free(g.busy);
    mem_free(g.running);
    mem_free(g.msg);
    mem_free(g.buf);
    return st;
}
