/* Max pool and mean over voxels (README.md). */
#include "dev/simd/simd.h"

enum { POOL_VECS = 4 };

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

/* The input voxels of one output voxel, with the tap of each; room for one more
 * than there are. Blocks of channels are walked one by one: the planes that
 * neighbouring windows share stay in the second cache. */
struct window_taps {
    int32_t n;
    uint8_t tap[UINT8_MAX + 1];
    size_t voxel[UINT8_MAX + 1];
};

static void
window_taps(const struct plan *p, size_t voxel, struct window_taps *w)
{
    const struct conv_desc *d = &p->desc;
    int32_t at = (int32_t)voxel;
    int32_t x0 = at % p->out.w * d->stride - d->pad;
    int32_t y0 = at / p->out.w % p->out.h * d->stride - d->pad;
    int32_t z0 = at / p->out.w / p->out.h * d->stride - d->pad;

    w->n = 0;
    for (int32_t tap = 0; tap < p->taps; tap++) {
        int32_t x = x0 + tap % d->k;
        int32_t y = y0 + tap / d->k % d->k;
        int32_t z = z0 + tap / d->k / d->k;
        bool in = x >= 0 && x < d->in.w && y >= 0 && y < d->in.h && z >= 0 &&
                  z < d->in.d;

        w->tap[w->n] = (uint8_t)tap;
        w->voxel[w->n] =
            ((size_t)z * (size_t)d->in.h + (size_t)y) * (size_t)d->in.w +
            (size_t)x;
        w->n += in;
    }
}

/* Some vectors of channels of one output voxel: x is the block's row 0; a voxel
 * is `step` floats. Several at once, as each waits for its own comparisons. */
VEC_INLINE void pool_vectors(const struct window_taps *w,
                             const float *x,
                             size_t step,
                             float *y,
                             uint8_t *which,
                             int vecs)
{
    vec best[POOL_VECS];
    vec won[POOL_VECS];
    float taps[POOL_VECS * VEC];

    FULLY_UNROLLED
    for (int v = 0; v < vecs; v++) {
        best[v] = vec_load(x + w->voxel[0] * step + v * VEC);
        won[v] = vec_set((float)w->tap[0]);
    }
    for (int32_t i = 1; i < w->n; i++) {
        const float *from = x + w->voxel[i] * step;
        vec tap = vec_set((float)w->tap[i]);
        FULLY_UNROLLED
        for (int v = 0; v < vecs; v++) {
            vec e = vec_load(from + v * VEC);
            vec_mask m = vec_beats(e, best[v]);
            best[v] = vec_choose(m, e, best[v]);
            won[v] = vec_choose(m, tap, won[v]);
        }
    }
    FULLY_UNROLLED
    for (int v = 0; v < vecs; v++) {
        vec_store(y + v * VEC, best[v]);
        vec_store(taps + v * VEC, won[v]);
    }
    for (int i = 0; i < vecs * VEC; i++)
        which[i] = (uint8_t)taps[i];
}

/* All channels of a block and all samples of one output voxel. */
static void pool_voxel(const struct window_taps *w,
                       const float *x,
                       size_t step,
                       float *y,
                       uint8_t *which)
{
    size_t i = 0;

    for (; i + POOL_VECS * VEC <= step; i += POOL_VECS * VEC)
        pool_vectors(w, x + i, step, y + i, which + i, POOL_VECS);
    for (; i < step; i += VEC)
        pool_vectors(w, x + i, step, y + i, which + i, 1);
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
    for (int32_t b = 0; b < block_count(x->shape.c); b++)
        for (size_t voxel = 0; voxel < shape_voxels(p.out); voxel++) {
            window_taps(&p, voxel, &w);
            size_t at = ((size_t)b * shape_rows(p.out) + voxel * n) * lanes;
            pool_voxel(&w, block_at(x, b), n * lanes,
                       block_at(y, b) + voxel * n * lanes, which + at);
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
    size_t from[UINT8_MAX];
    struct window_taps w;

    (void)d;
    memset(dx->data, 0, shape_len(dx->shape) * sizeof(float));
    for (int32_t b = 0; b < block_count(dx->shape.c); b++)
        for (size_t voxel = 0; voxel < shape_voxels(p.out); voxel++) {
            size_t used = (size_t)block_used(dx->shape.c, b);
            size_t at = (size_t)b * shape_rows(p.out) + voxel * n;
            const uint8_t *tap = which + at * lanes;
            const float *g = block_at(dy, b) + voxel * n * lanes;
            float *to = block_at(dx, b);
            window_taps(&p, voxel, &w);
            for (int32_t i = 0; i < w.n; i++)
                from[w.tap[i]] = w.voxel[i] * n * lanes;
            for (size_t s = 0; s < n; s++)
                for (size_t i = s * lanes; i < s * lanes + used; i++) {
                    float *e = to + from[tap[i]] + i;
                    *e = *e + g[i];
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
