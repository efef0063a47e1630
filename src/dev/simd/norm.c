/* Batch norm (README.md): a channel block at a time, its coefficients in
 * registers; sums in double, one accumulator a channel. The rows of a view
 * are m samples of every voxel. */
#include "dev/simd/simd.h"

/* Rows of one view in one block of channels. */
struct view {
    int32_t view, block;
    int32_t lanes; /* floats of a row */
    size_t voxels;
    size_t skip;     /* floats from a voxel's first row to the next voxel's */
    int32_t samples; /* rows of the view at a voxel */
    size_t start;    /* floats from the block to the view's first row */
};

static struct view view_of(struct shape s, int32_t views, int32_t v, int32_t b)
{
    int32_t lanes = shape_block(s.c);
    int32_t m = s.n / views;

    return (struct view){.view = v,
                         .block = b,
                         .lanes = lanes,
                         .voxels = shape_voxels(s),
                         .skip = (size_t)s.n * (size_t)lanes,
                         .samples = m,
                         .start = (size_t)(v * m) * (size_t)lanes};
}

/* Two doubles sums for each channel of up to two vectors. */
struct double_sums {
    vec_half s[4], t[4];
};

/* One row: s += a, t = fma(a, b, t), vector number v. */
VEC_INLINE void sums_add(struct double_sums *k, int v, vec_half a, vec_half b)
{
    k->s[v] = vec_half_add(k->s[v], a);
    k->t[v] = vec_half_fma(a, b, k->t[v]);
}

static void sums_store(const struct double_sums *k,
                       int vecs,
                       int32_t channels,
                       double *sums)
{
    double s[4 * VEC_HALF];
    double t[4 * VEC_HALF];

    for (int i = 0; i < 2 * vecs; i++) {
        vec_half_store(s + i * VEC_HALF, k->s[i]);
        vec_half_store(t + i * VEC_HALF, k->t[i]);
    }
    for (int32_t i = 0; i < channels && i < vecs * VEC; i++) {
        sums[2 * i] = s[i];
        sums[2 * i + 1] = t[i];
    }
}

static struct double_sums sums_zero(void)
{
    struct double_sums k;

    for (int i = 0; i < 4; i++)
        k.s[i] = k.t[i] = vec_half_set(0);
    return k;
}

VEC_INLINE void
sum_lanes(const struct view *w, const float *x, int vecs, struct double_sums *k)
{
    struct double_sums a = *k;

    for (size_t i = 0; i < w->voxels; i++, x += w->skip)
        for (int32_t j = 0; j < w->samples; j++) {
            const float *row = x + (size_t)j * (size_t)w->lanes;
            FULLY_UNROLLED
            for (int v = 0; v < vecs; v++) {
                vec e = vec_load(row + v * VEC);
                sums_add(&a, 2 * v, vec_lower(e), vec_lower(e));
                sums_add(&a, 2 * v + 1, vec_upper(e), vec_upper(e));
            }
        }
    *k = a;
}

/* Where the sums of channel c of a view start. */
static double *
sums_at(double *sums, const struct view *w, int32_t c_count, int32_t c)
{
    return sums + 2 * ((size_t)w->view * (size_t)c_count + (size_t)c);
}

void SIMD(norm_sums)(struct dev *d,
                     const struct tensor *x,
                     int32_t views,
                     double *sums)
{
    int32_t lanes = shape_block(x->shape.c);
    int vecs = tile_vecs(lanes);

    BUG_IF(x->shape.n % views != 0);
    if (lanes < VEC) {
        SIMD_NEXT.norm_sums(d, x, views, sums);
        return;
    }
    for (int32_t v = 0; v < views; v++)
        for (int32_t c = 0; c < x->shape.c; c += vecs * VEC) {
            struct view w = view_of(x->shape, views, v, c / lanes);
            const float *from = block_at(x, w.block) + w.start + c % lanes;
            struct double_sums k = sums_zero();
            if (vecs == 2)
                sum_lanes(&w, from, 2, &k);
            else
                sum_lanes(&w, from, 1, &k);
            sums_store(&k, vecs, x->shape.c - c,
                       sums_at(sums, &w, x->shape.c, c));
        }
}

/* One vector of channels: rows of g (masked in place by y if there is one)
 * against x - mean. */
VEC_INLINE void back_lanes(const struct view *w,
                           const float *x,
                           const float *y,
                           float *g,
                           const double *mean,
                           struct double_sums *k)
{
    struct double_sums a = *k;
    vec_half lower = vec_half_load(mean);
    vec_half upper = vec_half_load(mean + VEC_HALF);
    size_t at = 0;

    for (size_t i = 0; i < w->voxels; i++, at += w->skip)
        for (int32_t j = 0; j < w->samples; j++) {
            size_t row = at + (size_t)j * (size_t)w->lanes;
            vec e = vec_load(x + row);
            vec h = vec_load(g + row);
            if (y) {
                h = vec_where_positive(vec_load(y + row), h);
                vec_store(g + row, h);
            }
            sums_add(&a, 0, vec_lower(h), vec_half_sub(vec_lower(e), lower));
            sums_add(&a, 1, vec_upper(h), vec_half_sub(vec_upper(e), upper));
        }
    *k = a;
}

