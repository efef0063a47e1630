#include "golden/golden_ssl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "golden/golden_net.h"
#include "nn/losses.h"
#include "nn/optim.h"
#include "nn/rate.h"

enum { VIEWS = 4 };

struct ssl {
    const struct json *c;
    const char *name;
    struct json *root;
    struct safetensors *file;
    const struct meet *meet;
    struct golden_net g; /* dev, team, net; no meeting of its own */
    struct loss *loss;
    struct optim *optim;
    struct loss_out out;
    uint64_t seed, stream;
    uint32_t batch, groups, m;
    size_t voxels, d;
    float *image;     /* one shard */
    double *mine;     /* [shard_n][views m][d] */
    double *all;      /* [V][views m][d] */
    double *embed;    /* [views][batch][d] */
    double bias_step; /* largest deviation of a downsample.0.bias */
};

static status within(const struct ssl *s,
                     const char *what,
                     const char *tensor,
                     double worst,
                     double bound)
{
    status st = OK;

    ENSURE(worst <= bound, ERR_NUMERIC, "%s %s %s: deviation %.3g, bound %.3g",
           s->name, what, tensor, worst, bound);
out:
    return st;
}

/* README: float64 programs 1e-9; float32 "loss / worst state tensor". */
static double loss_bound(const struct ssl *s)
{
    return s->g.dtype == DTYPE_F64 ? 1e-9 : 1e-4;
}

static double state_bound(const struct ssl *s)
{
    return s->g.dtype == DTYPE_F64 ? 1e-9 : 1e-3;
}

static status read_case(const char *name, struct ssl *s)
{
    const struct json *list = NULL;
    status st = OK;

    TRY(json_read(golden_path("network/train.json"), 1 << 24, &s->root));
    list = json_get(s->root, "ssl");
    for (size_t i = 0; i < json_len(list); i++)
        if (strcmp(json_text(json_get(json_at(list, i), "name")), name) == 0)
            s->c = json_at(list, i);
    ENSURE(s->c, ERR_DATA, "train.json has no run %s", name);
    s->name = name;
    s->seed = (uint64_t)json_i64(json_get(s->root, "seed"), 0);
    s->stream = (uint64_t)json_i64(json_get(s->c, "stream"), 0);
    s->groups = (uint32_t)json_i64(json_get(s->c, "W"), 0);
    s->batch = (uint32_t)json_i64(json_get(s->c, "B"), 0);
    s->d = (size_t)json_i64(json_get(s->c, "d"), 0);
out:
    return st;
}

/* They stand with the first run only. */
static const struct json *tensors(const struct ssl *s)
{
    return json_get(json_at(json_get(s->root, "ssl"), 0), "tensors");
}

/* Outputs of the first layer of the head. */
static int32_t head_width(const struct ssl *s)
{
    const struct json *list = tensors(s);

    size_t i = 0;

    while (i < json_len(list) &&
           strcmp(json_text(json_get(json_at(list, i), "name")),
                  "projection_head.layers.0.weight") != 0)
        i++;
    return (int32_t)json_i64(json_at(json_get(json_at(list, i), "shape"), 0),
                             0);
}

static status ssl_conf(struct ssl *s, uint32_t shards, struct net_conf *out)
{
    struct net_conf conf = golden_net_conf(json_get(s->c, "trunk"));
    status st = OK;

    ENSURE(shards >= 1 && s->batch % shards == 0 && shards % s->groups == 0,
           ERR_CONF, "%u shards cannot hold %u groups of %u", shards, s->groups,
           s->batch);
    s->m = s->batch / shards;
    s->voxels = 1;
    for (size_t i = 0; i < 3; i++) {
        conf.size[i] = (int32_t)json_i64(json_at(json_get(s->c, "size"), i), 0);
        s->voxels *= (size_t)conf.size[i];
    }
    conf.views = VIEWS;
    conf.m = (int32_t)s->m;
    conf.n_head = 2;
    conf.head[0] = head_width(s);
    conf.head[1] = (int32_t)s->d;
    conf.head_names = NET_HEAD_LAYERS;
    conf.trunk_prefix = "backbone.";
    conf.head_prefix = "projection_head.";
    *out = conf;
out:
    return st;
}

static void ssl_close(struct ssl *s)
{
    optim_free(s->optim);
    loss_free(s->loss);
    net_free(s->g.net);
    mem_free(s->image);
    mem_free(s->mine);
    mem_free(s->all);
    mem_free(s->embed);
    safetensors_close(s->file);
    json_free(s->root);
}

