#ifndef APP_SEARCH_POOL_H
#define APP_SEARCH_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "hpo/study.h"
#include "par/par.h"

/* Trials over ranks. Rank 0 holds the study and works too, in a thread of its
 * own, so that it answers at once; the other ranks compute what they are
 * handed. Whoever is idle gets the lowest waiting ticket. */

/* The trial that is computed. */
struct pool_trial; /* opaque */
/* A value on the way, at a step not reported yet; *prune: return OK now, the
 * trial is PRUNED and its value is not looked at. Main thread of a rank, or the
 * side thread of rank 0. ERR_DATA: the step again; ERR_COMM. */
status
pool_report(struct pool_trial *t, int64_t step, double value, bool *prune);
uint32_t pool_ticket(const struct pool_trial *t);

/* The value of one trial, x [n_params]. NaN, or ERR_NUMERIC: the trial would
 * fail again, it is FAIL. Any other error ends the search; the trial runs
 * again when it is resumed. */
typedef status
pool_fn(void *ctx, const double *x, struct pool_trial *t, double *value);

struct pool_job {
    struct par *par;
    struct study *study; /* rank 0, else NULL */
    uint32_t n_params;
    int64_t stop_after; /* trials told, -1 = never */
    pool_fn *fn;
    void *ctx;
    bool quiet;
    bool (*stop_wanted)(void);
};

/* All ranks, same status. *stopped: asked for by signal or stop_after; what
 * was running is finished and, as far as its turn has come, told. */
status pool_run(const struct pool_job *job, bool *stopped);

#endif
