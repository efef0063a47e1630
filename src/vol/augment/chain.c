/* Drawing and applying a chain: a row of functions for each operation. Images
 * go to and fro between two buffers. */
#include <string.h>

#include "vol/augment/transforms.h"

size_t image_len(const struct image *m)
{
    return (size_t)m->shape[0] * (size_t)m->shape[1] * (size_t)m->shape[2];
}

/* What the steps share. */
struct work {
    const struct augment_params *params;
    float *scratch;
    enum pixel from; /* type the original's values have here */
    bool wrote;      /* set to false by a step that leaves the image alone */
};

/* ---- draws -------------------------------------------------------------- */

static void draw_crop(const struct augment_step *e,
                      const int32_t shape[3],
                      struct stream *s,
                      struct augment_params *p)
{
    crop_draw(e->lo, e->hi, shape, s, &p->crop);
}

static void draw_flip(const struct augment_step *e,
                      const int32_t shape[3],
                      struct stream *s,
                      struct augment_params *p)
{
    (void)shape;
    flip_draw(e->p, s, &p->flip);
}

static void draw_histogram(const struct augment_step *e,
                           const int32_t shape[3],
                           struct stream *s,
                           struct augment_params *p)
{
    (void)shape;
    histogram_draw(e->p, s, &p->histogram);
}

static void draw_smooth(const struct augment_step *e,
                        const int32_t shape[3],
                        struct stream *s,
                        struct augment_params *p)
{
    (void)shape;
    smooth_draw(e->p, e->lo, e->hi, s, &p->smooth);
}

static void draw_translate(const struct augment_step *e,
                           const int32_t shape[3],
                           struct stream *s,
                           struct augment_params *p)
{
    (void)shape;
    translate_draw(e->p, e->lo, e->hi, s, &p->translate);
}

static void draw_rotate(const struct augment_step *e,
                        const int32_t shape[3],
                        struct stream *s,
                        struct augment_params *p)
{
    (void)shape;
    rotate_draw(e->p, s, &p->rotate);
}

static void draw_med3d(const struct augment_step *e,
                       const int32_t shape[3],
                       struct stream *s,
                       struct augment_params *p)
{
    (void)e;
    (void)shape;
    med3d_draw(s, &p->med3d);
}

/* ---- steps -------------------------------------------------------------- */

static status step_crop(struct work *w,
                        const struct augment_step *e,
                        const struct image *in,
                        struct image *out)
{
    crop_apply(&w->params->crop, e->size, e->fused, in, out, w->scratch);
    w->from = PIXEL_F32;
    return OK;
}

static status step_flip(struct work *w,
                        const struct augment_step *e,
                        const struct image *in,
                        struct image *out)
{
    (void)e;
    w->wrote = w->params->flip.on;
    if (w->wrote)
        flip_apply(&w->params->flip, in, out);
    return OK;
}

static status step_histogram(struct work *w,
                             const struct augment_step *e,
                             const struct image *in,
                             struct image *out)
{
    (void)e;
    w->wrote = w->params->histogram.on;
    if (w->wrote) {
        histogram_apply(&w->params->histogram, in, out);
        w->from = PIXEL_F32;
    }
    return OK;
}

static status step_smooth(struct work *w,
                          const struct augment_step *e,
                          const struct image *in,
                          struct image *out)
{
    (void)e;
    w->wrote = w->params->smooth.on;
    if (w->wrote) {
        smooth_apply(&w->params->smooth, in, out, w->scratch);
        w->from = PIXEL_F32;
    }
    return OK;
}

static status step_pad(struct work *w,
                       const struct augment_step *e,
                       const struct image *in,
                       struct image *out)
{
    const int64_t size[3] = {e->size, e->size, e->size};

    w->wrote = in->shape[0] < e->size || in->shape[1] < e->size ||
               in->shape[2] < e->size;
    if (w->wrote)
        pad_apply(size, in, out);
    return OK;
}

