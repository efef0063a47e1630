/* The supervised runs of train.json: five steps of cross entropy or binary
 * cross entropy with Adam or SGD and StepLR, the trunk learning or frozen in
 * either mode: loss and outputs of every step, the whole state dict after, and
 * outputs in evaluation mode. One shard a sample. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "golden/golden_net.h"
#include "nn/losses.h"
#include "nn/optim.h"
#include "nn/rate.h"

struct run {
    const struct json *c;
    const struct safetensors *file;
    const char *name;
    const char *backend;
    struct golden_net g;
    struct loss *loss;
    struct optim *optim;
    bool skip[128];
    bool exact, learns, eval_trunk;
    uint64_t seed, stream;
    size_t batch, d, voxels;
    double *target, *output;
    float *image;
    double way;  /* sum of the rates */
    double bias; /* largest deviation of a bias before a norm */
};

static void
within(const struct run *r, const char *what, double worst, double bound)
{
    if (!(worst <= bound))
        fail_msg("%s %s %s: deviation %.3g, bound %.3g", r->backend, r->name,
                 what, worst, bound);
}

static bool has(const char *text, const char *word)
{
    return strstr(text, word) != NULL;
}

/* First dimension of a tensor of the list: planes of a stage. */
static int32_t width_of(const struct run *r, const char *name)
{
    const struct json *list = json_get(r->c, "tensors");

    for (size_t i = 0; i < json_len(list); i++) {
        const struct json *t = json_at(list, i);

        if (strcmp(json_text(json_get(t, "name")), name) == 0)
            return (int32_t)json_i64(json_at(json_get(t, "shape"), 0), 0);
    }
    fail_msg("%s has no tensor %s", r->name, name);
    return 0;
}

static struct net_conf conf_of(struct run *r, bool zero_bias)
{
    const struct json *heads = json_get(r->c, "heads");
    struct net_conf c = {.block = NET_BOTTLENECK,
                         .stages = 4,
                         .widen = 1,
                         .in_channels = 1,
                         .conv1_stride = 2,
                         .shortcut = NET_SHORTCUT_B,
                         .bias_downsample = true,
                         .head_names = NET_HEAD_LIST,
                         .trunk_prefix = "trunk.",
                         .head_prefix = "heads.",
                         .views = 1,
                         .m = 1,
                         .zero_theory_bias = zero_bias,
                         .frozen_trunk = !r->learns,
                         .backward = true};

    char name[64];

    r->voxels = 1;
    for (size_t i = 0; i < 4; i++) {
        c.layers[i] = 1;
        (void)snprintf(name, sizeof name, "trunk.layer%zu.0.conv1.weight",
                       i + 1);
        c.planes[i] = width_of(r, name);
    }
    for (size_t i = 0; i < 3; i++) {
        c.size[i] = (int32_t)json_i64(json_at(json_get(r->c, "size"), i), 0);
        r->voxels *= (size_t)c.size[i];
    }
    for (size_t i = 1; i < json_len(heads); i++)
        c.head[c.n_head++] = (int32_t)json_i64(json_at(heads, i), 0);
    r->d = (size_t)c.head[c.n_head - 1];
    return c;
}

static void open_run(struct run *r, bool zero_bias)
{
    struct optim_conf oc = {.name = has(r->name, "sgd") ? "sgd" : "adam",
                            .momentum = 0.9,
                            .beta1 = 0.9,
                            .beta2 = 0.999,
                            .eps = 1e-8};
    struct loss_conf lc = {.name = has(r->name, "bce") ? "bce" : "ce",
                           .groups = 1};
    struct net_conf conf;
    const struct slice *s;
    size_t n = 0;

    r->batch = (size_t)json_i64(json_get(r->c, "B"), 0);
    r->learns = !has(r->name, "frozen");
    r->eval_trunk = has(r->name, "frozen_eval");
    conf = conf_of(r, zero_bias);
    assert_ok(golden_net_open(&conf, r->backend, (uint32_t)r->batch, 2, &r->g));
    r->exact = r->g.dtype == DTYPE_F64;
    assert_ok(
        golden_net_fill(&r->g, r->seed, r->stream, json_get(r->c, "tensors")));
    s = net_slices(r->g.net, &n);
    assert_true(n <= 128);
    net_frozen(r->g.net, r->skip);
    assert_ok(optim_new(&oc, s, n, r->g.team, r->g.dev, &r->optim));
    lc.n = (uint32_t)r->batch;
    lc.d = (uint32_t)r->d;
    assert_ok(loss_new(&lc, r->g.team, &r->loss));
    assert_ok(mem_new(r->batch, sizeof(double), &r->target));
    assert_ok(mem_new(r->batch * r->d, sizeof(double), &r->output));
    assert_ok(mem_new(r->voxels, sizeof(float), &r->image));
}

