/* Pooling, shortcuts, ReLU and sums of tensors, straight from the text. */
#include "dev/ref/ref.h"

/* The pool as the geometry of a convolution. */
static struct plan window(const struct tensor *x,
                          const struct tensor *y,
                          int32_t k,
                          int32_t stride,
                          int32_t pad)
{
    struct plan p;
    struct conv_desc desc = {x->shape, x->shape.c, k, stride, pad};

    BUG_IF(k * k * k > UINT8_MAX || 2 * pad > k);
    plan_init(&p, &desc);
    plan_check(&p, x, y);
    return p;
}

void REF(pool_fwd)(struct dev *d,
                   const struct tensor *x,
                   int32_t k,
                   int32_t stride,
                   int32_t pad,
                   const struct tensor *y,
                   uint8_t *which)
{
    struct plan p = window(x, y, k, stride, pad);
    struct shape s = y->shape;

    (void)d;
    for (size_t voxel = 0; voxel < shape_voxels(s); voxel++)
        for (int32_t n = 0; n < s.n; n++)
            for (int32_t c = 0; c < s.c; c++) {
                real best = -(real)INFINITY;
                int32_t won = -1;
                for (int32_t tap = 0; tap < p.taps; tap++) {
                    ptrdiff_t from = plan_source(&p, voxel, tap);
                    if (from < 0)
                        continue;
                    real e = *at(x, n, c, (size_t)from);
                    if (won < 0 || e > best || isnan(e)) {
                        best = e;
                        won = tap;
                    }
                }
                *at(y, n, c, voxel) = best;
                which[pool_which_at(s, n, c, voxel)] = (uint8_t)won;
            }
    tensor_clear_padding(y, sizeof(real));
}

void REF(pool_bwd)(struct dev *d,
                   const struct tensor *dy,
                   const uint8_t *which,
                   int32_t k,
                   int32_t stride,
                   int32_t pad,
                   const struct tensor *dx)
{
    struct plan p = window(dx, dy, k, stride, pad);
    struct shape s = dy->shape;

    (void)d;
    memset(dx->data, 0, shape_len(dx->shape) * sizeof(real));
    for (size_t voxel = 0; voxel < shape_voxels(s); voxel++)
        for (int32_t n = 0; n < s.n; n++)
            for (int32_t c = 0; c < s.c; c++) {
                int32_t tap = which[pool_which_at(s, n, c, voxel)];
                ptrdiff_t from = plan_source(&p, voxel, tap);
                real *to = at(dx, n, c, (size_t)from);
                *to = *to + *at(dy, n, c, voxel);
            }
}

void REF(mean_fwd)(struct dev *d,
                   const struct tensor *x,
                   const struct tensor *y)
{
    size_t voxels = shape_voxels(x->shape);

    (void)d;
    BUG_IF(x->shape.n != y->shape.n || x->shape.c != y->shape.c);
    BUG_IF(shape_voxels(y->shape) != 1);
    for (int32_t n = 0; n < x->shape.n; n++)
        for (int32_t c = 0; c < x->shape.c; c++) {
            double sum = 0;
            for (size_t voxel = 0; voxel < voxels; voxel++)
                sum = sum + (double)*at(x, n, c, voxel);
            *at(y, n, c, 0) = (real)(sum / (double)voxels);
        }
    tensor_clear_padding(y, sizeof(real));
}

void REF(mean_bwd)(struct dev *d,
                   const struct tensor *dy,
                   const struct tensor *dx)
{
    size_t voxels = shape_voxels(dx->shape);

    (void)d;
    BUG_IF(dx->shape.n != dy->shape.n || dx->shape.c != dy->shape.c);
    BUG_IF(shape_voxels(dy->shape) != 1);
    for (int32_t n = 0; n < dx->shape.n; n++)
        for (int32_t c = 0; c < dx->shape.c; c++)
            for (size_t voxel = 0; voxel < voxels; voxel++)
                *at(dx, n, c, voxel) = *at(dy, n, c, 0) / (real)voxels;
    tensor_clear_padding(dx, sizeof(real));
}

void REF(subsample)(struct dev *d,
                    const struct tensor *x,
                    int32_t stride,
                    const struct tensor *y)
{
    struct plan p;
    struct conv_desc desc = {x->shape, y->shape.c, 1, stride, 0};

    (void)d;
    plan_init(&p, &desc);
    plan_check(&p, x, y);
    memset(y->data, 0, shape_len(y->shape) * sizeof(real));
    for (size_t voxel = 0; voxel < shape_voxels(y->shape); voxel++) {
        size_t from = (size_t)plan_source(&p, voxel, 0);
        for (int32_t n = 0; n < y->shape.n; n++)
            for (int32_t c = 0; c < y->shape.c && c < x->shape.c; c++)
                *at(y, n, c, voxel) = *at(x, n, c, from);
    }
}

/* The operations below take a tensor as one vector; padding comes along. */

void REF(relu_fwd)(struct dev *d,
                   const struct tensor *x,
                   const struct tensor *y)
{
    const real *from = x->data;
    real *to = y->data;

    (void)d;
    BUG_IF(!shape_same(x->shape, y->shape));
    for (size_t i = 0; i < shape_len(x->shape); i++)
        to[i] = from[i] < 0 ? 0 : from[i];
}

void REF(relu_bwd)(struct dev *d,
                   const struct tensor *y,
                   const struct tensor *dy)
{
    const real *from = y->data;
    real *to = dy->data;

    (void)d;
    BUG_IF(!shape_same(y->shape, dy->shape));
    for (size_t i = 0; i < shape_len(y->shape); i++)
        to[i] = from[i] > 0 ? to[i] : 0;
}

void REF(prelu_fwd)(struct dev *d,
                    const struct tensor *x,
                    const void *slope,
                    const struct tensor *y)
{
    const real *from = x->data;
    real *to = y->data;
    real a = *(const real *)slope;

    (void)d;
    BUG_IF(!shape_same(x->shape, y->shape));
    for (size_t i = 0; i < shape_len(x->shape); i++)
        to[i] = from[i] <= 0 ? a * from[i] : from[i];
}

double REF(prelu_bwd)(struct dev *d,
                      const struct tensor *x,
                      const void *slope,
                      const struct tensor *dy,
                      const struct tensor *dx)
{
    real a = *(const real *)slope;
    double sum = 0;

    (void)d;
    BUG_IF(!shape_same(x->shape, dy->shape));
    BUG_IF(!shape_same(x->shape, dx->shape));
    for (int32_t c = 0; c < x->shape.c; c++) {
        double s = 0;
        for (size_t voxel = 0; voxel < shape_voxels(x->shape); voxel++)
            for (int32_t n = 0; n < x->shape.n; n++) {
                real e = *at(x, n, c, voxel);
                real g = *at(dy, n, c, voxel);
                s = fma((double)e, e <= 0 ? (double)g : 0, s);
                *at(dx, n, c, voxel) = e <= 0 ? a * g : g;
            }
        sum = sum + s;
    }
    tensor_clear_padding(dx, sizeof(real));
    return sum;
}

void REF(add)(struct dev *d, const struct tensor *src, const struct tensor *dst)
{
    BUG_IF(!shape_same(src->shape, dst->shape));
    REF(vec_add)(d, dst->data, src->data, shape_len(src->shape));
}
