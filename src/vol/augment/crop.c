/* Crop and resize in one go: rows are interpolated along x as they are read,
 * then the plane along y, and at last the planes along z. */
#include <math.h>
#include <string.h>

#include "vol/augment/transforms.h"

void crop_draw(double lo,
               double hi,
               const int32_t shape[3],
               struct stream *s,
               struct crop_params *out)
{
    out->fraction = (float)stream_range(s, lo, hi);
    for (int a = 0; a < 3; a++) {
        double exact = (double)out->fraction * (double)shape[a];
        int32_t n = (int32_t)exact;

        n += (double)n < exact; /* ceil */
        out->size[a] = n < 1 ? 1 : n > shape[a] ? shape[a] : n;
        out->corner[a] = 0;
        if (shape[a] > out->size[a]) {
            uint64_t corners = (uint64_t)shape[a] - (uint64_t)out->size[a] + 1;

            out->corner[a] = (int32_t)stream_below(s, corners);
        }
    }
}

size_t crop_scratch_len(int64_t max_edge, int64_t size)
{
    return (size_t)(max_edge * size + max_edge * size * size);
}

/* Neighbours and weights of the output voxels along one axis. */
struct taps {
    int32_t lo[AUGMENT_EDGE_MAX];
    int32_t hi[AUGMENT_EDGE_MAX];
    float w0[AUGMENT_EDGE_MAX];
    float w1[AUGMENT_EDGE_MAX];
};

static void make_taps(int32_t n_in, int32_t n_out, struct taps *t)
{
    float scale = (float)n_in / (float)n_out;

    for (int32_t o = 0; o < n_out; o++) {
        float at = ((float)o + 0.5F) * scale - 0.5F;

        at = at < 0.0F ? 0.0F : at;
        t->lo[o] = (int32_t)at;
        if (t->lo[o] > n_in - 1)
            t->lo[o] = n_in - 1;
        t->hi[o] = t->lo[o] + 1 < n_in ? t->lo[o] + 1 : n_in - 1;
        t->w1[o] = at - (float)t->lo[o];
        t->w0[o] = 1.0F - t->w1[o];
    }
}

static inline float mix_fused(float w0, float a, float w1, float b)
{
    return (float)((double)w0 * (double)a + (double)(w1 * b));
}

static void mix_rows(const float *restrict a,
                     const float *restrict b,
                     float w0,
                     float w1,
                     size_t n,
                     float *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = w0 * a[i] + w1 * b[i];
}

static void mix_rows_fused(const float *restrict a,
                           const float *restrict b,
                           float w0,
                           float w1,
                           size_t n,
                           float *restrict out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = mix_fused(w0, a[i], w1, b[i]);
}

static void
mix_along(const float *row, const struct taps *x, int32_t n, float *out)
{
    for (int32_t o = 0; o < n; o++)
        out[o] = x->w0[o] * row[x->lo[o]] + x->w1[o] * row[x->hi[o]];
}

static void
mix_along_fused(const float *row, const struct taps *x, int32_t n, float *out)
{
    for (int32_t o = 0; o < n; o++)
        out[o] = mix_fused(x->w0[o], row[x->lo[o]], x->w1[o], row[x->hi[o]]);
}

/* The two arithmetics. */
static const struct mix {
    void (*rows)(const float *restrict a,
                 const float *restrict b,
                 float w0,
                 float w1,
                 size_t n,
                 float *restrict out);
    void (*along)(const float *row,
                  const struct taps *x,
                  int32_t n,
                  float *out);
} mixes[2] = {{mix_rows, mix_along}, {mix_rows_fused, mix_along_fused}};

/* One plane of the part, resized: [size[1]][size[2]] -> [n][n]. rows: room for
 * size[1] * n. */
static void resize_plane(const struct mix *mix,
                         const float *in,
                         size_t row_len,
                         int32_t rows_in,
                         int32_t n,
                         const struct taps *taps, /* of y, x */
                         float *rows,
                         float *out)
{
    for (int32_t y = 0; y < rows_in; y++)
        mix->along(in + (size_t)y * row_len, &taps[1], n,
                   rows + (size_t)y * (size_t)n);
    for (int32_t o = 0; o < n; o++)
        mix->rows(rows + (size_t)taps->lo[o] * (size_t)n,
                  rows + (size_t)taps->hi[o] * (size_t)n, taps->w0[o],
                  taps->w1[o], (size_t)n, out + (size_t)o * (size_t)n);
}

void crop_apply(const struct crop_params *p,
                int64_t size,
                bool fused,
                const struct image *in,
                struct image *out,
                float *scratch)
{
    int32_t n = (int32_t)size;
    size_t plane = (size_t)n * (size_t)n;
    size_t row_len = (size_t)in->shape[2];
    size_t in_plane = (size_t)in->shape[1] * row_len;
    float *planes = scratch;                            /* [size[0]][n][n] */
    float *rows = scratch + (size_t)p->size[0] * plane; /* [size[1]][n] */
    const struct mix *mix = &mixes[fused];
    struct taps taps[3];

    for (int a = 0; a < 3; a++)
        make_taps(p->size[a], n, &taps[a]);
    for (int32_t z = 0; z < p->size[0]; z++)
        resize_plane(mix,
                     in->data + (size_t)(z + p->corner[0]) * in_plane +
                         (size_t)p->corner[1] * row_len + (size_t)p->corner[2],
                     row_len, p->size[1], n, &taps[1], rows,
                     planes + (size_t)z * plane);
    for (int32_t z = 0; z < n; z++)
        mix->rows(planes + (size_t)taps[0].lo[z] * plane,
                  planes + (size_t)taps[0].hi[z] * plane, taps[0].w0[z],
                  taps[0].w1[z], plane, out->data + (size_t)z * plane);
    for (int a = 0; a < 3; a++)
        out->shape[a] = n;
}
