#ifndef EVAL_AGREEMENT_H
#define EVAL_AGREEMENT_H

#include <stdint.h>

#include "base/status.h"

/* How well repeated measurements, or prediction and truth, agree. Any rank. */

/* Intraclass correlation of n targets by k raters (Shrout, Fleiss 1979); 95 %
 * intervals by McGraw and Wong (1996). The study reports ICC3: consistency of
 * a single measurement. */
enum icc_kind { ICC_1, ICC_2, ICC_3, ICC_1K, ICC_2K, ICC_3K, ICC_KINDS };
struct icc_value {
    double icc, lo, hi;
    double f, df1, df2, p;
};
struct icc {
    /* mean squares of the two-way table */
    double between, raters, error, within;
    struct icc_value of[ICC_KINDS];
};
const char *icc_name(enum icc_kind kind); /* "ICC3,1" */

/* data [n][k]. Raters that agree to rounding: ICC 1, F infinite, p 0 for those
 * that rest on the error (all but ICC_1, ICC_1K when raters differ by a
 * constant). ERR_DATA: n < 2, k < 2, a number missing (row and rater, from 0),
 * or targets that do not differ at all; ERR_MEM. */
status icc_fit(const double *data, uint32_t n, uint32_t k, struct icc *out);

/* Spearman's rank correlation, ties by mean ranks; p two-sided by Student's t
 * with n - 2 degrees (rho +-1: 0). ERR_DATA: n < 3, no number, or one side is
 * constant; ERR_MEM. */
status
spearman(const double *x, const double *y, uint32_t n, double *rho, double *p);

/* 1 - residual sum of squares / total sum of squares; may be negative.
 * ERR_DATA: n < 2, no number, or a constant truth. */
status
r_squared(const double *truth, const double *pred, uint32_t n, double *out);

#endif
