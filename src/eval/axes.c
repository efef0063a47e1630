#include "eval/axes.h"

#include <string.h>

#include "base/mem.h"

#include "det/stream.h"
#include "eval/eigen.h"
#include "eval/pass.h"

enum { SPARE = 16, POWERS = 2, AXES_SHARE = 16, W = MAT_WIDTH };
static const double GONE = 1e-10; /* of its length: a direction is used up */

struct axes {
    struct basis *b;
    struct pass_rows rows;
    uint32_t s, panels; /* vectors kept while iterating */
    double *v;          /* [panels][m][8]; row 0 is zero */
    double *z;          /* [panels][n][8] = A v */
    double *line;       /* [s][q] the vectors one by one */
    double *partial;
};

/* All of a small problem; of others as many as save more iterations than they
 * cost. */
static uint32_t axes_count(uint32_t q)
{
    uint32_t r = q / AXES_SHARE / W * W;

    if (q <= BASIS_AXES)
        return q;
    r = r < BASIS_AXES_LEAST ? BASIS_AXES_LEAST : r;
    return r < BASIS_AXES ? r : BASIS_AXES;
}

static status axes_new(struct axes *w, struct basis *b)
{
    status st = OK;
    struct stream draw = stream_at(0, STREAM_AXES, b->n, b->q, 0);

    w->b = b;
    w->rows =
        (struct pass_rows){b->ops, b->team, b->row, b->len, b->n, b->m, W};
    b->r = axes_count(b->q);
    w->s = b->q < b->r + SPARE ? b->q : b->r + SPARE;
    w->panels = (w->s + W - 1) / W;
    TRY(mem_new((size_t)w->panels * b->m * W, sizeof(double), &w->v));
    TRY(mem_new((size_t)w->panels * b->n * W, sizeof(double), &w->z));
    TRY(mem_raw((size_t)w->s * b->q, sizeof(double), &w->line));
    TRY(mem_raw(pass_partial_len(&w->rows, 1), sizeof(double), &w->partial));
    for (size_t i = 0; i < (size_t)w->s * b->q; i++)
        w->line[i] = w->s < b->q ? stream_range(&draw, -1.0, 1.0)
                                 : (double)(i / b->q == i % b->q);
out:
    return st;
}

static void axes_clear(struct axes *w)
{
    mem_free(w->v);
    mem_free(w->z);
    mem_free(w->line);
    mem_free(w->partial);
}

static double *panel_of(const struct axes *w, uint32_t j)
{
    return w->v + (size_t)(j / W) * w->b->m * W + j % W;
}

static void lines_to_panels(struct axes *w)
{
    for (uint32_t j = 0; j < w->s; j++)
        for (size_t i = 0; i < w->b->q; i++)
            panel_of(w, j)[(i + 1) * (size_t)W] =
                w->line[(size_t)j * w->b->q + i];
}

static void panels_to_lines(struct axes *w)
{
    for (uint32_t j = 0; j < w->s; j++)
        for (size_t i = 0; i < w->b->q; i++)
            w->line[(size_t)j * w->b->q + i] =
                panel_of(w, j)[(i + 1) * (size_t)W];
}

/* Modified Gram-Schmidt, twice; what depends on its forerunners is zero. */
static void orthonormal(struct axes *w)
{
    const struct mat_ops *o = w->b->ops;
    size_t q = w->b->q;

    for (uint32_t j = 0; j < w->s; j++) {
        double *x = w->line + j * q;
        double before = __builtin_sqrt(o->dot(x, x, q));
        double after;

        for (int twice = 0; twice < 2; twice++)
            for (uint32_t i = 0; i < j; i++) {
                const double *y = w->line + i * q;

                o->axpy(-o->dot(y, x, q), y, x, q);
            }
        after = __builtin_sqrt(o->dot(x, x, q));
        for (size_t i = 0; i < q; i++)
            x[i] = after > GONE * before ? x[i] / after : 0.0;
    }
}

/* z = A v; v = A' z too if asked for, without the intercept. */
static status apply(struct axes *w, bool back)
{
    status st = OK;
    const struct basis *b = w->b;

    for (uint32_t c = 0; c < w->panels; c++) {
        double *v = w->v + (size_t)c * b->m * W;
        double *z = w->z + (size_t)c * b->n * W;
        struct pass p = {.panels = 1,
                         .b = v,
                         .z = z,
                         .r = z,
                         .g = back ? v : NULL,
                         .partial = w->partial};

        TRY(pass_run(&w->rows, &p));
        memset(v, 0, W * sizeof *v);
    }
out:
    return st;
}

/* out [rows][r] := in [rows][s] times the r leading eigenvectors. */
static status turn(const struct axes *w,
                   const double *in,
                   uint32_t rows,
                   const double *best,
                   double *out)
{
    status st = OK;
    uint32_t r = w->b->r;
    double *panel = NULL;
    double *z = NULL;
    const double **row = NULL;

    TRY(mem_raw((size_t)w->s * W, sizeof *panel, &panel));
    TRY(mem_raw((size_t)rows * W, sizeof *z, &z));
    TRY(mem_raw(rows, sizeof *row, &row));
    for (uint32_t i = 0; i < rows; i++)
        row[i] = in + (size_t)i * w->s;
    for (uint32_t lo = 0; lo < r; lo += W) {
        uint32_t n = lo + W < r ? W : r - lo;

        for (uint32_t j = 0; j < w->s; j++)
            for (uint32_t c = 0; c < W; c++)
                panel[j * W + c] =
                    c < n ? best[(size_t)(lo + c) * w->s + j] : 0.0;
        w->b->ops->forward(row, rows, w->s, panel, z);
        for (uint32_t i = 0; i < rows; i++)
            memcpy(out + (size_t)i * r + lo, z + (size_t)i * W, n * sizeof *z);
    }
out:
    mem_free(panel);
    mem_free(z);
    mem_free(row);
    return st;
}