static status step_translate(struct work *w,
                             const struct augment_step *e,
                             const struct image *in,
                             struct image *out)
{
    (void)e;
    w->from = PIXEL_F32; /* applied or not */
    w->wrote = w->params->translate.on;
    if (w->wrote)
        translate_apply(&w->params->translate, in, out);
    return OK;
}

static status step_rotate(struct work *w,
                          const struct augment_step *e,
                          const struct image *in,
                          struct image *out)
{
    (void)e;
    w->wrote = w->params->rotate.on;
    if (w->wrote)
        rotate_apply(&w->params->rotate, in, out);
    return OK;
}

static status step_transpose(struct work *w,
                             const struct augment_step *e,
                             const struct image *in,
                             struct image *out)
{
    static const int32_t axes[3] = {2, 1, 0};

    (void)w;
    (void)e;
    transpose_apply(axes, in, out);
    return OK;
}

static status step_threshold(struct work *w,
                             const struct augment_step *e,
                             const struct image *in,
                             struct image *out)
{
    (void)w;
    (void)e;
    threshold_apply(in, out);
    return OK;
}

static status step_normalise(struct work *w,
                             const struct augment_step *e,
                             const struct image *in,
                             struct image *out)
{
    (void)e;
    normalise_apply(in, out);
    w->from = PIXEL_F32;
    return OK;
}

static status step_scale(struct work *w,
                         const struct augment_step *e,
                         const struct image *in,
                         struct image *out)
{
    (void)e;
    scale_apply(w->from, in, out);
    w->from = PIXEL_F32;
    return OK;
}

static status step_med3d(struct work *w,
                         const struct augment_step *e,
                         const struct image *in,
                         struct image *out)
{
    float *noise = w->scratch + image_len(in);

    (void)e;
    med3d_noise(&w->params->med3d, image_len(in), noise);
    w->from = PIXEL_F32;
    return med3d_apply(noise, in, out, w->scratch);
}

/* draw NULL: nothing is drawn. */
static const struct op {
    void (*draw)(const struct augment_step *e,
                 const int32_t shape[3],
                 struct stream *s,
                 struct augment_params *p);
    status (*step)(struct work *w,
                   const struct augment_step *e,
                   const struct image *in,
                   struct image *out);
} ops[AUGMENT_OPS] = {
    [AUGMENT_CROP] = {draw_crop, step_crop},
    [AUGMENT_FLIP] = {draw_flip, step_flip},
    [AUGMENT_HISTOGRAM] = {draw_histogram, step_histogram},
    [AUGMENT_SMOOTH] = {draw_smooth, step_smooth},
    [AUGMENT_PAD] = {NULL, step_pad},
    [AUGMENT_TRANSLATE] = {draw_translate, step_translate},
    [AUGMENT_ROTATE] = {draw_rotate, step_rotate},
    [AUGMENT_TRANSPOSE] = {NULL, step_transpose},
    [AUGMENT_THRESHOLD] = {NULL, step_threshold},
    [AUGMENT_NORMALISE] = {NULL, step_normalise},
    [AUGMENT_SCALE] = {NULL, step_scale},
    [AUGMENT_MED3D] = {draw_med3d, step_med3d},
};

/* ---- shapes ------------------------------------------------------------- */

static void next_shape(const struct augment_step *e,
                       const struct augment_params *p,
                       int32_t shape[3])
{
    int32_t first = shape[0];

    for (int a = 0; a < 3; a++)
        if (e->op == AUGMENT_CROP ||
            (e->op == AUGMENT_PAD && shape[a] < e->size))
            shape[a] = (int32_t)e->size;
    if (e->op == AUGMENT_ROTATE && p->rotate.on && p->rotate.k % 2) {
        shape[0] = shape[1];
        shape[1] = first;
    } else if (e->op == AUGMENT_TRANSPOSE) {
        shape[0] = shape[2];
        shape[2] = first;
    }
}

static size_t cube(int64_t n)
{
    return (size_t)n * (size_t)n * (size_t)n;
}

