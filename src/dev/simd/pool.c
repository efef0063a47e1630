/* Max pool and mean over voxels (README.md). */
#include "dev/simd/simd.h"

/* The pool as the geometry of a convolution. */
static struct plan window(const struct tensor *x,
                          const struct tensor *y,
                          int32_t k,
                          int32_t stride,
                          int32_t pad)
{
    struct plan p;
    struct conv_desc desc = {x->shape, x->shape.c, k, stride, pad};

    BUG_IF(k * k * k > UINT8_MAX || 2 * pad > k);
    plan_init(&p, &desc);
    plan_check(&p, x, y);
    return p;
}

/* The input voxels of one output voxel, with the tap of each. */
struct window_taps {
    int32_t n;
    uint8_t tap[UINT8_MAX];
    size_t voxel[UINT8_MAX];
};

static void
window_taps(const struct plan *p, size_t voxel, struct window_taps *w)
{
    w->n = 0;
    for (int32_t tap = 0; tap < p->taps; tap++) {
        ptrdiff_t from = plan_source(p, voxel, tap);
        if (from < 0)
            continue;
        w->tap[w->n] = (uint8_t)tap;
        w->voxel[w->n++] = (size_t)from;
    }
}

/* One vector of channels of one output row: x is the block's row 0 of the
 * sample; a voxel is `step` floats. */
static void pool_lanes(const struct window_taps *w,
                       const float *x,
                       size_t step,
                       float *y,
                       uint8_t *which)
{
    vec best = vec_load(x + w->voxel[0] * step);
    vec won = vec_set((float)w->tap[0]);
    float taps[VEC];

    for (int32_t i = 1; i < w->n; i++) {
        vec e = vec_load(x + w->voxel[i] * step);
        vec_mask m = vec_beats(e, best);
        best = vec_choose(m, e, best);
        won = vec_choose(m, vec_set((float)w->tap[i]), won);
    }
    vec_store(y, best);
    vec_store(taps, won);
    for (int i = 0; i < VEC; i++)
        which[i] = (uint8_t)taps[i];
}

void SIMD(pool_fwd)(struct dev *d,
                    const struct tensor *x,
                    int32_t k,
                    int32_t stride,
                    int32_t pad,
                    const struct tensor *y,
                    uint8_t *which)
{
    size_t lanes = (size_t)shape_block(x->shape.c);
    size_t n = (size_t)x->shape.n;
    struct window_taps w;
    struct plan p;

    if (lanes < VEC) {
        SIMD_NEXT.pool_fwd(d, x, k, stride, pad, y, which);
        return;
    }
    p = window(x, y, k, stride, pad);
    for (size_t voxel = 0; voxel < shape_voxels(p.out); voxel++) {
        window_taps(&p, voxel, &w);
        for (int32_t b = 0; b < block_count(x->shape.c); b++)
            for (size_t s = 0; s < n; s++)
                for (size_t lane = 0; lane < lanes; lane += VEC) {
                    size_t row = voxel * n + s;
                    size_t at = (size_t)b * shape_rows(p.out) + row;
                    pool_lanes(&w, block_at(x, b) + s * lanes + lane, n * lanes,
                               block_at(y, b) + row * lanes + lane,
                               which + at * lanes + lane);
                }
    }
    tensor_clear_padding(y, sizeof(float));
}

/* Outputs in ascending order give to the voxels they chose. */
void SIMD(pool_bwd)(struct dev *d,
                    const struct tensor *dy,
                    const uint8_t *which,
                    int32_t k,
                    int32_t stride,
                    int32_t pad,
                    const struct tensor *dx)
{
    struct plan p = window(dx, dy, k, stride, pad);
    size_t lanes = (size_t)shape_block(dx->shape.c);
    size_t n = (size_t)dx->shape.n;
    ptrdiff_t from[UINT8_MAX];

    (void)d;
    memset(dx->data, 0, shape_len(dx->shape) * sizeof(float));
    for (size_t voxel = 0; voxel < shape_voxels(p.out); voxel++) {
        for (int32_t tap = 0; tap < p.taps; tap++)
            from[tap] = plan_source(&p, voxel, tap);
        for (int32_t b = 0; b < block_count(dx->shape.c); b++) {
            size_t used = (size_t)block_used(dx->shape.c, b);
            size_t at = (size_t)b * shape_rows(p.out) + voxel * n;
            const uint8_t *tap = which + at * lanes;
            const float *g = block_at(dy, b) + voxel * n * lanes;
            float *to = block_at(dx, b);
            for (size_t s = 0; s < n; s++)
                for (size_t i = s * lanes; i < s * lanes + used; i++) {
                    float *e = to + (size_t)from[tap[i]] * n * lanes + i;
                    *e = *e + g[i];
                }
        }
    }
}

void SIMD(mean_fwd)(struct dev *d,
                    const struct tensor *x,
                    const struct tensor *y)
{
    size_t lanes = (size_t)shape_block(x->shape.c);
    size_t n = (size_t)x->shape.n;
    size_t voxels = shape_voxels(x->shape);

    if (lanes < VEC) {
        SIMD_NEXT.mean_fwd(d, x, y);
        return;
    }
    BUG_IF(x->shape.n != y->shape.n || x->shape.c != y->shape.c);
    BUG_IF(shape_voxels(y->shape) != 1);
    for (int32_t b = 0; b < block_count(x->shape.c); b++)
        for (size_t i = 0; i < n * lanes; i += VEC) {
            const float *from = block_at(x, b) + i;
            float *to = block_at(y, b) + i;
            vec_half lower = vec_half_set(0);
            vec_half upper = vec_half_set(0);
            vec_half count = vec_half_set((double)voxels);
            for (size_t v = 0; v < voxels; v++, from += n * lanes) {
                lower = vec_half_add(lower, vec_lower(vec_load(from)));
                upper = vec_half_add(upper, vec_upper(vec_load(from)));
            }
            vec_half_store_real(to, vec_half_div(lower, count));
            vec_half_store_real(to + VEC_HALF, vec_half_div(upper, count));
        }
    tensor_clear_padding(y, sizeof(float));
}

void SIMD(mean_bwd)(struct dev *d,
                    const struct tensor *dy,
                    const struct tensor *dx)
{
    size_t lanes = (size_t)shape_block(dx->shape.c);
    size_t n = (size_t)dx->shape.n;
    size_t voxels = shape_voxels(dx->shape);

    if (lanes < VEC) {
        SIMD_NEXT.mean_bwd(d, dy, dx);
        return;
    }
    BUG_IF(dx->shape.n != dy->shape.n || dx->shape.c != dy->shape.c);
    BUG_IF(shape_voxels(dy->shape) != 1);
    for (int32_t b = 0; b < block_count(dx->shape.c); b++)
        for (size_t i = 0; i < n * lanes; i += VEC) {
            vec g =
                vec_div(vec_load(block_at(dy, b) + i), vec_set((float)voxels));
            for (size_t v = 0; v < voxels; v++)
                vec_store(block_at(dx, b) + v * n * lanes + i, g);
        }
    tensor_clear_padding(dx, sizeof(float));
}
