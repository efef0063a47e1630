/* The 16 narrow networks of resnet.json in evaluation and training: features,
 * stages, running statistics, every gradient. ref64 at the bounds of the
 * README for float64 programs, float backends at its last column. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "golden/golden_net.h"

struct bounds {
    const char *backend;
    double features[2], stage[2], running; /* [train] */
    double grad[2], input[2];
    double deep_grad; /* bneck50*, training, ref64 */
};

/* README: float64 1e-9, training gradients of the deep nets 1e-7. float32:
 * gradients are judged together (l2) in evaluation and by norms in training;
 * single tensors are not gated. */
static const struct bounds exact = {"ref64", {1e-9, 1e-9}, {1e-9, 1e-9},
                                    1e-9,    {1e-9, 1e-9}, {1e-9, 1e-9},
                                    1e-7};
static const struct bounds single = {
    "ref", {1e-5, 5e-3}, {1e-5, 5e-3}, 5e-4, {1e-5, 5e-2}, {1e-5, 5e-2}, 5e-2};
static const struct bounds fast = {
    "simd", {1e-5, 5e-3}, {1e-5, 5e-3}, 5e-4, {1e-5, 5e-2}, {1e-5, 5e-2}, 5e-2};

struct replay {
    const struct bounds *b;
    const struct json *c;
    const struct safetensors *file;
    const char *name;
    struct golden_net g;
    struct net_conf conf;
    uint64_t seed, stream;
    size_t batch;
    bool train;
};

static const char *mode(const struct replay *r)
{
    return r->train ? "train" : "eval";
}

static const struct json *of_mode(const struct replay *r, const char *what)
{
    char key[64];

    (void)snprintf(key, sizeof key, "%s_%s", mode(r), what);
    return json_get(r->c, key);
}

static void
within(const struct replay *r, const char *what, double worst, double bound)
{
    if (!(worst <= bound))
        fail_msg("%s %s %s %s: %.3g, bound %.3g", r->b->backend, r->name,
                 mode(r), what, worst, bound);
}

static bool zero_in_theory(const struct replay *r, const char *tensor)
{
    const struct json *list = of_mode(r, "grad_exactly_zero_in_theory");

    for (size_t i = 0; i < json_len(list); i++)
        if (strcmp(json_text(json_at(list, i)), tensor) == 0)
            return true;
    return false;
}

static void put_input(struct replay *r)
{
    size_t len = (size_t)r->conf.in_channels * (size_t)r->conf.size[0] *
                 (size_t)r->conf.size[1] * (size_t)r->conf.size[2];
    struct formula f = {r->seed, r->stream, 4000,
                        json_f64(json_get(r->c, "x_offset"), 9),
                        json_f64(json_get(r->c, "x_scale"), 9)};
    float *x = NULL;

    assert_ok(mem_new(len, sizeof *x, &x));
    for (size_t i = 0; i < r->batch; i++) {
        formula_fill(&f, i * len, len, x);
        net_put_f32(r->g.net, (uint32_t)i, x);
    }
    mem_free(x);
}

/* An activation of all shards, [batch][c][d][h][w]. */
static double *stage(struct replay *r, const char *name, size_t *n)
{
    struct tensor t;
    double *all = NULL;
    size_t len = 0;

    for (size_t i = 0; i < r->batch; i++) {
        assert_true(net_activation(r->g.net, (uint32_t)i, name, &t));
        len = shape_rows(t.shape) * (size_t)t.shape.c;
        if (!all)
            assert_ok(mem_new(r->batch * len, sizeof *all, &all));
        dev_ops(r->g.dev)->get_f64(r->g.dev, &t, all + i * len);
    }
    *n = r->batch * len;
    return all;
}

/* Channel c of x, [batch][channels][voxels]: mean and variance. */
static void moments(const double *x,
                    size_t batch,
                    size_t channels,
                    size_t voxels,
                    size_t c,
                    double out[2])
{
    out[0] = 0;
    out[1] = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < batch * voxels; i++) {
            size_t at = (i / voxels * channels + c) * voxels + i % voxels;

            out[pass] += pass ? (x[at] - out[0]) * (x[at] - out[0]) : x[at];
        }
        out[pass] /= (double)(batch * voxels);
    }
}

/* The net keeps bn1 after its ReLU, the file has it before: made here from
 * conv1 and the definition. */
