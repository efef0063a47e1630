/* Forward pass. All local shards run the same stretch of the program, each as
 * one item of the team; in training a stretch ends at a norm with the sums of
 * its input, then all ranks meet, and the next stretch begins with the norm
 * applied. In evaluation there is one stretch. */
#include <math.h>
#include <string.h>

#include "nn/net_int.h"

static const double MOMENTUM = 0.1;

struct stretch {
    struct net *n;
    int32_t lo, hi; /* operations */
    int32_t sums;   /* norm operation whose sums end it, or NONE */
};

static status run_op(const struct net *n, const struct op *op, uint32_t local)
{
    const struct dev_ops *d = n->ops;
    struct tensor x = net_tensor(n, local, op->x);
    struct tensor y = net_tensor(n, local, op->y);
    struct tensor add;

    if (op->add != NONE)
        add = net_tensor(n, local, op->add);
    switch (op->kind) {
    case OP_CONV:
        d->conv_fwd(op->plan, &x, net_slice(n, n->param, op->weight),
                    op->bias == NONE ? NULL : net_slice(n, n->param, op->bias),
                    &y);
        break;
    case OP_NORM:
        d->norm_apply(n->dev, &x, n->conf.views,
                      n->coef + n->prog.norms[op->norm].coef,
                      op->add == NONE ? NULL : &add, op->relu, &y);
        break;
    case OP_POOL:
        d->pool_fwd(n->dev, &x, op->k, op->stride, op->pad, &y,
                    net_store(n, local, op->which));
        break;
    case OP_MEAN:
        d->mean_fwd(n->dev, &x, &y);
        break;
    case OP_SUBSAMPLE:
        d->subsample(n->dev, &x, op->stride, &y);
        break;
    case OP_RELU:
        d->relu_fwd(n->dev, &x, &y);
        break;
    case OP_UNIT:
        net_unit_fwd(n, op, local);
        break;
    case OP_AVERAGE:
        net_average_fwd(n, op, local);
        break;
    case OP_FLATTEN:
        net_flatten_fwd(n, op, local);
        break;
    case OP_UP:
        net_up_fwd(n, op, local);
        break;
    case OP_INSTANCE:
        return net_instance_fwd(n, op, local);
    case OP_PRELU:
        net_prelu_fwd(n, op, local);
        break;
    case OP_ADD:
        d->add(n->dev, &add, &y); /* y is x */
        break;
    }
    return OK;
}

static status run_stretch(void *ctx, size_t item, int member)
{
    const struct stretch *s = ctx;
    struct net *n = s->n;
    uint32_t local = (uint32_t)item;

    const struct op *op = s->sums == NONE ? NULL : &n->prog.ops[s->sums];
    double *row = op ? n->rows + item * net_row_len(n, op) : NULL;
    struct tensor x;
    status st = OK;

    (void)member;
    if (!net_active(n, local)) {
        if (op)
            memset(row, 0, net_row_len(n, op) * sizeof *row);
        return OK;
    }
    for (int32_t i = s->lo; i < s->hi; i++)
        TRY(run_op(n, &n->prog.ops[i], local));
    if (!op)
        return OK;
    x = net_tensor(n, local, op->x);
    n->ops->norm_sums(n->dev, &x, n->conf.views, row);
    TRY(net_check_row(n, op, local, "values"));
out:
    return st;
}

status net_check_sums(const struct net *n,
                      const char *name,
                      size_t channels,
                      const double *sums,
                      size_t len,
                      uint32_t local,
                      const char *what)
{
    status st = OK;

    for (size_t i = 0; i < len; i++)
        ENSURE(isfinite(sums[i]), ERR_NUMERIC,
               "shard %u, %s, channel %zu: %s are not finite; the training has "
               "diverged or an input holds no number",
               n->meet->shard_lo + local, name, i / 2 % channels, what);
out:
    return st;
}

