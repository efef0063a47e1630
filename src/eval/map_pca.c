#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#include "det/stream.h"
#include "eval/eigen.h"
#include "eval/map_part.h"

/* One leading eigenpair at a time, in the complement of those found: so an
 * eigenvalue that stands twice is found twice. */

enum { AXES = 2, BLOCK = 512, CHECK = 8, STEPS = 1000 };
static const double CLOSE = 1e-13; /* residual over eigenvalue */
static const double SPENT = 1e-12; /* of its length: nothing new in it */

struct lanczos {
    const struct map *m;
    double *v;                   /* [steps + 1][n] orthonormal */
    double *g;                   /* [p] X' v */
    double *w;                   /* [n] X X' v */
    double *found[AXES];         /* [n] each */
    double *alpha, *beta;        /* [steps] of the tridiagonal matrix */
    double *dense, *values, *vt; /* scratch of its eigenvectors */
    const double *in;
    uint32_t n_found, steps;
};

static status columns(void *ctx, size_t item, int member)
{
    struct lanczos *l = ctx;
    size_t lo = item * BLOCK;
    size_t len = lo + BLOCK < l->m->p ? BLOCK : l->m->p - lo;

    (void)member;
    memset(l->g + lo, 0, len * sizeof *l->g);
    for (uint32_t i = 0; i < l->m->n; i++)
        l->m->ops->axpy(l->in[i], l->m->row[i] + lo, l->g + lo, len);
    return OK;
}

static status rows(void *ctx, size_t item, int member)
{
    struct lanczos *l = ctx;
    size_t lo = item * BLOCK;
    size_t hi = lo + BLOCK < l->m->n ? lo + BLOCK : l->m->n;

    (void)member;
    for (size_t i = lo; i < hi; i++)
        l->w[i] = l->m->ops->dot(l->m->row[i], l->g, l->m->p);
    return OK;
}

/* w := X X' in */
static status multiply(struct lanczos *l, const double *in)
{
    status st = OK;

    l->in = in;
    TRY(map_each(l->m, (l->m->p + BLOCK - 1) / BLOCK, columns, l));
    TRY(map_each(l->m, (l->m->n + BLOCK - 1) / BLOCK, rows, l));
out:
    return st;
}

/* x without its part along the found vectors and v[0..j), twice. Its length
 * then. */
static double purge(const struct lanczos *l, double *x, uint32_t j)
{
    const struct mat_ops *o = l->m->ops;
    size_t n = l->m->n;

    for (int twice = 0; twice < 2; twice++) {
        for (uint32_t i = 0; i < l->n_found; i++)
            o->axpy(-o->dot(l->found[i], x, n), l->found[i], x, n);
        for (uint32_t i = 0; i < j; i++)
            o->axpy(-o->dot(l->v + i * n, x, n), l->v + i * n, x, n);
    }
    return __builtin_sqrt(o->dot(x, x, n));
}

static void scale(const double *x, double by, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = x[i] / by;
}

/* v[j] := a random direction orthogonal to all before it. */
static void fresh(struct lanczos *l, uint32_t j)
{
    struct stream g =
        stream_at(0, STREAM_AXES, l->m->n, l->m->p, 1 + l->n_found);
    size_t n = l->m->n;
    double *x = l->v + j * n;
    double length;

    for (size_t i = 0; i < n; i++)
        x[i] = stream_range(&g, -1.0, 1.0);
    length = purge(l, x, j);
    scale(x, length > 0.0 ? length : 1.0, n, x);
}

/* Largest eigenvalue of the leading j x j part; l->vt row *top is its vector.
 */
static status ritz(struct lanczos *l, uint32_t j, double *value, uint32_t *top)
{
    status st = OK;

    memset(l->dense, 0, (size_t)j * j * sizeof *l->dense);
    for (uint32_t i = 0; i < j; i++) {
        l->dense[i * (size_t)j + i] = l->alpha[i];
        if (i + 1 < j)
            l->dense[i * (size_t)j + i + 1] =
                l->dense[(i + 1) * (size_t)j + i] = l->beta[i];
    }
    TRY(eigen_symmetric(l->dense, j, l->values, l->vt));
    *top = 0;
    for (uint32_t i = 1; i < j; i++)
        if (l->values[i] > l->values[*top])
            *top = i;
    *value = l->values[*top];
out:
    return st;
}

