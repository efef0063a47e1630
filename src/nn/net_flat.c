/* Means over windows, and voxels as channels: what stands between a trunk that
 * ends in an image and a head. Small tensors, so plain loops for all backends:
 * sums in double, taps in ascending order, rounded once. */
#include <string.h>

#include "nn/net_int.h"

static void clear(const struct net *n, const struct tensor *t)
{
    memset(t->data, 0, shape_len(t->shape) * n->elem);
}

static size_t voxels(struct shape s)
{
    return (size_t)s.d * (size_t)s.h * (size_t)s.w;
}

/* Voxel of x that tap t of window `at` of y is. */
static size_t
tap_voxel(const struct op *op, struct shape x, struct shape y, size_t at, int t)
{
    size_t stride = (size_t)op->stride;
    size_t k = (size_t)op->k;
    size_t w = at % (size_t)y.w * stride + (size_t)t % k;
    size_t h = at / (size_t)y.w % (size_t)y.h * stride + (size_t)t / k % k;
    size_t d = at / ((size_t)y.w * (size_t)y.h) * stride + (size_t)t / (k * k);

    return (d * (size_t)x.h + h) * (size_t)x.w + w;
}

void net_average_fwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor y = net_tensor(n, local, op->y);
    int taps = op->k * op->k * op->k;

    clear(n, &y);
    for (int32_t i = 0; i < y.shape.n; i++)
        for (int32_t c = 0; c < y.shape.c; c++)
            for (size_t v = 0; v < voxels(y.shape); v++) {
                double sum = 0.0;

                for (int t = 0; t < taps; t++) {
                    size_t from = tap_voxel(op, x.shape, y.shape, v, t);

                    sum += net_real(n, x.data, shape_at(x.shape, i, c, from));
                }
                net_set_real(n, y.data, shape_at(y.shape, i, c, v), sum / taps);
            }
}

static void spread(const struct net *n,
                   const struct op *op,
                   const struct tensor *dx,
                   struct shape y,
                   int32_t i,
                   int32_t c,
                   size_t v,
                   double share)
{
    for (int t = 0; t < op->k * op->k * op->k; t++) {
        size_t at =
            shape_at(dx->shape, i, c, tap_voxel(op, dx->shape, y, v, t));

        net_set_real(n, dx->data, at, net_real(n, dx->data, at) + share);
    }
}

void net_average_bwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor g = net_gradient(n, local, op->y, op->g_y);
    struct tensor dx;
    double taps = (double)op->k * op->k * op->k;

    if (op->g_x == NONE)
        return;
    dx = net_gradient(n, local, op->x, op->g_x);
    clear(n, &dx);
    for (int32_t i = 0; i < g.shape.n; i++)
        for (int32_t c = 0; c < g.shape.c; c++)
            for (size_t v = 0; v < voxels(g.shape); v++)
                spread(n, op, &dx, g.shape, i, c, v,
                       net_real(n, g.data, shape_at(g.shape, i, c, v)) / taps);
}

/* Image and vector share their numbers: sample i, channel c, voxel v of one is
 * channel c voxels + v of the other. */
static void copy(const struct net *n,
                 const struct tensor *image,
                 const struct tensor *flat,
                 bool back)
{
    size_t len = voxels(image->shape);

    clear(n, back ? image : flat);
    for (int32_t i = 0; i < image->shape.n; i++)
        for (int32_t c = 0; c < image->shape.c; c++)
            for (size_t v = 0; v < len; v++) {
                size_t a = shape_at(image->shape, i, c, v);
                size_t b =
                    shape_at(flat->shape, i, (int32_t)((size_t)c * len + v), 0);

                if (back)
                    net_set_real(n, image->data, a, net_real(n, flat->data, b));
                else
                    net_set_real(n, flat->data, b, net_real(n, image->data, a));
            }
}

void net_flatten_fwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor y = net_tensor(n, local, op->y);

    copy(n, &x, &y, false);
}

void net_flatten_bwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor g = net_gradient(n, local, op->y, op->g_y);
    struct tensor dx;

    if (op->g_x == NONE)
        return;
    dx = net_gradient(n, local, op->x, op->g_x);
    copy(n, &dx, &g, true);
}
