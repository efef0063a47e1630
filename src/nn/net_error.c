/* How far outputs lie from the inputs they were made from. A shard compares
 * its own: nothing of an image's size travels between ranks. */
#include <math.h>
#include <string.h>

#include "nn/net_int.h"

static status compare(void *ctx, size_t item, int member)
{
    struct net *n = ctx;
    uint32_t local = (uint32_t)item;
    struct tensor x = net_tensor(n, local, n->prog.input);
    struct tensor y = net_tensor(n, local, n->prog.embed);
    struct tensor g = net_gradient(n, local, n->prog.embed, n->prog.g_embed);
    size_t voxels = shape_rows(y.shape) / (size_t)y.shape.n;
    double each = 1.0 / ((double)n->shards * (double)y.shape.n *
                         (double)y.shape.c * (double)voxels);
    double sum = 0.0;

    (void)member;
    n->rows[item] = 0.0;
    if (!net_active(n, local))
        return OK;
    memset(g.data, 0, shape_len(g.shape) * n->elem);
    for (int32_t i = 0; i < y.shape.n; i++)
        for (int32_t c = 0; c < y.shape.c; c++)
            for (size_t v = 0; v < voxels; v++) {
                size_t at = shape_at(y.shape, i, c, v);
                double diff = net_real(n, y.data, at) - net_real(n, x.data, at);

                sum += fabs(diff);
                net_set_real(n, g.data, at,
                             diff > 0   ? each
                             : diff < 0 ? -each
                                        : 0.0);
            }
    n->rows[item] = sum * each;
    return OK;
}

status net_input_error(struct net *n, status st, double *out)
{
    BUG_IF(!n->conf.backward || !n->conf.decoder);
    if (st == OK)
        st = team_run(n->team, n->meet->shard_n, compare, n);
    TRY(n->meet->sum(n->meet->ctx, st, n->rows, 1, n->total));
    ENSURE(isfinite(n->total[0]), ERR_NUMERIC,
           "the error of the outputs is not finite; the training has diverged "
           "or an input holds no number");
    *out = n->total[0];
out:
    return st;
}