size_t golden_ssl_cases(struct golden_ssl_case *out, size_t cap)
{
    struct json *root = golden_json("network/train.json");
    const struct json *list = json_get(root, "ssl");
    size_t n = 0;

    for (; n < cap && n < json_len(list); n++) {
        const struct json *c = json_at(list, n);

        (void)snprintf(out[n].name, sizeof out[n].name, "%s",
                       json_text(json_get(c, "name")));
        out[n].batch = (uint32_t)json_i64(json_get(c, "B"), 0);
        out[n].groups = (uint32_t)json_i64(json_get(c, "W"), 0);
    }
    json_free(root);
    return n;
}

status golden_ssl_plan(const char *name,
                       uint32_t shards,
                       enum dtype dtype,
                       struct net_plan *out)
{
    struct ssl s = {0};
    struct net_conf conf;
    status st = OK;

    TRY(read_case(name, &s));
    TRY(ssl_conf(&s, shards, &conf));
    TRY(net_plan(&conf, dtype, shards, 1, out));
out:
    json_free(s.root);
    return st;
}

static status ssl_open(struct ssl *s, bool zero_bias)
{
    struct optim_conf oc = {
        .name = "lars",
        .momentum = json_f64(json_get(s->c, "momentum"), -1),
        .weight_decay = json_f64(json_get(s->c, "weight_decay"), -1),
        .trust = 0.001,
        .eps = 1e-8};
    struct loss_conf lc = {.name = "infonce",
                           .temperature = json_f64(json_get(s->c, "T"), -1),
                           .groups = s->groups,
                           .n = s->batch,
                           .d = (uint32_t)s->d};
    const struct slice *slices = NULL;
    struct net_conf conf;
    size_t n = 0;
    size_t row = 0;
    status st = OK;

    TRY(ssl_conf(s, s->meet->shards, &conf));
    conf.zero_theory_bias = zero_bias;
    row = VIEWS * s->m * s->d;
    TRY(safetensors_open(golden_path("network/train.safetensors"), &s->file));
    TRY(net_new(&conf, s->meet, s->g.team, s->g.dev, &s->g.net));
    TRY(golden_net_fill(&s->g, s->seed, s->stream, tensors(s)));
    TRY(loss_new(&lc, s->g.team, &s->loss));
    slices = net_slices(s->g.net, &n);
    TRY(optim_new(&oc, slices, n, s->g.team, s->g.dev, &s->optim));
    TRY(mem_new(VIEWS * s->m * s->voxels, sizeof *s->image, &s->image));
    TRY(mem_new(s->meet->shard_n * row, sizeof *s->mine, &s->mine));
    TRY(mem_new(s->meet->shards * row, sizeof *s->all, &s->all));
    TRY(mem_new(s->batch * VIEWS * s->d, sizeof *s->embed, &s->embed));
out:
    return st;
}

/* Images of step t (README): in double, rounded once. */
static void put_images(struct ssl *s, uint64_t t, uint32_t local)
{
    float *to = s->image;

    for (uint64_t v = 0; v < VIEWS; v++)
        for (uint64_t j = 0; j < s->m; j++) {
            uint64_t sample = (s->meet->shard_lo + local) * s->m + j;
            double a = (double)(sample + 1) / 8.0;
            uint64_t base = v < 2 ? 0 : 2;
            struct formula f[2];

            for (uint64_t k = 0; k < 2; k++)
                f[k] = (struct formula){s->seed, s->stream,
                                        1000 + 4 * t + base + k, 0.5, 0.5};
            for (uint64_t i = 0; i < s->voxels; i++) {
                uint64_t at = sample * s->voxels + i;
                double h0 = 0.5 + 0.5 * formula_raw(&f[0], at);
                double h1 = 0.5 + 0.5 * formula_raw(&f[1], at);

                *to++ =
                    (float)(v % 2 == 0 ? a * h0 : a * (0.75 * h0 + 0.25 * h1));
            }
        }
    net_put_f32(s->g.net, local, s->image);
}