status net_check_row(const struct net *n,
                     const struct op *op,
                     uint32_t local,
                     const char *what)
{
    const struct norm *m = &n->prog.norms[op->norm];
    size_t len = net_row_len(n, op);

    return net_check_sums(n, m->name, (size_t)m->c, n->rows + local * len, len,
                          local, what);
}

size_t net_row_len(const struct net *n, const struct op *op)
{
    return 2 * (size_t)n->conf.views * (size_t)n->prog.norms[op->norm].c;
}

size_t net_norm_rows(const struct net *n, const struct norm *m)
{
    size_t rows = (size_t)n->shards * m->rows;

    return n->conf.joint ? rows * (size_t)n->conf.views : rows;
}

status net_join_views(struct net *n, const struct norm *m)
{
    size_t len = 2 * (size_t)m->c;
    size_t views = (size_t)n->conf.views;
    status st = OK;

    for (size_t i = 0; n->conf.joint && i < len; i++) {
        double sum = n->total[i];

        for (size_t v = 1; v < views; v++)
            sum += n->total[v * len + i];
        for (size_t v = 0; v < views; v++)
            n->total[v * len + i] = sum;
    }
    for (size_t i = 0; i < views * len; i++)
        ENSURE(isfinite(n->total[i]), ERR_NUMERIC,
               "%s, channel %zu: batch statistics are not finite; the "
               "training has diverged or an input holds no number",
               m->name, i / 2 % (size_t)m->c);
out:
    return st;
}

static void set_coef(struct net *n,
                     const struct norm *m,
                     size_t view,
                     size_t c,
                     double mean,
                     double var)
{
    size_t at = m->coef + view * (size_t)m->c + c;
    double inv_sd = 1.0 / sqrt(var + NET_EPS);
    double weight = net_real(n, net_slice(n, n->param, m->weight), c);
    double bias = net_real(n, net_slice(n, n->param, m->bias), c);

    n->inv_sd[at] = inv_sd;
    n->coef[at] = (struct norm_fwd){mean, weight * inv_sd, bias};
}

/* Running values move once per norm batch: once a view, in view order. */
static void move_running(
    struct net *n, const struct norm *m, size_t c, double mean, double var)
{
    void *means = net_buffer(n, m->mean);
    void *vars = net_buffer(n, m->var);
    double rows = (double)net_norm_rows(n, m);

    net_set_real(n, means, c,
                 (1.0 - MOMENTUM) * net_real(n, means, c) + MOMENTUM * mean);
    net_set_real(n, vars, c,
                 (1.0 - MOMENTUM) * net_real(n, vars, c) +
                     MOMENTUM * (var * (rows / (rows - 1.0))));
}

/* From the totals to coefficients and running statistics. */
static void take_totals(struct net *n, const struct norm *m)
{
    size_t views = (size_t)n->conf.views;
    size_t batches = n->conf.joint ? 1 : views;
    double rows = (double)net_norm_rows(n, m);

    for (size_t v = 0; v < views; v++)
        for (size_t c = 0; c < (size_t)m->c; c++) {
            const double *sum = n->total + 2 * (v * (size_t)m->c + c);
            double mean = sum[0] / rows;
            double var = fma(-mean, mean, sum[1] / rows);

            var = var > 0.0 ? var : 0.0;
            set_coef(n, m, v, c, mean, var);
            if (v < batches)
                move_running(n, m, c, mean, var);
        }
    if (!n->prog.batch_norms) /* the original's leaves its counter alone */
        n->counters[n->prog.buffers[m->count].offset] += (int64_t)batches;
}

/* What is left of a folded norm: fma(x - 0, 1, shift) is x + shift. */
static void
add_shift(struct net *n, const struct norm *m, size_t view, size_t c)
{
    n->coef[m->coef + view * (size_t)m->c + c] = (struct norm_fwd){
        0.0, 1.0, net_real(n, net_slice(n, n->param, m->bias), c)};
}

