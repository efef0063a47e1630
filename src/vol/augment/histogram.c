#include <string.h>

#include "vol/augment/transforms.h"

enum { LAST = HISTOGRAM_POINTS - 1, BLOCK = 16, LANES = 64 };

void histogram_draw(double probability,
                    struct stream *s,
                    struct histogram_params *out)
{
    out->on = stream_double(s) < probability;
    for (int i = 0; i <= LAST; i++)
        out->y[i] = (double)i / (double)LAST;
    for (int i = 1; i < LAST && out->on; i++)
        out->y[i] = stream_range(s, out->y[i - 1], out->y[i + 1]);
}

/* The curve in the image's units. */
struct curve {
    float x[HISTOGRAM_POINTS];
    float y[HISTOGRAM_POINTS];
    float slope[LAST];
    float base[LAST];
};

static void make_curve(const struct histogram_params *p,
                       float lo,
                       float hi,
                       struct curve *c)
{
    float range = hi - lo;

    for (int i = 0; i <= LAST; i++) {
        c->x[i] = (float)((double)i / (double)LAST) * range + lo;
        c->y[i] = (float)p->y[i] * range + lo;
    }
    for (int i = 0; i < LAST; i++) {
        c->slope[i] = (c->y[i + 1] - c->y[i]) / (c->x[i + 1] - c->x[i]);
        c->base[i] = c->y[i] - c->slope[i] * c->x[i];
    }
}

/* Which segment a value is in is counted for a whole block, not searched:
 * no branches, so the loops run on vectors. */
static void
bend_block(const struct curve *c, const float *restrict in, float *restrict out)
{
    int32_t segment[BLOCK] = {0};

    for (int k = 1; k < LAST; k++) {
        float x = c->x[k];

        for (int i = 0; i < BLOCK; i++)
            segment[i] += in[i] > x;
    }
    for (int i = 0; i < BLOCK; i++) {
        float to = c->slope[segment[i]] * in[i] + c->base[segment[i]];

        to = in[i] < c->x[0] ? c->y[0] : to;
        out[i] = in[i] > c->x[LAST] ? c->y[LAST] : to;
    }
}

static void bend(const struct curve *c, const float *in, size_t n, float *out)
{
    size_t whole = n / BLOCK * BLOCK;
    float rest[BLOCK] = {0.0F};
    float bent[BLOCK];

    for (size_t i = 0; i < whole; i += BLOCK)
        bend_block(c, in + i, out + i);
    memcpy(rest, in + whole, (n - whole) * sizeof *rest);
    bend_block(c, rest, bent);
    memcpy(out + whole, bent, (n - whole) * sizeof *rest);
}

static void widen(const float *restrict in,
                  float *restrict least,
                  float *restrict most,
                  size_t n)
{
    for (size_t i = 0; i < n; i++)
        least[i] = in[i] < least[i] ? in[i] : least[i];
    for (size_t i = 0; i < n; i++)
        most[i] = in[i] > most[i] ? in[i] : most[i];
}

/* Least and largest value, LANES of each side by side: one alone would wait
 * for itself. */
static void range_of(const float *in, size_t n, float *lo, float *hi)
{
    float least[LANES];
    float most[LANES];

    for (int k = 0; k < LANES; k++)
        least[k] = most[k] = in[0];
    for (size_t i = 0; i < n; i += LANES)
        widen(in + i, least, most, n - i < LANES ? n - i : LANES);
    *lo = least[0];
    *hi = most[0];
    for (int k = 1; k < LANES; k++) {
        *lo = least[k] < *lo ? least[k] : *lo;
        *hi = most[k] > *hi ? most[k] : *hi;
    }
}

void histogram_apply(const struct histogram_params *p,
                     const struct image *in,
                     struct image *out)
{
    size_t n = image_len(in);
    float lo;
    float hi;
    struct curve c;

    memcpy(out->shape, in->shape, sizeof out->shape);
    range_of(in->data, n, &lo, &hi);
    if (!p->on || lo == hi) {
        memcpy(out->data, in->data, n * sizeof *out->data);
        return;
    }
    make_curve(p, lo, hi, &c);
    bend(&c, in->data, n, out->data);
}