static status run_step(struct ssl *s, uint64_t t)
{
    const struct meet *meet = s->meet;
    size_t row = VIEWS * s->m * s->d;
    struct loss_in in = {.output = s->embed, .n = s->batch};
    status st = OK;

    for (uint32_t i = 0; i < meet->shard_n; i++)
        put_images(s, t, i);
    TRY(net_forward(s->g.net, OK, true));
    for (uint32_t i = 0; i < meet->shard_n; i++)
        net_embed_f64(s->g.net, i, s->mine + i * row);
    TRY(meet->gather(meet->ctx, OK, s->mine, row * sizeof(double), s->all));
    loss_by_view_f64(s->all, meet->shards, VIEWS, s->m, (uint32_t)s->d,
                     s->embed);
    TRY(loss_run(s->loss, &in, &s->out));
    loss_by_shard(s->out.grad, meet, VIEWS, s->m, (uint32_t)s->d, s->mine);
    TRY(net_backward(s->g.net, OK, s->mine));
out:
    return st;
}

static status check_loss(struct ssl *s, uint64_t t)
{
    const struct json *want =
        json_at(json_get(s->c, "loss_per_step_per_rank"), (size_t)t);
    status st = OK;

    ENSURE(json_len(want) == s->groups, ERR_DATA, "%s: step %llu", s->name,
           (unsigned long long)t);
    for (size_t g = 0; g < s->groups; g++) {
        double w = json_f64(json_at(want, g), 1e30);

        TRY(within(s, "loss", "", fabs(s->out.group[g] - w) / fabs(w),
                   loss_bound(s)));
    }
out:
    return st;
}

/* Length of the whole gradient; the noise of the biases is far below. */
static status check_norm(struct ssl *s, uint64_t t)
{
    double want =
        json_f64(json_at(json_get(s->c, "grad_norm"), (size_t)t), 1e30);
    double grad = 0;
    double param = 0;

    optim_norms(s->optim, &grad, &param);
    return within(s, "gradient norm", "", fabs(grad - want) / want,
                  state_bound(s));
}

static bool is_theory_bias(const char *name)
{
    return strstr(name, ".downsample.0.bias") != NULL;
}

static status check_embeddings(struct ssl *s)
{
    struct sft t;
    status st = OK;

    for (size_t v = 0; v < VIEWS; v++) {
        size_t at = v * s->batch * s->d;

        TRY(safetensors_get(s->file, &t, "%s/step0/embedding%zu", s->name, v));
        TRY(within(s, "step0", "embedding", golden_worst(s->embed + at, &t),
                   state_bound(s)));
        TRY(safetensors_get(s->file, &t, "%s/step0/grad_embedding%zu", s->name,
                            v));
        TRY(within(s, "step0", "grad_embedding",
                   golden_worst(s->out.grad + at, &t), state_bound(s)));
    }
out:
    return st;
}

/* A bias before a norm: its gradient is noise (trap 3). */
static status check_theory_bias(struct ssl *s,
                                const char *what,
                                const double *x,
                                const struct sft *t,
                                double noise)
{
    status st = OK;

    for (size_t k = 0; k < t->n; k++) {
        double diff = fabs(x[k] - sft_at(t, k));

        s->bias_step = diff > s->bias_step ? diff : s->bias_step;
        TRY(within(s, what, "downsample.0.bias", diff, noise));
    }
out:
    return st;
}

/* Every slice of a flat vector against "NAME/what/slice"; noise: largest
 * deviation of a bias before a norm. In float, gradients and what is summed
 * from them are judged all together (README: 5e-2), not tensor by tensor. */
static status
check_vector(struct ssl *s, const char *what, const void *vec, double noise)
{
    bool together = s->g.dtype == DTYPE_F32 && strcmp(what, "after") != 0;
    size_t n = 0;
    size_t len = 0;
    const struct slice *slices = net_slices(s->g.net, &n);
    double l2[2] = {0, 0};
    double *x = NULL;
    struct sft t;
    status st = OK;

    for (size_t i = 0; i < n; i++) {
        const char *name = slices[i].name;

        TRY(golden_net_vector(&s->g, vec, name, &x, &len));
        TRY(safetensors_get(s->file, &t, "%s/%s/%s", s->name, what, name));
        ENSURE(t.n == len, ERR_DATA, "%s: %zu elements", name, len);
        if (is_theory_bias(name))
            TRY(check_theory_bias(s, what, x, &t, noise));
        else if (together)
            golden_l2(x, &t, &l2[0], &l2[1]);
        else
            TRY(within(s, what, name, golden_worst(x, &t), state_bound(s)));
        mem_free(x);
        x = NULL;
    }
    if (together)
        TRY(within(s, what, "together", sqrt(l2[0] / l2[1]), 5e-2));
out:
    mem_free(x);
    return st;
}

