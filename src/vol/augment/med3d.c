/* Arithmetic in double, as the original's on integer volumes. */
#include <math.h>
#include <string.h>

#include "vol/augment/transforms.h"

static void swap(float *a, float *b)
{
    float t = *a;

    *a = *b;
    *b = t;
}

/* v[k] gets the value it would have after sorting; smaller ones stand before,
 * larger ones behind (Hoare 1961, quickselect). */
static void select_at(float *v, size_t n, size_t k)
{
    size_t lo = 0;
    size_t hi = n; /* half-open */

    while (hi - lo > 1) {
        float pivot = v[lo + (hi - lo) / 2];
        size_t less = lo;
        size_t i = lo;
        size_t more = hi;

        while (i < more) {
            if (v[i] < pivot)
                swap(&v[less++], &v[i++]);
            else if (v[i] > pivot)
                swap(&v[i], &v[--more]);
            else
                i++;
        }
        if (k < less) {
            hi = less;
        } else if (k >= more) {
            lo = more;
        } else {
            return;
        }
    }
}

/* Quantile with linear interpolation between order statistics. v is put into
 * another order. */
static double quantile(float *v, size_t n, double share)
{
    double at = share * (double)(n - 1);
    size_t k = (size_t)at;
    double t = at - (double)k;
    float next;

    select_at(v, n, k);
    next = v[k];
    for (size_t i = k + 1; i < n; i++)
        next = i == k + 1 || v[i] < next ? v[i] : next;
    if (t >= 0.5)
        return (double)next - ((double)next - (double)v[k]) * (1.0 - t);
    return (double)v[k] + ((double)next - (double)v[k]) * t;
}

struct limits {
    double lo, hi;
    bool on;
};

static double clipped(const struct limits *c, float v)
{
    double x = (double)v;

    if (c->on && x < c->lo)
        x = c->lo;
    if (c->on && x > c->hi)
        x = c->hi;
    return x;
}

/* Mean and population deviation of the voxels above 0; their number. */
static size_t moments(const struct limits *c,
                      const struct image *in,
                      double *mean,
                      double *deviation)
{
    size_t n = image_len(in);
    size_t above = 0;
    double sum = 0.0;
    double squares = 0.0;

    for (size_t i = 0; i < n; i++) {
        double v = clipped(c, in->data[i]);

        above += v > 0.0;
        sum += v > 0.0 ? v : 0.0;
    }
    *mean = sum / (double)above;
    for (size_t i = 0; i < n; i++) {
        double v = clipped(c, in->data[i]);

        squares += v > 0.0 ? (v - *mean) * (v - *mean) : 0.0;
    }
    *deviation = sqrt(squares / (double)above);
    return above;
}

void med3d_draw(struct stream *s, struct med3d_params *out)
{
    uint64_t key[4];

    for (int i = 0; i < 4; i++)
        key[i] = stream_u64(s);
    out->noise = stream_pcg(key, key + 2);
}

void med3d_noise(const struct med3d_params *p, size_t n, float *out)
{
    struct stream s = p->noise;

    for (size_t i = 0; i < n; i++)
        out[i] = (float)stream_normal(&s);
}

status med3d_apply(const float *noise,
                   const struct image *in,
                   struct image *out,
                   float *scratch)
{
    status st = OK;
    size_t n = image_len(in);
    struct limits c = {0.0, 0.0, false};
    double mean;
    double deviation;
    size_t above;

    memcpy(scratch, in->data, n * sizeof *scratch);
    c.lo = quantile(scratch, n, 0.5 / 100.0);
    c.hi = quantile(scratch, n, 99.5 / 100.0);
    c.on = c.hi > 0.0;
    above = moments(&c, in, &mean, &deviation);
    ENSURE(above > 0 && deviation > 0.0, ERR_DATA,
           "Med3D normalisation: %zu of %zu voxels are above 0%s, it needs "
           "different values above 0; is the patch in the unit this chain "
           "expects, and not air?",
           above, n, above > 0 ? " and all of them equal" : "");
    memcpy(out->shape, in->shape, sizeof out->shape);
    for (size_t i = 0; i < n; i++) {
        double v = clipped(&c, in->data[i]);

        out->data[i] = v == 0.0 ? noise[i] : (float)((v - mean) / deviation);
    }
out:
    return st;
}