static void close_run(struct run *r)
{
    optim_free(r->optim);
    loss_free(r->loss);
    golden_net_close(&r->g);
    mem_free(r->target);
    mem_free(r->output);
    mem_free(r->image);
}

/* README: image = (sample + 1) / 8 (0.5 + 0.5 raw of index 1000 + t), label
 * (3 i + t) mod 8 or (i + t) mod 2. */
static void put_batch(struct run *r, uint64_t t)
{
    struct formula f = {r->seed, r->stream, 1000 + t, 0.5, 0.5};

    for (size_t i = 0; i < r->batch; i++) {
        double a = (double)(i + 1) / 8.0;

        for (size_t k = 0; k < r->voxels; k++)
            r->image[k] =
                (float)(a * (0.5 + 0.5 * formula_raw(&f, i * r->voxels + k)));
        net_put_f32(r->g.net, (uint32_t)i, r->image);
        r->target[i] = (double)(r->d == 1 ? (i + t) % 2 : (3 * i + t) % 8);
    }
}

static void take_output(struct run *r)
{
    for (size_t i = 0; i < r->batch; i++)
        net_embed_f64(r->g.net, (uint32_t)i, r->output + i * r->d);
}

/* README, float32: loss 1e-4, evaluation outputs 1e-2. */
static void run_step(struct run *r, uint64_t t)
{
    struct rate rate = {.kind = RATE_STEP,
                        .base = json_f64(json_at(json_get(r->c, "lr"), 0), 0),
                        .size = 2,
                        .gamma = 0.1};
    double lr = rate_at(&rate, (int64_t)t, (int64_t)t);
    double want_lr = json_f64(json_at(json_get(r->c, "lr"), (size_t)t), 1e30);
    double want = json_f64(json_at(json_get(r->c, "loss"), (size_t)t), 1e30);
    struct loss_in in = {
        .output = r->output, .n = (uint32_t)r->batch, .target = r->target};
    struct loss_out out;
    struct sft logits;

    r->way += lr;
    within(r, "lr", fabs(lr - want_lr) / want_lr, 1e-14);
    put_batch(r, t);
    assert_ok(net_forward(r->g.net, OK, !r->eval_trunk));
    take_output(r);
    assert_ok(safetensors_get(r->file, &logits, "%s/step%llu/logits", r->name,
                              (unsigned long long)t));
    assert_int_equal(logits.n, r->batch * r->d);
    within(r, "outputs", golden_worst(r->output, &logits),
           r->exact ? 1e-9 : 1e-3);
    assert_ok(loss_run(r->loss, &in, &out));
    within(r, "loss", fabs(out.value - want) / want, r->exact ? 1e-9 : 1e-4);
    assert_ok(net_backward(r->g.net, OK, out.grad));
    assert_ok(optim_step(r->optim, lr, net_param(r->g.net), net_grad(r->g.net),
                         r->skip));
}

static double *state_of(struct run *r, const char *name, size_t *n)
{
    double *x = NULL;

    if (has(name, "running_") || has(name, "num_batches"))
        assert_ok(golden_net_buffer(&r->g, name, &x, n));
    else
        assert_ok(golden_net_vector(&r->g, net_param(r->g.net), name, &x, n));
    return x;
}

