/* Lengths of one: of a head's outputs (x / max(|x|, 1e-12), below that length
 * a constant divisor), and of the prototypes' rows (Caron et al. 2020). In
 * double, channels in ascending order, so every backend has the same bits. */
#include <math.h>

#include "nn/net_int.h"

static const double LENGTH_MIN = 1e-12;

/* Channels with those that fill up the last block: these are set to 0, what
 * their memory held before may be no number. */
static int32_t filled(struct shape s)
{
    int32_t block = shape_block(s.c);

    return (s.c + block - 1) / block * block;
}

static double
length_of(const struct net *n, const struct tensor *t, int32_t sample)
{
    double sum = 0.0;

    for (int32_t c = 0; c < t->shape.c; c++) {
        double v = net_real(n, t->data, shape_at(t->shape, sample, c, 0));

        sum += v * v;
    }
    return sqrt(sum);
}

void net_unit_fwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor y = net_tensor(n, local, op->y);

    for (int32_t i = 0; i < x.shape.n; i++) {
        double length = length_of(n, &x, i);
        double by = length > LENGTH_MIN ? length : LENGTH_MIN;

        for (int32_t c = 0; c < filled(x.shape); c++) {
            size_t at = shape_at(x.shape, i, c, 0);
            double v = c < x.shape.c ? net_real(n, x.data, at) / by : 0.0;

            net_set_real(n, y.data, at, v);
        }
    }
}

/* dx = (g - z (z g)) / |x| */
void net_unit_bwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor g = net_gradient(n, local, op->y, op->g_y);
    struct tensor dx;

    if (op->g_x == NONE)
        return;
    dx = net_gradient(n, local, op->x, op->g_x);
    for (int32_t i = 0; i < x.shape.n; i++) {
        double length = length_of(n, &x, i);
        double by = length > LENGTH_MIN ? length : LENGTH_MIN;
        double along = 0.0;

        for (int32_t c = 0; c < x.shape.c; c++) {
            size_t at = shape_at(x.shape, i, c, 0);

            along += net_real(n, x.data, at) / by * net_real(n, g.data, at);
        }
        if (length <= LENGTH_MIN)
            along = 0.0;
        for (int32_t c = 0; c < filled(x.shape); c++) {
            size_t at = shape_at(x.shape, i, c, 0);
            double z = net_real(n, x.data, at) / by;
            double v = (net_real(n, g.data, at) - along * z) / by;

            net_set_real(n, dx.data, at, c < x.shape.c ? v : 0.0);
        }
    }
}

bool net_prototypes(const struct net *n, size_t *weight, size_t *bias)
{
    if (n->prog.prototypes == NONE)
        return false;
    *weight = (size_t)n->prog.prototypes;
    *bias = *weight + 1;
    return true;
}

void net_unit_rows(struct net *n)
{
    const struct slice *s;

    if (n->prog.prototypes == NONE)
        return;
    s = &n->prog.slices[n->prog.prototypes];
    for (int32_t o = 0; o < s->o; o++) {
        double sum = 0.0;
        double by;

        for (int32_t c = 0; c < s->c; c++) {
            size_t at = s->offset + weight_at(1, s->c, o, 0, c, s->o);
            double v = net_real(n, n->param, at);

            sum += v * v;
        }
        by = sqrt(sum) > LENGTH_MIN ? sqrt(sum) : LENGTH_MIN;
        for (int32_t c = 0; c < s->c; c++) {
            size_t at = s->offset + weight_at(1, s->c, o, 0, c, s->o);

            net_set_real(n, n->param, at, net_real(n, n->param, at) / by);
        }
    }
}
