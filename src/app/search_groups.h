#ifndef APP_SEARCH_GROUPS_H
#define APP_SEARCH_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "hpo/study.h"
#include "par/par.h"

/* Trials over groups of ranks, for trials that several ranks compute together
 * and that take long (a training). Rank 0 of all holds the study; it belongs to
 * a group too and answers the others between the steps of its own trial. A
 * group that is idle gets the lowest waiting ticket; group g is the ranks
 * g * ranks_per_trial and on. Who computes what moves no byte of the journal.
 */

struct groups; /* opaque: what a running trial may ask */

enum { GROUP_REASON = 512 };
struct group_result {
    enum trial_state state;    /* COMPLETE, PRUNED, FAIL */
    double value;              /* COMPLETE */
    char reason[GROUP_REASON]; /* FAIL: one line */
};

/* One trial, x [n_params]: all ranks of the group, same status; out is looked
 * at on the group's rank 0. FAIL is for what would happen again. STOPPED: it
 * stands at a checkpoint, its ticket is run again by a resumed search, as after
 * any other error, which ends the search. */
typedef status group_fn(void *ctx,
                        struct groups *g,
                        uint32_t ticket,
                        const double *x,
                        struct group_result *out);

struct group_job {
    struct par *par;     /* all ranks */
    struct par *group;   /* mine */
    int ranks_per_trial; /* divides the ranks */
    struct study *study; /* rank 0, else NULL */
    uint32_t n_params;
    int64_t stop_after; /* trials told, -1 = never */
    int64_t failures;   /* FAIL in a row that end the search, 0 = any */
    bool quiet;
    bool (*stop_wanted)(void);
    group_fn *fn;
    /* rank 0: trials told, those of a resumed journal too, in order */
    status (*told)(void *ctx, const struct study *s, uint32_t t);
    void *ctx;
};

/* All ranks, same status. *stopped: asked for by signal or stop_after.
 * ERR_NUMERIC: too many FAIL in a row. */
status groups_run(const struct group_job *job, bool *stopped);

/* From within a trial, rank 0 of its group. A value of the trial at a step:
 * *prune: it shall end. And once a step: *stop: it shall end at a checkpoint.
 */
status groups_report(struct groups *g, int64_t step, double value, bool *prune);
status groups_tick(struct groups *g, bool *stop);

#endif
