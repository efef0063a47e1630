#ifndef EVAL_COX_H
#define EVAL_COX_H

#include <stdint.h>

#include "base/status.h"

#include "eval/survival.h"

/* Proportional hazards (Cox 1972) by Newton's method from 0 to the optimum of
 * the partial likelihood, on columns of unit variance; ties by Efron (1977) or
 * Breslow (1974). Any rank. */
enum cox_ties { COX_EFRON, COX_BRESLOW };

struct cox_row { /* one covariate */
    double coef, se;
    double hr, lo, hi; /* hazard ratio per unit, Wald 95 % */
    double z, p;       /* Wald, two-sided */
};

struct cox {
    double loglik_null, loglik;
    double lr, lr_p; /* likelihood ratio, chi-square with d degrees */
    uint32_t steps;  /* of Newton's method */
};

/* x [n][d], rows as in s; rows [d]. ERR_DATA: what survival_check refuses, no
 * events, a covariate that is no number or constant (column from 0), columns
 * that depend on each other, or a monotone likelihood (a covariate separates
 * the events: there is no finite optimum); ERR_MEM. */
status cox_fit(const struct survival *s,
               const double *x,
               uint32_t d,
               enum cox_ties ties,
               struct cox_row *rows,
               struct cox *out);

#endif
