/* Instance norm without parameters (Ulyanov, Vedaldi, Lempitsky 2016): batch
 * norm with one sample a batch, so no ranks meet and nothing runs along; and
 * PReLU. Coefficients lie in the shard's memory. */
#include <math.h>

#include "nn/net_int.h"

static size_t values(struct shape s)
{
    return (size_t)s.n * (size_t)s.c;
}

size_t net_instance_kept(struct shape s)
{
    return values(s) * sizeof(struct norm_fwd);
}

size_t net_instance_work(struct shape s, bool back)
{
    return values(s) *
           (2 * sizeof(double) + (back ? sizeof(struct norm_bwd) : 0));
}

/* Errors name the convolution whose outputs are normed. */
static status check(const struct net *n,
                    const struct op *op,
                    uint32_t local,
                    const double *sums,
                    const char *what)
{
    struct shape s = n->prog.slots[op->x].shape;

    return net_check_sums(n, n->prog.slices[op->weight].name, (size_t)s.c, sums,
                          2 * values(s), local, what);
}

status
net_instance_fwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor y = net_tensor(n, local, op->y);
    struct norm_fwd *coef = net_store(n, local, op->kept);
    double *sums = net_store(n, local, op->work[0]);
    double rows = (double)x.shape.d * x.shape.h * x.shape.w;
    status st = OK;

    n->ops->norm_sums(n->dev, &x, x.shape.n, sums);
    if (n->trained) /* else whoever reads the outputs sees it */
        TRY(check(n, op, local, sums, "values"));
    for (size_t i = 0; i < values(x.shape); i++) {
        double mean = sums[2 * i] / rows;
        double var = fma(-mean, mean, sums[2 * i + 1] / rows);

        var = var > 0.0 ? var : 0.0;
        coef[i] = (struct norm_fwd){mean, 1.0 / sqrt(var + NET_EPS), 0.0};
    }
    n->ops->norm_apply(n->dev, &x, x.shape.n, coef, NULL, false, &y);
out:
    return st;
}

/* dx = (g - mean g - xhat mean(g xhat)) / sd, whatever the mode. */
status
net_instance_bwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor g = net_gradient(n, local, op->y, op->g_y);
    const struct norm_fwd *coef = net_store(n, local, op->kept);
    double *sums = net_store(n, local, op->work[1]);
    struct norm_bwd *back = (void *)(sums + 2 * values(x.shape));
    double rows = (double)x.shape.d * x.shape.h * x.shape.w;
    struct tensor dx;
    status st = OK;

    if (op->g_x == NONE)
        return OK;
    n->ops->norm_bwd_sums(n->dev, &x, NULL, x.shape.n, coef, &g, sums);
    TRY(check(n, op, local, sums, "gradients"));
    for (size_t i = 0; i < values(x.shape); i++) {
        double inv_sd = coef[i].scale;

        back[i] = (struct norm_bwd){coef[i].mean, inv_sd, sums[2 * i] / rows,
                                    sums[2 * i + 1] / rows * inv_sd * inv_sd};
    }
    dx = net_gradient(n, local, op->x, op->g_x);
    n->ops->norm_bwd_apply(n->dev, &x, &g, x.shape.n, back, &dx);
out:
    return st;
}

void net_prelu_fwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor y = net_tensor(n, local, op->y);

    n->ops->prelu_fwd(n->dev, &x, net_slice(n, n->param, op->slope), &y);
}

void net_prelu_bwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor g = net_gradient(n, local, op->y, op->g_y);
    struct tensor dx = net_gradient(n, local, op->x, op->g_x);
    double *slope = net_store(n, local, op->kept);

    *slope = n->ops->prelu_bwd(n->dev, &x, net_slice(n, n->param, op->slope),
                               &g, &dx);
}
