/* The 184,477,824-parameter network of resnet_full.json: evaluation with stem
 * stride 2 and 1, training forward and backward with two samples (two shards),
 * in float; evaluation in double. Needs 4 GB of memory. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "golden/golden_net.h"

struct full {
    struct json *j;
    struct safetensors *file;
    struct golden_net g;
    struct net_conf conf;
};

static void open_full(struct full *f,
                      const char *backend,
                      uint32_t shards,
                      int32_t stride,
                      bool backward)
{
    memset(f, 0, sizeof *f);
    assert_ok(
        json_read(golden_path("network/resnet_full.json"), 1 << 26, &f->j));
    assert_ok(safetensors_open(golden_path("network/resnet_full.safetensors"),
                               &f->file));
    f->conf = (struct net_conf){.block = NET_BOTTLENECK,
                                .stages = 4,
                                .layers = {3, 4, 6, 3},
                                .planes = {64, 128, 256, 512},
                                .widen = 2,
                                .in_channels = 1,
                                .size = {50, 50, 50},
                                .conv1_stride = stride,
                                .shortcut = NET_SHORTCUT_B,
                                .bias_downsample = true,
                                .views = 1,
                                .m = 1,
                                .backward = backward,
                                .input_grad = backward};
    assert_ok(golden_net_open(&f->conf, backend, shards, 2, &f->g));
    assert_ok(golden_net_fill(&f->g,
                              (uint64_t)json_i64(json_get(f->j, "seed"), 0),
                              (uint64_t)json_i64(json_get(f->j, "stream"), 0),
                              json_get(f->j, "tensors")));
}

static void close_full(struct full *f)
{
    golden_net_close(&f->g);
    safetensors_close(f->file);
    json_free(f->j);
}

static struct formula of(struct full *f, const char *what)
{
    const struct json *t = json_get(f->j, what);

    return (struct formula){(uint64_t)json_i64(json_get(f->j, "seed"), 0),
                            (uint64_t)json_i64(json_get(f->j, "stream"), 0),
                            (uint64_t)json_i64(json_get(t, "index"), 0),
                            json_f64(json_get(t, "offset"), 9),
                            json_f64(json_get(t, "scale"), 9)};
}

static void put_inputs(struct full *f, uint32_t shards)
{
    struct formula in = of(f, "input");
    size_t len = (size_t)50 * 50 * 50;
    float *x = NULL;

    assert_ok(mem_new(len, sizeof *x, &x));
    for (uint32_t i = 0; i < shards; i++) {
        formula_fill(&in, i * len, len, x);
        net_put_f32(f->g.net, i, x);
    }
    mem_free(x);
}

static void within(const char *what, double worst, double bound)
{
    print_message("%s: %.3g (bound %.3g)\n", what, worst, bound);
    if (!(worst <= bound))
        fail_msg("%s: %.3g, bound %.3g", what, worst, bound);
}

static void
check_features(struct full *f, const char *name, uint32_t shards, double bound)
{
    size_t width = (size_t)net_planned(f->g.net)->features;
    double *x = NULL;
    struct sft t;

    assert_ok(mem_new(shards * width, sizeof *x, &x));
    for (uint32_t i = 0; i < shards; i++)
        net_features_f64(f->g.net, i, x + i * width);
    assert_ok(safetensors_get(f->file, &t, "%s/features", name));
    assert_int_equal(t.n, shards * width);
    within(name, golden_worst(x, &t), bound);
    mem_free(x);
}

static void evaluate(const char *backend,
                     int32_t stride,
                     const char *name,
                     double bound,
                     bool fold)
{
    struct full f;

    open_full(&f, backend, 1, stride, false);
    if (fold)
        net_fold(f.g.net);
    put_inputs(&f, 1);
    assert_ok(net_forward(f.g.net, OK, false));
    check_features(&f, name, 1, bound);
    close_full(&f);
}

/* README's last column: 1e-5; float64 programs 1e-9. */
static void evaluation(void **state)
{
    (void)state;
    evaluate("simd", 2, "eval", 1e-5, false);
    evaluate("simd", 2, "eval", 1e-5, true);
}

