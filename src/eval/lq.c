#include "eval/lq.h"

#include <string.h>

#include "base/mem.h"

/* Rows of one item; reflectors applied to a panel at a time. */
enum { GROUP = 16, NEAR = 8 };

struct make {
    struct lq *q;
    double **row;    /* [n] of v */
    uint32_t lo, hi; /* of the present block */
    double *pack;    /* [LQ_BLOCK / 8][p][8]: its reflectors, transposed */
    double *scratch; /* [members][GROUP][2 LQ_BLOCK] */
};

static double *block_t(const struct lq *q, uint32_t lo)
{
    return q->t + (size_t)(lo / LQ_BLOCK) * LQ_BLOCK * LQ_BLOCK;
}

static void reflect(const struct lq *q, uint32_t i, double beta, double *row)
{
    const double *v = q->row[i] + i;

    if (beta != 0.0)
        q->ops->axpy(-beta * q->ops->dot(v, row + i, q->p - i), v, row + i,
                     q->p - i);
}

/* The rest of row j becomes reflector j; l gets row j of L. */
static double
make_reflector(const struct lq *q, uint32_t j, double *v, double *l)
{
    uint32_t m = q->p - j;
    double norm;

    memcpy(l, v, j * sizeof *l);
    memset(v, 0, j * sizeof *v);
    l[j] = 0.0;
    norm = __builtin_sqrt(q->ops->dot(v + j, v + j, m));
    if (norm == 0.0)
        return 0.0;
    l[j] = -__builtin_copysign(norm, v[j]);
    v[j] -= l[j];
    return 2.0 / q->ops->dot(v + j, v + j, m);
}

/* Column j of T: beta at the diagonal, -beta T (V v_j) above it. */
static void extend_t(const struct lq *q, uint32_t lo, uint32_t j, double beta)
{
    double *t = block_t(q, lo);
    uint32_t k = j - lo;
    double dots[LQ_BLOCK];

    for (uint32_t i = 0; i < k; i++)
        dots[i] = q->ops->dot(q->row[lo + i] + j, q->row[j] + j, q->p - j);
    for (uint32_t i = 0; i < k; i++) {
        double s = 0.0;

        for (uint32_t m = i; m < k; m++)
            s += t[i * LQ_BLOCK + m] * dots[m];
        t[i * LQ_BLOCK + k] = -beta * s;
    }
    t[k * LQ_BLOCK + k] = beta;
}

static void make_block(struct make *f, double *const *l)
{
    const struct lq *q = f->q;
    double beta[LQ_BLOCK];

    for (uint32_t j = f->lo; j < f->hi; j++) {
        for (uint32_t i = f->lo; i < j; i++)
            reflect(q, i, beta[i - f->lo], f->row[j]);
        beta[j - f->lo] = make_reflector(q, j, f->row[j], l[j]);
        extend_t(q, f->lo, j, beta[j - f->lo]);
    }
    for (uint32_t c = 0; c < LQ_BLOCK; c++)
        for (uint32_t k = f->lo; k < q->p; k++)
            f->pack[((size_t)(c / MAT_WIDTH) * q->p + k) * MAT_WIDTH +
                    c % MAT_WIDTH] =
                f->lo + c < f->hi ? q->row[f->lo + c][k] : 0.0;
}

/* Rows after the block: R -= (R V') T V. */
static status apply_block(void *ctx, size_t item, int member)
{
    const struct make *f = ctx;
    const struct lq *q = f->q;
    uint32_t lo = f->hi + (uint32_t)item * GROUP;
    uint32_t n = lo + GROUP < q->n ? GROUP : q->n - lo;
    uint32_t k = f->hi - f->lo;
    const double *t = block_t(q, f->lo);
    double *w = f->scratch + (size_t)member * GROUP * 2 * LQ_BLOCK;
    double *wt = w + (size_t)GROUP * LQ_BLOCK;
    const double *in[GROUP] = {NULL};
    double *to[GROUP] = {NULL};
    const double *v[LQ_BLOCK] = {NULL};

    for (uint32_t i = 0; i < n; i++) {
        to[i] = f->row[lo + i] + f->lo;
        in[i] = to[i];
    }
    for (uint32_t i = 0; i < k; i++)
        v[i] = q->row[f->lo + i] + f->lo;
    for (uint32_t c = 0; c < LQ_BLOCK / MAT_WIDTH; c++)
        q->ops->forward(in, n, q->p - f->lo,
                        f->pack + ((size_t)c * q->p + f->lo) * MAT_WIDTH,
                        w + (size_t)c * GROUP * MAT_WIDTH);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < k; j++) {
            double s = 0.0;

            for (uint32_t m = 0; m <= j; m++)
                s += w[((size_t)(m / MAT_WIDTH) * GROUP + i) * MAT_WIDTH +
                       m % MAT_WIDTH] *
                     t[m * LQ_BLOCK + j];
            wt[i * k + j] = s;
        }
    q->ops->update(to, n, q->p - f->lo, v, k, wt);
    return OK;
}