void SIMD(norm_bwd_sums)(struct dev *d,
                         const struct tensor *x,
                         const struct tensor *y,
                         int32_t views,
                         const struct norm_fwd *coef,
                         const struct tensor *dy,
                         double *sums)
{
    int32_t lanes = shape_block(x->shape.c);
    int32_t c_count = x->shape.c;

    BUG_IF(x->shape.n % views != 0 || !shape_same(x->shape, dy->shape));
    if (lanes < VEC) {
        SIMD_NEXT.norm_bwd_sums(d, x, y, views, coef, dy, sums);
        return;
    }
    for (int32_t v = 0; v < views; v++)
        for (int32_t c = 0; c < c_count; c += VEC) {
            struct view w = view_of(x->shape, views, v, c / lanes);
            size_t at = w.start + (size_t)(c % lanes);
            struct double_sums k = sums_zero();
            double mean[VEC] = {0};
            for (int32_t i = 0; i < VEC && c + i < c_count; i++)
                mean[i] = coef[v * c_count + c + i].mean;
            if (y)
                back_lanes(&w, block_at(x, w.block) + at,
                           block_at(y, w.block) + at,
                           block_at(dy, w.block) + at, mean, &k);
            else
                back_lanes(&w, block_at(x, w.block) + at, NULL,
                           block_at(dy, w.block) + at, mean, &k);
            sums_store(&k, 1, c_count - c, sums_at(sums, &w, c_count, c));
        }
}

/* Coefficients of a vector of channels, zero where there is no channel. */
struct lanes_coef {
    float mean[VEC], scale[VEC], shift[VEC], k0[VEC], minus_k1[VEC];
};

VEC_INLINE void apply_lanes(const struct view *w,
                            const struct lanes_coef *k,
                            const float *x,
                            const float *add,
                            bool relu,
                            float *y)
{
    vec mean = vec_load(k->mean);
    vec scale = vec_load(k->scale);
    vec shift = vec_load(k->shift);
    size_t at = 0;

    for (size_t i = 0; i < w->voxels; i++, at += w->skip)
        for (int32_t j = 0; j < w->samples; j++) {
            size_t row = at + (size_t)j * (size_t)w->lanes;
            vec e = vec_sub(vec_load(x + row), mean);
            e = vec_fma(e, scale, shift);
            if (add)
                e = vec_add(e, vec_load(add + row));
            vec_store(y + row, relu ? vec_relu(e) : e);
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
    int32_t c_count = x->shape.c;

    BUG_IF(x->shape.n % views != 0 || !shape_same(x->shape, y->shape));
    BUG_IF(add && !shape_same(x->shape, add->shape));
    if (lanes < VEC) {
        SIMD_NEXT.norm_apply(d, x, views, coef, add, relu, y);
        return;
    }
    for (int32_t v = 0; v < views; v++)
        for (int32_t c = 0; c < c_count; c += VEC) {
            struct view w = view_of(x->shape, views, v, c / lanes);
            size_t at = w.start + (size_t)(c % lanes);
            struct lanes_coef k = {.mean = {0}};
            for (int32_t i = 0; i < VEC && c + i < c_count; i++) {
                const struct norm_fwd *f = &coef[v * c_count + c + i];
                k.mean[i] = (float)f->mean;
                k.scale[i] = (float)f->scale;
                k.shift[i] = (float)f->shift;
            }
            if (add)
                apply_lanes(&w, &k, block_at(x, w.block) + at,
                            block_at(add, w.block) + at, relu,
                            block_at(y, w.block) + at);
            else
                apply_lanes(&w, &k, block_at(x, w.block) + at, NULL, relu,
                            block_at(y, w.block) + at);
        }
    tensor_clear_padding(y, sizeof(float));
}

static void back_apply_lanes(const struct view *w,
                             const struct lanes_coef *k,
                             const float *x,
                             const float *g,
                             float *dx)
{
    vec mean = vec_load(k->mean);
    vec scale = vec_load(k->scale);
    vec k0 = vec_load(k->k0);
    vec minus_k1 = vec_load(k->minus_k1);
    size_t at = 0;

    for (size_t i = 0; i < w->voxels; i++, at += w->skip)
        for (int32_t j = 0; j < w->samples; j++) {
            size_t row = at + (size_t)j * (size_t)w->lanes;
            vec e = vec_sub(vec_load(x + row), mean);
            vec h = vec_sub(vec_load(g + row), k0);
            vec_store(dx + row, vec_mul(scale, vec_fma(e, minus_k1, h)));
        }
}

void SIMD(norm_bwd_apply)(struct dev *d,
                          const struct tensor *x,
                          const struct tensor *g,
                          int32_t views,
                          const struct norm_bwd *coef,
                          const struct tensor *dx)
{
    int32_t lanes = shape_block(x->shape.c);
    int32_t c_count = x->shape.c;

    BUG_IF(x->shape.n % views != 0 || !shape_same(x->shape, g->shape));
    BUG_IF(!shape_same(x->shape, dx->shape));
    if (lanes < VEC) {
        SIMD_NEXT.norm_bwd_apply(d, x, g, views, coef, dx);
        return;
    }
    for (int32_t v = 0; v < views; v++)
        for (int32_t c = 0; c < c_count; c += VEC) {
            struct view w = view_of(x->shape, views, v, c / lanes);
            size_t at = w.start + (size_t)(c % lanes);
            struct lanes_coef k = {.mean = {0}};
            for (int32_t i = 0; i < VEC && c + i < c_count; i++) {
                const struct norm_bwd *b = &coef[v * c_count + c + i];
                k.mean[i] = (float)b->mean;
                k.scale[i] = (float)b->scale;
                k.k0[i] = (float)b->k0;
                k.minus_k1[i] = -(float)b->k1;
            }
            back_apply_lanes(&w, &k, block_at(x, w.block) + at,
                             block_at(g, w.block) + at,
                             block_at(dx, w.block) + at);
        }
    tensor_clear_padding(dx, sizeof(float));
}
