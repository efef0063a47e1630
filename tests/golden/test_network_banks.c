/* losses.json, the cases with memory: the bank of neighbours, NT-Xent and NNCLR
 * as the study's files wire them (a bank of one vector), and SwAV's whole
 * module: head, prototypes, queues, epochs of both. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "golden/golden_net.h"
#include "nn/bank.h"
#include "nn/objective.h"

struct golden_banks {
    struct json *j;
    struct safetensors *file;
    struct team *team;
    const struct json *cases;
    uint64_t seed;
};

static void open_banks(struct golden_banks *g)
{
    assert_ok(team_new(2, &g->team));
    assert_ok(json_read(golden_path("network/losses.json"), 1 << 24, &g->j));
    assert_ok(
        safetensors_open(golden_path("network/losses.safetensors"), &g->file));
    g->cases = json_get(g->j, "cases");
    g->seed = (uint64_t)json_i64(json_get(g->j, "seed"), 0);
}

static void close_banks(struct golden_banks *g)
{
    safetensors_close(g->file);
    json_free(g->j);
    team_free(g->team);
}

static void within(const char *name, const char *what, double worst, double by)
{
    if (!(worst <= by))
        fail_msg("%s %s: %.3g, bound %.3g", name, what, worst, by);
}

static size_t field(const struct json *c, const char *name)
{
    int64_t v = json_i64(json_get(c, name), -1);

    assert_true(v >= 0);
    return (size_t)v;
}

static struct sft tensor(const struct golden_banks *g,
                         const char *name,
                         size_t t,
                         const char *what)
{
    struct sft s;

    assert_ok(safetensors_get(g->file, &s, "%s/step%zu/%s", name, t, what));
    return s;
}

/* A bank as it is stored, [d][size]. */
static void put_rows(struct bank *b, const struct sft *s)
{
    size_t d = (size_t)s->dim[0];
    size_t size = (size_t)s->dim[1];
    size_t len = 0;
    double *rows = bank_rows(b, &len);

    assert_int_equal(len, s->n);
    for (size_t i = 0; i < size; i++)
        for (size_t c = 0; c < d; c++)
            rows[i * d + c] = sft_at(s, c * size + i);
}

static void check_rows(const char *name,
                       const double *rows,
                       const struct sft *s,
                       double bound)
{
    size_t d = (size_t)s->dim[0];
    size_t size = (size_t)s->dim[1];

    for (size_t i = 0; i < size; i++)
        for (size_t c = 0; c < d; c++)
            within(name, "bank",
                   fabs(rows[i * d + c] - sft_at(s, c * size + i)), bound);
}

static void run_neighbours(struct golden_banks *g, const struct json *c)
{
    const char *name = json_text(json_get(c, "name"));
    const struct json *steps = json_get(c, "steps");
    struct bank_conf conf = {.groups = 1,
                             .size = (uint32_t)field(c, "size"),
                             .d = (uint32_t)field(c, "d"),
                             .n = (uint32_t)field(c, "batch")};
    size_t len = (size_t)conf.n * conf.d;
    double *z = NULL;
    double *found = NULL;
    struct bank *b = NULL;
    struct sft s;

    assert_ok(bank_new(&conf, g->team, &b));
    assert_ok(mem_new(len, sizeof *z, &z));
    assert_ok(mem_new(len, sizeof *found, &found));
    assert_ok(safetensors_get(g->file, &s, "%s/bank_start", name));
    put_rows(b, &s);
    for (size_t t = 0; t < json_len(steps); t++) {
        const struct json *step = json_at(steps, t);
        size_t n = 0;

        s = tensor(g, name, t, "z");
        assert_int_equal(s.n, len);
        for (size_t i = 0; i < len; i++)
            z[i] = sft_at(&s, i);
        assert_ok(bank_nearest(b, z, conf.n, found));
        for (size_t i = 0; i < conf.n; i++)
            assert_int_equal(bank_index(b)[i],
                             json_i64(json_at(json_get(step, "index"), i), -1));
        s = tensor(g, name, t, "neighbour");
        within(name, "neighbour", golden_worst(found, &s), 1e-9);
        if (json_bool(json_get(step, "update"), false))
            bank_push(b, z, conf.n);
        s = tensor(g, name, t, "bank_after");
        check_rows(name, bank_rows(b, &n), &s, 0.0);
        assert_int_equal(bank_state(b, &n)[0], field(step, "pointer_after"));
    }
    bank_free(b);
    mem_free(z);
    mem_free(found);
}

/* Streams of the two cases; the file does not tell. */
enum { NTXENT_STREAM = 97, NNCLR_STREAM = 98 };