static status blocks(struct make *f, struct team *team, double *const *l)
{
    status st = OK;
    uint32_t n = f->q->n;

    for (f->lo = 0; f->lo < n; f->lo = f->hi) {
        size_t items;

        f->hi = f->lo + LQ_BLOCK < n ? f->lo + LQ_BLOCK : n;
        make_block(f, l);
        items = (n - f->hi + GROUP - 1) / GROUP;
        if (team)
            TRY(team_run(team, items, apply_block, f));
        for (size_t i = 0; !team && i < items; i++)
            TRY(apply_block(f, i, 0));
    }
out:
    return st;
}

status lq_make(const double *x,
               uint32_t n,
               uint32_t p,
               struct team *team,
               double *const *l,
               struct lq *out)
{
    status st = OK;
    struct lq q = {.ops = mat_ops(), .n = n, .p = p};
    struct make f = {.q = &q};
    size_t members = team ? (size_t)team_size(team) : 1;
    /* An odd number of cache lines: rows do not fall on one another. */
    size_t ld = ((size_t)p + 15) / 16 * 16 + 8;

    TRY(mem_raw(n * ld, sizeof(double), &q.v));
    TRY(mem_new(n, sizeof *q.row, &q.row));
    TRY(mem_new((size_t)(n + LQ_BLOCK - 1) / LQ_BLOCK * LQ_BLOCK * LQ_BLOCK,
                sizeof(double), &q.t));
    TRY(mem_new(n, sizeof *f.row, &f.row));
    TRY(mem_raw((size_t)LQ_BLOCK * p, sizeof(double), &f.pack));
    TRY(mem_raw(members * GROUP * 2 * LQ_BLOCK, sizeof(double), &f.scratch));
    for (uint32_t i = 0; i < n; i++) {
        f.row[i] = q.v + i * ld;
        q.row[i] = f.row[i];
        memcpy(f.row[i], x + (size_t)i * p, p * sizeof *x);
    }
    TRY(blocks(&f, team, l));
    *out = q;
    q = (struct lq){0};
out:
    lq_clear(&q);
    mem_free(f.row);
    mem_free(f.pack);
    mem_free(f.scratch);
    return st;
}

void lq_clear(struct lq *q)
{
    mem_free(q->v);
    mem_free(q->row);
    mem_free(q->t);
    *q = (struct lq){0};
}

/* panel := panel - V' T V panel, or with T', for NEAR reflectors, so few that
 * they are still near when they are used again; their T lies on the diagonal
 * of the block's. */
static void apply_panel(const struct lq *q,
                        uint32_t lo,
                        bool transposed,
                        size_t width,
                        double *panel,
                        double *scratch)
{
    uint32_t k = lo + NEAR < q->n ? NEAR : q->n - lo;
    const double *t = block_t(q, lo) + (size_t)(lo % LQ_BLOCK) * (LQ_BLOCK + 1);
    double *s = scratch;
    double *ts = scratch + NEAR * width;
    const double *v[NEAR] = {NULL};

    for (uint32_t i = 0; i < k; i++)
        v[i] = q->row[lo + i] + lo;
    panel += lo * width;
    mat_forward(q->ops, width, v, k, q->p - lo, panel, s);
    for (uint32_t i = 0; i < k; i++)
        for (size_t c = 0; c < width; c++) {
            double sum = 0.0;

            for (uint32_t m = transposed ? 0 : i; m < (transposed ? i + 1 : k);
                 m++)
                sum +=
                    (transposed ? t[m * LQ_BLOCK + i] : t[i * LQ_BLOCK + m]) *
                    s[m * width + c];
            ts[i * width + c] = -sum;
        }
    mat_backward(q->ops, width, v, k, q->p - lo, ts, panel);
}

void lq_expand(const struct lq *q, size_t width, double *panel, double *scratch)
{
    uint32_t count = (q->n + NEAR - 1) / NEAR;

    for (uint32_t b = count; b-- > 0;)
        apply_panel(q, b * NEAR, false, width, panel, scratch);
}

void lq_project(const struct lq *q,
                size_t width,
                double *panel,
                double *scratch)
{
    for (uint32_t lo = 0; lo < q->n; lo += NEAR)
        apply_panel(q, lo, true, width, panel, scratch);
}
