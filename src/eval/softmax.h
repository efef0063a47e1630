#ifndef EVAL_SOFTMAX_H
#define EVAL_SOFTMAX_H

#include <stdint.h>

#include "eval/newton.h"

/* One row of the logistic (two classes, one decision) or softmax loss. All
 * forms keep the small quantities of a saturated row exact: 1 - p of the own
 * class is the sum of the others. All are times the row's weight, but prob.
 * Internal to eval/. */

/* Loss of row i at decisions z; fills prob and work (= p - y) of the row. */
double softmax_row(struct newton *f, uint32_t i);
/* Loss of row i at decisions z + t zstep. */
double softmax_loss(const struct newton *f, uint32_t i, double t);
/* Adds the first and second derivative in t of softmax_loss. */
void softmax_slope(
    const struct newton *f, uint32_t i, double t, double *slope, double *bend);
/* work := p (1 - p). */
void softmax_curvature(struct newton *f, uint32_t i);
/* work := second derivative of the row times zdir. */
void softmax_hessian(struct newton *f, uint32_t i);

/* p [k] from decisions z [columns]: logistic for columns 1, else softmax with
 * the maximum taken off. */
void softmax_proba(const double *z, uint32_t columns, double *p);

#endif
