#ifndef VOL_AUGMENT_AUGMENT_H
#define VOL_AUGMENT_AUGMENT_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "conf/conf.h"
#include "det/stream.h"
#include "vol/augment/pipeline.h"
#include "vol/patch.h"

/* From a patch to augmented views. Axes 0, 1, 2 are z, y, x. Parameters are
 * drawn first and applied after (transforms.h), so a draw can be recorded,
 * replayed and tested on its own. */

/* [z][y][x] floats. */
struct image {
    int32_t shape[3];
    float *data;
};
size_t image_len(const struct image *m);

/* ---- any chain ---------------------------------------------------------- */

/* Floats that a view (out->data) and the scratch need for patches of at most
 * max_edge voxels per axis. One scratch per thread, 64-byte aligned as mem_raw
 * gives it; content does not matter. */
size_t augment_chain_len(const struct augment_chain *c, int64_t max_edge);
size_t augment_chain_scratch(const struct augment_chain *c, int64_t max_edge);

/* One view of a patch: draws its parameters from s (start it with
 * stream_at(seed, STREAM_AUGMENT, epoch, row, view)) and writes out->data and
 * out->shape: the size of the last crop or pad, longer where the patch was
 * longer than a pad. The patch is not changed. No allocation. Bits depend on
 * patch, chain and stream alone. ERR_DATA: empty or too large patch; nothing
 * above 0 for AUGMENT_MED3D. */
status augment_chain_view(const struct augment_chain *c,
                          const struct patch *in,
                          struct stream *s,
                          struct image *out,
                          float *scratch);

/* The middle of an image, or zeros around it: edge^3 floats (the extra voxel
 * of a pad at the end), for views that a batch must hold. */
void image_fit(const struct image *in, int64_t edge, float *out);

/* ---- pretraining -------------------------------------------------------- */

enum augment_order {
    AUGMENT_HU = 0,        /* fmcib_pretrain: crop-resize, flip, histogram,
                              smooth, pad, threshold, normalise */
    AUGMENT_NORMALISED = 1 /* original_simclr: normalise, then crop-resize,
                              flip, histogram, smooth, pad */
};

struct augment_conf {
    int64_t size;            /* edge of a view, voxels */
    int order;               /* enum augment_order */
    double crop_lo, crop_hi; /* range of the crop fraction */
    double flip_p;           /* probabilities */
    double histogram_p;
    double smooth_p;
    double sigma_lo, sigma_hi; /* voxels */
};

/* Schema rows "augment.*" that fill a struct augment_conf (all identity). */
extern const struct conf_row augment_rows[];
extern const size_t augment_rows_n;

/* The defaults of those rows, for callers without a configuration file. */
struct augment_conf augment_default(int64_t size);

/* The chain of a configuration; its two or four views share it. */
struct augment_chain augment_chain_conf(const struct augment_conf *conf);

/* augment_chain_scratch of that chain. */
size_t augment_scratch_len(const struct augment_conf *conf, int64_t max_edge);

/* augment_chain_view of that chain: size^3 floats, normalised. */
status augment_view(const struct augment_conf *conf,
                    const struct patch *in,
                    struct stream *s,
                    float *out,
                    float *scratch);

/* No augmentation (inference/extract_features): (v + 1024) / 3072, then zeros
 * around up to size^3 (the extra voxel at the end). Axes longer than size are
 * cut to their middle (the original leaves them). ERR_DATA: empty patch. */
status augment_plain(int64_t size, const struct patch *in, float *out);
/* The same of a patch that is normalised already (inference path). */
status augment_fit(int64_t size, const struct patch *in, float *out);

#endif
