/* Convolution, straight from the text (README.md, "Convolution"). The inner
 * loops run over the lanes of a block of output channels only because a
 * compiler makes vectors of them; each lane is its own sum. */
#include "base/mem.h"

#include "dev/ref/ref.h"

status
REF(conv_plan)(struct dev *d, const struct conv_desc *desc, struct plan **out)
{
    struct plan *p = NULL;
    status st = OK;

    (void)d;
    TRY(mem_new(1, sizeof *p, &p));
    plan_init(p, desc);
    *out = p;
out:
    return st;
}

void REF(conv_plan_free)(struct plan *p)
{
    mem_free(p);
}

void REF(conv_turn)(const struct plan *p, const void *w, void *w_back)
{
    int32_t o_count = p->desc.o;
    int32_t c_count = p->desc.in.c;
    int32_t k = p->desc.k;
    const real *from = w;
    real *to = w_back;

    memset(to, 0, weight_len(c_count, k, o_count) * sizeof *to);
    for (int32_t o = 0; o < o_count; o++)
        for (int32_t tap = 0; tap < p->taps; tap++)
            for (int32_t c = 0; c < c_count; c++)
                to[weight_at(k, o_count, c, tap, o, c_count)] =
                    from[weight_at(k, c_count, o, tap, c, o_count)];
}

/* Channels [lo, hi) of a row, one after the other. */
static void read_row(const struct tensor *t,
                     int32_t sample,
                     size_t voxel,
                     int32_t lo,
                     int32_t hi,
                     real *flat)
{
    int32_t b = shape_block(t->shape.c);

    while (lo < hi) {
        int32_t n = b - lo % b < hi - lo ? b - lo % b : hi - lo;
        memcpy(flat, at(t, sample, lo, voxel), (size_t)n * sizeof *flat);
        flat += n;
        lo += n;
    }
}

/* sum[lane] = fma(x[i], w[i][lane], sum[lane]) over i, ascending. */
static void
chain(int32_t n, int32_t lanes, const real *x, const real *w, real *sum)
{
    for (int32_t i = 0; i < n; i++)
        for (int32_t lane = 0; lane < lanes; lane++)
            sum[lane] =
                real_fma(x[i], w[(size_t)i * (size_t)lanes + lane], sum[lane]);
}

/* One output row of one block: w is the block's weights [tap][c][lane], src
 * the source voxel of each tap or -1. */
static void row_sum(const struct plan *p,
                    const struct tensor *src,
                    int32_t sample,
                    const ptrdiff_t *voxel,
                    int32_t lanes,
                    const real *w,
                    real *sum)
{
    int32_t c_count = src->shape.c;
    real x[ARITH_GROUP];
    real part[ARITH_BLOCK_MAX];

    memset(sum, 0, (size_t)lanes * sizeof *sum);
    for (int32_t tap = 0; tap < p->taps; tap++) {
        if (voxel[tap] < 0)
            continue;
        for (int32_t lo = 0; lo < c_count; lo += ARITH_GROUP) {
            int32_t hi =
                lo + ARITH_GROUP < c_count ? lo + ARITH_GROUP : c_count;
            const real *wp = w + ((size_t)tap * (size_t)c_count + (size_t)lo) *
                                     (size_t)lanes;
            read_row(src, sample, (size_t)voxel[tap], lo, hi, x);
            if (c_count <= ARITH_CHAIN_MAX) {
                chain(hi - lo, lanes, x, wp, sum);
                continue;
            }
            memset(part, 0, sizeof part);
            chain(hi - lo, lanes, x, wp, part);
            for (int32_t lane = 0; lane < lanes; lane++)
                sum[lane] = sum[lane] + part[lane];
        }
    }
}

typedef ptrdiff_t meet_fn(const struct plan *p, size_t voxel, int32_t tap);

/* dst = sum over taps and source channels: forward and input gradient. */
static void product(const struct plan *p,
                    meet_fn *meet,
                    const struct tensor *src,
                    const real *w,
                    const real *bias,
                    const struct tensor *dst)
{
    int32_t c_count = dst->shape.c;
    int32_t lanes = shape_block(c_count);
    size_t w_block = (size_t)p->taps * (size_t)src->shape.c * (size_t)lanes;
    ptrdiff_t from[ARITH_TAPS_MAX];
    real sum[ARITH_BLOCK_MAX];

    for (size_t voxel = 0; voxel < shape_voxels(dst->shape); voxel++) {
        for (int32_t tap = 0; tap < p->taps; tap++)
            from[tap] = meet(p, voxel, tap);
        for (int32_t c = 0; c < c_count; c += lanes)
            for (int32_t n = 0; n < dst->shape.n; n++) {
                row_sum(p, src, n, from, lanes,
                        w + (size_t)(c / lanes) * w_block, sum);
                for (int32_t i = 0; bias && i < lanes && c + i < c_count; i++)
                    sum[i] = sum[i] + bias[c + i];
                memcpy(at(dst, n, c, voxel), sum, (size_t)lanes * sizeof *sum);
            }
    }
}

