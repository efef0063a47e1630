/* Flat vectors, straight from the text. */
#include "dev/ref/ref.h"

void REF(vec_add)(struct dev *d, void *dst, const void *src, size_t len)
{
    real *to = dst;
    const real *from = src;

    (void)d;
    for (size_t i = 0; i < len; i++)
        to[i] = to[i] + from[i];
}

void REF(vec_scale)(struct dev *d, void *dst, double a, size_t len)
{
    real *to = dst;

    (void)d;
    for (size_t i = 0; i < len; i++)
        to[i] = to[i] * (real)a;
}

double REF(vec_sumsq)(struct dev *d, const void *x, size_t len)
{
    const real *from = x;
    double sum[ARITH_SQUARE_LANES] = {0};

    (void)d;
    BUG_IF(len > VEC_CHUNK);
    for (size_t i = 0; i < len; i++) {
        double e = (double)from[i];
        double *lane = &sum[i % ARITH_SQUARE_LANES];
        *lane = fma(e, e, *lane);
    }
    for (int half = ARITH_SQUARE_LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            sum[i] = sum[i] + sum[i + half];
    return sum[0];
}

void REF(vec_lars)(struct dev *d,
                   const struct lars_desc *desc,
                   void *p,
                   const void *g,
                   void *v,
                   size_t len)
{
    real *param = p;
    real *moment = v;
    const real *grad = g;
    real lr = (real)desc->lr;
    real mom = (real)desc->momentum;
    real wd = (real)desc->weight_decay;
    real q = (real)desc->q;
    real keep = (real)desc->keep;

    (void)d;
    for (size_t i = 0; i < len; i++) {
        real e = grad[i];
        if (desc->adapt)
            e = q * real_fma(wd, param[i], e);
        moment[i] = desc->first ? e : real_fma(mom, moment[i], keep * e);
        if (desc->nesterov)
            e = real_fma(mom, moment[i], e);
        else
            e = moment[i];
        param[i] = real_fma(-lr, e, param[i]);
    }
}

void REF(vec_adam)(struct dev *d,
                   const struct adam_desc *desc,
                   void *p,
                   const void *g,
                   void *m,
                   void *s,
                   size_t len)
{
    real *param = p;
    real *mean = m;
    real *square = s;
    const real *grad = g;
    real lr = (real)desc->lr;
    real c1 = (real)desc->c1;
    real c2 = (real)desc->c2;
    real beta2 = (real)desc->beta2;
    real root = (real)desc->root;
    real eps = (real)desc->eps;
    real wd = (real)desc->weight_decay;

    (void)d;
    for (size_t i = 0; i < len; i++) {
        real e = grad[i];
        if (desc->decay)
            e = real_fma(wd, param[i], e);
        mean[i] = real_fma(c1, e - mean[i], mean[i]);
        square[i] = real_fma(c2 * e, e, beta2 * square[i]);
        e = mean[i] / real_fma(real_sqrt(square[i]), root, eps);
        param[i] = real_fma(-lr, e, param[i]);
    }
}
