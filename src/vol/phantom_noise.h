#ifndef VOL_PHANTOM_NOISE_H
#define VOL_PHANTOM_NOISE_H

#include <stdint.h>

#include "base/status.h"

/* Value noise in [-1, 1]: a lattice of step L mm with hashed values in [0, 1)
 * (24 bits; finaliser of splitmix64, Steele, Lea and Flood 2014, twice), and
 * between its points the smoothstep weight t*t*(3-2t) along each axis. */

/* Value at a lattice point. */
double noise_lattice(uint64_t seed, int64_t i, int64_t j, int64_t k);

/* At any point, in units of the lattice step: 8 hashes. */
double noise_at(uint64_t seed, double x, double y, double z);

/* The same on a grid, lattice values hashed once. */
struct noise_axis {
    int64_t n;     /* grid positions */
    int64_t first; /* lowest lattice index */
    int64_t points;
    int32_t *cell;  /* [n] lattice cell of a position, from first */
    double *weight; /* [n] of the cell's upper point */
};
struct noise_grid {
    struct noise_axis axis[3]; /* x, y, z */
    float *value;              /* [z][y][x] lattice values */
    double *row;               /* [x points] blended for one y, z */
};

/* Positions (i - (n-1)/2) * spacing mm along each axis, lattice step `step`
 * mm. ERR_MEM. */
status noise_new(uint64_t seed,
                 double step,
                 const int64_t n[3],
                 const double spacing[3],
                 struct noise_grid *out);
void noise_free(struct noise_grid *g);
/* Go to a row of the grid; then noise_get gives its positions. */
void noise_row(struct noise_grid *g, int64_t y, int64_t z);

static inline double noise_get(const struct noise_grid *g, int64_t x)
{
    const double *r = g->row + g->axis[0].cell[x];
    double w = g->axis[0].weight[x];

    return 2.0 * (r[0] * (1.0 - w) + r[1] * w) - 1.0;
}

#endif
