#ifndef HPO_DENSITY_H
#define HPO_DENSITY_H

#include <stdint.h>

/* Sums of Gaussian products, the bulk of a suggestion:
 *
 *   sum_c += weight_i share_ic exp(-1/2 sum_j ((x_jc - mu_ji) scale_ji)^2)
 *
 * over components i ascending for every point c, each step one IEEE operation
 * or fma; the exponential is a written polynomial, right to about one unit in
 * the last place, and 1e-304 below that. The same bits on every processor. */
enum { DENSITY_WIDTH = 8 };

struct density_axis {         /* one continuous parameter */
    const double *x;          /* [points] */
    const double *mu, *scale; /* [components] */
};

struct density {
    uint32_t components;
    uint32_t points; /* a multiple of DENSITY_WIDTH */
    uint32_t axes;
    const struct density_axis *axis;
    const double *weight; /* [components] */
    const double *share;  /* [components][points], NULL: 1 */
};

/* sum [points], added to; square [points] is scratch. */
void density_add(const struct density *d, double *sum, double *square);
/* With an instruction set of its own: 0 plain, 1 AVX2, 2 AVX-512. Returns 0
 * where the processor lacks it (nothing is done). For tests. */
int density_add_level(int level,
                      const struct density *d,
                      double *sum,
                      double *square);

#endif
