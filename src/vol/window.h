#ifndef VOL_WINDOW_H
#define VOL_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/geometry.h"
#include "vol/volume.h"

/* Resampling of a window, bit-equal to resampling the whole volume with
 * SimpleITK 2.4 (linear, -1024 outside, pixel type kept) and cropping. */

/* x >= 0 to the nearest whole number, halves to the even one. */
int64_t round_half_even(double x);

/* A resampled grid over a volume: same origin and direction, other spacing.
 * Plain data, computed once per volume. */
struct grid {
    struct geometry geo;   /* of the resampled image */
    double inverse[9];     /* world offset -> grid index offset */
    struct geometry input; /* of the volume */
    double input_inverse[9];
    bool same; /* no resampling: the grid is the volume's */
};

/* spacing in mm per index axis; NULL: no resampling. input_inverse: the
 * toolkit's own inverse of the input geometry, or NULL for ours. New size =
 * round half to even of n * s / s'. ERR_DATA: bad geometry or spacing, or an
 * axis whose new size is 0. */
status grid_of(const struct geometry *input,
               const double spacing[3],
               const double input_inverse[9],
               struct grid *out);

/* The box of volume voxels that a window lo <= index < hi reads; empty (equal
 * on every axis) when the window lies outside. */
void window_need(const struct grid *g,
                 const int64_t lo[3],
                 const int64_t hi[3],
                 int64_t need_lo[3],
                 int64_t need_hi[3]);
/* The same from input positions least..most (voxels) in a volume. */
void need_of(const struct geometry *g,
             const double least[3],
             const double most[3],
             int64_t lo[3],
             int64_t hi[3]);

/* Values of grid voxels lo <= index < hi (inside the grid), in the volume's
 * pixel type; v holds window_need's box at least. Voxel (i0, i1, i2) goes to
 * element at + sum_a (i_a - lo_a) * stride[a] of out; strides may be negative.
 * Work and memory are those of the window. Outside the volume: -1024, wrapped
 * in unsigned types (64512, 0). */
void window_resample(const struct volume *v,
                     const struct grid *g,
                     const int64_t lo[3],
                     const int64_t hi[3],
                     void *out,
                     size_t at,
                     const ptrdiff_t stride[3]);

#endif