/* One more step; *end: the complement is used up. */
static status step(struct lanczos *l, uint32_t j, bool *end)
{
    status st = OK;
    size_t n = l->m->n;
    double *v = l->v + j * n;
    double before;
    double length;

    TRY(multiply(l, v));
    l->alpha[j] = l->m->ops->dot(v, l->w, n);
    before = __builtin_sqrt(l->m->ops->dot(l->w, l->w, n));
    length = purge(l, l->w, j + 1);
    *end = !(length > SPENT * before);
    l->beta[j] = *end ? 0.0 : length;
    if (!*end)
        scale(l->w, length, n, v + n);
out:
    return st;
}

/* The next eigenvector into found, its eigenvalue into *value. A start that
 * is blind to a direction of an exactly zero matrix does no harm. */
static status leading(struct lanczos *l, double *value)
{
    status st = OK;
    size_t n = l->m->n;
    double *x = l->found[l->n_found];
    uint32_t top = 0;
    uint32_t j = 0;
    bool end = false;
    bool done = false;

    fresh(l, 0);
    while (!done) {
        ENSURE(j < l->steps, ERR_NUMERIC,
               "principal components of %u x %u features: no convergence in "
               "%u steps",
               l->m->n, l->m->p, l->steps);
        TRY(step(l, j, &end));
        j++;
        if (!end && j % CHECK)
            continue;
        TRY(ritz(l, j, value, &top));
        done = end || l->beta[j - 1] *
                              __builtin_fabs(l->vt[(size_t)top * j + j - 1]) <=
                          CLOSE * *value;
    }
    memset(x, 0, n * sizeof *x);
    for (uint32_t i = 0; i < j; i++)
        l->m->ops->axpy(l->vt[(size_t)top * j + i], l->v + i * n, x, n);
    scale(x, __builtin_sqrt(l->m->ops->dot(x, x, n)), n, x);
    l->n_found++;
out:
    return st;
}

static status lanczos_new(struct lanczos *l, const struct map *m)
{
    status st = OK;
    size_t n = m->n;

    l->m = m;
    l->steps = m->n < STEPS ? m->n : STEPS;
    TRY(mem_raw((l->steps + 1) * n, sizeof(double), &l->v));
    TRY(mem_raw(m->p, sizeof(double), &l->g));
    TRY(mem_raw(n, sizeof(double), &l->w));
    TRY(mem_raw(l->steps, sizeof(double), &l->alpha));
    TRY(mem_raw(l->steps, sizeof(double), &l->beta));
    TRY(mem_raw(l->steps, sizeof(double), &l->values));
    TRY(mem_raw((size_t)l->steps * l->steps, sizeof(double), &l->dense));
    TRY(mem_raw((size_t)l->steps * l->steps, sizeof(double), &l->vt));
    for (int a = 0; a < AXES; a++)
        TRY(mem_raw(n, sizeof(double), &l->found[a]));
out:
    return st;
}

static void lanczos_clear(struct lanczos *l)
{
    double *const all[] = {l->v,     l->g,    l->w,      l->found[0],
                           l->alpha, l->beta, l->values, l->found[1],
                           l->dense, l->vt};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        mem_free(all[i]);
}

/* -1 when the entry farthest from zero, the first of equals, is negative. */
static double side(const double *u, uint32_t n)
{
    uint32_t far = 0;

    for (uint32_t i = 1; i < n; i++)
        if (__builtin_fabs(u[i]) > __builtin_fabs(u[far]))
            far = i;
    return u[far] < 0.0 ? -1.0 : 1.0;
}

status map_pca(const struct map *m, double *xy, double share[2])
{
    status st = OK;
    struct lanczos l = {0};
    double value[AXES] = {0.0};
    double total = 0.0;

    for (uint32_t i = 0; i < m->n; i++)
        total += m->ops->dot(m->row[i], m->row[i], m->p);
    if (total > 0.0) {
        TRY(lanczos_new(&l, m));
        for (int a = 0; a < AXES; a++)
            TRY(leading(&l, &value[a]));
    }
    for (int a = 0; a < AXES; a++) {
        bool some = value[a] > CLOSE * total;
        double by =
            some ? side(l.found[a], m->n) * __builtin_sqrt(value[a]) : 0.0;

        share[a] = some ? value[a] / total : 0.0;
        for (size_t i = 0; i < m->n; i++)
            xy[2 * i + a] = some ? by * l.found[a][i] : 0.0;
    }
out:
    lanczos_clear(&l);
    return st;
}
