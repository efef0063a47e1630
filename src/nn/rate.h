#ifndef NN_RATE_H
#define NN_RATE_H

#include <stdint.h>

#include "base/status.h"

/* Learning rates (spec 6.9), a pure function of step and epoch. Cosine
 * (Loshchilov, Hutter 2017) in closed form, low + (base - low) (1 + cos(pi t /
 * t_max)) / 2, with t the step; or the epoch, as the published YAML did by
 * mistake. Step: base * gamma^(t / size) with t the epoch, whole divisions.
 * Warm-up (Goyal et al. 2017): the first steps take (step + 1) / warmup of it.
 */
enum rate_kind {
    RATE_CONSTANT,
    RATE_COSINE_STEP,
    RATE_COSINE_EPOCH,
    RATE_STEP
};

struct rate {
    enum rate_kind kind;
    double base;
    int64_t t_max;  /* cosines */
    int64_t size;   /* RATE_STEP: epochs between drops */
    double gamma;   /* RATE_STEP: factor of a drop */
    double low;     /* cosines: the lowest rate, 0 in the study */
    int64_t warmup; /* steps, 0 = none */
};

/* ERR_CONF: base not above 0, t_max or size below 1, gamma not above 0, warmup
 * below 0. */
status rate_check(const struct rate *r);
double rate_at(const struct rate *r, int64_t step, int64_t epoch);

#endif