void REF(conv_fwd)(const struct plan *p,
                   const struct tensor *x,
                   const void *w,
                   const void *bias,
                   const struct tensor *y)
{
    plan_check(p, x, y);
    product(p, plan_source, x, w, bias, y);
}

void REF(conv_bwd_x)(const struct plan *p,
                     const struct tensor *dy,
                     const void *w_back,
                     const struct tensor *dx)
{
    plan_check(p, dx, dy);
    product(p, plan_target, dy, w_back, NULL, dx);
}

/* A weight gradient on its way: chunks of rows, each its own chain. */
struct row_chunks {
    int32_t lanes, rows;
    real sum[ARITH_BLOCK_MAX], part[ARITH_BLOCK_MAX];
};

static void chunk_end(struct row_chunks *s)
{
    if (s->rows == 0)
        return;
    for (int32_t i = 0; i < s->lanes; i++) {
        s->sum[i] = s->sum[i] + s->part[i];
        s->part[i] = 0;
    }
    s->rows = 0;
}

/* The gradient of weights (block of o, tap, c). With one input channel a
 * chunk is a line of output voxels, else ARITH_ROWS valid rows. */
static void weight_sum(const struct plan *p,
                       const struct tensor *x,
                       const struct tensor *dy,
                       int32_t o,
                       int32_t tap,
                       int32_t c,
                       struct row_chunks *s)
{
    bool by_line = x->shape.c == 1;

    memset(s->sum, 0, sizeof s->sum);
    memset(s->part, 0, sizeof s->part);
    s->rows = 0;
    for (size_t voxel = 0; voxel < shape_voxels(dy->shape); voxel++) {
        ptrdiff_t from = plan_source(p, voxel, tap);
        if (by_line && voxel % (size_t)dy->shape.w == 0)
            chunk_end(s);
        if (from < 0)
            continue;
        for (int32_t n = 0; n < x->shape.n; n++) {
            chain(1, s->lanes, at(x, n, c, (size_t)from), at(dy, n, o, voxel),
                  s->part);
            s->rows++;
            if (!by_line && s->rows == ARITH_ROWS)
                chunk_end(s);
        }
    }
    chunk_end(s);
}

static void weight_part(const struct plan *p,
                        const struct tensor *x,
                        const struct tensor *dy,
                        const struct weight_part *part,
                        real *to)
{
    struct row_chunks s = {.lanes = shape_block(p->desc.o)};
    int32_t o = part->block * s.lanes;
    int32_t n = p->desc.o - o < s.lanes ? p->desc.o - o : s.lanes;

    memset(to, 0, (size_t)part->channels * (size_t)s.lanes * sizeof *to);
    for (int32_t c = 0; c < part->channels; c++) {
        weight_sum(p, x, dy, o, part->tap, part->c + c, &s);
        memcpy(to + (ptrdiff_t)c * s.lanes, s.sum, (size_t)n * sizeof *to);
    }
}

void REF(conv_bwd_w)(const struct plan *p,
                     const struct tensor *x,
                     const struct tensor *dy,
                     const struct weight_part *part,
                     void *dw)
{
    int32_t o_count = p->desc.o;
    int32_t c_count = p->desc.in.c;
    struct row_chunks s = {.lanes = shape_block(o_count)};
    real *to = dw;

    plan_check(p, x, dy);
    if (part) {
        weight_part(p, x, dy, part, to);
        return;
    }
    memset(to, 0, weight_len(o_count, p->desc.k, c_count) * sizeof *to);
    for (int32_t o = 0; o < o_count; o += s.lanes)
        for (int32_t tap = 0; tap < p->taps; tap++)
            for (int32_t c = 0; c < c_count; c++) {
                int32_t n = o_count - o < s.lanes ? o_count - o : s.lanes;
                weight_sum(p, x, dy, o, tap, c, &s);
                memcpy(to + weight_at(p->desc.k, c_count, o, tap, c, o_count),
                       s.sum, (size_t)n * sizeof *to);
            }
}

void REF(bias_bwd)(struct dev *d, const struct tensor *dy, void *dbias)
{
    real *to = dbias;

    (void)d;
    for (int32_t c = 0; c < dy->shape.c; c++) {
        double sum = 0;
        for (size_t voxel = 0; voxel < shape_voxels(dy->shape); voxel++)
            for (int32_t n = 0; n < dy->shape.n; n++)
                sum += (double)*at(dy, n, c, voxel);
        to[c] = (real)sum;
    }
}
