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

/* What of a tap is computed: blocks of output channels, input channels
 * [c, c_end); gradients of a block are [channel][lane]. */
struct piece {
    int32_t tap, block, block_end, c, c_end;
    float *dw;
    size_t block_step; /* floats to the next block's */
};

/* The piece's input channels and all lanes of one block for one chunk. */
static void weights_chunk(const struct tensor *x,
                          const float *dy,
                          int32_t lanes,
                          const struct rows *r,
                          const struct piece *piece,
                          bool first,
                          float *dw)
{
    int32_t cb = shape_block(x->shape.c);
    int vecs = tile_vecs(lanes);
    int32_t channels = vecs == 2 ? CHANNELS_TWO : CHANNELS_ONE;
    struct weights t = {.x_lanes = cb, .dy_lanes = lanes, .first = first};

    for (int32_t c = piece->c; c < piece->c_end; c += channels)
        for (int32_t lane = 0; lane < lanes; lane += vecs * VEC) {
            int32_t next = c + LINE < piece->c_end ? c + LINE : piece->c;

            t.x = block_at(x, c / cb) + c % cb;
            t.ahead = block_at(x, next / cb) + next % cb;
            t.dy = dy + lane;
            t.dw = dw + (ptrdiff_t)(c - piece->c) * lanes + lane;
            if (vecs == 2)
                weights_tile(&t, r, CHANNELS_TWO, 2, piece->c_end - c);
            else
                weights_tile(&t, r, CHANNELS_ONE, 1, piece->c_end - c);
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

/* Lanes without a channel are zero. */
static void
clear_lanes(const struct plan *p, int32_t block, size_t rows, float *dw)
{
    int32_t lanes = shape_block(p->desc.o);
    int32_t used = block_used(p->desc.o, block);

    for (size_t i = 0; used < lanes && i < rows; i++)
        memset(dw + i * (size_t)lanes + used, 0,
               (size_t)(lanes - used) * sizeof *dw);
}

/* All chunks of one tap; the rows of a chunk stay in the second cache while the
 * blocks of output channels pass by. */
static void weights_piece(const struct plan *p,
                          const struct tensor *x,
                          const struct tensor *dy,
                          const struct piece *piece)
{
    int32_t lanes = shape_block(p->desc.o);
    float *dw = piece->dw;
    struct rows r;

    for (size_t i = 0;; i++) {
        chunk_list(p, piece->tap, i, &r);
        if (r.n == 0 && i > 0)
            break;
        dw = piece->dw;
        for (int32_t b = piece->block; b < piece->block_end; b++) {
            weights_chunk(x, block_at(dy, b), lanes, &r, piece, i == 0, dw);
            dw += piece->block_step;
        }
    }
    if (piece->block_end == block_count(p->desc.o))
        clear_lanes(p, piece->block_end - 1, (size_t)(piece->c_end - piece->c),
                    dw - piece->block_step);
}

static void weights_taps(const struct plan *p,
                         const struct tensor *x,
                         const struct tensor *dy,
                         float *dw)
{
    size_t w_tap = (size_t)p->desc.in.c * (size_t)shape_block(p->desc.o);
    struct piece all = {.block_end = block_count(p->desc.o),
                        .c_end = p->desc.in.c,
                        .block_step = (size_t)p->taps * w_tap};

    for (; all.tap < p->taps; all.tap++) {
        all.dw = dw + (size_t)all.tap * w_tap;
        weights_piece(p, x, dy, &all);
    }
}

void SIMD(conv_bwd_w)(const struct plan *p,
                      const struct tensor *x,
                      const struct tensor *dy,
                      const struct weight_part *part,
                      void *dw)
{
    int32_t last = block_count(p->desc.o) - 1;
    size_t rows = (size_t)p->taps * (size_t)p->desc.in.c;

    if (shape_block(p->desc.o) < VEC) {
        SIMD_NEXT.conv_bwd_w(p, x, dy, part, dw);
        return;
    }
    plan_check(p, x, dy);
    BUG_IF(part && p->desc.in.c == 1);
    if (part) {
        weights_piece(p, x, dy,
                      &(struct piece){part->tap, part->block, part->block + 1,
                                      part->c, part->c + part->channels, dw,
                                      0});
    } else if (p->desc.in.c == 1) {
        SIMD(stem_bwd_w)(p, x, dy, dw);
        clear_lanes(p, last, rows,
                    (float *)dw +
                        (size_t)last * rows * (size_t)shape_block(p->desc.o));
    } else {
        weights_taps(p, x, dy, dw);
    }
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
