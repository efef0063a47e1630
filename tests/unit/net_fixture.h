#ifndef TESTS_UNIT_NET_FIXTURE_H
#define TESTS_UNIT_NET_FIXTURE_H

/* A small network with its loss and optimiser in one process, inputs from
 * streams. For the unit tests of nn/. */
#include "base/mem.h"
#include "base/team.h"

#include "check.h"
#include "det/stream.h"
#include "dev/dev.h"
#include "nn/losses.h"
#include "nn/meet_local.h"
#include "nn/net.h"
#include "nn/optim.h"

struct fixture {
    struct net_conf conf;
    struct dev *dev;
    enum dtype dtype;
    struct team *team;
    struct meet_local *local;
    const struct meet *meet;
    struct net *net;
    struct loss *loss;
    struct optim *optim;
    size_t voxels; /* of one sample, with channels */
    double *embed; /* [views][V m][d] */
    double *mine;  /* [V][views m][d] */
};

static inline struct net_conf small_conf(void)
{
    return (struct net_conf){.block = NET_BOTTLENECK,
                             .stages = 2,
                             .layers = {1, 2},
                             .planes = {3, 5},
                             .widen = 1,
                             .in_channels = 1,
                             .size = {11, 9, 10},
                             .conv1_stride = 2,
                             .shortcut = NET_SHORTCUT_B,
                             .bias_downsample = true,
                             .n_head = 2,
                             .head = {9, 4},
                             .head_names = NET_HEAD_LAYERS,
                             .trunk_prefix = "backbone.",
                             .head_prefix = "projection_head.",
                             .views = 4,
                             .m = 1,
                             .zero_theory_bias = true,
                             .backward = true,
                             .input_grad = true};
}

static inline void fixture_inputs(struct fixture *f, uint64_t seed)
{
    size_t n = (size_t)(f->conf.views * f->conf.m) * f->voxels;
    float *x = NULL;

    assert_ok(mem_new(n, sizeof *x, &x));
    for (uint32_t s = 0; s < f->meet->shard_n; s++) {
        struct stream r =
            stream_at(seed, STREAM_TEST, f->meet->shard_lo + s, 7, 0);

        for (size_t i = 0; i < n; i++)
            x[i] = (float)stream_double(&r);
        net_put_f32(f->net, s, x);
    }
    mem_free(x);
}

/* With the meeting of a caller (local NULL), or one of this process. */
static inline void fixture_open(struct fixture *f,
                                const struct net_conf *conf,
                                const char *backend,
                                const struct meet *meet,
                                uint32_t shards,
                                int threads)
{
    struct net_plan plan;
    struct loss_conf lc = {.name = "infonce", .temperature = 0.5, .groups = 1};
    struct optim_conf oc = {.name = "lars",
                            .momentum = 0.9,
                            .weight_decay = 1e-6,
                            .trust = 0.001,
                            .eps = 1e-8};
    const struct slice *slices;
    size_t n = 0;
    size_t row;

    memset(f, 0, sizeof *f);
    f->conf = *conf;
    assert_ok(dev_open(backend, NULL, &f->dev));
    f->dtype = dev_facts(f->dev).dtype;
    assert_ok(team_new(threads, &f->team));
    assert_ok(net_plan(conf, f->dtype, shards, threads, &plan));
    if (!meet)
        assert_ok(
            meet_local_new(shards, plan.sum_len, f->dtype, f->team, &f->local));
    f->meet = meet ? meet : meet_local_get(f->local);
    assert_ok(net_new(conf, f->meet, f->team, f->dev, &f->net));
    lc.n = shards * (uint32_t)conf->m;
    lc.d = (uint32_t)plan.embed;
    assert_ok(loss_new(&lc, f->team, &f->loss));
    slices = net_slices(f->net, &n);
    assert_ok(optim_new(&oc, slices, n, f->team, f->dev, &f->optim));
    f->voxels = (size_t)conf->in_channels * (size_t)conf->size[0] *
                (size_t)conf->size[1] * (size_t)conf->size[2];
    row = (size_t)(conf->views * conf->m) * (size_t)plan.embed;
    assert_ok(mem_new(shards * row, sizeof(double), &f->embed));
    assert_ok(mem_new(shards * row, sizeof(double), &f->mine));
    assert_ok(net_init(f->net, 5));
    fixture_inputs(f, 1);
}

static inline void fixture_close(struct fixture *f)
{
    optim_free(f->optim);
    loss_free(f->loss);
    net_free(f->net);
    meet_local_free(f->local);
    team_free(f->team);
    dev_close(f->dev);
    mem_free(f->embed);
    mem_free(f->mine);
}

/* Forward pass and loss; st as net_forward takes it. */
static inline status
fixture_forward(struct fixture *f, status st, bool train, struct loss_out *out)
{
    uint32_t d = (uint32_t)net_planned(f->net)->embed;
    uint32_t views = (uint32_t)f->conf.views;
    uint32_t m = (uint32_t)f->conf.m;
    size_t row = (size_t)views * m * d;
    size_t total = f->meet->shards * row;
    double *all = NULL;
    struct loss_in in = {.output = f->embed};

    TRY(mem_new(total, sizeof *all, &all));
    TRY(net_forward(f->net, st, train));
    for (uint32_t i = 0; i < f->meet->shard_n; i++)
        net_embed_f64(f->net, i, f->mine + i * row);
    TRY(f->meet->gather(f->meet->ctx, OK, f->mine, row * sizeof *all, all));
    loss_by_view_f64(all, f->meet->shards, views, m, d, f->embed);
    in.n = f->meet->shards * m;
    TRY(loss_run(f->loss, &in, out));
    loss_by_shard(out->grad, f->meet, views, m, d, f->mine);
out:
    mem_free(all);
    return st;
}

/* One whole step. */
static inline status fixture_step(struct fixture *f, status st)
{
    struct loss_out out = {0};

    TRY(fixture_forward(f, st, true, &out));
    TRY(net_backward(f->net, OK, f->mine));
    TRY(optim_step(f->optim, 0.5, net_param(f->net), net_grad(f->net), NULL));
out:
    return st;
}

#endif
