/* Forward and input gradient: rows of the destination = sum over taps and
 * source channels (README.md, "Convolution").
 *
 * A plan lists, for each tap, the pairs of voxels that meet through it; so
 * padding and stride cost nothing, and a product takes any rows together that
 * need the same weights. A tile holds some rows times two vectors of output
 * channels in registers during one chunk (one tap, up to 256 channels) and
 * then adds them to memory. The loops outside keep the source rows of a block
 * of voxels in the second cache while all output channels pass by. */
#include "dev/simd/simd.h"

enum {
    CACHE_FLOATS = 196608,
    FAR_FLOATS = 524288,
    BLOCK_ROWS = 64,
    LINE = 16 /* floats */
};

/* What happens to the sum in memory. */
enum mode {
    MODE_CHAIN, /* the chain goes on from it */
    MODE_ADD,   /* the chunk is added to it */
    MODE_FIRST  /* the chunk is added to +0 */
};

/* One chunk of work: one tap, a group of source channels, some lanes. */
struct chunk {
    const float *src; /* first channel of the group, row 0 */
    size_t src_plane; /* floats to the next channel block */
    int32_t src_lanes, channels;
    const float *w; /* first channel, first of our lanes */
    int32_t dst_lanes;
    float *dst; /* first of our lanes, row 0 */
    enum mode mode;
};

/* Addresses of the rows of a tile. */
struct places {
    const float *x[ROWS_MAX];
    float *y[ROWS_MAX];
};

/* The first chunk of a sum stores where nothing was read before: its rows are
 * asked for while the chain is on its way. */
VEC_INLINE void ask_rows(float *const *y, int rows, int vecs)
{
    FULLY_UNROLLED
    for (int i = 0; i < rows; i++) {
        __builtin_prefetch(y[i], 1);
        if (vecs == 2)
            __builtin_prefetch(y[i] + VEC, 1);
    }
}

/* Far: the source lies beyond the second cache, so the rows of the next tile
 * are asked for, block by block; the hardware does not guess them where a
 * block ends or a stride makes them jump. x and next are moved on. Ask: for
 * the next chunk's weights, which lie behind this one's; in every tile that
 * would cost 2 %. */
VEC_INLINE void tile(const struct chunk *t,
                     const float **x,
                     const float **next,
                     float *const *y,
                     int rows,
                     int vecs,
                     bool ask)
{
    vec sum[ROWS_MAX][2];
    const float *w = t->w;
    ptrdiff_t soon = (ptrdiff_t)t->channels * t->dst_lanes;

    if (t->mode == MODE_FIRST)
        ask_rows(y, rows, vecs);
    FULLY_UNROLLED
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vecs; v++)
            sum[i][v] =
                t->mode == MODE_CHAIN ? vec_load(y[i] + v * VEC) : vec_set(0);
    for (int32_t c = 0; c < t->channels; c += t->src_lanes) {
        int32_t left = t->channels - c;
        int32_t n = left < t->src_lanes ? left : t->src_lanes;
        for (int32_t k = 0; k < n; k++, w += t->dst_lanes) {
            vec w0 = vec_load(w);
            vec w1 = vecs == 2 ? vec_load(w + VEC) : w0;
            if (ask)
                __builtin_prefetch(w + soon, 0, 2);
            if (ask && vecs == 2)
                __builtin_prefetch(w + soon + VEC, 0, 2);
            FULLY_UNROLLED
            for (int i = 0; i < rows; i++) {
                vec a = vec_set(x[i][k]);
                sum[i][0] = vec_fma(a, w0, sum[i][0]);
                if (vecs == 2)
                    sum[i][1] = vec_fma(a, w1, sum[i][1]);
            }
        }
        FULLY_UNROLLED
        for (int i = 0; i < rows; i++) {
            x[i] += t->src_plane;
            if (!next)
                continue;
            __builtin_prefetch(next[i]);
            __builtin_prefetch(next[i] + LINE);
            next[i] += t->src_plane;
        }
    }
    FULLY_UNROLLED
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vecs; v++) {
            float *to = y[i] + v * VEC;
            vec old = t->mode == MODE_ADD ? vec_load(to) : vec_set(0);
            vec_store(to, t->mode == MODE_CHAIN ? sum[i][v]
                                                : vec_add(old, sum[i][v]));
        }
}

typedef void
tile_fn(const struct chunk *t, struct places *now, const struct places *then);

#define TILE(name, rows, vecs, ask)                                            \
    static void name(const struct chunk *t, struct places *now,                \
                     const struct places *then)                                \
    {                                                                          \
        (void)then;                                                            \
        tile(t, now->x, NULL, now->y, (rows), (vecs), (ask));                  \
    }
#define TILE_FAR(name, rows, vecs, ask)                                        \
    static void name(const struct chunk *t, struct places *now,                \
                     const struct places *then)                                \
    {                                                                          \
        struct places next = *then;                                            \
        tile(t, now->x, next.x, now->y, (rows), (vecs), (ask));                \
    }