/* Rows of vt in descending order of value; equal ones by index. */
static void pick(const struct axes *w, double *value, double *vt, double *best)
{
    for (uint32_t k = 0; k < w->b->r; k++) {
        uint32_t top = 0;

        for (uint32_t j = 1; j < w->s; j++)
            if (value[j] > value[top])
                top = j;
        memcpy(best + (size_t)k * w->s, vt + (size_t)top * w->s,
               w->s * sizeof *best);
        value[top] = -1.0 / 0.0;
    }
}

/* gram [s][s] = z' z; flat [n][s] the rows of z. */
static status gram_of(const struct axes *w, double *flat, double *gram)
{
    status st = OK;
    uint32_t n = w->b->n;
    const double **row = NULL;
    double *g = NULL;

    TRY(mem_raw(n, sizeof *row, &row));
    TRY(mem_raw((size_t)w->s * W, sizeof *g, &g));
    for (uint32_t i = 0; i < n; i++) {
        row[i] = flat + (size_t)i * w->s;
        for (uint32_t j = 0; j < w->s; j++)
            flat[(size_t)i * w->s + j] =
                w->z[((size_t)(j / W) * n + i) * W + j % W];
    }
    for (uint32_t c = 0; c < w->panels; c++) {
        memset(g, 0, (size_t)w->s * W * sizeof *g);
        w->b->ops->backward(row, n, w->s, w->z + (size_t)c * n * W, g);
        for (uint32_t j = 0; j < w->s; j++)
            for (uint32_t k = c * W; k < w->s && k < (c + 1) * W; k++)
                gram[(size_t)j * w->s + k] = g[j * W + k - c * W];
    }
out:
    mem_free(row);
    mem_free(g);
    return st;
}

/* The best r directions within the span of the vectors (Rayleigh and Ritz). */
static status best_axes(struct axes *w)
{
    status st = OK;
    struct basis *b = w->b;
    size_t s = w->s;
    double *flat = NULL; /* [n][s], then [q][s] */
    double *memory = NULL;
    double *gram;
    double *vt;
    double *best;
    double *value;

    TRY(mem_raw((size_t)(b->n > b->q ? b->n : b->q) * s, sizeof *flat, &flat));
    TRY(mem_raw(3 * s * s + s, sizeof *memory, &memory));
    gram = memory;
    vt = gram + s * s;
    best = vt + s * s;
    value = best + s * s;
    TRY(gram_of(w, flat, gram));
    TRY(eigen_symmetric(gram, s, value, vt));
    pick(w, value, vt, best);
    TRY(turn(w, flat, b->n, best, b->au));
    for (size_t i = 0; i < b->q; i++)
        for (size_t j = 0; j < s; j++)
            flat[i * s + j] = w->line[j * b->q + i];
    TRY(turn(w, flat, b->q, best, b->u));
out:
    mem_free(flat);
    mem_free(memory);
    return st;
}

static status transpose(struct basis *b)
{
    status st = OK;
    /* An odd number of cache lines: rows do not fall on one another. */
    size_t ld = ((size_t)b->m + 15) / 16 * 16 + 8;

    TRY(mem_new(b->r * ld, sizeof(double), &b->axis));
    TRY(mem_raw(b->r, sizeof *b->axis_row, &b->axis_row));
    for (size_t k = 0; k < b->r; k++) {
        for (size_t i = 0; i < b->q; i++)
            b->axis[k * ld + i + 1] = b->u[i * b->r + k];
        b->axis_row[k] = b->axis + k * ld;
    }
out:
    return st;
}

status axes_make(struct basis *b)
{
    status st = OK;
    struct axes w = {0};

    TRY(axes_new(&w, b));
    TRY(mem_raw((size_t)b->q * b->r, sizeof(double), &b->u));
    TRY(mem_raw((size_t)b->n * b->r, sizeof(double), &b->au));
    TRY(mem_raw(b->q, sizeof *b->u_row, &b->u_row));
    TRY(mem_raw(b->n, sizeof *b->au_row, &b->au_row));
    TRY(mem_raw(b->n, sizeof(double), &b->tail));
    for (int power = w.s < b->q ? 0 : POWERS; power < POWERS; power++) {
        orthonormal(&w);
        lines_to_panels(&w);
        TRY(apply(&w, true));
        panels_to_lines(&w);
    }
    orthonormal(&w);
    lines_to_panels(&w);
    TRY(apply(&w, false));
    TRY(best_axes(&w));
    TRY(transpose(b));
    for (uint32_t i = 0; i < b->q; i++)
        b->u_row[i] = b->u + (size_t)i * b->r;
    for (uint32_t i = 0; i < b->n; i++) {
        const double *au = b->au + (size_t)i * b->r;
        const double *a = b->row[i] + 1;
        double tail =
            b->ops->dot(a, a, b->len[i] - 1) - b->ops->dot(au, au, b->r);

        b->au_row[i] = au;
        b->tail[i] = tail > 0.0 && b->r < b->q ? tail : 0.0;
    }
out:
    axes_clear(&w);
    return st;
}
