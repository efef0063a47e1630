/* One input channel: the stem of the network. A plan of voxel pairs would be
 * as large as the work, so these walk along lines of output voxels: on a line
 * all voxels but the outermost see the same columns of the kernel, and the
 * rows of an x-line lie one after the other in memory ([voxel][sample]). */
#include "dev/simd/simd.h"

/* Taps [lo, hi) of a kernel axis that fall inside for an output place. */
struct range {
    int32_t lo, hi;
};

static struct range inside(const struct conv_desc *d, int32_t out, int32_t size)
{
    int32_t start = d->pad - out * d->stride; /* tap of place 0 */
    struct range r = {start > 0 ? start : 0, start + size};

    if (r.lo > d->k)
        r.lo = d->k;
    if (r.hi > d->k)
        r.hi = d->k;
    if (r.hi < r.lo)
        r.hi = r.lo;
    return r;
}

/* One line of output voxels (z, y), and the kernel rows inside. */
struct line {
    const struct conv_desc *d;
    struct range kz, ky;
    int32_t in_z, in_y; /* input place of tap (0, 0), may be outside */
    size_t row;         /* first output row */
};

static struct line line_at(const struct plan *p, int32_t z, int32_t y)
{
    const struct conv_desc *d = &p->desc;
    size_t voxel =
        ((size_t)z * (size_t)p->out.h + (size_t)y) * (size_t)p->out.w;

    return (struct line){.d = d,
                         .kz = inside(d, z, d->in.d),
                         .ky = inside(d, y, d->in.h),
                         .in_z = z * d->stride - d->pad,
                         .in_y = y * d->stride - d->pad,
                         .row = voxel * (size_t)d->in.n};
}

/* Start of an input line in the plain volume [z][y][x][sample]. */
static const float *
in_line(const struct line *l, const float *x, int32_t kz, int32_t ky)
{
    const struct shape *s = &l->d->in;
    size_t line =
        (size_t)(l->in_z + kz) * (size_t)s->h + (size_t)(l->in_y + ky);

    return x + line * (size_t)s->w * (size_t)s->n;
}

/* Output rows of a line that see the same columns kx of the kernel. */
struct stem_work {
    const struct line *line;
    struct range kx;
    const float *x;
    const float *w; /* tap 0, first of our lanes */
    int32_t lanes;  /* of a block */
};

/* One column of the kernel: row i's place on the input line is at[i]. */
VEC_INLINE void stem_column(const float *x,
                            const ptrdiff_t *at,
                            const float *w,
                            vec sum[][2],
                            int rows,
                            int vecs)
{
    vec w0 = vec_load(w);
    vec w1 = vecs == 2 ? vec_load(w + VEC) : w0;

    FULLY_UNROLLED
    for (int i = 0; i < rows; i++) {
        vec a = vec_set(x[at[i]]);
        sum[i][0] = vec_fma(a, w0, sum[i][0]);
        if (vecs == 2)
            sum[i][1] = vec_fma(a, w1, sum[i][1]);
    }
}

/* at[i]: place on an input line of row i's column 0, perhaps outside. */
VEC_INLINE void stem_tile(const struct stem_work *t,
                          const ptrdiff_t *at,
                          float *y,
                          int rows,
                          int vecs)
{
    const struct line *l = t->line;
    vec sum[ROWS_MAX][2];
    ptrdiff_t n = l->d->in.n;
    int32_t k = l->d->k;
    int32_t columns = t->kx.hi - t->kx.lo;

    FULLY_UNROLLED
    for (int i = 0; i < rows; i++)
        sum[i][0] = sum[i][1] = vec_set(0);
    for (int32_t kz = l->kz.lo; kz < l->kz.hi; kz++)
        for (int32_t ky = l->ky.lo; ky < l->ky.hi; ky++) {
            const float *x = in_line(l, t->x, kz, ky) + t->kx.lo * n;
            const float *w = t->w + (size_t)((kz * k + ky) * k + t->kx.lo) *
                                        (size_t)t->lanes;
            if (columns == ARITH_K_MAX) {
                FULLY_UNROLLED
                for (int c = 0; c < ARITH_K_MAX; c++, x += n, w += t->lanes)
                    stem_column(x, at, w, sum, rows, vecs);
            } else {
                for (int32_t c = 0; c < columns; c++, x += n, w += t->lanes)
                    stem_column(x, at, w, sum, rows, vecs);
            }
        }
    FULLY_UNROLLED
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vecs; v++)
            vec_store(y + (size_t)i * (size_t)t->lanes + v * VEC, sum[i][v]);
}

typedef void stem_fn(const struct stem_work *t, const ptrdiff_t *at, float *y);

