#ifndef VOL_AUGMENT_TRANSFORMS_H
#define VOL_AUGMENT_TRANSFORMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "det/stream.h"
#include "vol/augment/augment.h"
#include "vol/pixel.h"

/* The transforms, one source file each. x_draw takes parameters from a stream;
 * x_apply carries them out from `in` to `out` (never the same memory; `in`
 * stays as it is) and sets out->shape. No allocation; arithmetic is float
 * unless said, one IEEE operation after the other as written, so bits depend
 * on the input alone. Axes 0, 1, 2 = z, y, x. Rules and constants: the
 * transforms of the study (Pai et al. 2024, MONAI 1.4), described in the
 * pipeline specification, section 4. */

enum {
    AUGMENT_EDGE_MAX = 256, /* of a patch or view, voxels per axis */
    HISTOGRAM_POINTS = 10,
    SMOOTH_TAIL_MAX = 32 /* 4 * sigma, sigma <= 8 */
};

/* A part of the image, stretched or shrunk to size^3. One fraction for the
 * three axes; corners are uniform. Draws: fraction; then for axes 0, 1, 2 a
 * corner where the part is smaller than the axis. */
struct crop_params {
    float fraction;
    int32_t size[3];
    int32_t corner[3];
};
void crop_draw(double lo,
               double hi,
               const int32_t shape[3],
               struct stream *s,
               struct crop_params *out);
/* Floats of scratch for images of at most max_edge per axis. */
size_t crop_scratch_len(int64_t max_edge, int64_t size);
/* Trilinear, half-voxel convention, edges repeated; positions in float. Axis
 * 2 first, then 1, then 0: w0 * a + w1 * b in three roundings, or, fused, as
 * the original's library is seen to round: w1 * b, but not w0 * a (the sum is
 * rounded to double, then to float). */
void crop_apply(const struct crop_params *p,
                int64_t size,
                bool fused,
                const struct image *in,
                struct image *out,
                float *scratch);

/* Reversal along one axis. Draws: apply?; if so the axis. */
struct flip_params {
    bool on;
    int32_t axis;
};
void flip_draw(double probability, struct stream *s, struct flip_params *out);
void flip_apply(const struct flip_params *p,
                const struct image *in,
                struct image *out);

/* A monotone piecewise linear curve of the grey values between minimum and
 * maximum, which stay. Draws: apply?; if so y[1] .. y[8] in this order, each
 * between its left neighbour (moved already) and its right one (not yet). */
struct histogram_params {
    bool on;
    double y[HISTOGRAM_POINTS];
};
void histogram_draw(double probability,
                    struct stream *s,
                    struct histogram_params *out);
void histogram_apply(const struct histogram_params *p,
                     const struct image *in,
                     struct image *out);

/* Separable Gaussian, axis 0, then 1, then 2; taps ascending; zeros outside;
 * weights from differences of erf (det/math, double, rounded to float), not
 * renormalised. Draws: apply?; if so three sigmas, axes 0, 1, 2. */
struct smooth_params {
    bool on;
    double sigma[3]; /* voxels */
};
void smooth_draw(double probability,
                 double lo,
                 double hi,
                 struct stream *s,
                 struct smooth_params *out);
/* scratch: as many floats as the image. */
void smooth_apply(const struct smooth_params *p,
                  const struct image *in,
                  struct image *out,
                  float *scratch);

/* Zeros around, up to size[a] voxels along axis a; floor of the half before,
 * the rest after. Longer axes stay. */
void pad_apply(const int64_t size[3],
               const struct image *in,
               struct image *out);

/* v > -1024 ? v : -1024. */
void threshold_apply(const struct image *in, struct image *out);

/* (v + 1024) / 3072; in == out is possible. */
void normalise_apply(const struct image *in, struct image *out);

/* Moved by t voxels along axes 0, 1, 2 (RandAffine of the study: no rotation,
 * scale or shear): output o reads the input at o + t, the position rounded to
 * float about the middle of the axis; trilinear in double, the volume
 * continued by reflection about its outer faces. Draws: apply?; if so t of
 * axes 0, 1, 2 (the original draws twice and keeps the second). */
struct translate_params {
    bool on;
    double t[3]; /* voxels */
};
void translate_draw(double probability,
                    double lo,
                    double hi,
                    struct stream *s,
                    struct translate_params *out);
void translate_apply(const struct translate_params *p,
                     const struct image *in,
                     struct image *out);

/* k quarter turns in the plane of axes 0 and 1; one is out[a][b] =
 * in[b][n1 - 1 - a]. Draws: apply?; if so k = 1, 2 or 3. */
struct rotate_params {
    bool on;
    int32_t k;
};
void rotate_draw(double probability,
                 struct stream *s,
                 struct rotate_params *out);
void rotate_apply(const struct rotate_params *p,
                  const struct image *in,
                  struct image *out);

/* Axis a of the output is axis axes[a] of the input. */
void transpose_apply(const int32_t axes[3],
                     const struct image *in,
                     struct image *out);

/* (v + 1000) / 2000, clipped to [0, 1]. `from`: the type of the values; the
 * sum of int16 wraps around above 32767, as in the original. */
void scale_apply(enum pixel from, const struct image *in, struct image *out);

/* Normalisation of Med3D (Chen et al. 2019): clipped to the 0.5 and 99.5
 * percentiles if the upper one is above 0; (v - mean) / deviation (population)
 * of the voxels above 0; voxels that are 0 after clipping get noise. Draws: a
 * stream for the noise. */
struct med3d_params {
    struct stream noise;
};
void med3d_draw(struct stream *s, struct med3d_params *out);
/* n values of N(0, 1). */
void med3d_noise(const struct med3d_params *p, size_t n, float *out);
/* noise, scratch: as many floats as the image. ERR_DATA: no voxel above 0, or
 * all of them equal. */
status med3d_apply(const float *noise,
                   const struct image *in,
                   struct image *out,
                   float *scratch);

/* All that is drawn for one view; a member is set when the chain has its
 * operation. */
struct augment_params {
    struct crop_params crop;
    struct flip_params flip;
    struct histogram_params histogram;
    struct smooth_params smooth;
    struct translate_params translate;
    struct rotate_params rotate;
    struct med3d_params med3d;
};
/* Step after step; shape is the patch's. */
void augment_chain_draw(const struct augment_chain *c,
                        const int32_t shape[3],
                        struct stream *s,
                        struct augment_params *out);
/* augment_chain_view with given parameters. */
status augment_chain_apply(const struct augment_chain *c,
                           const struct augment_params *p,
                           const struct patch *in,
                           struct image *out,
                           float *scratch);
/* ERR_DATA: empty or too large patch. */
status augment_check(const struct patch *in);

#endif
