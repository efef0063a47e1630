#ifndef VOL_INFER_H
#define VOL_INFER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/geometry.h"
#include "vol/patch.h"
#include "vol/volume.h"

/* Patches as the study's inference path cuts them (fmcib.preprocessing of Pai
 * et al. 2024 on MONAI): (HU + 1024) / 3072 first, then 1 mm voxels along the
 * axes of the patient, trilinear, 0 outside; a crop about the seed; zeros
 * around it. Our description: section 3 of the pipeline specification. */

struct infer_conf {
    int64_t size[3]; /* of a patch: z, y, x */
    bool ideal;      /* sample where a voxel lies, as MONAI <= 1.1; else as 1.2
                        to 1.5, which mix two conventions of a grid's ends: off
                        by up to |s - 1| / 2 mm at the border of the volume */
};

/* The resampled image over a volume. Its axes run to the left, the back and
 * the head (LPS). Plain data, computed once per volume. */
struct infer_grid {
    struct geometry input;
    int64_t size[3];      /* voxels along x, y, z */
    double origin[3];     /* LPS mm of its voxel 0 */
    bool same;            /* the volume's voxels, mirrored: no interpolation */
    double to_input[9];   /* from RAS index to input index ... */
    double input_zero[3]; /* ... which is this for RAS index 0 */
};

/* ERR_DATA: impossible geometry, or an image of more than 2^31 - 1 voxels
 * along an axis. */
status infer_grid_of(const struct geometry *input, struct infer_grid *out);

/* Half-open box of a seed's (LPS mm) crop, clamped to the image; c, which may
 * be NULL, is its index before truncation. lo >= hi on an axis: the crop is
 * empty, which the original refuses. */
void infer_box(const struct infer_grid *g,
               const struct infer_conf *conf,
               const double point[3],
               double c[3],
               int64_t lo[3],
               int64_t hi[3]);
/* The voxels of the volume that such a box reads; empty (0, 0) when it lies
 * outside. */
void infer_need(const struct infer_grid *g,
                const struct infer_conf *conf,
                const int64_t lo[3],
                const int64_t hi[3],
                int64_t need_lo[3],
                int64_t need_hi[3]);
/* The patch of a box that is not empty: conf->size floats to out->data; shape
 * and type are set, the unit is (HU + 1024) / 3072. v holds infer_need's box at
 * least. */
void infer_patch(const struct volume *v,
                 const struct infer_grid *g,
                 const struct infer_conf *conf,
                 const int64_t lo[3],
                 const int64_t hi[3],
                 struct patch *out);

/* A volume that is a patch already: normalised and padded to conf->size, not
 * turned. Axis 0 of the volume is the slowest of the patch, as the original
 * has it: [x][y][z]. An axis longer than conf->size stays as long. */
void infer_precropped_shape(const struct geometry *geo,
                            const struct infer_conf *conf,
                            int32_t shape[3]);
void infer_precropped(const struct volume *v,
                      const struct infer_conf *conf,
                      struct patch *out);

#endif