TILE(tile_one, ROWS_ONE, 1, false)
TILE(tile_two, ROWS_TWO, 2, false)
TILE_FAR(far_one, ROWS_ONE, 1, false)
TILE_FAR(far_two, ROWS_TWO, 2, false)
TILE(last_one, ROWS_ONE, 1, true)
TILE(last_two, ROWS_TWO, 2, true)
TILE_FAR(far_last_one, ROWS_ONE, 1, true)
TILE_FAR(far_last_two, ROWS_TWO, 2, true)
TILE(tile_4_1, 4, 1, true)
TILE(tile_2_1, 2, 1, true)
TILE(tile_1_1, 1, 1, true)
TILE(tile_4_2, 4, 2, true)
TILE(tile_2_2, 2, 2, true)
TILE(tile_1_2, 1, 2, true)

static const struct shapes {
    int rows;
    tile_fn *fn[2][2];   /* two vectors, far */
    tile_fn *last[2][2]; /* for the last tiles of a chunk, or NULL */
} tiles[] = {{ROWS_ONE, {{tile_one, far_one}}, {{last_one, far_last_one}}},
             {ROWS_TWO,
              {{NULL, NULL}, {tile_two, far_two}},
              {{NULL, NULL}, {last_two, far_last_two}}},
             {4, {{tile_4_1, tile_4_1}, {tile_4_2, tile_4_2}}, {{NULL}}},
             {2, {{tile_2_1, tile_2_1}, {tile_2_2, tile_2_2}}, {{NULL}}},
             {1, {{tile_1_1, tile_1_1}, {tile_1_2, tile_1_2}}, {{NULL}}}};

/* A product on its way: both tensors, the direction, where each tap's list of
 * pairs stands. */
struct product {
    const struct plan *plan;
    bool back; /* input gradient: pairs lead from out to in */
    const struct tensor *src, *dst;
    bool whole; /* one tap, which meets every row: nothing to add to */
    bool far;   /* src is larger than the second cache */
    size_t lo[ARITH_TAPS_MAX], hi[ARITH_TAPS_MAX];
};

static int32_t dst_voxel(const struct product *p, size_t i)
{
    return p->back ? p->plan->pairs[i].in : p->plan->pairs[i].out;
}

/* A place in a list of pairs: voxel by voxel, sample by sample. */
struct cursor {
    const struct voxel_pair *pair;
    size_t sample;
};

/* Addresses of the next rows; the samples of a voxel lie side by side. */
VEC_INLINE void next_rows(const struct product *p,
                          const struct chunk *t,
                          struct cursor *at,
                          size_t rows,
                          struct places *to)
{
    size_t n = (size_t)p->src->shape.n;

    for (size_t i = 0; i < rows;) {
        size_t few = n - at->sample < rows - i ? n - at->sample : rows - i;
        size_t out = (size_t)at->pair->out * n + at->sample;
        size_t in = (size_t)at->pair->in * n + at->sample;
        const float *x = t->src + (p->back ? out : in) * (size_t)t->src_lanes;
        float *y = t->dst + (p->back ? in : out) * (size_t)t->dst_lanes;

        at->sample += few;
        if (at->sample == n) {
            at->sample = 0;
            at->pair++;
        }
        for (; few > 0; few--, i++, x += t->src_lanes, y += t->dst_lanes) {
            to->x[i] = x;
            to->y[i] = y;
        }
    }
}

/* Rows of the pairs lo..hi, cut into tiles. */
static void
chunk_rows(const struct product *p, const struct chunk *t, size_t lo, size_t hi)
{
    struct cursor at = {p->plan->pairs + lo, 0};
    size_t left = (hi - lo) * (size_t)p->src->shape.n;
    bool two = tile_vecs(t->dst_lanes) == 2;
    struct places places[2];
    int now = 0;

    for (const struct shapes *s = tiles; left > 0; s++) {
        tile_fn *fn = s->fn[two][p->far];
        size_t rows = (size_t)s->rows;
        if (!fn || left < rows)
            continue;
        next_rows(p, t, &at, rows, &places[now]);
        for (; left >= rows; left -= rows) {
            int then = left >= 2 * rows ? !now : now;
            if (then != now)
                next_rows(p, t, &at, rows, &places[then]);
            if (left <= 2 * rows && s->last[two][p->far])
                fn = s->last[two][p->far];
            fn(t, &places[now], &places[then]);
            now = then;
        }
    }
}

/* All taps and channels for one block of destination channels and the rows
 * between p->lo and p->hi; w is the block's weights. */
