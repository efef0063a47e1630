#ifndef EVAL_SCALER_H
#define EVAL_SCALER_H

#include <stdint.h>

#include "base/status.h"

/* Standardisation of features: (x - mean) / scale per column, with the mean
 * and the population standard deviation of the rows it was fitted on. */
struct scaler {
    uint32_t p;
    double *mean;  /* [p] */
    double *var;   /* [p] population variance, two passes, compensated */
    double *scale; /* [p] sqrt(var); 1 for a column constant to rounding */
};

/* x [n][p]. A column is constant when var <= n eps var + (n mean eps)^2
 * (scikit-learn's rule). ERR_NUMERIC names row and column of a value that is
 * not finite; ERR_DATA n or p is 0; ERR_MEM. *out is the caller's. Any rank. */
status scaler_fit(const double *x, uint32_t n, uint32_t p, struct scaler **out);

/* out [n][p] := standardised x [n][p]; out may be x. Any rank. */
void scaler_apply(const struct scaler *s,
                  const double *x,
                  uint32_t n,
                  double *out);

void scaler_free(struct scaler *s);

#endif
