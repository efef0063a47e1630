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

    (void)d;
    for (size_t i = 0; i < len; i++) {
        real e = grad[i];
        if (desc->adapt)
            e = q * real_fma(wd, param[i], e);
        moment[i] = desc->first ? e : real_fma(mom, moment[i], e);
        param[i] = real_fma(-lr, moment[i], param[i]);
    }
}
