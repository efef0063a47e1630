/* Each output voxel reads eight neighbours; which ones, and how far between
 * them, is one table per axis. */
#include <math.h>
#include <string.h>

#include "vol/augment/transforms.h"

void translate_draw(double probability,
                    double lo,
                    double hi,
                    struct stream *s,
                    struct translate_params *out)
{
    out->on = stream_double(s) < probability;
    for (int a = 0; a < 3; a++)
        out->t[a] = out->on ? stream_range(s, lo, hi) : 0.0;
}

struct ends {
    int32_t lo[AUGMENT_EDGE_MAX];
    int32_t hi[AUGMENT_EDGE_MAX];
    double w0[AUGMENT_EDGE_MAX];
    double w1[AUGMENT_EDGE_MAX];
};

/* Reflection about the outer faces, -1/2 and n - 1/2. */
static double reflect(double c, int32_t n)
{
    double q = fabs(c + 0.5);
    double k = floor(q / (double)n);
    double e = q - k * (double)n;
    double odd = k - 2.0 * floor(k / 2.0);

    c = odd == 0.0 ? e - 0.5 : (double)n - e - 0.5;
    c = c < 0.0 ? 0.0 : c;
    return c > (double)(n - 1) ? (double)(n - 1) : c;
}

static void make_ends(double t, int32_t n, struct ends *e)
{
    double middle = (double)(n - 1) / 2.0;

    for (int32_t o = 0; o < n; o++) {
        float centred = (float)((double)o - middle) + (float)t;
        double c = reflect((double)centred + middle, n);

        e->lo[o] = (int32_t)c;
        e->hi[o] = e->lo[o] + 1 < n ? e->lo[o] + 1 : n - 1;
        e->w1[o] = c - (double)e->lo[o];
        e->w0[o] = 1.0 - e->w1[o];
    }
}

/* One row of outputs: the four rows about it, mixed, then along x. */
static void mix_row(const struct ends *x,
                    const float *const row[4],
                    const double w[4],
                    int32_t n,
                    float *out)
{
    double mixed[AUGMENT_EDGE_MAX];

    for (int32_t i = 0; i < n; i++)
        mixed[i] = ((w[0] * (double)row[0][i] + w[1] * (double)row[1][i]) +
                    w[2] * (double)row[2][i]) +
                   w[3] * (double)row[3][i];
    for (int32_t o = 0; o < n; o++)
        out[o] =
            (float)(x->w0[o] * mixed[x->lo[o]] + x->w1[o] * mixed[x->hi[o]]);
}

void translate_apply(const struct translate_params *p,
                     const struct image *in,
                     struct image *out)
{
    const int32_t *n = in->shape;
    size_t len = (size_t)n[2];
    size_t plane = (size_t)n[1] * len;
    struct ends e[3];

    memcpy(out->shape, n, sizeof out->shape);
    if (!p->on) {
        memcpy(out->data, in->data, image_len(in) * sizeof *out->data);
        return;
    }
    for (int a = 0; a < 3; a++)
        make_ends(p->t[a], n[a], &e[a]);
    for (int32_t z = 0; z < n[0]; z++)
        for (int32_t y = 0; y < n[1]; y++) {
            const float *lo = in->data + (size_t)e[0].lo[z] * plane;
            const float *hi = in->data + (size_t)e[0].hi[z] * plane;
            const float *row[4] = {
                lo + (size_t)e[1].lo[y] * len, lo + (size_t)e[1].hi[y] * len,
                hi + (size_t)e[1].lo[y] * len, hi + (size_t)e[1].hi[y] * len};
            double w[4] = {e[0].w0[z] * e[1].w0[y], e[0].w0[z] * e[1].w1[y],
                           e[0].w1[z] * e[1].w0[y], e[0].w1[z] * e[1].w1[y]};

            mix_row(&e[2], row, w, n[2],
                    out->data + (size_t)z * plane + (size_t)y * len);
        }
}
