/* Sums are kept in small blocks of outputs (registers) while the taps pass
 * by; every output is one sum over ascending taps, whatever the block. */
#include <string.h>

#include "det/math.h"
#include "vol/augment/transforms.h"

enum { BLOCK = 16 };

void smooth_draw(double probability,
                 double lo,
                 double hi,
                 struct stream *s,
                 struct smooth_params *out)
{
    out->on = stream_double(s) < probability;
    for (int a = 0; a < 3; a++)
        out->sigma[a] = out->on ? stream_range(s, lo, hi) : 0.0;
}

struct kernel {
    int32_t tail;
    float w[2 * SMOOTH_TAIL_MAX + 1];
};

static void make_kernel(double sigma, struct kernel *k)
{
    double s = (double)(float)sigma; /* the original keeps a float */
    double t = 0.70710678 / s;
    double reach = 4.0 * s < 0.5 ? 0.5 : 4.0 * s;

    k->tail = (int32_t)(reach + 0.5);
    BUG_IF(k->tail > SMOOTH_TAIL_MAX);
    for (int32_t x = -k->tail; x <= k->tail; x++) {
        double w = 0.5 * (det_erf(t * ((double)x + 0.5)) -
                          det_erf(t * ((double)x - 0.5)));

        k->w[x + k->tail] = w < 0.0 ? 0.0F : (float)w;
    }
}

typedef float v4 __attribute__((vector_size(16), aligned(4), may_alias));

static inline v4 v4_at(const float *p)
{
    return *(const v4 *)(const void *)p;
}

/* out[j] = sum over taps of w * in[tap * step + j], j < BLOCK. */
static inline void sum_block(
    const float *w, int32_t taps, const float *in, size_t step, float *out)
{
    v4 s0 = {0};
    v4 s1 = {0};
    v4 s2 = {0};
    v4 s3 = {0};

    for (int32_t t = 0; t < taps; t++, in += step) {
        s0 += w[t] * v4_at(in);
        s1 += w[t] * v4_at(in + 4);
        s2 += w[t] * v4_at(in + 8);
        s3 += w[t] * v4_at(in + 12);
    }
    memcpy(out, &s0, sizeof s0);
    memcpy(out + 4, &s1, sizeof s1);
    memcpy(out + 8, &s2, sizeof s2);
    memcpy(out + 12, &s3, sizeof s3);
}

/* The same for n < BLOCK. */
static void sum_few(const float *w,
                    int32_t taps,
                    const float *in,
                    size_t step,
                    size_t n,
                    float *out)
{
    float sum[BLOCK] = {0.0F};

    for (int32_t t = 0; t < taps; t++)
        for (size_t j = 0; j < n; j++)
            sum[j] += w[t] * in[(size_t)t * step + j];
    memcpy(out, sum, n * sizeof *out);
}

static void sum_run(const float *w,
                    int32_t taps,
                    const float *in,
                    size_t step,
                    size_t n,
                    float *out)
{
    size_t j = 0;

    for (; j + BLOCK <= n; j += BLOCK)
        sum_block(w, taps, in + j, step, out + j);
    if (j < n && n > BLOCK) /* a whole block again, over some that are done */
        sum_block(w, taps, in + n - BLOCK, step, out + n - BLOCK);
    else if (j < n)
        sum_few(w, taps, in, step, n, out);
}

/* Along an axis of n voxels, `run` floats apart (whole rows or planes). */
static void blur_runs(
    const struct kernel *k, const float *in, int32_t n, size_t run, float *out)
{
    for (int32_t i = 0; i < n; i++) {
        int32_t lo = i < k->tail ? -i : -k->tail;
        int32_t hi = n - 1 - i < k->tail ? n - 1 - i : k->tail;

        sum_run(k->w + k->tail + lo, hi - lo + 1, in + (size_t)(i + lo) * run,
                run, run, out + (size_t)i * run);
    }
}

/* Along x: the row between zeros, so that all outputs have all taps. */
static void
blur_row(const struct kernel *k, const float *in, int32_t n, float *out)
{
    float row[AUGMENT_EDGE_MAX + 2 * SMOOTH_TAIL_MAX];

    memset(row, 0, (size_t)(n + 2 * k->tail) * sizeof *row);
    memcpy(row + k->tail, in, (size_t)n * sizeof *row);
    sum_run(k->w, 2 * k->tail + 1, row, 1, (size_t)n, out);
}

void smooth_apply(const struct smooth_params *p,
                  const struct image *in,
                  struct image *out,
                  float *scratch)
{
    const int32_t *n = in->shape;
    size_t row = (size_t)n[2];
    size_t plane = (size_t)n[1] * row;
    struct kernel k;

    memcpy(out->shape, n, sizeof out->shape);
    if (!p->on) {
        memcpy(out->data, in->data, image_len(in) * sizeof *out->data);
        return;
    }
    BUG_IF(n[2] > AUGMENT_EDGE_MAX);
    make_kernel(p->sigma[0], &k);
    blur_runs(&k, in->data, n[0], plane, out->data);
    make_kernel(p->sigma[1], &k);
    for (int32_t z = 0; z < n[0]; z++)
        blur_runs(&k, out->data + (size_t)z * plane, n[1], row,
                  scratch + (size_t)z * plane);
    make_kernel(p->sigma[2], &k);
    for (size_t r = 0; r < (size_t)n[0] * (size_t)n[1]; r++)
        blur_row(&k, scratch + r * row, n[2], out->data + r * row);
}