static double largest_difference(const double *x, const struct sft *t)
{
    double worst = 0;

    for (size_t k = 0; k < t->n; k++)
        worst = fmax(worst, fabs(x[k] - sft_at(t, k)));
    return worst;
}

/* Trap 3: a bias before a norm moves at the will of its noise, as far as Adam
 * or SGD go with it: the sum of the rates at most. What follows it is its
 * running mean. */
static void check_state(struct run *r, const char *name, int pass)
{
    bool noise = r->learns && has(name, ".downsample.0.bias");
    bool follows = r->learns && has(name, ".downsample.1.running_mean");
    bool adam = !has(r->name, "sgd");
    size_t n = 0;
    double *x = state_of(r, name, &n);
    struct sft t;

    assert_ok(safetensors_get(r->file, &t, "%s/after/%s", r->name, name));
    assert_int_equal(t.n, n);
    if (noise) {
        double diff = largest_difference(x, &t);

        r->bias = diff > r->bias ? diff : r->bias;
        within(r, name, diff, adam ? 2.01 * r->way : 1e-6);
    } else if (follows) {
        if (pass == 1)
            within(r, name, largest_difference(x, &t),
                   r->bias + (r->exact ? 1e-9 : 1e-3));
    } else if (r->exact || !r->learns) {
        within(r, name, golden_worst(x, &t), r->exact ? 1e-9 : 1e-5);
    } else if (!adam) {
        within(r, name, golden_worst(x, &t), 1e-3);
    }
    mem_free(x);
}

/* The biases first, so that what follows them is known. In float, Adam's state
 * is not gated (README): it makes full steps of what is noise. */
static void check_after(struct run *r)
{
    const struct json *list = json_get(r->c, "tensors");
    bool adam = !has(r->name, "sgd");
    double bound = r->learns && adam ? 1e-2 : r->exact ? 1e-9 : 1e-2;
    struct sft t;

    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < json_len(list); i++)
            check_state(r, json_text(json_get(json_at(list, i), "name")), pass);
    put_batch(r, 4); /* the last step's images */
    assert_ok(net_forward(r->g.net, OK, false));
    take_output(r);
    assert_ok(safetensors_get(r->file, &t, "%s/eval_logits_after", r->name));
    within(r, "evaluation outputs", golden_worst(r->output, &t), bound);
}

static void all_runs(const char *backend, bool zero_bias)
{
    struct json *j = NULL;
    struct safetensors *file = NULL;
    const struct json *list = NULL;
    size_t consumed = 0;

    assert_ok(json_read(golden_path("network/train.json"), 1 << 24, &j));
    assert_ok(
        safetensors_open(golden_path("network/train.safetensors"), &file));
    list = json_get(j, "supervised");
    for (size_t i = 0; i < json_len(list); i++, consumed++) {
        struct run r = {
            .c = json_at(list, i), .file = file, .backend = backend};

        r.name = json_text(json_get(r.c, "name"));
        r.seed = (uint64_t)json_i64(json_get(j, "seed"), 0);
        r.stream = (uint64_t)json_i64(json_get(r.c, "stream"), 0);
        open_run(&r, zero_bias);
        for (uint64_t t = 0; t < (uint64_t)json_i64(json_get(r.c, "steps"), 0);
             t++)
            run_step(&r, t);
        check_after(&r);
        close_run(&r);
    }
    golden_count(backend, consumed, json_len(list), json_len(list));
    safetensors_close(file);
    json_free(j);
}

static void double_as_published(void **state)
{
    (void)state;
    all_runs("ref64", false);
}

static void double_with_zero_bias_gradient(void **state)
{
    (void)state;
    all_runs("ref64", true);
}

static void single_precision(void **state)
{
    (void)state;
    all_runs("ref", true);
    all_runs("simd", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(double_as_published),
        cmocka_unit_test(double_with_zero_bias_gradient),
        cmocka_unit_test(single_precision),
    };

    return golden_run(tests);
}