static void evaluation_stride_1(void **state)
{
    (void)state;
    evaluate("simd", 1, "eval_stride1", 1e-5, false);
}

static void evaluation_in_double(void **state)
{
    (void)state;
    evaluate("ref64", 2, "eval", 1e-9, false);
}

static void check_running(struct full *f)
{
    const struct json *want = json_get(f->j, "train_running");
    size_t n = 0;
    size_t len = 0;
    size_t consumed = 0;
    const struct buffer *b = net_buffers(f->g.net, &n);
    double worst = 0;
    double *x = NULL;

    for (size_t i = 0; i < n; i++) {
        struct summary s;
        double w;

        if (b[i].kind == BUFFER_COUNT)
            continue;
        assert_ok(golden_net_buffer(&f->g, b[i].name, &x, &len));
        s = summary_of(x, len);
        w = summary_worst(&s, json_get(want, b[i].name));
        worst = w > worst ? w : worst;
        consumed++;
        mem_free(x);
    }
    golden_count("running statistics", consumed, json_len(want),
                 json_len(want));
    within("running statistics", worst, 5e-4);
}

/* float32 training gradients are judged by norms (trap 12): every tensor's,
 * and of all together. */
static void check_grads(struct full *f)
{
    const struct json *want = json_get(f->j, "train_grad");
    size_t n = 0;
    size_t len = 0;
    const struct slice *s = net_slices(f->g.net, &n);
    double all[2] = {0, 0};
    double worst = 0;
    double *x = NULL;

    for (size_t i = 0; i < n; i++) {
        double got;
        double l2 = json_f64(json_get(json_get(want, s[i].name), "l2"), 1e30);

        assert_ok(
            golden_net_vector(&f->g, net_grad(f->g.net), s[i].name, &x, &len));
        got = summary_of(x, len).l2;
        mem_free(x);
        all[0] += got * got;
        all[1] += l2 * l2;
        if (strstr(s[i].name, "downsample.0.bias"))
            continue; /* noise, trap 3 */
        worst = fabs(got / l2 - 1) > worst ? fabs(got / l2 - 1) : worst;
    }
    golden_count("gradients", n, json_len(want), json_len(want));
    within("norm of the worst gradient", worst, 5e-2);
    within("norm of all gradients", fabs(sqrt(all[0] / all[1]) - 1), 5e-2);
}

static void check_stored(struct full *f)
{
    double *x = NULL;
    double l2[2] = {0, 0};
    size_t len = 0;
    struct sft t;

    assert_ok(safetensors_get(f->file, &t, "train/grad/conv1.weight"));
    assert_ok(
        golden_net_vector(&f->g, net_grad(f->g.net), "conv1.weight", &x, &len));
    golden_l2(x, &t, &l2[0], &l2[1]);
    within("gradient of conv1.weight", sqrt(l2[0] / l2[1]), 5e-2);
    mem_free(x);
    assert_ok(safetensors_get(f->file, &t, "train/grad_input"));
    assert_ok(mem_new(t.n, sizeof *x, &x));
    net_input_grad_f64(f->g.net, 0, x);
    l2[0] = 0;
    l2[1] = 0;
    golden_l2(x, &t, &l2[0], &l2[1]);
    within("gradient of the input", sqrt(l2[0] / l2[1]), 5e-2);
    mem_free(x);
}

static void training(void **state)
{
    struct full f;
    struct formula out;
    double *g = NULL;

    (void)state;
    open_full(&f, "simd", 2, 2, true);
    put_inputs(&f, 2);
    assert_ok(net_forward(f.g.net, OK, true));
    check_features(&f, "train", 2, 5e-4);
    check_running(&f);
    out = of(&f, "out_gradient");
    assert_ok(mem_new(2 * 4096, sizeof *g, &g));
    formula_fill_f64(&out, 0, (size_t)2 * 4096, g);
    assert_ok(net_backward(f.g.net, OK, g));
    check_grads(&f);
    check_stored(&f);
    mem_free(g);
    close_full(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(evaluation),
        cmocka_unit_test(evaluation_stride_1),
        cmocka_unit_test(training),
        cmocka_unit_test(evaluation_in_double),
    };

    return golden_run(tests);
}
