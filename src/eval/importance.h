#ifndef EVAL_IMPORTANCE_H
#define EVAL_IMPORTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* How much of the variance of an objective y [n] a parameter x [n] explains by
 * itself: the correlation ratio over bins of x, a first-order sensitivity
 * index from given data (Pearson 1905; Plischke, Borgonovo, Smith 2013), less
 * what chance gives with so many bins (epsilon squared, Kelley 1935), not
 * below 0. Bins: with `classes` each distinct value; else sqrt(n), at most 10,
 * of equal counts, equal values together. x NaN (not set in that trial) is a
 * bin of its own. *out NaN: fewer than 8 rows, or y does not vary. y is
 * finite. Rows that a search chose lie where it found good values, so this
 * describes the trials, not the whole space. ERR_MEM. Any rank. */
status importance_of(
    const double *x, const double *y, uint32_t n, bool classes, double *out);

#endif
