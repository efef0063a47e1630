/* Weight gradient (README.md): for each tap and channel pair a sum over rows,
 * in chunks of ARITH_ROWS. A tile holds some input channels times up to two
 * vectors of output channels during a chunk. */
#include "dev/simd/simd.h"

#if defined(__AVX512F__)
enum { CHANNELS_ONE = 8, CHANNELS_TWO = 8 };
#else
enum { CHANNELS_ONE = 8, CHANNELS_TWO = 4 };
#endif
enum { CHANNELS_MAX = 8, LINE = 16 /* floats */ };

/* The rows of one chunk: places in a channel block, in rows. */
struct rows {
    int32_t n;
    int32_t x[ARITH_ROWS], dy[ARITH_ROWS];
};

/* One tile: x and dy point to row 0, at the tile's first channel and lane. */
struct weights {
    const float *x, *dy;
    const float *ahead; /* channels wanted soon, as x */
    int32_t x_lanes, dy_lanes;
    float *dw;
    bool first; /* nothing in dw yet */
};

VEC_INLINE void weights_tile(const struct weights *t,
                             const struct rows *r,
                             int channels,
                             int vecs,
                             int32_t used)
{
    vec sum[CHANNELS_MAX][2];

    FULLY_UNROLLED
    for (int c = 0; c < channels; c++)
        sum[c][0] = sum[c][1] = vec_set(0);
    for (int32_t i = 0; i < r->n; i++) {
        const float *x = t->x + (ptrdiff_t)r->x[i] * t->x_lanes;
        const float *g = t->dy + (ptrdiff_t)r->dy[i] * t->dy_lanes;
        __builtin_prefetch(t->ahead + (ptrdiff_t)r->x[i] * t->x_lanes);
        vec g0 = vec_load(g);
        vec g1 = vecs == 2 ? vec_load(g + VEC) : g0;
        FULLY_UNROLLED
        for (int c = 0; c < channels; c++) {
            vec a = vec_set(x[c]);
            sum[c][0] = vec_fma(a, g0, sum[c][0]);
            if (vecs == 2)
                sum[c][1] = vec_fma(a, g1, sum[c][1]);
        }
    }
    FULLY_UNROLLED
    for (int c = 0; c < channels; c++)
        for (int v = 0; v < vecs; v++) {
            float *to = t->dw + (ptrdiff_t)c * t->dy_lanes + v * VEC;
            if (c < used)
                vec_store(to, vec_add(t->first ? vec_set(0) : vec_load(to),
                                      sum[c][v]));
        }
}

/* All input channels and all lanes of one block for one chunk; dw is the
 * block's gradient of this tap, [c][lane]. */
static void weights_chunk(const struct tensor *x,
                          const float *dy,
                          int32_t lanes,
                          const struct rows *r,
                          bool first,
                          float *dw)
{
    int32_t c_count = x->shape.c;
    int32_t cb = shape_block(c_count);
    int vecs = tile_vecs(lanes);
    int32_t channels = vecs == 2 ? CHANNELS_TWO : CHANNELS_ONE;
    struct weights t = {.x_lanes = cb, .dy_lanes = lanes, .first = first};

    for (int32_t c = 0; c < c_count; c += channels)
        for (int32_t lane = 0; lane < lanes; lane += vecs * VEC) {
            int32_t next = c + LINE < c_count ? c + LINE : 0;

            t.x = block_at(x, c / cb) + c % cb;
            t.ahead = block_at(x, next / cb) + next % cb;
            t.dy = dy + lane;
            t.dw = dw + (ptrdiff_t)c * lanes + lane;
            if (vecs == 2)
                weights_tile(&t, r, CHANNELS_TWO, 2, c_count - c);
            else
                weights_tile(&t, r, CHANNELS_ONE, 1, c_count - c);
        }
}

