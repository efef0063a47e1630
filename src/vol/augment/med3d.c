/* Arithmetic in float in the order of the original's library (NumPy 1.26):
 * sums by halves down to blocks of 128, in eight lanes. */
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

enum { LANES = 8, BLOCK = 128 };

static float sum_block(const float *v, size_t n)
{
    float lane[LANES];
    float sum = 0.0F;
    size_t i = n < LANES ? 0 : LANES;

    for (size_t k = 0; k < i; k++)
        lane[k] = v[k];
    for (; i >= LANES && i + LANES <= n; i += LANES)
        for (size_t k = 0; k < LANES; k++)
            lane[k] += v[i + k];
    if (i >= LANES)
        sum = ((lane[0] + lane[1]) + (lane[2] + lane[3])) +
              ((lane[4] + lane[5]) + (lane[6] + lane[7]));
    for (; i < n; i++)
        sum += v[i];
    return sum;
}

/* Halves that are whole lanes. */
static float sum_of(const float *v, size_t n)
{
    size_t half = n / 2 - n / 2 % LANES;

    return n <= BLOCK ? sum_block(v, n)
                      : sum_of(v, half) + sum_of(v + half, n - half);
}

/* Mean and population deviation of n values, which are changed. */
static void moments(float *v, size_t n, float *mean, float *deviation)
{
    *mean = sum_of(v, n) / (float)n;
    for (size_t i = 0; i < n; i++)
        v[i] = (v[i] - *mean) * (v[i] - *mean);
    *deviation = (float)sqrt((double)(sum_of(v, n) / (float)n));
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
    size_t above = 0;
    float mean = 0.0F;
    float deviation = 0.0F;
    float lo;
    float hi;

    memcpy(scratch, in->data, n * sizeof *scratch);
    lo = (float)quantile(scratch, n, 0.5 / 100.0);
    hi = (float)quantile(scratch, n, 99.5 / 100.0);
    memcpy(out->shape, in->shape, sizeof out->shape);
    for (size_t i = 0; i < n; i++) {
        float v = in->data[i];

        if (hi > 0.0F)
            v = v < lo ? lo : v > hi ? hi : v;
        out->data[i] = v;
        if (v > 0.0F)
            scratch[above++] = v;
    }
    if (above > 0)
        moments(scratch, above, &mean, &deviation);
    ENSURE(deviation > 0.0F, ERR_DATA,
           "Med3D normalisation: %zu of %zu voxels are above 0%s, it needs "
           "different values above 0; is the patch in the unit this chain "
           "expects, and not air?",
           above, n, above > 0 ? " and all of them equal" : "");
    for (size_t i = 0; i < n; i++) {
        float v = out->data[i];

        out->data[i] = v == 0.0F ? noise[i] : (v - mean) / deviation;
    }
out:
    return st;
}