static void norm_of_conv1(struct replay *r, double *x, size_t n)
{
    const char *name[4] = {"bn1.weight", "bn1.bias", "bn1.running_mean",
                           "bn1.running_var"};
    double *v[4];
    double batch[2];
    size_t channels = 0;
    size_t voxels;

    for (int i = 0; i < 4; i++)
        assert_ok(i < 2 ? golden_net_vector(&r->g, net_param(r->g.net), name[i],
                                            &v[i], &channels)
                        : golden_net_buffer(&r->g, name[i], &v[i], &channels));
    voxels = n / r->batch / channels;
    for (size_t c = 0; c < channels; c++) {
        double m[2] = {v[2][c], v[3][c]};

        moments(x, r->batch, channels, voxels, c, batch);
        if (r->train)
            memcpy(m, batch, sizeof m);
        for (size_t i = 0; i < r->batch * voxels; i++) {
            size_t at = (i / voxels * channels + c) * voxels + i % voxels;

            x[at] = (x[at] - m[0]) / sqrt(m[1] + 1e-5) * v[0][c] + v[1][c];
        }
    }
    for (int i = 0; i < 4; i++)
        mem_free(v[i]);
}

static void check_stages(struct replay *r)
{
    const struct json *stages = of_mode(r, "stages");

    assert_true(json_len(stages) >= 6);
    for (size_t i = 0; i < json_len(stages); i++) {
        const char *name = json_key(stages, i);
        bool norm = strcmp(name, "bn1") == 0;
        size_t n = 0;
        double *x = stage(r, norm ? "conv1" : name, &n);
        struct summary s;

        if (norm)
            norm_of_conv1(r, x, n);
        s = summary_of(x, n);
        within(r, name, summary_worst(&s, json_member(stages, i)),
               r->b->stage[r->train]);
        mem_free(x);
    }
}

static void check_features(struct replay *r)
{
    size_t width = (size_t)net_planned(r->g.net)->features;
    double *x = NULL;
    struct sft t;

    assert_ok(mem_new(r->batch * width, sizeof *x, &x));
    for (size_t i = 0; i < r->batch; i++)
        net_features_f64(r->g.net, (uint32_t)i, x + i * width);
    assert_ok(safetensors_get(r->file, &t, "%s/%s/features", r->name, mode(r)));
    assert_int_equal(t.n, r->batch * width);
    within(r, "features", golden_worst(x, &t), r->b->features[r->train]);
    mem_free(x);
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
            assert_true(x[0] == 1.0);
        } else {
            assert_ok(safetensors_get(r->file, &t, "%s/train/running/%s",
                                      r->name, b[i].name));
            within(r, b[i].name, golden_worst(x, &t), r->b->running);
        }
        mem_free(x);
    }
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

struct grad_sums {
    double diff2, want2, got2, largest;
};

/* One gradient against the stored tensor (or its summary). */
static void check_grad(struct replay *r,
                       const char *name,
                       const double *x,
                       size_t n,
                       struct grad_sums *sums)
{
    const struct json *summary = json_get(of_mode(r, "grad"), name);
    struct summary s = summary_of(x, n);
    bool all = r->b == &exact;
    struct sft t;

    sums->got2 += s.l2 * s.l2;
    if (summary) {
        double l2 = json_f64(json_get(summary, "l2"), 1e30);

        sums->want2 += l2 * l2;
        if (all)
            within(r, name, summary_worst(&s, summary),
                   r->train ? r->b->deep_grad : r->b->grad[0]);
        return;
    }
    assert_ok(
        safetensors_get(r->file, &t, "%s/%s/grad/%s", r->name, mode(r), name));
    assert_int_equal(t.n, n);
    golden_l2(x, &t, &sums->diff2, &sums->want2);
    if (all)
        within(r, name, golden_worst(x, &t), r->b->grad[r->train]);
}

static double largest_gradient(struct replay *r)
{
    size_t n = 0;
    size_t len = 0;
    const struct slice *s = net_slices(r->g.net, &n);
    double largest = 0;
    double *x = NULL;

    for (size_t i = 0; i < n; i++) {
        struct summary sum;

        assert_ok(
            golden_net_vector(&r->g, net_grad(r->g.net), s[i].name, &x, &len));
        sum = summary_of(x, len);
        largest = sum.max_abs > largest ? sum.max_abs : largest;
        mem_free(x);
    }
    return largest;
}

static void check_grads(struct replay *r)
{
    size_t n = 0;
    size_t len = 0;
    const struct slice *s = net_slices(r->g.net, &n);
    struct grad_sums sums = {0};
    double largest = largest_gradient(r);
    double *x = NULL;

    for (size_t i = 0; i < n; i++) {
        assert_ok(
            golden_net_vector(&r->g, net_grad(r->g.net), s[i].name, &x, &len));
        if (!zero_in_theory(r, s[i].name))
            check_grad(r, s[i].name, x, len, &sums);
        else if (r->b == &exact) /* trap 3 */
            within(r, s[i].name, summary_of(x, len).max_abs / largest, 1e-9);
        mem_free(x);
    }
    if (r->b == &exact || sums.want2 == 0.0)
        return;
    if (!r->train && sums.diff2 > 0)
        within(r, "all gradients", sqrt(sums.diff2 / sums.want2),
               r->b->grad[0]);
    within(r, "norm of all gradients", fabs(sqrt(sums.got2 / sums.want2) - 1.0),
           r->b->grad[r->train]);
}

