#ifndef NN_UNIT_LENGTH_H
#define NN_UNIT_LENGTH_H

#include <stddef.h>

/* Vectors of length 1 as the losses take them: z = x / max(|x|, 1e-12), sums
 * in ascending order. */

double unit_dot(const double *a, const double *b, size_t d);
/* z [d] of x [d]; gives |x|. */
double unit_make(const double *x, size_t d, double *z);
/* g [d], a gradient by z, becomes scale times that by x; length: |x|. Below
 * 1e-12 the divisor is a constant. */
void unit_back(
    const double *z, double length, double scale, size_t d, double *g);

#endif
