#ifndef APP_SEARCH_GROUPS_IMPL_H
#define APP_SEARCH_GROUPS_IMPL_H

#include "base/log.h"

#include "app/search_groups.h"

/* Messages. Rank 0 sends the leaders (rank 0 of each group) WORK, STOP, QUIT
 * and VERDICT; they send RESULT for each WORK and REPORT, which waits for its
 * VERDICT. A leader passes WORK and QUIT on to its group. A STOP may cross a
 * RESULT: a leader without a trial reads it, and it means nothing. */
enum { TAG_WORK = 1, TAG_QUIT, TAG_STOP, TAG_VERDICT, TAG_RESULT, TAG_REPORT };

struct result_msg {
    uint32_t ticket;
    int32_t st; /* of the trial: OK, STOPPED, or what ends the search */
    struct group_result r;
};

struct report_msg {
    int64_t step;
    double value;
};

struct verdict_msg {
    int32_t prune;
};

struct groups {
    const struct group_job *job;
    double *msg; /* [1 + n_params] ticket and parameters */
    char *buf;
    size_t cap;
    bool stop;          /* end what runs, begin nothing */
    status failed;      /* the first error of a trial of mine */
    struct trail trail; /* of it */
    uint32_t ticket;    /* that I compute */
    const double *x;    /* its parameters */
    /* rank 0 */
    int n;             /* groups */
    uint32_t *running; /* [n] ticket of a busy group */
    bool *busy;        /* [n] */
    int n_busy;
    bool stop_sent;
    bool done;             /* all trials are told */
    uint32_t first, shown; /* told before; seen by show */
    uint32_t failures;     /* in a row */
    struct progress progress;
};

/* ---- search_groups.c ---- */
size_t groups_work_size(const struct groups *g);
/* g->msg [size bytes] to the other ranks of my group. */
status groups_pass_on(struct groups *g, int tag, size_t size);
/* Trial g->ticket, by all ranks of the group; its own status is in *out. */
void groups_compute(struct groups *g, struct result_msg *out);

/* ---- search_coordinator.c: rank 0 ---- */
status groups_coordinate(struct groups *g);
/* Whatever may be done without waiting: answers, proposals, tickets to the
 * other groups, stop. */
status groups_serve(struct groups *g);
/* The pruner on a report of a ticket. */
status groups_judge(struct groups *g,
                    uint32_t ticket,
                    const struct report_msg *report,
                    bool *prune);

#endif