#define STEM_TILE(rows, vecs)                                                  \
    static void stem_##rows##_##vecs(const struct stem_work *t,                \
                                     const ptrdiff_t *at, float *y)            \
    {                                                                          \
        stem_tile(t, at, y, (rows), (vecs));                                   \
    }
STEM_TILE(ROWS_ONE, 1)
STEM_TILE(4, 1)
STEM_TILE(1, 1)
STEM_TILE(ROWS_TWO, 2)
STEM_TILE(4, 2)
STEM_TILE(1, 2)

static const struct {
    int rows;
    stem_fn *one, *two;
} tiles[] = {{ROWS_ONE, stem_ROWS_ONE_1, NULL},
             {ROWS_TWO, NULL, stem_ROWS_TWO_2},
             {4, stem_4_1, stem_4_2},
             {1, stem_1_1, stem_1_2}};

/* A place on an input line, and which sample it is. */
struct place {
    ptrdiff_t at;
    int32_t sample;
};

/* The places of the next rows of output: all samples of a voxel, then those
 * of the voxel a stride away. */
static void next_places(const struct conv_desc *d,
                        struct place *next,
                        size_t rows,
                        ptrdiff_t *at)
{
    for (size_t i = 0; i < rows; i++) {
        at[i] = next->at++;
        if (++next->sample == d->in.n) {
            next->sample = 0;
            next->at += (ptrdiff_t)(d->stride - 1) * d->in.n;
        }
    }
}

/* Output voxels [lo, hi) of a line; y is the row of voxel lo. */
static void
stem_run(const struct stem_work *t, int32_t lo, int32_t hi, float *y)
{
    const struct conv_desc *d = t->line->d;
    bool two = tile_vecs(t->lanes) == 2;
    size_t left = (size_t)(hi - lo) * (size_t)d->in.n;
    ptrdiff_t at[ROWS_MAX];
    struct place next = {(ptrdiff_t)(lo * d->stride - d->pad) * d->in.n, 0};

    for (size_t s = 0; left > 0; s++) {
        stem_fn *fn = two ? tiles[s].two : tiles[s].one;
        size_t rows = (size_t)tiles[s].rows;
        for (; fn && left >= rows; left -= rows) {
            next_places(d, &next, rows, at);
            fn(t, at, y);
            y += rows * (size_t)t->lanes;
        }
    }
}

/* The end of the run of voxels from lo that see the same columns. */
static int32_t run_end(const struct plan *p, int32_t lo)
{
    struct range first = inside(&p->desc, lo, p->desc.in.w);
    int32_t hi = lo + 1;

    while (hi < p->out.w) {
        struct range r = inside(&p->desc, hi, p->desc.in.w);
        if (r.lo != first.lo || r.hi != first.hi)
            break;
        hi++;
    }
    return hi;
}

/* Line number i of the output. */
static struct line line_of(const struct plan *p, int32_t i)
{
    return line_at(p, i / p->out.h, i % p->out.h);
}

void SIMD(stem_fwd)(const struct plan *p,
                    const struct tensor *x,
                    const float *w,
                    const struct tensor *y)
{
    int32_t lanes = shape_block(p->desc.o);
    int32_t wide = tile_vecs(lanes) * VEC;
    size_t w_block = (size_t)p->taps * (size_t)lanes;

    for (int32_t i = 0; i < p->out.d * p->out.h; i++) {
        struct line l = line_of(p, i);
        for (int32_t lane = 0; lane < block_count(p->desc.o) * lanes;
             lane += wide) {
            int32_t b = lane / lanes;
            struct stem_work t = {.line = &l,
                                  .x = x->data,
                                  .w = w + (size_t)b * w_block + lane % lanes,
                                  .lanes = lanes};
            float *row = block_at(y, b) + l.row * (size_t)lanes + lane % lanes;
            int32_t n = p->desc.in.n;
            for (int32_t lo = 0, hi; lo < p->out.w; lo = hi) {
                hi = run_end(p, lo);
                t.kx = inside(&p->desc, lo, p->desc.in.w);
                stem_run(&t, lo, hi,
                         row + (size_t)lo * (size_t)n * (size_t)lanes);
            }
        }
    }
}

/* Output voxels [lo, hi) of a line, which see the columns kx; a line has so
 * many of them at most. */
struct stem_run {
    int32_t lo, hi;
    struct range kx;
};
enum { RUNS_MAX = 2 * ARITH_K_MAX + 1 };

static int32_t runs_of(const struct plan *p, struct stem_run *runs)
{
    int32_t n = 0;

    for (int32_t lo = 0; lo < p->out.w; lo = runs[n++].hi)
        runs[n] = (struct stem_run){lo, run_end(p, lo),
                                    inside(&p->desc, lo, p->desc.in.w)};
    return n;
}

/* The weight gradient of one kernel row (kz, ky) and its k columns over one
 * line, the chunk of README.md. */
