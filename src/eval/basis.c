#include "eval/basis.h"

#include <string.h>

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

/* Columns of Q at equal distances: Q times unit vectors. */
static status make_probes(struct basis *b)
{
    status st = OK;
    size_t width = MAT_WIDTH;
    double *panel = NULL;

    TRY(mem_raw((size_t)BASIS_PROBES * b->q, sizeof(double), &b->probe));
    TRY(mem_raw(BASIS_PROBES, sizeof *b->probe_row, &b->probe_row));
    TRY(mem_raw((b->p + 2 * (size_t)LQ_BLOCK) * width, sizeof *panel, &panel));
    for (size_t lo = 0; lo < BASIS_PROBES; lo += width) {
        memset(panel, 0, b->p * width * sizeof *panel);
        for (size_t c = 0; c < width; c++)
            panel[(lo + c) * b->p / BASIS_PROBES * width + c] = 1.0;
        lq_project(&b->lq, width, panel, panel + b->p * width);
        for (size_t c = 0; c < width; c++) {
            double *to = b->probe + (lo + c) * b->q;

            b->probe_row[lo + c] = to;
            for (size_t j = 0; j < b->q; j++)
                to[j] = panel[j * width + c];
        }
    }
out:
    mem_free(panel);
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
    if (b.wide)
        TRY(make_probes(&b));
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
    mem_free(b->probe);
    mem_free(b->probe_row);
    mem_free(b->u);
    mem_free(b->u_row);
    mem_free(b->axis);
    mem_free(b->axis_row);
    mem_free(b->au);
    mem_free(b->au_row);
    mem_free(b->tail);
    *b = (struct basis){0};
}

void basis_to_full(const struct basis *b,
                   size_t width,
                   double *panel,
                   double *scratch)
{
    if (b->wide)
        lq_expand(&b->lq, width, panel, scratch);
}

bool basis_some_full(const struct basis *b,
                     size_t width,
                     const double *v,
                     double *out)
{
    if (b->wide)
        mat_forward(b->ops, width, b->probe_row, BASIS_PROBES, b->q, v, out);
    return b->wide;
}

void basis_from_full(const struct basis *b,
                     size_t width,
                     double *panel,
                     double *scratch)
{
    if (b->wide)
        lq_project(&b->lq, width, panel, scratch);
}
