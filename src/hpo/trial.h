#ifndef HPO_TRIAL_H
#define HPO_TRIAL_H

#include <stdint.h>

/* A trial as sampler and pruner see it. The numbers are Optuna's. */
enum trial_state {
    TRIAL_RUNNING = 0,
    TRIAL_COMPLETE = 1,
    TRIAL_PRUNED = 2,
    TRIAL_FAIL = 3,
    TRIAL_WAITING = 4
};

struct trial_report {
    int64_t step;
    double value;
};

struct trial {
    enum trial_state state;
    double value;    /* COMPLETE; NaN when there is none */
    const double *x; /* [space->n] internal values, NaN = not set */
    const struct trial_report *reports;
    uint32_t n_reports;
    const double *rungs; /* value recorded at each rung (halving pruners) */
    uint32_t n_rungs;
};

const char *trial_state_name(enum trial_state s); /* "COMPLETE" */

/* The report with the largest step; NULL without reports. */
const struct trial_report *trial_last(const struct trial *t);

#endif
