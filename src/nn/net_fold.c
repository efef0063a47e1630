/* Running statistics into the convolutions before the norms: the weights of
 * output channel o times weight / sqrt(var + eps), the rest one number that is
 * added, (bias - mean) times the same + the norm's bias. A sum of products is
 * not the same number before and after: bits move, by rounding. */
#include <math.h>

#include "nn/net_int.h"

/* Elements of output channel o, in its lane of the block (dev/tensor.h). */
static void
scale_channel(const struct net *n, const struct slice *w, int32_t o, double by)
{
    size_t block = (size_t)shape_block(w->o);
    size_t each = (size_t)w->c * (size_t)w->k * (size_t)w->k * (size_t)w->k;
    size_t at =
        w->offset + (size_t)o / block * each * block + (size_t)o % block;

    for (size_t i = 0; i < each; i++, at += block)
        net_set_real(n, n->param, at, net_real(n, n->param, at) * by);
}

static status fold_norm(void *ctx, size_t item, int member)
{
    const struct net *n = ctx;
    const struct op *op = &n->prog.ops[item];
    const struct op *conv;
    const struct norm *m;

    (void)member;
    if (op->kind != OP_NORM)
        return OK;
    m = &n->prog.norms[op->norm];
    conv = &n->prog.ops[n->prog.slots[op->x].producer];
    BUG_IF(conv->kind != OP_CONV || conv->y != op->x);
    for (int32_t o = 0; o < m->c; o++) {
        size_t c = (size_t)o;
        double var = net_real(n, net_buffer(n, m->var), c);
        double by = net_real(n, net_slice(n, n->param, m->weight), c) *
                    (1.0 / sqrt(var + NET_EPS));
        double mean = net_real(n, net_buffer(n, m->mean), c);
        void *shift = net_slice(n, n->param, m->bias);

        if (conv->bias != NONE) {
            void *bias = net_slice(n, n->param, conv->bias);

            mean -= net_real(n, bias, c);
            net_set_real(n, bias, c, 0.0);
        }
        scale_channel(n, &n->prog.slices[conv->weight], o, by);
        net_set_real(n, shift, c, fma(-mean, by, net_real(n, shift, c)));
    }
    return OK;
}

void net_fold(struct net *n)
{
    BUG_IF(n->folded || n->conf.backward || n->prog.batch_norms);
    (void)team_run(n->team, (size_t)n->prog.n_ops, fold_norm, n);
    n->folded = true;
}
