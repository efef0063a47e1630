/* Backward pass: the program in reverse, again in stretches of all local
 * shards. A norm needs the sums of its gradient over all shards first (the
 * ranks meet); a convolution needs its weight gradient (net_weight.c): the
 * ranks meet, but the sum need not be there before the end, so its messages go
 * on beside the layers still to come. */
#include <math.h>
#include <string.h>

#include "nn/net_int.h"

struct stretch {
    struct net *n;
    int32_t hi, lo; /* operations hi, hi - 1, ... lo; the ranks have met */
    int32_t sums;   /* norm operation whose sums end it, or NONE */
};

static status norm_sums(struct net *n, const struct op *op, uint32_t local)
{
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor y = net_tensor(n, local, op->y);
    struct tensor dy = net_gradient(n, local, op->y, op->g_y);

    n->ops->norm_bwd_sums(n->dev, &x, op->relu ? &y : NULL, n->conf.views,
                          n->coef + n->prog.norms[op->norm].coef, &dy,
                          n->rows + local * net_row_len(n, op));
    return net_check_row(n, op, local, "gradients");
}

static void norm_apply(struct net *n, const struct op *op, uint32_t local)
{
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor g = net_gradient(n, local, op->y, op->g_y);
    struct tensor dx;

    if (op->g_x == NONE)
        return;
    dx = net_gradient(n, local, op->x, op->g_x);
    n->ops->norm_bwd_apply(n->dev, &x, &g, n->conf.views, n->back, &dx);
}

static void conv_input(struct net *n, const struct op *op, uint32_t local)
{
    struct tensor dy = net_gradient(n, local, op->y, op->g_y);
    struct tensor dx;
    struct tensor sum;

    if (op->g_x == NONE)
        return;
    dx = net_gradient(n, local, op->x, op->g_x);
    n->ops->conv_bwd_x(op->plan, &dy, n->turned, &dx);
    if (op->g_sum != NONE) {
        sum = net_gradient(n, local, op->x, op->g_sum);
        n->ops->add(n->dev, &dx, &sum);
    }
}

/* What is left of an operation once the ranks have met for it. */
static status finish_op(struct net *n, const struct op *op, uint32_t local)
{
    struct tensor y = net_tensor(n, local, op->y);
    struct tensor dy;
    struct tensor dx;

    if (op->g_y == NONE)
        return OK; /* shortcut A */
    dy = net_gradient(n, local, op->y, op->g_y);
    if (op->g_x != NONE)
        dx = net_gradient(n, local, op->x, op->g_x);
    switch (op->kind) {
    case OP_CONV:
        conv_input(n, op, local);
        break;
    case OP_NORM:
        norm_apply(n, op, local);
        break;
    case OP_POOL:
        n->ops->pool_bwd(n->dev, &dy, net_store(n, local, op->which), op->k,
                         op->stride, op->pad, &dx);
        break;
    case OP_MEAN:
        n->ops->mean_bwd(n->dev, &dy, &dx);
        break;
    case OP_RELU:
        n->ops->relu_bwd(n->dev, &y, &dy);
        break;
    case OP_UNIT:
        net_unit_bwd(n, op, local);
        break;
    case OP_AVERAGE:
        net_average_bwd(n, op, local);
        break;
    case OP_FLATTEN:
        net_flatten_bwd(n, op, local);
        break;
    case OP_UP:
        net_up_bwd(n, op, local);
        break;
    case OP_INSTANCE:
        return net_instance_bwd(n, op, local);
    case OP_PRELU:
        net_prelu_bwd(n, op, local);
        break;
    case OP_ADD: /* both sides read the one gradient */
    case OP_SUBSAMPLE:
        break;
    }
    return OK;
}

static status run_stretch(void *ctx, size_t item, int member)
{
    const struct stretch *s = ctx;
    struct net *n = s->n;
    const struct op *op = s->sums == NONE ? NULL : &n->prog.ops[s->sums];
    status st = OK;

    if (!net_active(n, (uint32_t)item)) {
        if (op)
            memset(n->rows + item * net_row_len(n, op), 0,
                   net_row_len(n, op) * sizeof *n->rows);
        return OK;
    }
    for (int32_t i = s->hi; i >= s->lo; i--)
        TRY(finish_op(n, &n->prog.ops[i], (uint32_t)item));
    if (op)
        TRY(norm_sums(n, op, (uint32_t)item));
    TRY(net_poke(n, member));
out:
    return st;
}

