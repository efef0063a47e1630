/* Batch norm (README.md): coefficients of a channel block in the first cache,
 * sums in double in registers, one a channel. Memory is walked from end to end,
 * the views of a voxel one after the other, so that every line that comes is
 * used whole. The rows of a view are m samples of every voxel. */
#include "dev/simd/simd.h"

/* Views that are taken together: sums as far as the registers go, coefficients
 * as far as the first cache does. */
#if defined(__AVX512F__)
enum { SUM_VIEWS = 2 };
#else
enum { SUM_VIEWS = 1 };
#endif
enum { NORM_VIEWS = 8 };

/* Some views in one block of channels. */
struct span {
    int32_t lanes;    /* floats of a row */
    int32_t channels; /* of the block */
    int32_t used;     /* lanes that carry them, in whole vectors */
    int32_t views;
    size_t view;  /* floats of a view's rows at a voxel */
    size_t voxel; /* floats of all rows at a voxel */
    size_t voxels;
};

/* All views. */
static struct span span_of(struct shape s, int32_t views, int32_t block)
{
    int32_t lanes = shape_block(s.c);
    int32_t channels = block_used(s.c, block);

    return (struct span){.lanes = lanes,
                         .channels = channels,
                         .used = (channels + VEC - 1) / VEC * VEC,
                         .views = views,
                         .view = (size_t)(s.n / views) * (size_t)lanes,
                         .voxel = (size_t)s.n * (size_t)lanes,
                         .voxels = shape_voxels(s)};
}

struct lanes_mean {
    double of[ARITH_BLOCK_MAX];
};

/* Two sums in double for each channel of up to two vectors. */
struct double_sums {
    vec_half s[4], t[4];
};

/* One row: s += a, t = fma(a, b, t), vector number v. */
VEC_INLINE void sums_add(struct double_sums *k, int v, vec_half a, vec_half b)
{
    k->s[v] = vec_half_add(k->s[v], a);
    k->t[v] = vec_half_fma(a, b, k->t[v]);
}

VEC_INLINE void sums_clear(struct double_sums *k)
{
    FULLY_UNROLLED
    for (int i = 0; i < 4; i++)
        k->s[i] = k->t[i] = vec_half_set(0);
}

/* Sums of `channels` channels of at most two vectors, [channel][2]. */
static void
sums_store(const struct double_sums *k, int32_t channels, double *sums)
{
    double s[4 * VEC_HALF];
    double t[4 * VEC_HALF];

    for (int i = 0; i < 4; i++) {
        vec_half_store(s + i * VEC_HALF, k->s[i]);
        vec_half_store(t + i * VEC_HALF, k->t[i]);
    }
    for (int32_t i = 0; i < channels && i < 2 * VEC; i++) {
        sums[2 * i] = s[i];
        sums[2 * i + 1] = t[i];
    }
}

/* Sums of some views over some voxels: one or two vectors from `lane` on go on
 * in out [views]. Forward mean and g are NULL; y masks g in place if it is not
 * NULL. */
struct sum_walk {
    const struct span *span;
    int32_t views, lane;
    size_t voxels;
    const float *x, *y; /* first row */
    float *g;
    const struct lanes_mean *mean; /* [views] */
    struct double_sums *out;
    size_t out_step; /* from view to view */
};

VEC_INLINE void sum_vector(const struct sum_walk *w,
                           size_t at,
                           bool masked,
                           const double *mean,
                           int v,
                           struct double_sums *k)
{
    vec e = vec_load(w->x + at);
    vec h = e;
    vec_half lower = vec_lower(e);
    vec_half upper = vec_upper(e);

    if (mean) {
        h = vec_load(w->g + at);
        lower = vec_half_sub(lower, vec_half_load(mean));
        upper = vec_half_sub(upper, vec_half_load(mean + VEC_HALF));
    }
    if (masked) {
        h = vec_where_positive(vec_load(w->y + at), h);
        vec_store(w->g + at, h);
    }
    sums_add(k, 2 * v, vec_lower(h), lower);
    sums_add(k, 2 * v + 1, vec_upper(h), upper);
}

VEC_INLINE void
sum_rows(const struct sum_walk *w, bool back, bool masked, int views, int vecs)
{
    struct double_sums k[SUM_VIEWS];
    const struct span *p = w->span;
    size_t voxel = (size_t)w->lane;

    FULLY_UNROLLED
    for (int i = 0; i < views; i++)
        k[i] = w->out[(size_t)i * w->out_step];
    for (size_t n = 0; n < w->voxels; n++, voxel += p->voxel)
        for (size_t j = voxel; j < voxel + p->view; j += (size_t)p->lanes) {
            FULLY_UNROLLED
            for (int i = 0; i < views * vecs; i++) {
                int view = i / vecs;
                int v = i % vecs;
                const double *mean =
                    back ? w->mean[view].of + w->lane + v * VEC : NULL;
                sum_vector(w, j + (size_t)view * p->view + (size_t)(v * VEC),
                           masked, mean, v, &k[view]);
            }
        }
    FULLY_UNROLLED
    for (int i = 0; i < views; i++)
        w->out[(size_t)i * w->out_step] = k[i];
}