static void fill_views(const struct golden_banks *g,
                       uint64_t stream,
                       size_t first,
                       size_t views,
                       size_t len,
                       double *to)
{
    for (size_t v = 0; v < views; v++) {
        struct formula f = {g->seed, stream, first + v, 0, 1};

        formula_fill_f64(&f, 0, len, to + v * len);
    }
}

static void check_grad(const struct golden_banks *g,
                       const char *name,
                       size_t t,
                       size_t view,
                       const double *grad)
{
    char what[40];
    struct sft s;

    (void)snprintf(what, sizeof what, "grad%zu", view);
    s = tensor(g, name, t, what);
    within(name, what, golden_worst(grad, &s), 1e-9);
}

/* Two views through the objective, which keeps the bank; or four, of which
 * neighbours are given, through the loss. */
static void run_wired(struct golden_banks *g, const struct json *c, bool nnclr)
{
    const char *name = json_text(json_get(c, "name"));
    const struct json *steps = json_get(c, "steps");
    size_t views = nnclr ? 4 : 2;
    struct objective_conf conf = {
        .loss = {.name = nnclr ? "nnclr_bank" : "ntxent_bank",
                 .temperature = json_f64(json_get(c, "T"), -1),
                 .groups = 1,
                 .n = (uint32_t)field(c, "B"),
                 .d = (uint32_t)field(c, "d"),
                 .queue = 1},
        .middle = (uint32_t)field(c, "d"),
        .bank = 1};
    size_t len = (size_t)conf.loss.n * conf.loss.d;
    struct objective *o = NULL;
    struct loss *loss = NULL;
    struct bank *b = NULL;
    struct loss_out out = {0};
    double x[4 * 1024];
    size_t n = 0;
    struct sft s;

    assert_true(4 * len <= sizeof x / sizeof *x);
    assert_ok(objective_new(&conf, g->team, &o));
    assert_ok(loss_new(&conf.loss, g->team, &loss));
    b = objective_bank(o, nnclr ? 1 : 0);
    assert_ok(safetensors_get(g->file, &s, "%s/bank_start", name));
    put_rows(b, &s);
    for (size_t t = 0; t < json_len(steps); t++) {
        double want = json_f64(json_at(steps, t), 1e30);
        struct objective_in in = {.output = x, .n = conf.loss.n};
        struct loss_in four = {
            .output = x, .n = conf.loss.n, .queue = bank_rows(b, &n)};

        out = (struct loss_out){0};
        fill_views(g, nnclr ? NNCLR_STREAM : NTXENT_STREAM, views * t, views,
                   len, x);
        if (nnclr)
            assert_ok(loss_run(loss, &four, &out));
        else
            assert_ok(objective_run(o, &in, &out));
        within(name, "loss", fabs(out.value - want) / want, 1e-9);
        assert_true(fabs(out.group[0] - out.value) < 1e-15);
        for (size_t v = nnclr; v < views; v += nnclr ? 2 : 1)
            check_grad(g, name, t, v, out.grad + v * len);
        s = tensor(g, name, t, "bank_after");
        check_rows(name, bank_rows(b, &n), &s, 1e-15);
    }
    loss_free(loss);
    objective_free(o);
}

struct module {
    struct golden_banks *file;
    const struct json *c;
    const char *name;
    double bound;
    size_t b, high, low, d, e, in;
    struct golden_net g;
    struct net *twin; /* for the low crops */
    struct objective *o;
    double *x;      /* [b][views][in] of a step */
    double *rows;   /* [b][views][d] */
    double *output; /* [views][b][d] */
    double *middle; /* [high][b][e] */
    double *weight; /* [d][e] */
    double *bias;   /* [d] */
};