static status run_local(const struct stretch *s, status st)
{
    struct stretch copy = *s;

    if (s->hi < s->lo && s->sums == NONE)
        return st;
    return st != OK
               ? st
               : team_run(s->n->team, s->n->meet->shard_n, run_stretch, &copy);
}

/* Gradients of weight and bias of a norm, from the totals [views][c][2] of
 * g and g * (x - mean). Joint totals are in every view's place; they count
 * once. */
static void norm_gradient(struct net *n, const struct norm *m)
{
    size_t batches = n->conf.joint ? 1 : (size_t)n->conf.views;

    for (size_t c = 0; c < (size_t)m->c; c++) {
        double weight = 0.0;
        double bias = 0.0;

        for (size_t v = 0; v < batches; v++) {
            size_t at = v * (size_t)m->c + c;

            bias += n->total[2 * at];
            weight += n->inv_sd[m->coef + at] * n->total[2 * at + 1];
        }
        net_set_real(n, net_slice(n, n->grad, m->weight), c, weight);
        net_set_real(n, net_slice(n, n->grad, m->bias), c, bias);
    }
}

/* dx = scale (g - mean g - xhat mean(g xhat)) in training; running statistics
 * do not depend on x. */
static void norm_coefficients(struct net *n, const struct norm *m)
{
    size_t len = (size_t)n->conf.views * (size_t)m->c;
    double rows = (double)net_norm_rows(n, m);

    for (size_t i = 0; i < len; i++) {
        const struct norm_fwd *f = &n->coef[m->coef + i];
        double inv_sd = n->inv_sd[m->coef + i];
        struct norm_bwd b = {f->mean, f->scale, 0.0, 0.0};

        if (n->trained) {
            b.k0 = n->total[2 * i] / rows;
            b.k1 = n->total[2 * i + 1] / rows * inv_sd * inv_sd;
        }
        n->back[i] = b;
    }
}

static status meet_norm(struct net *n, status st, const struct op *op)
{
    const struct norm *m = &n->prog.norms[op->norm];

    TRY(n->meet->sum(n->meet->ctx, st, n->rows, net_row_len(n, op), n->total));
    TRY(net_join_views(n, m));
    norm_gradient(n, m);
    norm_coefficients(n, m);
out:
    return st;
}

static void put_gradient(struct net *n, const double *d_embed)
{
    size_t len =
        (size_t)n->conf.views * (size_t)n->conf.m * (size_t)n->plan.embed;

    for (uint32_t i = 0; i < n->meet->shard_n; i++) {
        struct tensor g = net_gradient(n, i, n->prog.embed, n->prog.g_embed);

        n->ops->put_f64(n->dev, d_embed + i * len, &g);
    }
}

/* Whatever happened, the sums that were started end on all ranks. */
static status end_sums(const struct net *n, status st)
{
    const struct meet *meet = n->meet;
    status end = OK;
    struct trail trail;

    trail_save(&trail);
    end = meet->grad_end ? meet->grad_end(meet->ctx) : OK;
    if (st != OK)
        trail_load(&trail);
    return st != OK ? st : end;
}

status net_backward(struct net *n, status st, const double *d_embed)
{
    struct stretch s = {.n = n, .hi = n->prog.n_ops - 1};

    BUG_IF(!n->conf.backward);
    if (st == OK && d_embed)
        put_gradient(n, d_embed);
    for (int32_t i = n->prog.n_ops - 1; i >= 0; i--) {
        const struct op *op = &n->prog.ops[i];

        if ((op->kind != OP_NORM && op->kind != OP_CONV && op->kind != OP_UP) ||
            op->g_y == NONE)
            continue; /* nothing to meet for, or frozen */
        s.lo = i + 1;
        s.sums = op->kind == OP_NORM ? i : NONE;
        st = run_local(&s, st);
        if (op->kind == OP_NORM)
            TRY(meet_norm(n, st, op));
        else
            TRY(net_meet_weight(n, st, op));
        s.hi = i;
    }
    s.lo = 0;
    s.sums = NONE;
    st = run_local(&s, st);
out:
    return end_sums(n, st);
}

void net_input_grad_f64(const struct net *n, uint32_t local, double *plain)
{
    struct tensor g;

    BUG_IF(n->prog.g_input == NONE);
    g = net_gradient(n, local, n->prog.input, n->prog.g_input);
    n->ops->get_f64(n->dev, &g, plain);
}
