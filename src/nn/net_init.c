/* Random start. Every slice is an item of the team with a stream of its own,
 * so neither threads nor the layout enter. Values are rounded to float also in
 * double networks: ref64 starts where float starts. */
#include <math.h>

#include "det/stream.h"
#include "nn/net_int.h"

/* PyTorch's PReLU. */
static const double SLOPE = 0.25;

struct start {
    struct net *n;
    uint64_t seed;
};

/* Inputs of one output of the layer that bias slice i belongs to: its weight
 * is the slice before. */
static double fan_in(const struct slice *w)
{
    return (double)w->c * w->k * w->k * w->k;
}

/* Residual networks start as the study says, others as PyTorch does. */
static double
draw(const struct net *n, struct stream *s, const struct slice *w, bool is_bias)
{
    double bound;

    if (n->conf.family == NET_RESNET && w->kind == SLICE_CONV && !is_bias)
        return stream_normal(s) *
               sqrt(2.0 / ((double)w->o * w->k * w->k * w->k));
    bound = 1.0 / sqrt(fan_in(w));
    return stream_range(s, -bound, bound);
}

/* Norm weights and biases are set apart, by net_init. */
static status start_slice(void *ctx, size_t item, int member)
{
    const struct start *start = ctx;
    const struct net *n = start->n;
    const struct slice *s = &n->prog.slices[item];
    const struct slice *w = s;
    struct stream stream =
        stream_at(start->seed, STREAM_INIT, (uint64_t)item, 0, 0);
    int32_t taps = s->k * s->k * s->k;

    (void)member;
    if (s->kind == SLICE_VECTOR) {
        if (item == 0 || s[-1].kind == SLICE_VECTOR)
            return OK; /* of a norm, or a slope */
        w = s - 1;
    }
    for (int32_t o = 0; o < s->o; o++)
        for (int32_t c = 0; c < s->c; c++)
            for (int32_t tap = 0; tap < taps; tap++) {
                float v = (float)draw(n, &stream, w, s != w);
                size_t at = s->kind == SLICE_VECTOR
                                ? (size_t)o
                                : weight_at(s->k, s->c, o, tap, c, s->o);

                net_set_real(n, n->param, s->offset + at, (double)v);
            }
    return OK;
}

status net_init(struct net *n, uint64_t seed)
{
    struct start start = {n, seed};
    status st = OK;

    TRY(team_run(n->team, (size_t)n->prog.n_slices, start_slice, &start));
    for (int32_t i = 0; i < n->prog.n_norms; i++) {
        const struct norm *m = &n->prog.norms[i];

        for (int32_t c = 0; c < m->c; c++) {
            net_set_real(n, net_slice(n, n->param, m->weight), (size_t)c, 1.0);
            net_set_real(n, net_slice(n, n->param, m->bias), (size_t)c, 0.0);
        }
    }
    for (int32_t i = 0; i < n->prog.n_ops; i++)
        if (n->prog.ops[i].kind == OP_PRELU)
            net_set_real(n, net_slice(n, n->param, n->prog.ops[i].slope), 0,
                         SLOPE);
    net_reset_running(n);
out:
    return st;
}