static void use_running(struct net *n)
{
    for (int32_t i = 0; i < n->prog.n_norms; i++) {
        const struct norm *m = &n->prog.norms[i];

        for (size_t v = 0; v < (size_t)n->conf.views; v++)
            for (size_t c = 0; c < (size_t)m->c; c++)
                if (n->folded)
                    add_shift(n, m, v, c);
                else
                    set_coef(n, m, v, c, net_real(n, net_buffer(n, m->mean), c),
                             net_real(n, net_buffer(n, m->var), c));
    }
}

static status check_rows(const struct net *n)
{
    status st = OK;

    for (int32_t i = 0; i < n->prog.n_norms; i++) {
        const struct norm *m = &n->prog.norms[i];

        ENSURE(net_norm_rows(n, m) > 1, ERR_DATA,
               "%s has one value per channel, training needs two or more: "
               "take a larger batch or a larger input",
               m->name);
    }
out:
    return st;
}

/* Local work of a stretch, unless this rank has failed. */
static status run_local(struct stretch *s, status st)
{
    return st != OK ? st
                    : team_run(s->n->team, s->n->meet->shard_n, run_stretch, s);
}

static status forward_train(struct net *n, status st)
{
    struct stretch s = {.n = n};

    if (st == OK)
        st = check_rows(n);
    for (int32_t i = 0; i < n->prog.n_ops; i++) {
        const struct op *op = &n->prog.ops[i];
        const struct norm *m = &n->prog.norms[op->norm];

        if (op->kind != OP_NORM)
            continue;
        s.hi = i;
        s.sums = i;
        st = run_local(&s, st);
        TRY(n->meet->sum(n->meet->ctx, st, n->rows, net_row_len(n, op),
                         n->total));
        TRY(net_join_views(n, m));
        take_totals(n, m);
        s.lo = i;
    }
    s.hi = n->prog.n_ops;
    s.sums = NONE;
    TRY(run_local(&s, OK));
out:
    return st;
}

status net_forward(struct net *n, status st, bool train)
{
    struct stretch all = {n, 0, n->prog.n_ops, NONE};

    train = train || n->prog.batch_norms;
    BUG_IF(train && n->folded);
    n->trained = train;
    if (st == OK)
        st = net_up_ready(n);
    if (train)
        return forward_train(n, st);
    if (st == OK)
        use_running(n);
    return run_local(&all, st);
}

/* Sums of features and their squares over a shard's samples. */
static status feature_sums(void *ctx, size_t item, int member)
{
    const struct net *n = ctx;
    struct tensor t = net_tensor(n, (uint32_t)item, n->prog.features);
    size_t width = (size_t)t.shape.c;
    double *row = n->rows + item * 2 * width;

    (void)member;
    if (!net_active(n, (uint32_t)item)) {
        memset(row, 0, 2 * width * sizeof *row);
        return OK;
    }
    for (size_t c = 0; c < width; c++) {
        double sum = 0.0;
        double square = 0.0;

        for (int32_t i = 0; i < t.shape.n; i++) {
            double v = net_real(n, t.data, shape_at(t.shape, i, (int32_t)c, 0));

            sum += v;
            square = fma(v, v, square);
        }
        row[2 * c] = sum;
        row[2 * c + 1] = square;
    }
    return OK;
}

status net_feature_sd(struct net *n, status st, double *out)
{
    size_t width = (size_t)n->plan.features;
    double rows = (double)n->shards * n->conf.views * n->conf.m;
    double sum = 0.0;

    if (st == OK)
        st = team_run(n->team, n->meet->shard_n, feature_sums, n);
    TRY(n->meet->sum(n->meet->ctx, st, n->rows, 2 * width, n->total));
    for (size_t c = 0; c < width; c++) {
        double mean = n->total[2 * c] / rows;
        double var = fma(-mean, mean, n->total[2 * c + 1] / rows);

        sum +=
            var > 0.0 && rows > 1.0 ? sqrt(var * (rows / (rows - 1.0))) : 0.0;
    }
    *out = sum / (double)width;
out:
    return st;
}