/* Longest edge before step i; c->n: of the view. */
static int64_t edge_before(const struct augment_chain *c, int i, int64_t edge)
{
    for (int k = 0; k < i; k++)
        if (c->step[k].op == AUGMENT_CROP ||
            (c->step[k].op == AUGMENT_PAD && edge < c->step[k].size))
            edge = c->step[k].size;
    return edge;
}

size_t augment_chain_len(const struct augment_chain *c, int64_t max_edge)
{
    return cube(edge_before(c, c->n, max_edge));
}

size_t augment_chain_scratch(const struct augment_chain *c, int64_t max_edge)
{
    int64_t largest = 0;
    size_t own = 0;

    for (int i = 0; i <= c->n; i++) {
        int64_t edge = edge_before(c, i, max_edge);
        size_t need = 0;

        largest = edge > largest ? edge : largest;
        if (i < c->n && c->step[i].op == AUGMENT_CROP)
            need = crop_scratch_len(edge, c->step[i].size);
        else if (i < c->n && c->step[i].op == AUGMENT_SMOOTH)
            need = cube(edge);
        else if (i < c->n && c->step[i].op == AUGMENT_MED3D)
            need = 2 * cube(edge);
        own = need > own ? need : own;
    }
    return 2 * cube(largest) + own;
}

/* ---- chains ------------------------------------------------------------- */

status augment_check(const struct patch *in)
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

void augment_chain_draw(const struct augment_chain *c,
                        const int32_t shape[3],
                        struct stream *s,
                        struct augment_params *out)
{
    int32_t now[3] = {shape[0], shape[1], shape[2]};

    *out = (struct augment_params){.flip.on = false};
    for (int i = 0; i < c->n; i++) {
        const struct augment_step *e = &c->step[i];

        if (ops[e->op].draw)
            ops[e->op].draw(e, now, s, out);
        next_shape(e, out, now);
    }
}

/* The largest image on the way, floats. */
static size_t longest(const struct augment_chain *c,
                      const struct augment_params *p,
                      const struct patch *in)
{
    struct image m = {{in->shape[0], in->shape[1], in->shape[2]}, NULL};
    size_t most = image_len(&m);

    for (int i = 0; i < c->n; i++) {
        next_shape(&c->step[i], p, m.shape);
        most = image_len(&m) > most ? image_len(&m) : most;
    }
    return most;
}

status augment_chain_apply(const struct augment_chain *c,
                           const struct augment_params *p,
                           const struct patch *in,
                           struct image *out,
                           float *scratch)
{
    status st = OK;
    struct image now;
    struct image next;
    struct work w = {p, NULL, in->pixel, true};
    size_t buffer;

    TRY(augment_check(in));
    /* The patch's own edges, so the scratch of a larger limit always does. */
    buffer = longest(c, p, in);
    memcpy(now.shape, in->shape, sizeof now.shape);
    now.data = scratch;
    next.data = scratch + buffer;
    w.scratch = scratch + 2 * buffer;
    pixel_floats(in->pixel, in->data, 0, image_len(&now), now.data);
    for (int i = 0; i < c->n; i++) {
        float *spare = next.data;
        struct image t = now;

        if (i == c->n - 1)
            next.data = out->data;
        w.wrote = true;
        TRY(ops[c->step[i].op].step(&w, &c->step[i], &now, &next));
        if (!w.wrote) {
            next.data = spare;
        } else {
            now = next;
            next = t;
        }
    }
    if (now.data != out->data)
        memcpy(out->data, now.data, image_len(&now) * sizeof *out->data);
    memcpy(out->shape, now.shape, sizeof out->shape);
out:
    return st;
}

status augment_chain_view(const struct augment_chain *c,
                          const struct patch *in,
                          struct stream *s,
                          struct image *out,
                          float *scratch)
{
    status st = OK;
    struct augment_params p;

    TRY(augment_check(in));
    augment_chain_draw(c, in->shape, s, &p);
    TRY(augment_chain_apply(c, &p, in, out, scratch));
out:
    return st;
}
