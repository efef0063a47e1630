/* Transposed convolutions (dev/README.md): forward is the input gradient of
 * the convolution that leads back, which reads the weights turned. They are
 * turned once a pass, for all shards. The bias is what a norm adds that does
 * nothing else: fma(x - 0, 1, bias). */
#include "nn/net_int.h"

static status ready(void *ctx, size_t item, int member)
{
    struct net *n = ctx;
    const struct op *op = &n->prog.ops[item];

    (void)member;
    if (op->kind != OP_UP)
        return OK;
    n->ops->conv_turn(op->plan, net_slice(n, n->param, op->weight),
                      n->up + op->turn * n->elem);
    for (int32_t c = 0; c < n->prog.slots[op->y].shape.c; c++)
        n->coef[op->coef + (size_t)c] = (struct norm_fwd){
            0.0, 1.0, net_real(n, net_slice(n, n->param, op->bias), (size_t)c)};
    return OK;
}

status net_up_ready(struct net *n)
{
    if (n->prog.up_len == 0)
        return OK;
    return team_run(n->team, (size_t)n->prog.n_ops, ready, n);
}

void net_up_fwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor y = net_tensor(n, local, op->y);

    n->ops->conv_bwd_x(op->plan, &x, n->up + op->turn * n->elem, &y);
    n->ops->norm_apply(n->dev, &y, 1, n->coef + op->coef, NULL, false, &y);
}

void net_up_bwd(const struct net *n, const struct op *op, uint32_t local)
{
    struct tensor dy = net_gradient(n, local, op->y, op->g_y);
    struct tensor dx;

    if (op->g_x == NONE)
        return;
    dx = net_gradient(n, local, op->x, op->g_x);
    n->ops->conv_fwd(op->plan, &dy, net_slice(n, n->param, op->weight), NULL,
                     &dx);
}