struct stem_chunk {
    const struct plan *p;
    const struct stem_run *runs;
    int32_t n_runs;
    const float *from; /* input line, [x][sample] */
    const float *dy;   /* first row of the line, first of our lanes */
    float *dw;         /* column 0, first of our lanes */
    int32_t lanes;
};

/* The voxels of a run; columns outside kx are left out. */
VEC_INLINE void stem_columns(const struct stem_chunk *t,
                             const struct stem_run *run,
                             struct range kx,
                             vec sum[][2],
                             int vecs)
{
    const struct conv_desc *d = &t->p->desc;
    ptrdiff_t n = d->in.n;
    ptrdiff_t jump = (ptrdiff_t)(d->stride - 1) * n;
    const float *x =
        t->from + (ptrdiff_t)(run->lo * d->stride - d->pad + kx.lo) * n;
    const float *g = t->dy + (ptrdiff_t)run->lo * n * t->lanes;

    for (int32_t v = run->lo; v < run->hi; v++, x += jump)
        for (ptrdiff_t s = 0; s < n; s++, x++, g += t->lanes) {
            vec g0 = vec_load(g);
            vec g1 = vecs == 2 ? vec_load(g + VEC) : g0;
            FULLY_UNROLLED
            for (int c = 0; c < ARITH_K_MAX; c++) {
                if (c < kx.lo || c >= kx.hi)
                    continue;
                vec a = vec_set(x[(c - kx.lo) * n]);
                sum[c][0] = vec_fma(a, g0, sum[c][0]);
                if (vecs == 2)
                    sum[c][1] = vec_fma(a, g1, sum[c][1]);
            }
        }
}

/* Kernels of ARITH_K_MAX columns, as the network's, need no test a column in
 * the middle of a line. */
VEC_INLINE void stem_line(const struct stem_chunk *t, int vecs)
{
    const struct conv_desc *d = &t->p->desc;
    vec sum[ARITH_K_MAX][2];

    FULLY_UNROLLED
    for (int c = 0; c < ARITH_K_MAX; c++)
        sum[c][0] = sum[c][1] = vec_set(0);
    for (int32_t i = 0; i < t->n_runs; i++) {
        const struct stem_run *r = &t->runs[i];
        if (r->kx.lo == 0 && r->kx.hi == ARITH_K_MAX)
            stem_columns(t, r, (struct range){0, ARITH_K_MAX}, sum, vecs);
        else
            stem_columns(t, r, r->kx, sum, vecs);
    }
    FULLY_UNROLLED
    for (int c = 0; c < ARITH_K_MAX; c++)
        for (int v = 0; v < vecs && c < d->k; v++) {
            float *to = t->dw + (ptrdiff_t)c * t->lanes + v * VEC;
            vec_store(to, vec_add(vec_load(to), sum[c][v]));
        }
}

#if defined(__AVX512F__)
enum { COLUMN_VECS = 2 }; /* 7 columns times 2 vectors in registers */
#else
enum { COLUMN_VECS = 1 };
#endif

static void stem_chunk(const struct stem_chunk *t, int32_t vecs)
{
    if (vecs == COLUMN_VECS)
        stem_line(t, COLUMN_VECS);
    else
        stem_line(t, 1);
}

void SIMD(stem_bwd_w)(const struct plan *p,
                      const struct tensor *x,
                      const struct tensor *dy,
                      float *dw)
{
    int32_t lanes = shape_block(p->desc.o);
    int32_t vecs = lanes / VEC < COLUMN_VECS ? lanes / VEC : COLUMN_VECS;
    int32_t k = p->desc.k;
    size_t w_block = (size_t)p->taps * (size_t)lanes;
    struct stem_run runs[RUNS_MAX];
    int32_t n_runs = runs_of(p, runs);

    memset(dw, 0, weight_len(p->desc.o, k, 1) * sizeof *dw);
    for (int32_t lane = 0; lane < block_count(p->desc.o) * lanes;
         lane += vecs * VEC) {
        int32_t b = lane / lanes;
        float *to = dw + (size_t)b * w_block + lane % lanes;
        for (int32_t i = 0; i < p->out.d * p->out.h; i++) {
            struct line l = line_of(p, i);
            struct stem_chunk t = {.p = p,
                                   .runs = runs,
                                   .n_runs = n_runs,
                                   .dy = block_at(dy, b) +
                                         l.row * (size_t)lanes + lane % lanes,
                                   .lanes = lanes};
            for (int32_t kz = l.kz.lo; kz < l.kz.hi; kz++)
                for (int32_t ky = l.ky.lo; ky < l.ky.hi; ky++) {
                    t.from = in_line(&l, x->data, kz, ky);
                    t.dw = to + (size_t)((kz * k + ky) * k) * (size_t)lanes;
                    stem_chunk(&t, vecs);
                }
        }
    }
}
