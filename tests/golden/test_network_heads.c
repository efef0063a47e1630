/* heads.json: projection and prediction heads with and without norms, and the
 * heads of LoadModel, in training mode: outputs, running statistics, every
 * gradient. Prototypes of SwAV: weights divided by their lengths before each
 * use; from which step on they learn. */
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
    double bound;
    struct net_conf conf;
    struct golden_net g;
};

static void within(const struct replay *r, const char *what, double worst)
{
    if (!(worst <= r->bound))
        fail_msg("%s %s %s: %.3g, bound %.3g", r->backend, r->name, what, worst,
                 r->bound);
}

/* Widths from the weights (rank 2), norms from what stands behind them. */
static void make_conf(struct replay *r)
{
    const struct json *tensors = json_get(r->c, "tensors");
    size_t linear = 0;
    size_t norms = 0;

    r->conf = (struct net_conf){.views = 1,
                                .m = 1,
                                .size = {1, 1, 1},
                                .backward = true,
                                .input_grad = true,
                                .zero_theory_bias = false};
    r->conf.in_channels = (int32_t)json_i64(json_get(r->c, "in"), 0);
    for (size_t i = 0; i < json_len(tensors); i++) {
        const struct json *t = json_at(tensors, i);
        const struct json *shape = json_get(t, "shape");
        const char *name = json_text(json_get(t, "name"));

        if (strncmp(name, "heads.", 6) == 0) {
            r->conf.head_names = NET_HEAD_LIST;
            r->conf.head_prefix = "heads.";
        }
        norms += strstr(name, "running_mean") != NULL;
        if (json_len(shape) == 2)
            r->conf.head[linear++] = (int32_t)json_i64(json_at(shape, 0), 0);
    }
    r->conf.n_head = (int32_t)linear;
    r->conf.head_norm = norms > 0;
    r->conf.head_norm_last = norms > 0 && norms == linear;
}

static double *formula(const struct replay *r, uint64_t index, size_t n)
{
    struct formula f = {r->seed, r->stream, index, 0.0, 1.0};
    double *x = NULL;

    assert_ok(mem_new(n, sizeof *x, &x));
    formula_fill_f64(&f, 0, n, x);
    return x;
}

static void check_output(struct replay *r)
{
    size_t width = (size_t)net_planned(r->g.net)->embed;
    double *x = NULL;
    struct sft t;

    assert_ok(mem_new(r->batch * width, sizeof *x, &x));
    for (size_t i = 0; i < r->batch; i++)
        net_embed_f64(r->g.net, (uint32_t)i, x + i * width);
    assert_ok(safetensors_get(r->file, &t, "%s/out", r->name));
    assert_int_equal(t.n, r->batch * width);
    within(r, "out", golden_worst(x, &t));
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
        if (b[i].kind == BUFFER_COUNT)
            continue;
        assert_ok(golden_net_buffer(&r->g, b[i].name, &x, &len));
        assert_ok(
            safetensors_get(r->file, &t, "%s/running/%s", r->name, b[i].name));
        within(r, b[i].name, golden_worst(x, &t));
        mem_free(x);
    }
}

/* Those of the full-size head are too large to be stored. */
static void check_grads(struct replay *r)
{
    size_t n = 0;
    size_t len = 0;
    size_t width = (size_t)r->conf.in_channels;
    const struct slice *s = net_slices(r->g.net, &n);
    bool stored = strstr(r->name, "_full") == NULL;
    double *x = NULL;
    struct sft t;

    for (size_t i = 0; i < n && stored; i++) {
        assert_ok(
            golden_net_vector(&r->g, net_grad(r->g.net), s[i].name, &x, &len));
        assert_ok(
            safetensors_get(r->file, &t, "%s/grad/%s", r->name, s[i].name));
        assert_int_equal(t.n, len);
        within(r, s[i].name, golden_worst(x, &t));
        mem_free(x);
    }
    assert_ok(mem_new(r->batch * width, sizeof *x, &x));
    for (size_t i = 0; i < r->batch; i++)
        net_input_grad_f64(r->g.net, (uint32_t)i, x + i * width);
    assert_ok(safetensors_get(r->file, &t, "%s/grad_input", r->name));
    within(r, "input gradient", golden_worst(x, &t));
    mem_free(x);
}