/* Chunk number i of a tap; n = 0 beyond the last. */
static void
chunk_list(const struct plan *p, int32_t tap, size_t i, struct rows *r)
{
    size_t n = (size_t)p->desc.in.n;
    size_t all = (p->first[tap + 1] - p->first[tap]) * n;
    size_t lo = i * ARITH_ROWS;
    size_t left = lo < all ? all - lo : 0;
    const struct voxel_pair *pair = p->pairs + p->first[tap];
    int32_t sample = (int32_t)(lo % n);

    if (left > 0)
        pair += lo / n;
    r->n = (int32_t)(left < ARITH_ROWS ? left : ARITH_ROWS);
    for (int32_t k = 0; k < r->n; k++) {
        r->x[k] = pair->in * p->desc.in.n + sample;
        r->dy[k] = pair->out * p->desc.in.n + sample;
        if (++sample == p->desc.in.n) {
            sample = 0;
            pair++;
        }
    }
}

/* All chunks of one tap; the rows of a chunk stay in the second cache while all
 * output channels pass by. */
static void weights_tap(const struct plan *p,
                        const struct tensor *x,
                        const struct tensor *dy,
                        int32_t tap,
                        float *dw)
{
    int32_t lanes = shape_block(p->desc.o);
    size_t w_tap = (size_t)p->desc.in.c * (size_t)lanes;
    struct rows r;

    for (size_t i = 0;; i++) {
        chunk_list(p, tap, i, &r);
        if (r.n == 0 && i > 0)
            break;
        for (int32_t b = 0; b < block_count(p->desc.o); b++)
            weights_chunk(x, block_at(dy, b), lanes, &r, i == 0,
                          dw + ((size_t)b * (size_t)p->taps + (size_t)tap) *
                                   w_tap);
    }
}

/* Lanes without a channel are zero. */
static void clear_lanes(const struct plan *p, float *dw)
{
    int32_t lanes = shape_block(p->desc.o);
    int32_t last = block_count(p->desc.o) - 1;
    int32_t used = block_used(p->desc.o, last);
    size_t rows = (size_t)p->taps * (size_t)p->desc.in.c;
    float *to = dw + (size_t)last * rows * (size_t)lanes;

    for (size_t i = 0; used < lanes && i < rows; i++)
        memset(to + i * (size_t)lanes + used, 0,
               (size_t)(lanes - used) * sizeof *to);
}

void SIMD(conv_bwd_w)(const struct plan *p,
                      const struct tensor *x,
                      const struct tensor *dy,
                      void *dw)
{
    int32_t lanes = shape_block(p->desc.o);

    if (lanes < VEC) {
        SIMD_NEXT.conv_bwd_w(p, x, dy, dw);
        return;
    }
    plan_check(p, x, dy);
    if (p->desc.in.c == 1)
        SIMD(stem_bwd_w)(p, x, dy, dw);
    else
        for (int32_t tap = 0; tap < p->taps; tap++)
            weights_tap(p, x, dy, tap, dw);
    clear_lanes(p, dw);
}

/* Sum of all rows in double, for one vector of channels at a time. */
void SIMD(bias_bwd)(struct dev *d, const struct tensor *dy, void *dbias)
{
    int32_t lanes = shape_block(dy->shape.c);
    size_t rows = shape_rows(dy->shape);
    float *to = dbias;

    if (lanes < VEC) {
        SIMD_NEXT.bias_bwd(d, dy, dbias);
        return;
    }
    for (int32_t c = 0; c < dy->shape.c; c += VEC) {
        const float *g = block_at(dy, c / lanes) + c % lanes;
        vec_half lower = vec_half_set(0);
        vec_half upper = vec_half_set(0);
        float sum[VEC];
        for (size_t i = 0; i < rows; i++, g += lanes) {
            lower = vec_half_add(lower, vec_lower(vec_load(g)));
            upper = vec_half_add(upper, vec_upper(vec_load(g)));
        }
        vec_half_store_real(sum, lower);
        vec_half_store_real(sum + VEC_HALF, upper);
        for (int32_t i = 0; i < VEC && c + i < dy->shape.c; i++)
            to[c + i] = sum[i];
    }
}
