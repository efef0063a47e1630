/* The chain of transforms. Steps are rows of one table; a pipeline is a list
 * of rows. Images go to and fro between two buffers. */
#include "vol/augment/augment.h"

#include <string.h>

#include "vol/augment/transforms.h"

size_t image_len(const struct image *m)
{
    return (size_t)m->shape[0] * (size_t)m->shape[1] * (size_t)m->shape[2];
}

/* What the steps share. */
struct work {
    const struct augment_conf *conf;
    const struct augment_params *params;
    float *scratch;
};

/* Each returns whether it wrote out; if not, the image stays where it is. */
static bool
step_crop(const struct work *w, const struct image *in, struct image *out)
{
    crop_apply(&w->params->crop, w->conf->size, in, out, w->scratch);
    return true;
}

static bool
step_flip(const struct work *w, const struct image *in, struct image *out)
{
    if (w->params->flip.on)
        flip_apply(&w->params->flip, in, out);
    return w->params->flip.on;
}

static bool
step_histogram(const struct work *w, const struct image *in, struct image *out)
{
    if (w->params->histogram.on)
        histogram_apply(&w->params->histogram, in, out);
    return w->params->histogram.on;
}

static bool
step_smooth(const struct work *w, const struct image *in, struct image *out)
{
    if (w->params->smooth.on)
        smooth_apply(&w->params->smooth, in, out, w->scratch);
    return w->params->smooth.on;
}

static bool
step_pad(const struct work *w, const struct image *in, struct image *out)
{
    const int64_t n = w->conf->size;
    const int64_t size[3] = {n, n, n};
    bool on = false;

    for (int a = 0; a < 3; a++)
        on = on || in->shape[a] < n;
    if (on)
        pad_apply(size, in, out);
    return on;
}

static bool
step_threshold(const struct work *w, const struct image *in, struct image *out)
{
    (void)w;
    threshold_apply(in, out);
    return true;
}

static bool
step_normalise(const struct work *w, const struct image *in, struct image *out)
{
    (void)w;
    normalise_apply(in, out);
    return true;
}

enum { CROP, FLIP, HISTOGRAM, SMOOTH, PAD, THRESHOLD, NORMALISE, END };

static bool (*const steps[END])(const struct work *w,
                                const struct image *in,
                                struct image *out) = {
    [CROP] = step_crop,
    [FLIP] = step_flip,
    [HISTOGRAM] = step_histogram,
    [SMOOTH] = step_smooth,
    [PAD] = step_pad,
    [THRESHOLD] = step_threshold,
    [NORMALISE] = step_normalise,
};

static const signed char pipelines[2][END + 1] = {
    [AUGMENT_HU] = {CROP, FLIP, HISTOGRAM, SMOOTH, PAD, THRESHOLD, NORMALISE,
                    END},
    [AUGMENT_NORMALISED] = {NORMALISE, CROP, FLIP, HISTOGRAM, SMOOTH, PAD, END},
};

static size_t cube(int64_t n)
{
    return (size_t)n * (size_t)n * (size_t)n;
}

/* Two images as large as the patch or the view, and the steps' own. */
static int64_t largest(const struct augment_conf *conf, int64_t max_edge)
{
    return conf->size > max_edge ? conf->size : max_edge;
}

size_t augment_scratch_len(const struct augment_conf *conf, int64_t max_edge)
{
    size_t crop = crop_scratch_len(max_edge, conf->size);
    size_t smooth = cube(conf->size);

    return 2 * cube(largest(conf, max_edge)) + (crop > smooth ? crop : smooth);
}

static status check_patch(const struct patch *in)
{
    status st = OK;

    for (int a = 0; a < 3; a++)
        ENSURE(in->shape[a] >= 1 && in->shape[a] <= AUGMENT_EDGE_MAX, ERR_DATA,
               "patch of %d x %d x %d voxels (z, y, x) cannot be augmented, "
               "1 to %d per axis are possible; prepare it again",
               in->shape[0], in->shape[1], in->shape[2], AUGMENT_EDGE_MAX);
out:
    return st;
}

void augment_draw(const struct augment_conf *conf,
                  const int32_t shape[3],
                  struct stream *s,
                  struct augment_params *out)
{
    crop_draw(conf->crop_lo, conf->crop_hi, shape, s, &out->crop);
    flip_draw(conf->flip_p, s, &out->flip);
    histogram_draw(conf->histogram_p, s, &out->histogram);
    smooth_draw(conf->smooth_p, conf->sigma_lo, conf->sigma_hi, s,
                &out->smooth);
}

status augment_apply(const struct augment_conf *conf,
                     const struct augment_params *p,
                     const struct patch *in,
                     float *out,
                     float *scratch)
{
    status st = OK;
    const signed char *step = pipelines[conf->order];
    struct image now;
    struct image next;
    struct work w = {conf, p, NULL};
    size_t buffer;

    TRY(check_patch(in));
    /* The patch's own edges, so the scratch of a larger limit always does. */
    memcpy(now.shape, in->shape, sizeof now.shape);
    buffer =
        image_len(&now) > cube(conf->size) ? image_len(&now) : cube(conf->size);
    now.data = scratch;
    next.data = scratch + buffer;
    w.scratch = scratch + 2 * buffer;
    pixel_floats(in->pixel, in->data, 0, image_len(&now), now.data);
    for (; *step != END; step++) {
        bool last = step[1] == END;
        float *spare = next.data;

        if (last)
            next.data = out;
        if (!steps[*step](&w, &now, &next)) {
            next.data = spare;
        } else {
            struct image t = now;

            now = next;
            next = t;
        }
    }
    if (now.data != out)
        memcpy(out, now.data, image_len(&now) * sizeof *out);
out:
    return st;
}

status augment_view(const struct augment_conf *conf,
                    const struct patch *in,
                    struct stream *s,
                    float *out,
                    float *scratch)
{
    status st = OK;
    struct augment_params p;

    TRY(check_patch(in));
    augment_draw(conf, in->shape, s, &p);
    TRY(augment_apply(conf, &p, in, out, scratch));
out:
    return st;
}

status augment_plain(int64_t size, const struct patch *in, float *out)
{
    status st = OK;
    size_t from[3];
    size_t to[3];
    size_t len[3];

    TRY(check_patch(in));
    for (int a = 0; a < 3; a++) {
        int64_t n = in->shape[a];

        len[a] = (size_t)(n < size ? n : size);
        from[a] = n > size ? (size_t)(n - size) / 2 : 0;
        to[a] = n < size ? (size_t)(size - n) / 2 : 0;
    }
    memset(out, 0, cube(size) * sizeof *out);
    for (size_t z = 0; z < len[0]; z++)
        for (size_t y = 0; y < len[1]; y++) {
            size_t at = ((z + from[0]) * (size_t)in->shape[1] + y + from[1]) *
                            (size_t)in->shape[2] +
                        from[2];
            float *row =
                out + ((z + to[0]) * (size_t)size + y + to[1]) * (size_t)size +
                to[2];
            struct image m = {{1, 1, (int32_t)len[2]}, row};

            pixel_floats(in->pixel, in->data, at, len[2], row);
            normalise_apply(&m, &m);
        }
out:
    return st;
}
