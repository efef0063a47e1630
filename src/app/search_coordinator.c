/* Rank 0 of a search over groups: it hands out tickets, answers reports and
 * tells results, between the steps of its own trial too. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/search_groups_impl.h"

static int leader_of(const struct groups *g, int group)
{
    return group * g->job->ranks_per_trial;
}

/* ---- what comes in ---- */

static void take_result(struct groups *g, int group, const struct result_msg *m)
{
    g->busy[group] = false;
    g->n_busy--;
    if (m->st != OK) {
        g->stop = true;
        study_lost(g->job->study, group);
    } else if (m->r.state == TRIAL_FAIL) {
        (void)study_fail(g->job->study, m->ticket, m->r.reason);
    } else {
        (void)study_result(g->job->study, m->ticket, m->r.state, m->r.value);
    }
}

status groups_judge(struct groups *g,
                    uint32_t ticket,
                    const struct report_msg *report,
                    bool *prune)
{
    return study_report(g->job->study, ticket, report->step, report->value,
                        prune);
}

/* A report's sender waits for the verdict, whatever becomes of it here. */
static status answer_report(struct groups *g, int from)
{
    struct verdict_msg verdict = {0};
    struct report_msg report;
    bool prune = false;
    status st = OK;
    status sent;

    memcpy(&report, g->buf, sizeof report);
    st = groups_judge(g, g->running[from / g->job->ranks_per_trial], &report,
                      &prune);
    verdict.prune = prune;
    sent = par_send(g->job->par, from, TAG_VERDICT, &verdict, sizeof verdict);
    return st == OK ? sent : st;
}

/* The message that waits. */
static status answer(struct groups *g)
{
    struct result_msg result;
    status st = OK;
    size_t size = 0;
    int from = 0;
    int tag = 0;

    TRY(par_recv(g->job->par, &from, &tag, &g->buf, &g->cap, &size));
    if (tag == TAG_REPORT) {
        BUG_IF(size != sizeof(struct report_msg));
        TRY(answer_report(g, from));
        goto out;
    }
    BUG_IF(tag != TAG_RESULT || size != sizeof result);
    memcpy(&result, g->buf, sizeof result);
    take_result(g, from / g->job->ranks_per_trial, &result);
out:
    return st;
}

/* ---- what was told ---- */

static status show_one(struct groups *g, uint32_t t)
{
    const struct trial *trial = study_trial(g->job->study, t);
    bool events = log_events(t >= g->first);
    status st = OK;

    LOG_TEXT("search.state", t, trial_state_name(trial->state));
    if (trial->state == TRIAL_COMPLETE)
        LOG_F64("search.value", t, trial->value);
    (void)log_events(events);
    g->failures = trial->state == TRIAL_FAIL ? g->failures + 1 : 0;
    if (g->job->told)
        TRY(g->job->told(g->job->ctx, g->job->study, t));
    ENSURE(g->job->failures == 0 || g->failures < g->job->failures, ERR_NUMERIC,
           "trials %" PRIu32 " to %" PRIu32
           " all failed, the last one: %s; a larger search.failures (%" PRId64
           ") goes on, a better space is another search",
           t + 1 - g->failures, t, study_reason(g->job->study, t),
           g->job->failures);
out:
    return st;
}

static status show(struct groups *g)
{
    const struct study *s = g->job->study;
    char extra[64] = "";
    status st = OK;
    uint32_t best;

    for (; g->shown < study_told(s); g->shown++)
        TRY(show_one(g, g->shown));
    if (study_best(s, &best))
        (void)snprintf(extra, sizeof extra, "best %.6f (trial %" PRIu32 ")",
                       study_trial(s, best)->value, best);
    progress_show(&g->progress, study_told(s), extra);
out:
    return st;
}

/* ---- what goes out ---- */

/* A ticket for a group; the first group's is in g->msg until it is passed on.
 */
