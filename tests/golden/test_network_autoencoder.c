/* autoencoder.json: narrow auto-encoders. Features, outputs, the mean absolute
 * error and its gradients; evaluation gives the bits of training, and a network
 * without its decoder the same features. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "golden/golden_net.h"

struct replay {
    const char *backend;
    const struct json *c;
    const char *name;
    uint64_t seed, stream;
    size_t batch;
    double bound, bound_grad;
    struct net_conf conf;
    struct golden_net g;
    double *features; /* [batch][width] */
};

static void
within(const struct replay *r, const char *what, double worst, double bound)
{
    if (!(worst <= bound))
        fail_msg("%s %s %s: %.3g, bound %.3g", r->backend, r->name, what, worst,
                 bound);
}

static size_t image_len(const struct replay *r)
{
    return (size_t)r->conf.in_channels * (size_t)r->conf.size[0] *
           (size_t)r->conf.size[1] * (size_t)r->conf.size[2];
}

static void put_input(struct replay *r, struct net *net)
{
    struct formula f = {r->seed, r->stream, 4000, 0.5, 0.5};
    size_t len = image_len(r);
    float *x = NULL;

    assert_ok(mem_new(len, sizeof *x, &x));
    for (size_t i = 0; i < r->batch; i++) {
        formula_fill(&f, i * len, len, x);
        net_put_f32(net, (uint32_t)i, x);
    }
    mem_free(x);
}

static double *features_of(const struct replay *r, struct net *net)
{
    size_t width = (size_t)net_planned(net)->features;
    double *x = NULL;

    assert_ok(mem_new(r->batch * width, sizeof *x, &x));
    for (size_t i = 0; i < r->batch; i++)
        net_features_f64(net, (uint32_t)i, x + i * width);
    return x;
}

static void check_summary(const struct replay *r,
                          const char *what,
                          const double *x,
                          size_t n,
                          double bound)
{
    struct summary s = summary_of(x, n);
    const struct json *want = json_get(json_get(r->c, "summaries"), what);

    if (!want)
        fail_msg("%s: no summary of %s", r->name, what);
    within(r, what, summary_worst(&s, want), bound);
}

static void check_forward(struct replay *r, const struct safetensors *file)
{
    size_t len = image_len(r);
    double *y = NULL;
    struct sft t;

    r->features = features_of(r, r->g.net);
    assert_ok(safetensors_get(file, &t, "%s/features", r->name));
    assert_int_equal(t.n, r->batch * (size_t)net_planned(r->g.net)->features);
    within(r, "features", golden_worst(r->features, &t), r->bound);
    assert_int_equal(net_planned(r->g.net)->embed, len);
    assert_ok(mem_new(r->batch * len, sizeof *y, &y));
    for (size_t i = 0; i < r->batch; i++)
        net_embed_f64(r->g.net, (uint32_t)i, y + i * len);
    check_summary(r, "output", y, r->batch * len, r->bound);
    mem_free(y);
}

/* Biases before a norm have no gradient: exactly 0 with zero_theory_bias. */
static void check_slices(struct replay *r)
{
    size_t n = 0;
    size_t len = 0;
    size_t zeros = 0;
    const struct slice *s = net_slices(r->g.net, &n);
    const struct json *sums = json_get(r->c, "summaries");
    double *x = NULL;

    for (size_t i = 0; i < n; i++) {
        assert_ok(
            golden_net_vector(&r->g, net_grad(r->g.net), s[i].name, &x, &len));
        if (json_get(sums, s[i].name)) {
            check_summary(r, s[i].name, x, len, r->bound_grad);
        } else {
            assert_non_null(strstr(s[i].name, "conv.bias"));
            for (size_t k = 0; k < len; k++)
                assert_true(x[k] == 0.0);
            zeros++;
        }
        mem_free(x);
    }
    assert_int_equal(n - zeros + 2, json_len(sums)); /* output, input */
}

static void check_backward(struct replay *r)
{
    size_t len = image_len(r);
    double loss = 0;
    double want = json_f64(json_get(r->c, "loss"), 1e30);
    double *x = NULL;

    assert_ok(net_input_error(r->g.net, OK, &loss));
    within(r, "loss", fabs(loss - want) / want, r->bound);
    assert_ok(net_backward(r->g.net, OK, NULL));
    check_slices(r);
    assert_ok(mem_new(r->batch * len, sizeof *x, &x));
    for (size_t i = 0; i < r->batch; i++)
        net_input_grad_f64(r->g.net, (uint32_t)i, x + i * len);
    check_summary(r, "input", x, r->batch * len, r->bound_grad);
    mem_free(x);
}

/* A network without decoder or backward, memory used again. */
static void check_encoder(struct replay *r)
{
    struct net_conf conf = r->conf;
    struct golden_net e;
    size_t n = 0;
    size_t len = 0;
    const struct slice *s = NULL;
    double *x = NULL;

    conf.decoder = conf.backward = conf.input_grad = false;
    assert_ok(
        golden_net_open(&conf, r->backend, (uint32_t)r->batch + 2, 2, &e));
    s = net_slices(e.net, &n);
    for (size_t i = 0; i < n; i++) {
        assert_ok(
            golden_net_vector(&r->g, net_param(r->g.net), s[i].name, &x, &len));
        slice_put_f64(&s[i], e.dtype, x, net_param(e.net));
        mem_free(x);
    }
    put_input(r, e.net);
    net_set_shards(e.net, (uint32_t)r->batch);
    assert_ok(net_forward(e.net, OK, false));
    x = features_of(r, e.net);
    assert_memory_equal(x, r->features,
                        r->batch * (size_t)net_planned(e.net)->features *
                            sizeof *x);
    mem_free(x);
    golden_net_close(&e);
}

