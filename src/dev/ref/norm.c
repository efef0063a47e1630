/* Batch norm over each view's rows, straight from the text. Coefficients are
 * rounded to real once, then each operation is one IEEE operation. */
#include "dev/ref/ref.h"

void REF(norm_sums)(struct dev *d,
                    const struct tensor *x,
                    int32_t views,
                    double *sums)
{
    int32_t m = x->shape.n / views;

    (void)d;
    BUG_IF(x->shape.n % views != 0);
    for (int32_t v = 0; v < views; v++)
        for (int32_t c = 0; c < x->shape.c; c++) {
            double s = 0;
            double s2 = 0;
            for (size_t voxel = 0; voxel < shape_voxels(x->shape); voxel++)
                for (int32_t n = v * m; n < (v + 1) * m; n++) {
                    double e = (double)*at(x, n, c, voxel);
                    s = s + e;
                    s2 = fma(e, e, s2);
                }
            *sums++ = s;
            *sums++ = s2;
        }
}

void REF(norm_apply)(struct dev *d,
                     const struct tensor *x,
                     int32_t views,
                     const struct norm_fwd *coef,
                     const struct tensor *add,
                     bool relu,
                     const struct tensor *y)
{
    int32_t m = x->shape.n / views;

    (void)d;
    BUG_IF(x->shape.n % views != 0 || !shape_same(x->shape, y->shape));
    BUG_IF(add && !shape_same(x->shape, add->shape));
    for (size_t voxel = 0; voxel < shape_voxels(x->shape); voxel++)
        for (int32_t n = 0; n < x->shape.n; n++)
            for (int32_t c = 0; c < x->shape.c; c++) {
                const struct norm_fwd *k = &coef[n / m * x->shape.c + c];
                real e = *at(x, n, c, voxel) - (real)k->mean;
                e = real_fma(e, (real)k->scale, (real)k->shift);
                if (add)
                    e = e + *at(add, n, c, voxel);
                *at(y, n, c, voxel) = relu && e < 0 ? 0 : e;
            }
    tensor_clear_padding(y, sizeof(real));
}

void REF(norm_bwd_sums)(struct dev *d,
                        const struct tensor *x,
                        const struct tensor *y,
                        int32_t views,
                        const struct norm_fwd *coef,
                        const struct tensor *dy,
                        double *sums)
{
    int32_t m = x->shape.n / views;

    BUG_IF(x->shape.n % views != 0 || !shape_same(x->shape, dy->shape));
    if (y)
        REF(relu_bwd)(d, y, dy);
    for (int32_t v = 0; v < views; v++)
        for (int32_t c = 0; c < x->shape.c; c++) {
            double mean = coef[v * x->shape.c + c].mean;
            double s = 0;
            double sx = 0;
            for (size_t voxel = 0; voxel < shape_voxels(x->shape); voxel++)
                for (int32_t n = v * m; n < (v + 1) * m; n++) {
                    double g = (double)*at(dy, n, c, voxel);
                    double e = (double)*at(x, n, c, voxel) - mean;
                    s = s + g;
                    sx = fma(g, e, sx);
                }
            *sums++ = s;
            *sums++ = sx;
        }
}

void REF(norm_bwd_apply)(struct dev *d,
                         const struct tensor *x,
                         const struct tensor *g,
                         int32_t views,
                         const struct norm_bwd *coef,
                         const struct tensor *dx)
{
    int32_t m = x->shape.n / views;

    (void)d;
    BUG_IF(x->shape.n % views != 0 || !shape_same(x->shape, g->shape));
    BUG_IF(!shape_same(x->shape, dx->shape));
    for (size_t voxel = 0; voxel < shape_voxels(x->shape); voxel++)
        for (int32_t n = 0; n < x->shape.n; n++)
            for (int32_t c = 0; c < x->shape.c; c++) {
                const struct norm_bwd *k = &coef[n / m * x->shape.c + c];
                real e = *at(x, n, c, voxel) - (real)k->mean;
                real h = *at(g, n, c, voxel) - (real)k->k0;
                e = real_fma(e, -(real)k->k1, h);
                *at(dx, n, c, voxel) = (real)k->scale * e;
            }
    tensor_clear_padding(dx, sizeof(real));
}
