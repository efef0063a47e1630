#include "eval/basis.h"

#include "base/mem.h"

#include "eval/axes.h"

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

static status make_rows(struct basis *b, const double *x)
{
    status st = OK;
    /* An odd number of cache lines: rows do not fall on one another. */
    size_t ld = ((size_t)b->m + 15) / 16 * 16 + 8;
    double **l = NULL;

    TRY(mem_new(b->n * ld, sizeof(double), &b->a));
    TRY(mem_new(b->n, sizeof *b->row, &b->row));
    TRY(mem_new(b->n, sizeof *b->len, &b->len));
    TRY(mem_new(b->n, sizeof *l, &l));
    for (uint32_t i = 0; i < b->n; i++) {
        b->a[i * ld] = 1.0;
        b->row[i] = b->a + i * ld;
        b->len[i] = b->wide ? i + 2 : b->m;
        l[i] = b->a + i * ld + 1;
        for (uint32_t j = 0; !b->wide && j < b->p; j++)
            l[i][j] = x[(size_t)i * b->p + j];
    }
    if (b->wide)
        TRY(lq_make(x, b->n, b->p, b->team, l, &b->lq));
out:
    mem_free(l);
    return st;
}

status basis_make(const double *x,
                  uint32_t n,
                  uint32_t p,
                  struct team *team,
                  struct basis *out)
{
    status st = OK;
    struct basis b = {.ops = mat_ops(),
                      .team = team,
                      .n = n,
                      .p = p,
                      .q = n < p ? n : p,
                      .wide = n < p};

    b.m = b.q + 1;
    TRY(check_finite(x, n, p));
    TRY(make_rows(&b, x));
    TRY(axes_make(&b));
    *out = b;
    b = (struct basis){0};
out:
    basis_clear(&b);
    return st;
}

void basis_clear(struct basis *b)
{
    mem_free(b->a);
    mem_free(b->row);
    mem_free(b->len);
    lq_clear(&b->lq);
    mem_free(b->u);
    mem_free(b->u_row);
    mem_free(b->au);
    mem_free(b->au_row);
    mem_free(b->tail);
    *b = (struct basis){0};
}

void basis_to_full(const struct basis *b, double *panel, double *scratch)
{
    if (b->wide)
        lq_expand(&b->lq, panel, scratch);
}

void basis_from_full(const struct basis *b, double *panel, double *scratch)
{
    if (b->wide)
        lq_project(&b->lq, panel, scratch);
}
