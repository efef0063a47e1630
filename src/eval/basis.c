#include "eval/basis.h"

#include <string.h>

#include "base/mem.h"

#include "eval/eigen.h"

enum { ROWS = 32, GROUP = 8 }; /* of one left-looking block; of one item */

struct lq {
    struct basis *b;
    uint32_t lo, hi; /* rows of the present block */
};

static void reflect(const struct basis *b, uint32_t i, double *row)
{
    const double *v = b->house + (size_t)i * b->p + i;
    size_t m = b->p - i;

    if (b->beta[i] != 0.0)
        b->ops->axpy(-b->beta[i] * b->ops->dot(v, row + i, m), v, row + i, m);
}

/* Earlier blocks' reflectors, in order, on a group of rows. */
static status lq_group(void *ctx, size_t item, int member)
{
    struct lq *f = ctx;
    uint32_t lo = f->lo + (uint32_t)item * GROUP;
    uint32_t hi = lo + GROUP < f->hi ? lo + GROUP : f->hi;

    (void)member;
    for (uint32_t i = 0; i < f->lo; i++)
        for (uint32_t j = lo; j < hi; j++)
            reflect(f->b, i, f->b->house + (size_t)j * f->b->p);
    return OK;
}

static status run(struct team *team, size_t n, team_fn *fn, void *ctx)
{
    status st = OK;

    if (team)
        return team_run(team, n, fn, ctx);
    for (size_t i = 0; i < n; i++)
        TRY(fn(ctx, i, 0));
out:
    return st;
}

/* The rest of row j becomes reflector j; l [n] gets row j of L. */
static void lq_row(struct basis *b, uint32_t j, double *l)
{
    double *row = b->house + (size_t)j * b->p;
    size_t m = b->p - j;
    double norm;

    memcpy(l, row, j * sizeof *l);
    norm = __builtin_sqrt(b->ops->dot(row + j, row + j, m));
    b->beta[j] = 0.0;
    if (norm == 0.0)
        return;
    l[j] = -__builtin_copysign(norm, row[j]);
    row[j] -= l[j];
    b->beta[j] = 2.0 / b->ops->dot(row + j, row + j, m);
}

/* house: X -> reflectors; l [n][n] zeroed -> L. */
static status lq_make(struct basis *b, double *l)
{
    status st = OK;
    struct lq f = {.b = b};

    for (f.lo = 0; f.lo < b->n; f.lo = f.hi) {
        f.hi = f.lo + ROWS < b->n ? f.lo + ROWS : b->n;
        TRY(run(b->team, (f.hi - f.lo + GROUP - 1) / GROUP, lq_group, &f));
        for (uint32_t j = f.lo; j < f.hi; j++) {
            for (uint32_t i = f.lo; i < j; i++)
                reflect(b, i, b->house + (size_t)j * b->p);
            lq_row(b, j, l + (size_t)j * b->n);
        }
    }
out:
    return st;
}

/* Panels of eight columns: gram = m' m, then a = m v. */
struct product {
    struct basis *b;
    const double *m; /* [n][q] */
    double *gram;    /* [q][q] */
    double *scratch; /* [members][2][max(n, q)][8] */
    size_t longest;
};

static double *scratch_of(const struct product *f, int member, double **second)
{
    size_t panel = f->longest * MAT_WIDTH;
    double *first = f->scratch + (size_t)member * 2 * panel;

    *second = first + panel;
    return first;
}

static status gram_panel(void *ctx, size_t item, int member)
{
    struct product *f = ctx;
    size_t q = f->b->q;
    size_t lo = item * MAT_WIDTH;
    double *g;
    double *r = scratch_of(f, member, &g);

    memset(g, 0, q * MAT_WIDTH * sizeof *g);
    for (size_t i = 0; i < f->b->n; i++)
        for (size_t c = 0; c < MAT_WIDTH; c++)
            r[i * MAT_WIDTH + c] = lo + c < q ? f->m[i * q + lo + c] : 0.0;
    f->b->ops->backward(f->m, q, f->b->n, q, r, g);
    for (size_t j = 0; j < q; j++)
        for (size_t c = 0; c < MAT_WIDTH && lo + c < q; c++)
            f->gram[j * q + lo + c] = g[j * MAT_WIDTH + c];
    return OK;
}

