#include "eval/eigen.h"

#include <float.h>
#include <stdint.h>

#include "base/mem.h"

#include "eval/mat.h"

enum { BLOCK = 64, SWEEPS = 32, TRIES = 60 };

struct rotation {
    size_t row; /* of the lower one of two neighbours */
    double c;
    double s;
};

struct eigen {
    const struct mat_ops *ops;
    struct team *team;
    size_t q;
    double *s;    /* [q][q]; row k keeps reflector k from column k+1 on */
    double *beta; /* [q] */
    double *p;    /* [q] */
    double *d;    /* [q] diagonal, then eigenvalues */
    double *e;    /* [q] below it */
    double *vt;
    struct rotation *batch;
    size_t batched, cap;
};

static double absolute(double v)
{
    return __builtin_fabs(v);
}

static double with_sign(double v, double of)
{
    return __builtin_copysign(v, of);
}

/* Reflector that maps x [m] to (e, 0, ...): x becomes v. */
static double
make_reflector(const struct mat_ops *ops, double *x, size_t m, double *e)
{
    double norm = __builtin_sqrt(ops->dot(x, x, m));

    *e = 0.0;
    if (norm == 0.0)
        return 0.0;
    *e = -with_sign(norm, x[0]);
    x[0] -= *e;
    return 2.0 / ops->dot(x, x, m);
}

static void tridiagonal(struct eigen *w)
{
    size_t q = w->q;

    for (size_t k = 0; k + 2 < q; k++) {
        double *v = w->s + k * q + k + 1;
        size_t m = q - k - 1;
        double half;

        w->d[k] = w->s[k * q + k];
        w->beta[k] = make_reflector(w->ops, v, m, &w->e[k]);
        if (w->beta[k] == 0.0)
            continue;
        for (size_t i = 0; i < m; i++)
            w->p[i] =
                w->beta[k] * w->ops->dot(w->s + (k + 1 + i) * q + k + 1, v, m);
        half = 0.5 * w->beta[k] * w->ops->dot(w->p, v, m);
        w->ops->axpy(-half, v, w->p, m);
        for (size_t i = 0; i < m; i++)
            w->ops->axpy2(-v[i], w->p, -w->p[i], v,
                          w->s + (k + 1 + i) * q + k + 1, m);
    }
    if (q >= 2) {
        w->d[q - 2] = w->s[(q - 2) * q + q - 2];
        w->e[q - 2] = w->s[(q - 2) * q + q - 1];
    }
    w->d[q - 1] = w->s[q * q - 1];
    w->e[q - 1] = 0.0;
}

/* vt := the product of the reflectors, transposed; rows and columns up to k
 * are still those of the identity when reflector k comes. */
static void accumulate(struct eigen *w)
{
    size_t q = w->q;

    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < q; j++)
            w->vt[i * q + j] = i == j ? 1.0 : 0.0;
    for (size_t k = q >= 2 ? q - 2 : 0; k-- > 0;) {
        const double *v = w->s + k * q + k + 1;
        size_t m = q - k - 1;

        for (size_t i = k + 1; i < q && w->beta[k] != 0.0; i++) {
            double *row = w->vt + i * q + k + 1;

            w->ops->axpy(-w->beta[k] * w->ops->dot(row, v, m), v, row, m);
        }
    }
}

static status rotate_block(void *ctx, size_t item, int member)
{
    struct eigen *w = ctx;
    size_t lo = item * BLOCK;
    size_t n = lo + BLOCK <= w->q ? BLOCK : w->q - lo;

    (void)member;
    for (size_t r = 0; r < w->batched; r++) {
        double *low = w->vt + w->batch[r].row * w->q + lo;

        w->ops->rotate(w->batch[r].c, w->batch[r].s, low + w->q, low, n);
    }
    return OK;
}

static status flush(struct eigen *w)
{
    status st = OK;
    size_t blocks = (w->q + BLOCK - 1) / BLOCK;

    if (w->team) {
        TRY(team_run(w->team, blocks, rotate_block, w));
    } else {
        for (size_t b = 0; b < blocks; b++)
            TRY(rotate_block(w, b, 0));
    }
    w->batched = 0;
out:
    return st;
}

/* One sweep over the unreduced block l..m. */
static void sweep(struct eigen *w, size_t l, size_t m)
{
    double *d = w->d;
    double *e = w->e;
    double g = (d[l + 1] - d[l]) / (2.0 * e[l]);
    double s = 1.0;
    double c = 1.0;
    double p = 0.0;

    g = d[m] - d[l] + e[l] / (g + with_sign(__builtin_sqrt(g * g + 1.0), g));
    for (size_t i = m; i-- > l;) {
        double f = s * e[i];
        double b = c * e[i];
        double r = __builtin_sqrt(f * f + g * g);

        e[i + 1] = r;
        if (r == 0.0) {
            d[i + 1] -= p;
            e[m] = 0.0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        r = (d[i] - g) * s + 2.0 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
        w->batch[w->batched++] = (struct rotation){i, c, s};
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0.0;
}

static status diagonal(struct eigen *w)
{
    status st = OK;
    double small = 0.0;

    for (size_t i = 0; i < w->q; i++) {
        double size = absolute(w->d[i]) + absolute(w->e[i]);

        small = size > small ? size : small;
    }
    small *= DBL_EPSILON;
    for (size_t l = 0; l < w->q; l++)
        for (int tries = 0;; tries++) {
            size_t m = l;

            while (m + 1 < w->q && absolute(w->e[m]) > small)
                m++;
            if (m == l)
                break;
            ENSURE(tries < TRIES, ERR_NUMERIC,
                   "eigenvalue %zu of %zu does not converge", l, w->q);
            if (w->batched + w->q > w->cap)
                TRY(flush(w));
            sweep(w, l, m);
        }
    TRY(flush(w));
out:
    return st;
}

status eigen_symmetric(
    double *s, size_t q, struct team *team, double *values, double *vt)
{
    status st = OK;
    struct eigen w = {.ops = mat_ops(),
                      .team = team,
                      .q = q,
                      .s = s,
                      .d = values,
                      .vt = vt,
                      .cap = SWEEPS * q};

    ENSURE(q > 0, ERR_DATA, "eigenvectors of an empty matrix");
    TRY(mem_new(q, sizeof(double), &w.beta));
    TRY(mem_new(q, sizeof(double), &w.p));
    TRY(mem_new(q, sizeof(double), &w.e));
    TRY(mem_new(w.cap, sizeof *w.batch, &w.batch));
    tridiagonal(&w);
    accumulate(&w);
    TRY(diagonal(&w));
out:
    mem_free(w.beta);
    mem_free(w.p);
    mem_free(w.e);
    mem_free(w.batch);
    return st;
}