static void run_case(struct replay *r)
{
    size_t in = 0;
    size_t out = 0;
    double *x = NULL;
    double *g = NULL;

    make_conf(r);
    assert_ok(
        golden_net_open(&r->conf, r->backend, (uint32_t)r->batch, 2, &r->g));
    assert_ok(
        golden_net_fill(&r->g, r->seed, r->stream, json_get(r->c, "tensors")));
    in = (size_t)r->conf.in_channels;
    out = (size_t)net_planned(r->g.net)->embed;
    assert_int_equal(out, json_i64(json_get(r->c, "out"), -1));
    x = formula(r, 4000, r->batch * in);
    g = formula(r, 4001, r->batch * out);
    for (size_t i = 0; i < r->batch; i++)
        net_put_f64(r->g.net, (uint32_t)i, x + i * in);
    assert_ok(net_forward(r->g.net, OK, true));
    assert_ok(net_backward(r->g.net, OK, g));
    check_output(r);
    check_running(r);
    check_grads(r);
    mem_free(x);
    mem_free(g);
    golden_net_close(&r->g);
}

/* Rows of length 1 in, scores out. */
static void check_prototypes(struct replay *r)
{
    struct sft before;
    struct sft after;
    double *x = NULL;
    size_t n = 0;

    assert_ok(safetensors_get(r->file, &before, "%s/weight_before", r->name));
    assert_ok(
        safetensors_get(r->file, &after, "%s/weight_after_normalize", r->name));
    assert_ok(golden_net_vector(&r->g, net_param(r->g.net), "heads.0.weight",
                                &x, &n));
    within(r, "weight before", golden_worst(x, &before));
    mem_free(x);
    net_unit_rows(r->g.net);
    assert_ok(golden_net_vector(&r->g, net_param(r->g.net), "heads.0.weight",
                                &x, &n));
    within(r, "weight after", golden_worst(x, &after));
    mem_free(x);
    assert_ok(net_forward(r->g.net, OK, false));
    check_output(r);
}

/* Prototypes without a trunk or head; the outputs' lengths are brought to 1,
 * where the file's inputs are. */
static void run_prototypes(struct replay *r)
{
    size_t in = (size_t)json_i64(json_get(r->c, "in"), 0);
    double *x = formula(r, 4000, r->batch * in);

    r->conf = (struct net_conf){
        .in_channels = (int32_t)in,
        .size = {1, 1, 1},
        .views = 1,
        .m = 1,
        .tail = NET_PROTOTYPES,
        .n_tail = 1,
        .tail_width = {(int32_t)json_i64(json_get(r->c, "out"), 0)},
        .backward = true};
    assert_ok(
        golden_net_open(&r->conf, r->backend, (uint32_t)r->batch, 2, &r->g));
    assert_ok(
        golden_net_fill(&r->g, r->seed, r->stream, json_get(r->c, "tensors")));
    for (size_t i = 0; i < r->batch; i++)
        net_put_f64(r->g.net, (uint32_t)i, x + i * in);
    check_prototypes(r);
    mem_free(x);
    golden_net_close(&r->g);
}

/* README: 1e-9 for float64. In float the original is within 4e-7 where no norm
 * stands behind batches of four, so the bound of narrow networks' features. */
static void all_heads(const char *backend, double bound)
{
    struct json *j = NULL;
    struct safetensors *file = NULL;
    const struct json *cases = NULL;
    size_t consumed = 0;

    assert_ok(json_read(golden_path("network/heads.json"), 1 << 20, &j));
    assert_ok(
        safetensors_open(golden_path("network/heads.safetensors"), &file));
    cases = json_get(j, "cases");
    for (size_t i = 0; i < json_len(cases); i++) {
        const struct json *c = json_at(cases, i);
        struct replay r = {.backend = backend, .c = c, .file = file};

        r.name = json_text(json_get(c, "name"));
        r.seed = (uint64_t)json_i64(json_get(j, "seed"), 0);
        r.stream = (uint64_t)json_i64(json_get(c, "stream"), 0);
        r.batch = (size_t)json_i64(json_get(c, "batch"), 0);
        r.bound = bound;
        if (json_get(c, "n_steps_frozen"))
            run_prototypes(&r);
        else
            run_case(&r);
        consumed++;
    }
    golden_count(backend, consumed, json_len(cases), json_len(cases));
    safetensors_close(file);
    json_free(j);
}

static void in_double(void **state)
{
    (void)state;
    all_heads("ref64", 1e-9);
}

static void in_float(void **state)
{
    (void)state;
    all_heads("ref", 1e-5);
    all_heads("simd", 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(in_double),
        cmocka_unit_test(in_float),
    };

    return golden_run(tests);
}