static status rows_panel(void *ctx, size_t item, int member)
{
    struct product *f = ctx;
    size_t q = f->b->q;
    size_t lo = item * MAT_WIDTH;
    double *z;
    double *v = scratch_of(f, member, &z);

    for (size_t j = 0; j < q; j++)
        for (size_t c = 0; c < MAT_WIDTH; c++)
            v[j * MAT_WIDTH + c] =
                lo + c < q ? f->b->vt[(lo + c) * q + j] : 0.0;
    f->b->ops->forward(f->m, q, f->b->n, q, v, z);
    for (size_t i = 0; i < f->b->n; i++)
        for (size_t c = 0; c < MAT_WIDTH && lo + c < q; c++)
            f->b->a[i * f->b->lda + lo + c] = z[i * MAT_WIDTH + c];
    return OK;
}

static status rotate_rows(struct basis *b, const double *m)
{
    status st = OK;
    struct product f = {.b = b, .m = m};
    size_t panels = (b->q + MAT_WIDTH - 1) / MAT_WIDTH;
    size_t members = b->team ? (size_t)team_size(b->team) : 1;
    double *values = NULL;

    f.longest = b->n > b->q ? b->n : b->q;
    TRY(mem_raw((size_t)b->q * b->q, sizeof(double), &f.gram));
    TRY(mem_raw(members * 2 * f.longest * MAT_WIDTH, sizeof(double),
                &f.scratch));
    TRY(mem_raw(b->q, sizeof(double), &values));
    TRY(mem_raw((size_t)b->q * b->q, sizeof(double), &b->vt));
    TRY(mem_raw((size_t)b->n * b->lda, sizeof(double), &b->a));
    TRY(run(b->team, panels, gram_panel, &f));
    TRY(eigen_symmetric(f.gram, b->q, b->team, values, b->vt));
    TRY(run(b->team, panels, rows_panel, &f));
    for (size_t i = 0; i < b->n; i++)
        b->a[i * b->lda + b->q] = 1.0;
out:
    mem_free(f.gram);
    mem_free(f.scratch);
    mem_free(values);
    return st;
}

static status check_finite(const double *x, uint32_t n, uint32_t p)
{
    status st = OK;

    ENSURE(n > 0 && p > 0, ERR_DATA, "features: %u rows of %u columns", n, p);
    for (size_t i = 0; i < (size_t)n * p; i++)
        ENSURE(__builtin_isfinite(x[i]), ERR_NUMERIC,
               "features: row %zu, column %zu is not a finite number", i / p,
               i % p);
out:
    return st;
}

status basis_make(const double *x,
                  uint32_t n,
                  uint32_t p,
                  struct team *team,
                  struct basis *out)
{
    status st = OK;
    double *l = NULL;
    struct basis b = {.ops = mat_ops(),
                      .team = team,
                      .n = n,
                      .p = p,
                      .q = n < p ? n : p,
                      .wide = n < p};

    b.lda = b.q + 1;
    TRY(check_finite(x, n, p));
    if (b.wide) {
        TRY(mem_raw((size_t)n * p, sizeof(double), &b.house));
        TRY(mem_new(n, sizeof(double), &b.beta));
        TRY(mem_new((size_t)n * n, sizeof(double), &l));
        memcpy(b.house, x, (size_t)n * p * sizeof *x);
        TRY(lq_make(&b, l));
    }
    TRY(rotate_rows(&b, b.wide ? l : x));
    *out = b;
    b = (struct basis){0};
out:
    basis_clear(&b);
    mem_free(l);
    return st;
}

void basis_clear(struct basis *b)
{
    mem_free(b->a);
    mem_free(b->vt);
    mem_free(b->house);
    mem_free(b->beta);
    *b = (struct basis){0};
}

void basis_to_full(const struct basis *b, const double *v, double *w)
{
    memset(w, 0, b->p * sizeof *w);
    for (size_t j = 0; j < b->q; j++)
        b->ops->axpy(v[j], b->vt + j * b->q, w, b->q);
    for (uint32_t i = b->wide ? b->n : 0; i-- > 0;)
        reflect(b, i, w);
}

void basis_from_full(const struct basis *b, double *w, double *v)
{
    for (uint32_t i = 0; b->wide && i < b->n; i++)
        reflect(b, i, w);
    for (size_t j = 0; j < b->q; j++)
        v[j] = b->ops->dot(b->vt + j * b->q, w, b->q);
}