static void check_input_grad(struct replay *r)
{
    size_t len = (size_t)r->conf.in_channels * (size_t)r->conf.size[0] *
                 (size_t)r->conf.size[1] * (size_t)r->conf.size[2];
    const struct json *want = of_mode(r, "grad_input");
    double *x = NULL;
    struct summary s;
    struct sft t;

    assert_ok(mem_new(r->batch * len, sizeof *x, &x));
    for (size_t i = 0; i < r->batch; i++)
        net_input_grad_f64(r->g.net, (uint32_t)i, x + i * len);
    s = summary_of(x, r->batch * len);
    if (want) {
        within(r, "input gradient", summary_worst(&s, want),
               r->train && r->b == &exact ? r->b->deep_grad
                                          : r->b->input[r->train]);
    } else {
        assert_ok(
            safetensors_get(r->file, &t, "%s/%s/grad_input", r->name, mode(r)));
        within(r, "input gradient", golden_worst(x, &t), r->b->input[r->train]);
    }
    mem_free(x);
}

static void run_mode(struct replay *r)
{
    const struct json *error = json_get(r->c, "train_error");

    assert_ok(
        golden_net_fill(&r->g, r->seed, r->stream, json_get(r->c, "tensors")));
    put_input(r);
    if (r->train && error) { /* trap 8 */
        assert_fails(net_forward(r->g.net, OK, true), ERR_DATA,
                     "one value per channel");
        return;
    }
    assert_ok(net_forward(r->g.net, OK, r->train));
    check_features(r);
    check_stages(r);
    if (r->train)
        check_running(r);
    backward(r);
    check_grads(r);
    check_input_grad(r);
}

/* The same features with the norms folded into the convolutions. */
static void run_folded(struct replay *r)
{
    r->train = false;
    r->conf.input_grad = false;
    r->conf.backward = false;
    assert_ok(
        golden_net_open(&r->conf, r->b->backend, (uint32_t)r->batch, 2, &r->g));
    assert_ok(
        golden_net_fill(&r->g, r->seed, r->stream, json_get(r->c, "tensors")));
    net_fold(r->g.net);
    put_input(r);
    assert_ok(net_forward(r->g.net, OK, false));
    check_features(r);
    golden_net_close(&r->g);
}

static void run_case(const struct bounds *b,
                     uint64_t seed,
                     const struct json *c,
                     const struct safetensors *file)
{
    struct replay r = {.b = b, .c = c, .file = file, .seed = seed};

    r.name = json_text(json_get(c, "name"));
    r.stream = (uint64_t)json_i64(json_get(c, "stream"), 0);
    r.batch = (size_t)json_i64(json_get(c, "batch"), 0);
    r.conf = golden_net_conf(c);
    r.conf.input_grad = true;
    assert_ok(golden_net_open(&r.conf, b->backend, (uint32_t)r.batch, 2, &r.g));
    assert_int_equal(net_planned(r.g.net)->param_plain,
                     json_i64(json_get(c, "parameters"), -1));
    for (int train = 0; train < 2; train++) {
        r.train = train;
        run_mode(&r);
    }
    golden_net_close(&r.g);
    run_folded(&r);
}

static void replay_all(const struct bounds *b)
{
    struct json *j = NULL;
    struct safetensors *file = NULL;
    const struct json *cases = NULL;
    uint64_t seed = 0;
    size_t consumed = 0;

    assert_ok(json_read(golden_path("network/resnet.json"), 1 << 26, &j));
    assert_ok(
        safetensors_open(golden_path("network/resnet.safetensors"), &file));
    cases = json_get(j, "cases");
    seed = (uint64_t)json_i64(json_get(j, "seed"), 0);
    for (size_t i = 0; i < json_len(cases); i++, consumed++)
        run_case(b, seed, json_at(cases, i), file);
    golden_count(b->backend, consumed, json_len(cases), json_len(cases));
    safetensors_close(file);
    json_free(j);
}

static void ref64(void **state)
{
    (void)state;
    replay_all(&exact);
}

static void ref(void **state)
{
    (void)state;
    replay_all(&single);
}

static void simd(void **state)
{
    (void)state;
    replay_all(&fast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ref64),
        cmocka_unit_test(ref),
        cmocka_unit_test(simd),
    };

    return golden_run(tests);
}
