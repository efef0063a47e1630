#ifndef VOL_PATCH_H
#define VOL_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "det/stream.h"
#include "vol/pixel.h"
#include "vol/volume.h"
#include "vol/window.h"

/* Patches as the study's training path cuts them: resample, seed to index,
 * orient, slice with clamping, patch to LPS (SSLRadiomicsDataset of Pai et al.
 * 2024; our description: the patch section of the pipeline specification). */

struct patch_conf {
    int64_t radius;       /* 25: a patch is at most (2*radius)^3 voxels */
    bool orient;          /* slice in LPI, with the index of the native frame:
                             DeepLesion lists need it, others must not have it */
    bool orient_patch;    /* patch to LPS (true in the study) */
    bool resample;        /* false: the native grid */
    double spacing_mm[3]; /* 1, 1, 1 */
};

/* A patch: [z][y][x] voxels of the volume's pixel type. Smaller than
 * (2*radius)^3 where the border cuts it. */
struct patch {
    int32_t shape[3]; /* z, y, x (x fastest) */
    enum pixel pixel;
    void *data; /* patch_new's or the caller's */
};

/* Memory for the largest patch of this radius; patch_free ends it. */
status patch_new(int64_t radius, enum pixel pixel, struct patch *out);
void patch_free(struct patch *p);
size_t patch_len(const struct patch *p); /* voxels */

/* The grid of a configuration over a volume: spacing as configured. */
status patch_grid(const struct geometry *geo,
                  const struct patch_conf *conf,
                  struct grid *out);

/* The image that is sliced: size, spacing, place of its voxels. */
struct geometry patch_image(const struct grid *g,
                            const struct patch_conf *conf);
/* The half-open box of a seed's patch in that image, clamped to it. */
void patch_box(const struct grid *g,
               const struct patch_conf *conf,
               const double point[3],
               int64_t lo[3],
               int64_t hi[3]);

/* The voxels of the volume that such a box reads; empty (lo == hi) when it
 * lies outside. */
void patch_need(const struct grid *g,
                const struct patch_conf *conf,
                const int64_t lo[3],
                const int64_t hi[3],
                int64_t need_lo[3],
                int64_t need_hi[3]);
/* The patch of a box: v holds patch_need's voxels at least. out as in
 * patch_positive. */
void patch_cut(const struct volume *v,
               const struct grid *g,
               const struct patch_conf *conf,
               const int64_t lo[3],
               const int64_t hi[3],
               struct patch *out);

/* Where a seed (world point, LPS mm) lies in the image that is sliced. */
struct seed_place {
    double continuous[3]; /* index in the grid, before truncation */
    int64_t index[3];     /* truncated toward zero */
    bool inside;          /* within the faces of the volume's outer voxels */
    double outside_mm;    /* distance to the faces, 0 inside */
    bool negated_inside;  /* (-x, -y, z) would be inside */
    bool empty;           /* the patch would have no voxel */
};
void seed_locate(const struct grid *g,
                 const struct patch_conf *conf,
                 const double point[3],
                 struct seed_place *out);
/* Continuous index to index: truncation toward zero, kept within +-2^53. */
void seed_index(const double continuous[3], int64_t index[3]);
/* ERR_DATA with the text a user needs (by how many mm outside, would negating
 * x and y help) when the seed is further outside than tolerance_mm, or the
 * patch would be empty, or a coordinate is not finite. `name` starts it. */
status seed_check(const struct grid *g,
                  const struct patch_conf *conf,
                  const double point[3],
                  double tolerance_mm,
                  const char *name);

/* The patch around a seed. out->data has room for (2*radius)^3 voxels of the
 * volume's pixel type; shape and pixel are set. An empty patch (seed far
 * outside) has a 0 in its shape and is no error here. */
void patch_positive(const struct volume *v,
                    const struct grid *g,
                    const struct patch_conf *conf,
                    const double point[3],
                    struct patch *out);

/* The voxel (z, y, x) of that patch that holds the seed's index; outside the
 * patch when the seed is outside the image. */
void patch_seed(const struct grid *g,
                const struct patch_conf *conf,
                const double point[3],
                int64_t at[3]);

/* Negatives: a box of min(n, 2*radius) voxels of the image that is sliced, at
 * an integer corner. range[a] = number of corners along axis a (>= 1). */
void negative_range(const struct grid *g,
                    const struct patch_conf *conf,
                    int64_t range[3]);
/* Uniform corner; axes 0, 1, 2 in order, no draw where range is 1. */
void negative_draw(const struct grid *g,
                   const struct patch_conf *conf,
                   struct stream *s,
                   int64_t corner[3]);
/* Does the box at corner hold the seed's index? (to clear negatives of
 * lesion centres) */
bool negative_holds(const struct grid *g,
                    const struct patch_conf *conf,
                    const int64_t corner[3],
                    const double point[3]);
void negative_box(const struct grid *g,
                  const struct patch_conf *conf,
                  const int64_t corner[3],
                  int64_t lo[3],
                  int64_t hi[3]);
/* The patch at a corner; out as in patch_positive. */
void patch_negative(const struct volume *v,
                    const struct grid *g,
                    const struct patch_conf *conf,
                    const int64_t corner[3],
                    struct patch *out);

#endif