VEC_INLINE void sum_any(const struct sum_walk *w, bool back, bool masked)
{
    bool two = w->span->used > w->lane + VEC;

    if (w->views == SUM_VIEWS && two)
        sum_rows(w, back, masked, SUM_VIEWS, 2);
    else if (w->views == SUM_VIEWS)
        sum_rows(w, back, masked, SUM_VIEWS, 1);
    else if (two)
        sum_rows(w, back, masked, 1, 2);
    else
        sum_rows(w, back, masked, 1, 1);
}

static void sum_walk(const struct sum_walk *w)
{
    if (!w->g)
        sum_any(w, false, false);
    else if (w->y)
        sum_any(w, true, true);
    else
        sum_any(w, true, false);
}

/* The tensors of norm sums; forward y, g and coef are NULL. */
struct summed {
    const struct tensor *x, *y, *g;
    const struct norm_fwd *coef;
    int32_t views;
};

/* Some views of a block: a few voxels at a time, so that what one pair of
 * views brings into the cache is there for the next. */
static void sum_views(const struct summed *t,
                      const struct span *span,
                      int32_t block,
                      int32_t view,
                      double *sums)
{
    enum { PIECES = ARITH_BLOCK_MAX / (2 * VEC) + 1, VOXELS = 4 };
    struct double_sums out[NORM_VIEWS][PIECES];
    struct lanes_mean mean[NORM_VIEWS] = {0};
    int32_t c_count = t->x->shape.c;
    int32_t c0 = view * c_count + block * span->lanes;

    for (int32_t i = 0; i < span->views; i++) {
        for (int k = 0; k < PIECES; k++)
            sums_clear(&out[i][k]);
        for (int32_t c = 0; t->coef && c < span->channels; c++)
            mean[i].of[c] = t->coef[c0 + i * c_count + c].mean;
    }
    for (size_t from = 0; from < span->voxels; from += VOXELS)
        for (int32_t v = 0; v < span->views;) {
            size_t left = span->voxels - from;
            size_t at = from * span->voxel + (size_t)(view + v) * span->view;
            struct sum_walk w = {
                .span = span,
                .views = span->views - v < SUM_VIEWS ? 1 : SUM_VIEWS,
                .voxels = left < VOXELS ? left : VOXELS,
                .mean = mean + v,
                .out_step = PIECES};
            for (; w.lane < span->used; w.lane += 2 * VEC) {
                w.x = block_at(t->x, block) + at;
                w.y = t->y ? block_at(t->y, block) + at : NULL;
                w.g = t->g ? block_at(t->g, block) + at : NULL;
                w.out = &out[v][w.lane / (2 * VEC)];
                sum_walk(&w);
            }
            v += w.views;
        }
    for (int32_t i = 0; i < span->views; i++)
        for (int32_t lane = 0; lane < span->used; lane += 2 * VEC)
            sums_store(&out[i][lane / (2 * VEC)], span->channels - lane,
                       sums + 2 * (c0 + i * c_count + lane));
}

static void sum_all(const struct summed *t, double *sums)
{
    for (int32_t b = 0; b < block_count(t->x->shape.c); b++)
        for (int32_t v = 0; v < t->views; v += NORM_VIEWS) {
            struct span w = span_of(t->x->shape, t->views, b);

            if (t->views - v < NORM_VIEWS)
                w.views = t->views - v;
            else
                w.views = NORM_VIEWS;
            sum_views(t, &w, b, v, sums);
        }
}

void SIMD(norm_sums)(struct dev *d,
                     const struct tensor *x,
                     int32_t views,
                     double *sums)
{
    BUG_IF(x->shape.n % views != 0);
    if (shape_block(x->shape.c) < VEC)
        SIMD_NEXT.norm_sums(d, x, views, sums);
    else
        sum_all(&(struct summed){.x = x, .views = views}, sums);
}

void SIMD(norm_bwd_sums)(struct dev *d,
                         const struct tensor *x,
                         const struct tensor *y,
                         int32_t views,
                         const struct norm_fwd *coef,
                         const struct tensor *dy,
                         double *sums)
{
    BUG_IF(x->shape.n % views != 0 || !shape_same(x->shape, dy->shape));
    if (shape_block(x->shape.c) < VEC)
        SIMD_NEXT.norm_bwd_sums(d, x, y, views, coef, dy, sums);
    else
        sum_all(&(struct summed){x, y, dy, coef, views}, sums);
}

/* Coefficients of one view's channels in a block, zero where there is none. */
struct lanes_coef {
    float mean[ARITH_BLOCK_MAX], scale[ARITH_BLOCK_MAX];
    float shift[ARITH_BLOCK_MAX]; /* forward */
    float k0[ARITH_BLOCK_MAX], minus_k1[ARITH_BLOCK_MAX];
};

