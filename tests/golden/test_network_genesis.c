/* genesis.json: encoders of Models Genesis. Features, running statistics and
 * every gradient are the same in evaluation and in training, as the norms take
 * batch statistics in both; counters stay. Batches that lack shards. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "golden/golden_net.h"

struct replay {
    const char *backend;
    const struct json *c;
    const struct safetensors *file;
    const char *name;
    uint64_t seed, stream;
    size_t batch;
    double bound, bound_grad;
    struct net_conf conf;
    struct golden_net g;
    bool train;
    double *features; /* [batch][width] of the mode before */
};

static void
within(const struct replay *r, const char *what, double worst, double bound)
{
    if (!(worst <= bound))
        fail_msg("%s %s %s %s: %.3g, bound %.3g", r->backend, r->name,
                 r->train ? "train" : "eval", what, worst, bound);
}

static size_t input_len(const struct replay *r)
{
    return (size_t)r->conf.in_channels * (size_t)r->conf.size[0] *
           (size_t)r->conf.size[1] * (size_t)r->conf.size[2];
}

static void put_input(struct replay *r)
{
    struct formula f = {r->seed, r->stream, 4000, 0.5, 0.5};
    size_t len = input_len(r);
    float *x = NULL;

    assert_ok(mem_new(len, sizeof *x, &x));
    for (size_t i = 0; i < r->batch; i++) {
        formula_fill(&f, i * len, len, x);
        net_put_f32(r->g.net, (uint32_t)i, x);
    }
    mem_free(x);
}

static void backward(struct replay *r)
{
    size_t n = r->batch * (size_t)net_planned(r->g.net)->features;
    struct formula f = {r->seed, r->stream, 4001, 0.0, 1.0};
    double *g = NULL;

    assert_ok(mem_new(n, sizeof *g, &g));
    formula_fill_f64(&f, 0, n, g);
    assert_ok(net_backward(r->g.net, OK, g));
    mem_free(g);
}

/* Of both modes the same bits. */
static void check_features(struct replay *r)
{
    size_t width = (size_t)net_planned(r->g.net)->features;
    double *x = NULL;
    struct sft t;

    assert_ok(mem_new(r->batch * width, sizeof *x, &x));
    for (size_t i = 0; i < r->batch; i++)
        net_features_f64(r->g.net, (uint32_t)i, x + i * width);
    assert_ok(safetensors_get(r->file, &t, "%s/features", r->name));
    assert_int_equal(t.n, r->batch * width);
    within(r, "features", golden_worst(x, &t), r->bound);
    if (r->features)
        assert_memory_equal(x, r->features, r->batch * width * sizeof *x);
    mem_free(r->features);
    r->features = x;
}

static void check_running(struct replay *r)
{
    size_t n = 0;
    size_t len = 0;
    const struct buffer *b = net_buffers(r->g.net, &n);
    double *x = NULL;
    struct sft t;

    for (size_t i = 0; i < n; i++) {
        assert_ok(golden_net_buffer(&r->g, b[i].name, &x, &len));
        if (b[i].kind == BUFFER_COUNT) {
            assert_true(x[0] == 0.0);
        } else {
            assert_ok(safetensors_get(r->file, &t, "%s/running/%s", r->name,
                                      b[i].name));
            within(r, b[i].name, golden_worst(x, &t), r->bound);
        }
        mem_free(x);
    }
}

/* A bias before a norm has no gradient: with zero_theory_bias it is 0. */
static void check_zero(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        assert_true(x[i] == 0.0);
}

static void check_grads(struct replay *r)
{
    size_t n = 0;
    size_t len = 0;
    const struct slice *s = net_slices(r->g.net, &n);
    double *x = NULL;
    struct sft t;

    for (size_t i = 0; i < n; i++) {
        assert_ok(
            golden_net_vector(&r->g, net_grad(r->g.net), s[i].name, &x, &len));
        if (strstr(s[i].name, "conv1.bias")) {
            check_zero(x, len);
        } else {
            assert_ok(
                safetensors_get(r->file, &t, "%s/grad/%s", r->name, s[i].name));
            assert_int_equal(t.n, len);
            within(r, s[i].name, golden_worst(x, &t), r->bound_grad);
        }
        mem_free(x);
    }
}

