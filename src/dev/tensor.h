#ifndef DEV_TENSOR_H
#define DEV_TENSOR_H

#include <stddef.h>
#include <stdint.h>

/* Views of device memory, and the one memory layout all backends share.
 *
 * Activations of one shard: n samples (views major: sample = view * m + j),
 * c channels, d x h x w voxels. Channels come in blocks of
 *     B = 1 if c == 1, 8 if c <= 8, 16 if c <= 16, else 32;
 * the last block is padded with lanes whose content means nothing but is
 * finite. A "row" is (voxel, sample): row = ((z*h + y)*w + x)*n + sample.
 * Element (sample, channel, voxel) lies at
 *     ((channel / B) * plane + row) * B + channel % B,
 * plane = rows + 5 if rows is 8 or more, else rows (5 rows keep planes of a
 * power of two from mapping onto the same cache lines). Vectors (features,
 * embeddings) are activations with d = h = w = 1.
 *
 * Weights of a convolution c -> o with kernel k^3 (linear: k = 1), block B of
 * o by the rule above, tap = (kz*k + ky)*k + kx: element (o, tap, c) lies at
 *     (((o / B) * k^3 + tap) * c_count + c) * B + o % B
 * with padded lanes exactly zero. Per-channel vectors (norm weight, bias) are
 * plain arrays [c].
 *
 * dev/README.md writes down the arithmetic on them. */

enum dtype { DTYPE_F32 = 4, DTYPE_F64 = 8 }; /* value = bytes of an element */

struct shape {
    int32_t n, c, d, h, w;
};

struct tensor { /* owns nothing */
    void *data;
    struct shape shape;
};

int32_t shape_block(int32_t c);
size_t shape_rows(struct shape s);  /* n * d * h * w */
size_t shape_plane(struct shape s); /* rows between channel blocks */
size_t shape_len(struct shape s);   /* elements with padding, activations */
/* Elements with padding of a weight (o, k^3, c). */
size_t weight_len(int32_t o, int32_t k, int32_t c);

/* Index of an element, the formulas above. */
size_t shape_at(struct shape s, int32_t sample, int32_t c, size_t voxel);
size_t weight_at(int32_t k,
                 int32_t c_count,
                 int32_t o,
                 int32_t tap,
                 int32_t c,
                 int32_t o_count);

#endif
