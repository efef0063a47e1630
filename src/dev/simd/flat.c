/* Operations that take memory as one vector: plain loops, of which the
 * compiler makes the instructions of this build; each element is on its own,
 * so nothing can change its bits. */
#include "dev/simd/simd.h"

void SIMD(relu_fwd)(struct dev *d,
                    const struct tensor *x,
                    const struct tensor *y)
{
    size_t len = shape_len(x->shape);
    const float *from = x->data;
    float *to = y->data;

    (void)d;
    BUG_IF(!shape_same(x->shape, y->shape));
    for (size_t i = 0; i < len; i++)
        to[i] = from[i] < 0 ? 0 : from[i];
}

void SIMD(relu_bwd)(struct dev *d,
                    const struct tensor *y,
                    const struct tensor *dy)
{
    size_t len = shape_len(y->shape);
    const float *from = y->data;
    float *to = dy->data;

    (void)d;
    BUG_IF(!shape_same(y->shape, dy->shape));
    for (size_t i = 0; i < len; i++)
        to[i] = from[i] > 0 ? to[i] : 0;
}

void SIMD(add)(struct dev *d,
               const struct tensor *src,
               const struct tensor *dst)
{
    BUG_IF(!shape_same(src->shape, dst->shape));
    SIMD(vec_add)(d, dst->data, src->data, shape_len(src->shape));
}

void SIMD(vec_add)(struct dev *d, void *dst, const void *src, size_t len)
{
    float *to = dst;
    const float *from = src;

    (void)d;
    for (size_t i = 0; i < len; i++)
        to[i] = to[i] + from[i];
}

void SIMD(vec_scale)(struct dev *d, void *dst, double a, size_t len)
{
    float *to = dst;
    float scale = (float)a;

    (void)d;
    for (size_t i = 0; i < len; i++)
        to[i] = to[i] * scale;
}

double SIMD(vec_sumsq)(struct dev *d, const void *x, size_t len)
{
    enum { HALVES = ARITH_SQUARE_LANES / VEC_HALF };
    const float *from = x;
    double sum[ARITH_SQUARE_LANES];
    vec_half part[HALVES];
    size_t whole = len - len % ARITH_SQUARE_LANES;

    (void)d;
    BUG_IF(len > VEC_CHUNK);
    for (int h = 0; h < HALVES; h++)
        part[h] = vec_half_set(0);
    for (size_t i = 0; i < whole; i += ARITH_SQUARE_LANES) {
        FULLY_UNROLLED
        for (int h = 0; h < HALVES; h += 2) {
            vec e = vec_load(from + i + h * VEC_HALF);
            vec_half lo = vec_lower(e);
            vec_half hi = vec_upper(e);
            part[h] = vec_half_fma(lo, lo, part[h]);
            part[h + 1] = vec_half_fma(hi, hi, part[h + 1]);
        }
    }
    for (int h = 0; h < HALVES; h++)
        vec_half_store(sum + h * VEC_HALF, part[h]);
    for (size_t i = whole; i < len; i++) {
        double e = (double)from[i];
        sum[i - whole] = fma(e, e, sum[i - whole]);
    }
    for (int half = ARITH_SQUARE_LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            sum[i] = sum[i] + sum[i + half];
    return sum[0];
}

void SIMD(vec_lars)(struct dev *d,
                    const struct lars_desc *desc,
                    void *p,
                    const void *g,
                    void *v,
                    size_t len)
{
    float *restrict param = p;
    float *restrict moment = v;
    const float *restrict grad = g;
    float minus_lr = -(float)desc->lr;
    float mom = (float)desc->momentum;
    float wd = (float)desc->weight_decay;
    float q = (float)desc->q;
    float keep = (float)desc->keep;

    (void)d;
    for (size_t i = 0; i < len; i++) {
        float e = grad[i];
        if (desc->adapt)
            e = q * fmaf(wd, param[i], e);
        moment[i] = desc->first ? e : fmaf(mom, moment[i], keep * e);
        e = desc->nesterov ? fmaf(mom, moment[i], e) : moment[i];
        param[i] = fmaf(minus_lr, e, param[i]);
    }
}

void SIMD(vec_adam)(struct dev *d,
                    const struct adam_desc *desc,
                    void *p,
                    const void *g,
                    void *m,
                    void *s,
                    size_t len)
{
    float *restrict param = p;
    float *restrict mean = m;
    float *restrict square = s;
    const float *restrict grad = g;
    float minus_lr = -(float)desc->lr;
    float c1 = (float)desc->c1;
    float c2 = (float)desc->c2;
    float beta2 = (float)desc->beta2;
    float root = (float)desc->root;
    float eps = (float)desc->eps;
    float wd = (float)desc->weight_decay;

    (void)d;
    for (size_t i = 0; i < len; i++) {
        float e = grad[i];
        if (desc->decay)
            e = fmaf(wd, param[i], e);
        mean[i] = fmaf(c1, e - mean[i], mean[i]);
        square[i] = fmaf(c2 * e, e, beta2 * square[i]);
        e = mean[i] / fmaf(sqrtf(square[i]), root, eps);
        param[i] = fmaf(minus_lr, e, param[i]);
    }
}