/* Those of large inputs are not in the file. */
static void check_input_grad(struct replay *r)
{
    size_t len = input_len(r);
    double *x = NULL;
    struct sft t;

    if (r->batch * len >= 3000)
        return;
    assert_ok(mem_new(r->batch * len, sizeof *x, &x));
    for (size_t i = 0; i < r->batch; i++)
        net_input_grad_f64(r->g.net, (uint32_t)i, x + i * len);
    assert_ok(safetensors_get(r->file, &t, "%s/grad_input", r->name));
    within(r, "input gradient", golden_worst(x, &t), r->bound_grad);
    mem_free(x);
}

static void open_net(struct replay *r, uint32_t shards)
{
    assert_ok(golden_net_open(&r->conf, r->backend, shards, 2, &r->g));
    assert_ok(
        golden_net_fill(&r->g, r->seed, r->stream, json_get(r->c, "tensors")));
}

static void run_mode(struct replay *r, bool train)
{
    r->train = train;
    open_net(r, (uint32_t)r->batch);
    put_input(r);
    assert_ok(net_forward(r->g.net, OK, train));
    backward(r);
    check_features(r);
    check_running(r);
    check_grads(r);
    check_input_grad(r);
    golden_net_close(&r->g);
}

/* Shards without a batch are not in the statistics. */
static void run_short(struct replay *r)
{
    r->train = false;
    r->conf.backward = r->conf.input_grad = false;
    open_net(r, (uint32_t)r->batch + 3);
    put_input(r);
    net_set_shards(r->g.net, (uint32_t)r->batch);
    assert_ok(net_forward(r->g.net, OK, false));
    check_features(r);
    golden_net_close(&r->g);
}

static void run_all(const char *backend, double bound, double bound_grad)
{
    struct json *j = NULL;
    struct safetensors *file = NULL;
    const struct json *cases = NULL;
    size_t consumed = 0;

    assert_ok(json_read(golden_own("network/genesis.json"), 1 << 24, &j));
    assert_ok(
        safetensors_open(golden_own("network/genesis.safetensors"), &file));
    cases = json_get(j, "cases");
    for (size_t i = 0; i < json_len(cases); i++, consumed++) {
        const struct json *c = json_at(cases, i);
        struct replay r = {.backend = backend, .c = c, .file = file};

        r.name = json_text(json_get(c, "name"));
        r.seed = (uint64_t)json_i64(json_get(j, "seed"), 0);
        r.stream = (uint64_t)json_i64(json_get(c, "stream"), 0);
        r.batch = (size_t)json_i64(json_get(c, "batch"), 0);
        r.bound = bound;
        r.bound_grad = bound_grad;
        r.conf = golden_net_conf(c);
        r.conf.input_grad = r.conf.zero_theory_bias = true;
        run_mode(&r, false);
        run_mode(&r, true);
        run_short(&r);
        mem_free(r.features);
    }
    golden_count(backend, consumed, json_len(cases), json_len(cases));
    safetensors_close(file);
    json_free(j);
}

static void in_double(void **state)
{
    (void)state;
    run_all("ref64", 1e-9, 1e-9);
}

/* README: features of narrow networks; gradients pass through more norms. */
static void in_float(void **state)
{
    (void)state;
    run_all("ref", 1e-5, 1e-3);
    run_all("simd", 1e-5, 1e-3);
}

/* Spec 5.5. */
static void published_size(void **state)
{
    const struct net_conf conf = {.family = NET_GENESIS,
                                  .stages = 4,
                                  .layers = {2, 2, 2, 2},
                                  .planes = {32, 64, 128, 256},
                                  .widen = 1,
                                  .in_channels = 1,
                                  .size = {48, 48, 48},
                                  .views = 1,
                                  .m = 1};
    struct net_conf wrong = conf;
    struct net_plan plan;

    (void)state;
    assert_ok(net_plan(&conf, DTYPE_F32, 1, 1, &plan));
    assert_int_equal(plan.param_plain, 7027776);
    assert_int_equal(plan.features, 4096);
    wrong.size[1] = 23;
    assert_fails(net_plan(&wrong, DTYPE_F32, 1, 1, &plan), ERR_CONF,
                 "input size 23 of the network: 4 stages leave 2 voxels");
    wrong = conf;
    wrong.layers[2] = 3;
    assert_fails(net_plan(&wrong, DTYPE_F32, 1, 1, &plan), ERR_CONF,
                 "stage 3 of the network has 3 layers");
    wrong = conf;
    wrong.size[0] = 1024;
    assert_fails(net_plan(&wrong, DTYPE_F32, 1, 1, &plan), ERR_CONF,
                 "would have");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_size),
        cmocka_unit_test(in_double),
        cmocka_unit_test(in_float),
    };

    return golden_run(tests);
}