static void open_module(struct module *m, const char *backend)
{
    struct net_conf conf = {.in_channels = (int32_t)m->in,
                            .size = {1, 1, 1},
                            .n_head = 2,
                            .head = {(int32_t)m->in / 2, (int32_t)m->e},
                            .head_norm = true,
                            .tail = NET_PROTOTYPES,
                            .n_tail = 1,
                            .tail_width = {(int32_t)m->d},
                            .head_prefix = "projection_head.",
                            .tail_prefix = "prototypes.",
                            .views = (int32_t)m->high,
                            .m = 1,
                            .backward = true};
    struct objective_conf oc = {
        .loss = {.name = "swav",
                 .temperature = json_f64(json_get(m->c, "T"), -1),
                 .groups = 1,
                 .n = (uint32_t)m->b,
                 .d = (uint32_t)m->d,
                 .high = (uint32_t)m->high,
                 .low = (uint32_t)m->low,
                 .queue = (uint32_t)field(m->c, "queue_length"),
                 .epsilon = 0.05,
                 .rounds = 3},
        .middle = (uint32_t)m->e,
        .queue_epoch = (int64_t)field(m->c, "start_queue_at_epoch")};
    size_t views = m->high + m->low;
    struct sft s;

    assert_ok(golden_net_open(&conf, backend, (uint32_t)m->b, 2, &m->g));
    conf.views = (int32_t)m->low;
    assert_ok(net_twin(m->g.net, &conf, &m->twin));
    assert_ok(golden_net_fill(&m->g, m->file->seed, field(m->c, "stream"),
                              json_get(m->c, "tensors")));
    assert_ok(objective_new(&oc, m->g.team, &m->o));
    for (size_t v = 0; v < m->high; v++) {
        assert_ok(safetensors_get(m->file->file, &s, "%s/queue_start%zu",
                                  m->name, v));
        put_rows(objective_bank(m->o, v), &s);
    }
    assert_ok(mem_new(m->b * views * m->in, sizeof(double), &m->x));
    assert_ok(mem_new(m->b * views * m->d, sizeof(double), &m->rows));
    assert_ok(mem_new(m->b * views * m->d, sizeof(double), &m->output));
    assert_ok(mem_new(m->b * m->high * m->e, sizeof(double), &m->middle));
}

static void close_module(struct module *m)
{
    objective_free(m->o);
    net_free(m->twin);
    golden_net_close(&m->g);
    mem_free(m->x);
    mem_free(m->rows);
    mem_free(m->output);
    mem_free(m->middle);
}

/* Crops of step t into a net, forward, scores out. */
static void run_crops(struct module *m, struct net *net, size_t t, bool low)
{
    size_t views = low ? m->low : m->high;
    size_t first = low ? m->high : 0;

    for (size_t v = 0; v < views; v++) {
        struct formula f = {m->file->seed, field(m->c, "stream"),
                            (low ? 104 : 100) + 8 * t + v, 0, 1};

        for (size_t i = 0; i < m->b; i++)
            formula_fill_f64(&f, i * m->in, m->in,
                             m->x + (i * views + v) * m->in);
    }
    for (size_t i = 0; i < m->b; i++)
        net_put_f64(net, (uint32_t)i, m->x + i * views * m->in);
    assert_ok(net_forward(net, OK, true));
    for (size_t i = 0; i < m->b; i++) {
        net_embed_f64(net, (uint32_t)i, m->rows + i * views * m->d);
        if (low)
            continue;
        net_middle_f64(net, (uint32_t)i, m->x);
        for (size_t v = 0; v < views; v++)
            memcpy(m->middle + (v * m->b + i) * m->e, m->x + v * m->e,
                   m->e * sizeof(double));
    }
    loss_by_view_f64(m->rows, (uint32_t)m->b, (uint32_t)views, 1,
                     (uint32_t)m->d, m->output + first * m->b * m->d);
}

static void check_scores(struct module *m, size_t t)
{
    for (size_t v = 0; v < m->high + m->low; v++) {
        char what[40];
        struct sft s;

        (void)snprintf(what, sizeof what, "%s%zu", v < m->high ? "high" : "low",
                       v < m->high ? v : v - m->high);
        s = tensor(m->file, m->name, t, what);
        assert_int_equal(s.n, m->b * m->d);
        within(m->name, what, golden_worst(m->output + v * m->b * m->d, &s),
               m->bound);
    }
}

static void go_back(struct module *m, const struct loss_out *out)
{
    const struct meet *meet = meet_local_get(m->g.local);

    loss_by_shard(out->grad, meet, (uint32_t)m->high, 1, (uint32_t)m->d,
                  m->rows);
    assert_ok(net_backward(m->g.net, OK, m->rows));
    loss_by_shard(out->grad + m->high * m->b * m->d, meet, (uint32_t)m->low, 1,
                  (uint32_t)m->d, m->rows);
    assert_ok(net_backward(m->twin, OK, m->rows));
    net_add_gradient(m->g.net, m->twin);
}

