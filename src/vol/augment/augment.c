/* Pretraining and extraction in terms of chains. */
#include "vol/augment/augment.h"

#include <string.h>

#include "vol/augment/transforms.h"

struct augment_chain augment_chain_conf(const struct augment_conf *conf)
{
    const struct augment_step normalise = {.op = AUGMENT_NORMALISE, .p = 1.0};
    const struct augment_step threshold = {.op = AUGMENT_THRESHOLD, .p = 1.0};
    const struct augment_step middle[] = {
        {.op = AUGMENT_CROP,
         .size = conf->size,
         .p = 1.0,
         .lo = conf->crop_lo,
         .hi = conf->crop_hi},
        {.op = AUGMENT_FLIP, .p = conf->flip_p},
        {.op = AUGMENT_HISTOGRAM, .p = conf->histogram_p},
        {.op = AUGMENT_SMOOTH,
         .p = conf->smooth_p,
         .lo = conf->sigma_lo,
         .hi = conf->sigma_hi},
        {.op = AUGMENT_PAD, .size = conf->size, .p = 1.0}};
    struct augment_chain c = {.n = 0};

    if (conf->order == AUGMENT_NORMALISED)
        c.step[c.n++] = normalise;
    for (size_t i = 0; i < sizeof middle / sizeof *middle; i++)
        c.step[c.n++] = middle[i];
    if (conf->order == AUGMENT_HU) {
        c.step[c.n++] = threshold;
        c.step[c.n++] = normalise;
    }
    return c;
}

size_t augment_scratch_len(const struct augment_conf *conf, int64_t max_edge)
{
    struct augment_chain c = augment_chain_conf(conf);

    return augment_chain_scratch(&c, max_edge);
}

status augment_view(const struct augment_conf *conf,
                    const struct patch *in,
                    struct stream *s,
                    float *out,
                    float *scratch)
{
    struct augment_chain c = augment_chain_conf(conf);
    struct image m = {{0, 0, 0}, out};

    return augment_chain_view(&c, in, s, &m, scratch);
}

/* Where the middle of n voxels is, cut or padded to size. */
struct middle {
    size_t from, to, len;
};

static struct middle middle_of(int32_t n, int64_t size)
{
    return (struct middle){.from = n > size ? (size_t)(n - size) / 2 : 0,
                           .to = n < size ? (size_t)(size - n) / 2 : 0,
                           .len = (size_t)(n < size ? n : size)};
}

void image_fit(const struct image *in, int64_t edge, float *out)
{
    struct middle m[3];
    size_t n = (size_t)edge;

    for (int a = 0; a < 3; a++)
        m[a] = middle_of(in->shape[a], edge);
    memset(out, 0, n * n * n * sizeof *out);
    for (size_t z = 0; z < m[0].len; z++)
        for (size_t y = 0; y < m[1].len; y++) {
            size_t row = (z + m[0].from) * (size_t)in->shape[1] + y + m[1].from;

            memcpy(out + ((z + m[0].to) * n + y + m[1].to) * n + m[2].to,
                   in->data + row * (size_t)in->shape[2] + m[2].from,
                   m[2].len * sizeof *out);
        }
}

static status
fit(int64_t size, const struct patch *in, bool normalise, float *out)
{
    status st = OK;
    struct middle m[3];
    size_t n = (size_t)size;

    TRY(augment_check(in));
    for (int a = 0; a < 3; a++)
        m[a] = middle_of(in->shape[a], size);
    memset(out, 0, n * n * n * sizeof *out);
    for (size_t z = 0; z < m[0].len; z++)
        for (size_t y = 0; y < m[1].len; y++) {
            size_t at =
                ((z + m[0].from) * (size_t)in->shape[1] + y + m[1].from) *
                    (size_t)in->shape[2] +
                m[2].from;
            float *row = out + ((z + m[0].to) * n + y + m[1].to) * n + m[2].to;
            struct image r = {{1, 1, (int32_t)m[2].len}, row};

            pixel_floats(in->pixel, in->data, at, m[2].len, row);
            if (normalise)
                normalise_apply(&r, &r);
        }
out:
    return st;
}

status augment_plain(int64_t size, const struct patch *in, float *out)
{
    return fit(size, in, true, out);
}

status augment_fit(int64_t size, const struct patch *in, float *out)
{
    return fit(size, in, false, out);
}