/* The running mean behind a bias before a norm follows that bias (trap 3). */
static status check_running(struct ssl *s, const char *what, double slack)
{
    size_t n = 0;
    size_t len = 0;
    const struct buffer *b = net_buffers(s->g.net, &n);
    double *x = NULL;
    struct sft t;
    status st = OK;

    for (size_t i = 0; i < n; i++) {
        bool follows = strstr(b[i].name, ".downsample.1.running_mean") != NULL;
        double worst = 0;

        if (b[i].kind == BUFFER_COUNT && strcmp(what, "after") != 0)
            continue;
        TRY(golden_net_buffer(&s->g, b[i].name, &x, &len));
        TRY(safetensors_get(s->file, &t, "%s/%s/%s", s->name, what, b[i].name));
        worst = golden_worst(x, &t);
        for (size_t k = 0; follows && k < len; k++)
            if (fabs(x[k] - sft_at(&t, k)) <= slack)
                worst = 0;
        TRY(within(s, what, b[i].name, worst, state_bound(s)));
        mem_free(x);
        x = NULL;
    }
out:
    mem_free(x);
    return st;
}

static double largest_gradient(struct ssl *s)
{
    size_t n = net_planned(s->g.net)->param_len;
    const void *g = net_grad(s->g.net);
    double largest = 0;

    for (size_t i = 0; i < n; i++) {
        double v = s->g.dtype == DTYPE_F32 ? (double)((const float *)g)[i]
                                           : ((const double *)g)[i];

        largest = fabs(v) > largest ? fabs(v) : largest;
    }
    return largest;
}

static status check_step0(struct ssl *s)
{
    /* README: 1e-9 of the largest gradient; float noise is what 24 bits of
     * thousands of additions leave. */
    double noise =
        largest_gradient(s) * (s->g.dtype == DTYPE_F64 ? 1e-9 : 1e-4);
    status st = OK;

    TRY(check_embeddings(s));
    TRY(check_vector(s, "step0/grad", net_grad(s->g.net), noise));
    TRY(check_running(s, "step0/running", 0.0));
out:
    return st;
}

/* The bias moves at the will of its noise: a few steps of LARS, each as long
 * as lr * trust * |p| at most, and momentum. */
static status check_after(struct ssl *s)
{
    status st = OK;

    s->bias_step = 0;
    TRY(check_vector(s, "after", net_param(s->g.net), 1e-2));
    TRY(check_running(s, "after", s->bias_step));
    TRY(check_vector(s, "momentum", optim_vector(s->optim, 0, NULL), 1e-1));
out:
    return st;
}

static status run(struct ssl *s)
{
    uint64_t steps = (uint64_t)json_i64(json_get(s->c, "steps"), 0);
    struct rate rate = {.kind = RATE_COSINE_STEP,
                        .base = json_f64(json_at(json_get(s->c, "lr"), 0), 0),
                        .t_max = json_i64(json_get(s->c, "T_max"), 0)};
    status st = OK;

    for (uint64_t t = 0; t < steps; t++) {
        double lr = rate_at(&rate, (int64_t)t, 0);
        double want = json_f64(json_at(json_get(s->c, "lr"), (size_t)t), 1e30);

        TRY(within(s, "lr", "", fabs(lr - want) / want, 1e-14));
        TRY(run_step(s, t));
        TRY(check_loss(s, t));
        if (t == 0)
            TRY(check_step0(s));
        TRY(optim_step(s->optim, lr, net_param(s->g.net), net_grad(s->g.net),
                       NULL));
        TRY(check_norm(s, t));
    }
    TRY(check_after(s));
out:
    return st;
}

status golden_ssl_run(const char *name,
                      const struct meet *meet,
                      struct team *team,
                      struct dev *dev,
                      bool zero_bias,
                      char hex[SHA256_HEX])
{
    struct ssl s = {.meet = meet};
    uint8_t digest[SHA256_SIZE];
    status st = OK;

    s.g.dev = dev;
    s.g.team = team;
    s.g.dtype = dev_facts(dev).dtype;
    TRY(read_case(name, &s));
    TRY(ssl_open(&s, zero_bias));
    TRY(run(&s));
    TRY(sha256_of(net_param(s.g.net), net_planned(s.g.net)->bytes_param,
                  digest));
    if (hex)
        sha256_hex(digest, hex);
out:
    ssl_close(&s);
    return st;
}
