#ifndef EVAL_DELONG_H
#define EVAL_DELONG_H

#include <stdint.h>

#include "base/status.h"

/* Areas under ROC curves with their variance, and the difference of two models
 * on the same rows, without resampling (DeLong, DeLong, Clarke-Pearson 1988;
 * by ranks, Sun and Xu 2014: O(n log n)). Any rank. */
struct delong {
    double auc, se;
    double lo, hi; /* auc -+ 1.96 se, cut to [0, 1] */
};
struct delong_pair {
    struct delong a, b;
    double diff, se; /* auc a - auc b */
    double lo, hi;
    double z, p; /* two-sided; no spread at all: NaN, or 0 when diff is not */
};

/* y [n] > 0 is positive. ERR_DATA: fewer than two rows of a class, ERR_NUMERIC:
 * a score is not finite; ERR_MEM. */
status delong_auc(const int32_t *y,
                  const double *score,
                  uint32_t n,
                  struct delong *out);
status delong_difference(const int32_t *y,
                         const double *a,
                         const double *b,
                         uint32_t n,
                         struct delong_pair *out);

#endif
