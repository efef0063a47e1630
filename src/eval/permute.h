#ifndef EVAL_PERMUTE_H
#define EVAL_PERMUTE_H

#include <stdint.h>

#include "base/status.h"

#include "eval/metrics.h"

/* Do two models differ on the same rows? If not, exchanging their scores of a
 * row changes nothing (Fisher 1935): each repetition keeps or exchanges every
 * row with probability 1/2. */
struct permuted {
    double observed; /* metric(a) - metric(b) */
    uint32_t n;      /* repetitions */
    uint32_t above;  /* of them at least observed */
    uint32_t beyond; /* of them at least as far from 0 */
    double p_study;  /* above / n: one-sided, may be 0, as the study's */
    double p;        /* (1 + beyond) / (1 + n): two-sided, exact */
};

/* Rows of both models ranked together, for permute: row i is model a's, row
 * n + i model b's. As scored_new; *out is the caller's. */
status permute_pool(const int32_t *y,
                    const double *a,
                    const double *b,
                    uint32_t n,
                    uint32_t classes,
                    struct scored **out);

/* b->resamples repetitions. With the project's streams (b->draws) they are
 * drawn from STREAM_PERMUTE and boot is left alone: bootstrap_difference gives
 * it. With the study's, one generator gives the mask and then the resample of
 * each repetition in turn, and boot is the interval of the difference. A
 * metric that does not exist gives p NaN. ERR_MEM. Any rank. */
status permute(const struct scored *pooled,
               enum metric m,
               const struct bootstrap *b,
               struct interval *boot,
               struct permuted *out);

#endif