/* Gradients that the file has: none of frozen prototypes. */
static void check_gradients(struct module *m, const struct json *step, size_t t)
{
    bool trained = json_bool(json_get(step, "prototypes_trained"), false);
    size_t n = 0;
    size_t len = 0;
    size_t first = 0;
    size_t last = 0;
    const struct slice *s = net_slices(m->g.net, &n);

    assert_true(net_prototypes(m->g.net, &first, &last));
    assert_int_equal(json_len(json_get(step, "no_gradient")), trained ? 0 : 2);
    for (size_t i = 0; i < n; i++) {
        double *x = NULL;
        struct sft want;

        if (!trained && (i == first || i == last))
            continue;
        assert_ok(safetensors_get(m->file->file, &want, "%s/step%zu/grad/%s",
                                  m->name, t, s[i].name));
        assert_ok(
            golden_net_vector(&m->g, net_grad(m->g.net), s[i].name, &x, &len));
        within(m->name, s[i].name, golden_worst(x, &want), m->bound);
        mem_free(x);
    }
}

static void check_queues(struct module *m, const struct json *step, size_t t)
{
    for (size_t v = 0; v < m->high; v++) {
        struct bank *b = objective_bank(m->o, v);
        size_t len;
        char what[40];
        struct sft s;

        (void)snprintf(what, sizeof what, "queue_after%zu", v);
        s = tensor(m->file, m->name, t, what);
        check_rows(m->name, bank_rows(b, &len), &s, m->bound);
        assert_int_equal(
            bank_state(b, &len)[0],
            json_i64(json_at(json_get(step, "pointer_after"), v), -1));
    }
}

static void run_step(struct module *m, size_t t)
{
    const struct json *step = json_at(json_get(m->c, "steps"), t);
    double want = json_f64(json_get(step, "loss"), 1e30);
    struct objective_in in = {.output = m->output,
                              .middle = m->middle,
                              .n = (uint32_t)m->b,
                              .epoch = (int64_t)field(step, "epoch")};
    struct loss_out out = {0};
    double *weight = NULL;
    double *bias = NULL;
    size_t n;
    struct sft s;

    net_unit_rows(m->g.net);
    run_crops(m, m->g.net, t, false);
    run_crops(m, m->twin, t, true);
    check_scores(m, t);
    assert_ok(golden_net_vector(&m->g, net_param(m->g.net),
                                "prototypes.heads.0.weight", &weight, &n));
    assert_ok(golden_net_vector(&m->g, net_param(m->g.net),
                                "prototypes.heads.0.bias", &bias, &n));
    s = tensor(m->file, m->name, t, "prototype_weight");
    within(m->name, "prototypes", golden_worst(weight, &s), m->bound);
    in.weight = weight;
    in.bias = bias;
    assert_ok(objective_run(m->o, &in, &out));
    within(m->name, "loss", fabs(out.value - want) / want, m->bound);
    check_queues(m, step, t);
    go_back(m, &out);
    check_gradients(m, step, t);
    mem_free(weight);
    mem_free(bias);
}

/* README: 1e-9 for float64, 5e-6 for gradients of a loss in float; here scores
 * are divided by 0.05 before exp, so codes have 20 times their rounding. */
static void run_module(struct golden_banks *g, const struct json *c)
{
    static const struct {
        const char *backend;
        double bound;
    } on[] = {{"ref64", 1e-9}, {"ref", 1e-4}, {"simd", 1e-4}};

    for (size_t i = 0; i < sizeof on / sizeof *on; i++) {
        struct module m = {.file = g, .c = c, .bound = on[i].bound};

        m.name = json_text(json_get(c, "name"));
        m.b = field(c, "B");
        m.high = field(c, "high");
        m.low = field(c, "low");
        m.d = field(c, "prototypes");
        m.e = field(c, "out_dim");
        m.in = field(c, "num_ftrs");
        open_module(&m, on[i].backend);
        for (size_t t = 0; t < json_len(json_get(c, "steps")); t++)
            run_step(&m, t);
        close_module(&m);
    }
}

static void cases_with_memory(void **state)
{
    struct golden_banks g = {0};
    size_t consumed = 0;
    size_t covered = 0;

    (void)state;
    open_banks(&g);
    for (size_t i = 0; i < json_len(g.cases); i++) {
        const struct json *c = json_at(g.cases, i);
        const char *loss = json_text(json_get(c, "loss"));

        covered += json_len(json_get(c, "steps")) > 0;
        if (strcmp(loss, "nn_memory_bank") == 0)
            run_neighbours(&g, c);
        else if (strcmp(loss, "ntxent_as_wired") == 0)
            run_wired(&g, c, false);
        else if (strcmp(loss, "nnclr_as_wired") == 0)
            run_wired(&g, c, true);
        else if (strcmp(loss, "swav_module") == 0)
            run_module(&g, c);
        else
            continue;
        consumed++;
    }
    golden_count("losses with memory", consumed, covered, json_len(g.cases));
    close_banks(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cases_with_memory),
    };

    return golden_run(tests);
}
