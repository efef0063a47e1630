#include "eval/eigen.h"

#include <float.h>

#include "base/mem.h"

#include "eval/mat.h"

enum { TRIES = 60 };

struct eigen {
    const struct mat_ops *ops;
    size_t q;
    double *s;    /* [q][q]; row k keeps reflector k from column k+1 on */
    double *beta; /* [q] */
    double *p;    /* [q] */
    double *d;    /* [q] diagonal, then eigenvalues */
    double *e;    /* [q] below it */
    double *vt;
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
        for (size_t i = 0; i < m; i++) {
            double *row = w->s + (k + 1 + i) * q + k + 1;

            w->ops->axpy(-v[i], w->p, row, m);
            w->ops->axpy(-w->p[i], v, row, m);
        }
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

/* Plane rotation of rows i + 1 and i of vt. */
static void rotate(struct eigen *w, size_t i, double c, double s)
{
    double *low = w->vt + i * w->q;
    double *high = low + w->q;

    for (size_t j = 0; j < w->q; j++) {
        double p = high[j];
        double q = low[j];

        high[j] = c * p + s * q;
        low[j] = c * q - s * p;
    }
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
        rotate(w, i, c, s);
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
            sweep(w, l, m);
        }
out:
    return st;
}

status eigen_symmetric(double *s, size_t q, double *values, double *vt)
{
    status st = OK;
    struct eigen w = {.ops = mat_ops(), .q = q, .s = s, .d = values, .vt = vt};

    ENSURE(q > 0, ERR_DATA, "eigenvectors of an empty matrix");
    TRY(mem_new(q, sizeof(double), &w.beta));
    TRY(mem_new(q, sizeof(double), &w.p));
    TRY(mem_new(q, sizeof(double), &w.e));
    tridiagonal(&w);
    accumulate(&w);
    TRY(diagonal(&w));
out:
    mem_free(w.beta);
    mem_free(w.p);
    mem_free(w.e);
    return st;
}