static void block_sum(const struct product *p, int32_t block, const float *w)
{
    int32_t c_count = p->src->shape.c;
    int32_t lanes = shape_block(p->dst->shape.c);
    int32_t wide = tile_vecs(lanes) * VEC;

    for (int32_t tap = 0; tap < p->plan->taps; tap++)
        for (int32_t c = 0; c < c_count; c += ARITH_GROUP)
            for (int32_t lane = 0; lane < lanes; lane += wide) {
                int32_t left = c_count - c;
                size_t at = (size_t)tap * (size_t)c_count + (size_t)c;
                struct chunk t = {
                    .src = block_at(p->src, c / shape_block(c_count)),
                    .src_plane = shape_plane(p->src->shape) *
                                 (size_t)shape_block(c_count),
                    .src_lanes = shape_block(c_count),
                    .channels = left < ARITH_GROUP ? left : ARITH_GROUP,
                    .w = w + at * (size_t)lanes + lane,
                    .dst_lanes = lanes,
                    .dst = block_at(p->dst, block) + lane,
                    .mode = MODE_ADD};
                if (p->whole && c == 0)
                    t.mode = MODE_FIRST;
                else if (c_count <= ARITH_CHAIN_MAX)
                    t.mode = MODE_CHAIN;
                chunk_rows(p, &t, p->lo[tap], p->hi[tap]);
            }
}

/* The bias of one block to rows lo..hi; lanes without a channel stay. */
static void add_bias(const struct tensor *y,
                     int32_t block,
                     const float *bias,
                     size_t lo,
                     size_t hi)
{
    int32_t lanes = shape_block(y->shape.c);
    int32_t used = block_used(y->shape.c, block);
    float *to = block_at(y, block) + lo * (size_t)lanes;
    float b[ARITH_BLOCK_MAX] = {0};

    memcpy(b, bias + (size_t)block * (size_t)lanes, (size_t)used * sizeof *b);
    for (size_t i = lo; i < hi; i++, to += lanes)
        for (int32_t lane = 0; lane < lanes; lane += VEC)
            vec_store(to + lane,
                      vec_add(vec_load(to + lane), vec_load(b + lane)));
}

/* Move the lists on to destination voxels below `end`. */
static void advance(struct product *p, size_t end)
{
    for (int32_t tap = 0; tap < p->plan->taps; tap++) {
        size_t i = p->lo[tap] = p->hi[tap];
        while (i < p->plan->first[tap + 1] && (size_t)dst_voxel(p, i) < end)
            i++;
        p->hi[tap] = i;
    }
}

static void product(struct product *p, const float *w, const float *bias)
{
    size_t n = (size_t)p->dst->shape.n;
    size_t voxels = shape_voxels(p->dst->shape);
    size_t lanes = (size_t)shape_block(p->dst->shape.c);
    size_t rows = CACHE_FLOATS / (size_t)p->src->shape.c;
    size_t step = (rows < BLOCK_ROWS ? BLOCK_ROWS : rows) / n + 1;
    size_t w_block = (size_t)p->plan->taps * (size_t)p->src->shape.c * lanes;

    p->whole = p->plan->taps == 1 && p->plan->desc.pad == 0 &&
               (!p->back || p->plan->desc.stride == 1);
    p->far = shape_len(p->src->shape) > FAR_FLOATS;
    memcpy(p->hi, p->plan->first, (size_t)p->plan->taps * sizeof *p->hi);
    for (size_t v = 0; v < voxels; v += step) {
        size_t end = v + step < voxels ? v + step : voxels;
        advance(p, end);
        for (int32_t b = 0; b < block_count(p->dst->shape.c); b++) {
            if (!p->whole)
                memset(block_at(p->dst, b) + v * n * lanes, 0,
                       (end - v) * n * lanes * sizeof(float));
            block_sum(p, b, w + (size_t)b * w_block);
            if (bias)
                add_bias(p->dst, b, bias, v * n, end * n);
        }
    }
}

void SIMD(conv_fwd)(const struct plan *p,
                    const struct tensor *x,
                    const void *w,
                    const void *bias,
                    const struct tensor *y)
{
    struct product prod = {.plan = p, .back = false, .src = x, .dst = y};

    if (shape_block(p->desc.o) < VEC) {
        SIMD_NEXT.conv_fwd(p, x, w, bias, y);
        return;
    }
    plan_check(p, x, y);
    if (p->desc.in.c > 1) {
        product(&prod, w, bias);
        return;
    }
    SIMD(stem_fwd)(p, x, w, y);
    for (int32_t b = 0; bias && b < block_count(p->desc.o); b++)
        add_bias(y, b, bias, 0, shape_rows(y->shape));
}

void SIMD(conv_bwd_x)(const struct plan *p,
                      const struct tensor *dy,
                      const void *w_back,
                      const struct tensor *dx)
{
    struct product prod = {.plan = p, .back = true, .src = dy, .dst = dx};

    if (shape_block(p->desc.in.c) < VEC) {
        SIMD_NEXT.conv_bwd_x(p, dy, w_back, dx);
        return;
    }
    plan_check(p, dx, dy);
    product(&prod, w_back, NULL);
}