static void run(struct replay *r, const struct safetensors *file)
{
    assert_ok(
        golden_net_open(&r->conf, r->backend, (uint32_t)r->batch, 2, &r->g));
    assert_ok(
        golden_net_fill(&r->g, r->seed, r->stream, json_get(r->c, "tensors")));
    put_input(r, r->g.net);
    assert_ok(net_forward(r->g.net, OK, true));
    check_forward(r, file);
    check_backward(r);
    check_encoder(r);
    golden_net_close(&r->g);
    mem_free(r->features);
}

static void run_all(const char *backend, double bound, double bound_grad)
{
    struct json *j = NULL;
    struct safetensors *file = NULL;
    const struct json *cases = NULL;
    size_t consumed = 0;

    assert_ok(json_read(golden_own("network/autoencoder.json"), 1 << 24, &j));
    assert_ok(
        safetensors_open(golden_own("network/autoencoder.safetensors"), &file));
    cases = json_get(j, "cases");
    for (size_t i = 0; i < json_len(cases); i++, consumed++) {
        const struct json *c = json_at(cases, i);
        struct replay r = {.backend = backend, .c = c};

        r.name = json_text(json_get(c, "name"));
        r.seed = (uint64_t)json_i64(json_get(j, "seed"), 0);
        r.stream = (uint64_t)json_i64(json_get(c, "stream"), 0);
        r.batch = (size_t)json_i64(json_get(c, "batch"), 0);
        r.bound = bound;
        r.bound_grad = bound_grad;
        r.conf = golden_net_conf(c);
        r.conf.input_grad = r.conf.zero_theory_bias = true;
        run(&r, file);
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

/* README: features of narrow networks; training gradients have 5e-2 there. */
static void in_float(void **state)
{
    (void)state;
    run_all("ref", 1e-5, 1e-2);
    run_all("simd", 1e-5, 1e-2);
}

/* Spec 5.5: learnable numbers, features, the way of the sizes. */
static void published_size(void **state)
{
    struct net_conf conf = {.family = NET_AUTOENCODER,
                            .stages = 7,
                            .layers = {1, 1, 1, 1, 1, 1, 1},
                            .planes = {128, 512, 128, 256, 1024, 256, 1024},
                            .strides = {2, 2, 2, 1, 2, 2, 2},
                            .middle = 2048,
                            .decoder = true,
                            .widen = 1,
                            .in_channels = 1,
                            .size = {50, 50, 50},
                            .views = 1,
                            .m = 1};
    struct net_plan plan;

    (void)state;
    assert_ok(net_plan(&conf, DTYPE_F32, 1, 1, &plan));
    assert_int_equal(plan.param_plain, 230377744);
    assert_int_equal(plan.features, 2048);
    assert_int_equal(plan.embed, 125000);
    conf.size[1] = 49;
    assert_fails(net_plan(&conf, DTYPE_F32, 1, 1, &plan), ERR_CONF,
                 "edges of 50 voxels out of 49");
    conf.size[1] = 114;
    assert_ok(net_plan(&conf, DTYPE_F32, 1, 1, &plan));
    assert_int_equal(plan.embed, 125000 / 50 * 114);
    conf.layers[2] = 2;
    assert_fails(net_plan(&conf, DTYPE_F32, 1, 1, &plan), ERR_CONF,
                 "stage 3 of the network has 2 layers");
    conf.layers[2] = 1;
    conf.strides[3] = 5;
    assert_fails(net_plan(&conf, DTYPE_F32, 1, 1, &plan), ERR_CONF,
                 "layer 4 of the auto-encoder has stride 5");
    conf.strides[3] = 1;
    conf.strides[6] = 4;
    assert_fails(net_plan(&conf, DTYPE_F32, 1, 1, &plan), ERR_CONF,
                 "leave 2 voxels, the means of its middle need 3");
    conf.strides[6] = 2;
    conf.n_head = 1;
    conf.head[0] = 8;
    assert_fails(net_plan(&conf, DTYPE_F32, 1, 1, &plan), ERR_CONF,
                 "has no head");
}

/* Spec 5.5: 50, 26, 14, 8, 10, 6, 4, 3 and back, seen in what the layers of a
 * narrow network leave. */
static void published_way(void **state)
{
    static const int32_t way[] = {26, 14, 8,  10, 6,  4,  3,
                                  4,  6,  10, 8,  14, 26, 50};
    struct net_conf conf = {.family = NET_AUTOENCODER,
                            .stages = 7,
                            .layers = {1, 1, 1, 1, 1, 1, 1},
                            .planes = {1, 1, 1, 1, 1, 1, 1},
                            .strides = {2, 2, 2, 1, 2, 2, 2},
                            .middle = 1,
                            .decoder = true,
                            .widen = 1,
                            .in_channels = 1,
                            .size = {50, 50, 50},
                            .views = 1,
                            .m = 1,
                            .backward = true};
    struct golden_net g;
    struct tensor t;

    (void)state;
    assert_ok(golden_net_open(&conf, "ref", 1, 1, &g));
    for (int i = 0; i < 14; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "%s%d", i < 7 ? "encode" : "decode",
                       i % 7);
        assert_true(net_activation(g.net, 0, i < 13 ? name : "embed", &t));
        assert_int_equal(t.shape.d, way[i]);
        assert_int_equal(t.shape.w, way[i]);
    }
    golden_net_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_size),
        cmocka_unit_test(published_way),
        cmocka_unit_test(in_double),
        cmocka_unit_test(in_float),
    };

    return golden_run(tests);
}