static status hand_to(struct groups *g, int group, bool *given)
{
    const double *x;
    uint32_t ticket;
    status st = OK;

    *given = study_take(g->job->study, group, &ticket, &x);
    if (!*given)
        return OK;
    g->msg[0] = (double)ticket;
    memcpy(g->msg + 1, x, g->job->n_params * sizeof *x);
    g->busy[group] = true;
    g->running[group] = ticket;
    g->n_busy++;
    if (group > 0)
        return par_send(g->job->par, leader_of(g, group), TAG_WORK, g->msg,
                        groups_work_size(g));
    g->ticket = ticket;
    g->x = x; /* g->msg serves others meanwhile */
    return st;
}

static status send_stop(struct groups *g)
{
    status st = OK;

    g->stop_sent = true;
    for (int i = 1; i < g->n; i++)
        if (g->busy[i])
            TRY(par_send(g->job->par, leader_of(g, i), TAG_STOP, NULL, 0));
out:
    return st;
}

static bool should_stop(const struct groups *g)
{
    return g->stop || g->job->stop_wanted() ||
           (g->job->stop_after >= 0 &&
            study_told(g->job->study) >= g->job->stop_after);
}

static status go_on(struct groups *g)
{
    bool given = true;
    status st = OK;

    TRY(study_advance(g->job->study, &g->done));
    TRY(show(g));
    g->stop = should_stop(g);
    if (g->stop && !g->stop_sent)
        TRY(send_stop(g));
    for (int i = 1; i < g->n && given && !g->stop; i++)
        if (!g->busy[i])
            TRY(hand_to(g, i, &given));
out:
    return st;
}

status groups_serve(struct groups *g)
{
    bool waiting = false;
    bool any = false;
    status st = OK;

    TRY(par_probe(g->job->par, &waiting));
    while (waiting) {
        any = true;
        TRY(answer(g));
        TRY(par_probe(g->job->par, &waiting));
    }
    if (any || (!g->stop_sent && should_stop(g)))
        TRY(go_on(g));
out:
    return st;
}

static status own_trial(struct groups *g)
{
    struct result_msg mine;
    status st = OK;

    TRY(groups_pass_on(g, TAG_WORK, groups_work_size(g)));
    groups_compute(g, &mine);
    take_result(g, 0, &mine);
out:
    return st;
}

static status wait_message(struct groups *g)
{
    const struct timespec pause = {0, 2000000};
    bool waiting = false;
    status st = OK;

    TRY(par_probe(g->job->par, &waiting));
    if (waiting)
        TRY(answer(g));
    else
        (void)nanosleep(&pause, NULL);
out:
    return st;
}

static status coordinate(struct groups *g)
{
    bool given = false;
    status st = OK;

    for (;;) {
        TRY(go_on(g));
        if (g->done || (g->stop && g->n_busy == 0))
            break;
        given = false;
        if (!g->stop)
            TRY(hand_to(g, 0, &given));
        if (given)
            TRY(own_trial(g));
        else
            TRY(wait_message(g));
    }
out:
    return st;
}

/* Nobody is left computing or waiting for a message, whatever happened. */
static void dismiss(struct groups *g)
{
    g->stop = true;
    if (!g->stop_sent)
        (void)send_stop(g);
    while (g->n_busy > 0)
        if (wait_message(g) == ERR_COMM)
            break;
    for (int i = 1; i < g->n; i++)
        (void)par_send(g->job->par, leader_of(g, i), TAG_QUIT, NULL, 0);
    (void)groups_pass_on(g, TAG_QUIT, 0);
}

status groups_coordinate(struct groups *g)
{
    const struct study *s = g->job->study;
    struct trail trail = {0};
    status st = OK;

    g->first = study_told(s);
    progress_start(&g->progress, "search", "trial", g->first, study_trials(s),
                   !g->job->quiet);
    st = coordinate(g);
    if (st != OK)
        trail_save(&trail);
    dismiss(g);
    if (st != OK)
        trail_load(&trail);
    progress_end(&g->progress, study_told(s), "");
    return st;
}