VEC_INLINE vec apply_vector(const struct lanes_coef *k, int32_t lane, vec x)
{
    vec e = vec_sub(x, vec_load(k->mean + lane));

    return vec_fma(e, vec_load(k->scale + lane), vec_load(k->shift + lane));
}

VEC_INLINE vec back_vector(const struct lanes_coef *k,
                           int32_t lane,
                           vec x,
                           vec g)
{
    vec e = vec_sub(x, vec_load(k->mean + lane));
    vec h = vec_sub(g, vec_load(k->k0 + lane));

    return vec_mul(vec_load(k->scale + lane),
                   vec_fma(e, vec_load(k->minus_k1 + lane), h));
}

/* k [views]; other is what is added, the gradient on the way back, or NULL. */
VEC_INLINE void apply_rows(const struct span *w,
                           const struct lanes_coef *k,
                           const float *x,
                           const float *other,
                           bool back,
                           bool relu,
                           float *y)
{
    for (size_t n = 0; n < w->voxels; n++) {
        size_t at = n * w->voxel;
        for (int32_t v = 0; v < w->views; v++)
            for (size_t end = at + w->view; at < end; at += (size_t)w->lanes)
                for (int32_t i = 0; i < w->used; i += VEC) {
                    size_t j = at + (size_t)i;
                    vec e = vec_load(x + j);
                    if (back)
                        e = back_vector(&k[v], i, e, vec_load(other + j));
                    else
                        e = apply_vector(&k[v], i, e);
                    if (!back && other)
                        e = vec_add(e, vec_load(other + j));
                    vec_store(y + j, relu ? vec_relu(e) : e);
                }
    }
}

/* Padding lanes of `add` may hold anything: the last block is cleared. */
void SIMD(norm_apply)(struct dev *d,
                      const struct tensor *x,
                      int32_t views,
                      const struct norm_fwd *coef,
                      const struct tensor *add,
                      bool relu,
                      const struct tensor *y)
{
    int32_t lanes = shape_block(x->shape.c);

    BUG_IF(x->shape.n % views != 0 || !shape_same(x->shape, y->shape));
    BUG_IF(add && !shape_same(x->shape, add->shape));
    if (lanes < VEC) {
        SIMD_NEXT.norm_apply(d, x, views, coef, add, relu, y);
        return;
    }
    for (int32_t b = 0; b < block_count(x->shape.c); b++)
        for (int32_t v = 0; v < views; v += NORM_VIEWS) {
            struct span w = span_of(x->shape, views, b);
            size_t start = (size_t)v * w.view;
            struct lanes_coef k[NORM_VIEWS] = {0};
            w.views = views - v < NORM_VIEWS ? views - v : NORM_VIEWS;
            for (int32_t i = 0; i < w.views; i++)
                for (int32_t c = 0; c < w.channels; c++) {
                    const struct norm_fwd *f =
                        &coef[(v + i) * x->shape.c + b * lanes + c];
                    k[i].mean[c] = (float)f->mean;
                    k[i].scale[c] = (float)f->scale;
                    k[i].shift[c] = (float)f->shift;
                }
            if (add)
                apply_rows(&w, k, block_at(x, b) + start,
                           block_at(add, b) + start, false, relu,
                           block_at(y, b) + start);
            else
                apply_rows(&w, k, block_at(x, b) + start, NULL, false, relu,
                           block_at(y, b) + start);
        }
    tensor_clear_padding(y, sizeof(float));
}

void SIMD(norm_bwd_apply)(struct dev *d,
                          const struct tensor *x,
                          const struct tensor *g,
                          int32_t views,
                          const struct norm_bwd *coef,
                          const struct tensor *dx)
{
    int32_t lanes = shape_block(x->shape.c);

    BUG_IF(x->shape.n % views != 0 || !shape_same(x->shape, g->shape));
    BUG_IF(!shape_same(x->shape, dx->shape));
    if (lanes < VEC) {
        SIMD_NEXT.norm_bwd_apply(d, x, g, views, coef, dx);
        return;
    }
    for (int32_t b = 0; b < block_count(x->shape.c); b++)
        for (int32_t v = 0; v < views; v += NORM_VIEWS) {
            struct span w = span_of(x->shape, views, b);
            size_t start = (size_t)v * w.view;
            struct lanes_coef k[NORM_VIEWS] = {0};
            w.views = views - v < NORM_VIEWS ? views - v : NORM_VIEWS;
            for (int32_t i = 0; i < w.views; i++)
                for (int32_t c = 0; c < w.channels; c++) {
                    const struct norm_bwd *f =
                        &coef[(v + i) * x->shape.c + b * lanes + c];
                    k[i].mean[c] = (float)f->mean;
                    k[i].scale[c] = (float)f->scale;
                    k[i].k0[c] = (float)f->k0;
                    k[i].minus_k1[c] = -(float)f->k1;
                }
            apply_rows(&w, k, block_at(x, b) + start, block_at(g, b) + start,
                       true, false, block_at(dx, b) + start);
        }
    tensor_clear_padding(dx, sizeof(float));
}
