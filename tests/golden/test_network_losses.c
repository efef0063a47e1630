/* losses.json: values of every rank, gradients of every view, codes, with 1, 2
 * and 4 groups; the gradient of a weight shared by all ranks; losses against a
 * target. Names of losses are those of the file. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "golden/golden.h"
#include "nn/losses.h"

struct replay {
    const struct json *c;
    const struct safetensors *file;
    const char *name;
    uint64_t seed, stream;
    size_t w, b, d, din, n, views, high, queue;
    double *embed;  /* [views][n][d] */
    double *x;      /* [views][n][din] */
    double *weight; /* [d][din] */
    double *stored; /* [high][w][queue][d] */
    struct loss_out out;
};

static const char *const NAMES[] = {"infonce", "ntxent_mined", "ntxent",
                                    "nnclr",   "nnclr_gather", "swav"};

/* Our name of a loss of the file, NULL for those without one. */
static const char *our_name(const struct json *c)
{
    const char *name = json_text(json_get(c, "loss"));

    if (strcmp(name, "neg_mining") == 0)
        return NAMES[0];
    for (size_t i = 1; i < sizeof NAMES / sizeof NAMES[0]; i++)
        if (strcmp(name, NAMES[i]) == 0)
            return NAMES[i];
    return NULL;
}

/* README: float64 programs meet 1e-9. Where all gradients vanish in theory
 * (degenerate) what is stored is rounding noise: absolute. */
static void within(const struct replay *r, const char *what, double worst)
{
    if (!(worst <= 1e-9))
        fail_msg("%s %s: %.3g", r->name, what, worst);
}

static double *row(const struct replay *r, double *of, size_t v, size_t rank)
{
    return of + (v * r->n + rank * r->b) * (of == r->x ? r->din : r->d);
}

/* Largest deviation of by * a from the tensor, relative to its largest value;
 * absolute in degenerate cases. */
static double
deviation(const struct replay *r, const double *a, double by, struct sft *t)
{
    bool degenerate =
        json_f64(json_get(r->c, "grad_max_abs"), 0) < 1e-12 &&
        strcmp(json_text(json_get(r->c, "special")), "norm_1e25") != 0;
    double worst = 0;
    double largest = 0;

    for (size_t i = 0; i < t->n; i++) {
        double want = sft_at(t, i);
        double diff = fabs(by * a[i] - want);

        worst = !(diff <= worst) ? diff : worst;
        largest = fabs(want) > largest ? fabs(want) : largest;
    }
    return degenerate || largest == 0 ? worst : worst / largest;
}

static void linear(struct replay *r, size_t v, size_t rank)
{
    const double *x = row(r, r->x, v, rank);
    double *to = row(r, r->embed, v, rank);
    struct sft t;

    for (size_t i = 0; i < r->b; i++)
        for (size_t k = 0; k < r->d; k++) {
            to[i * r->d + k] = 0;
            for (size_t j = 0; j < r->din; j++)
                to[i * r->d + k] +=
                    x[i * r->din + j] * r->weight[k * r->din + j];
        }
    assert_ok(safetensors_get(r->file, &t, "%s/rank%zu/embedding%zu", r->name,
                              rank, v));
    within(r, "embedding", golden_worst(to, &t));
}

static void fill(struct replay *r)
{
    bool stored = json_bool(json_get(r->c, "inputs_stored"), false);
    size_t width = r->din ? r->din : r->d;
    struct sft t;

    for (size_t rank = 0; rank < r->w; rank++)
        for (size_t v = 0; v < r->views; v++) {
            struct formula f = {r->seed, r->stream, 64 * rank + v, 0, 1};
            double *to = row(r, r->din ? r->x : r->embed, v, rank);

            if (!stored) {
                formula_fill_f64(&f, 0, r->b * width, to);
            } else {
                assert_ok(safetensors_get(r->file, &t, "%s/rank%zu/view%zu",
                                          r->name, rank, v));
                for (size_t i = 0; i < t.n; i++)
                    to[i] = sft_at(&t, i);
            }
            if (r->din)
                linear(r, v, rank);
        }
}

/* Scores of stored samples, index 64 rank + 32 + crop. */
static void fill_queue(struct replay *r)
{
    size_t len = r->queue * r->d;

    for (size_t v = 0; v < r->high; v++)
        for (size_t rank = 0; rank < r->w; rank++) {
            struct formula f = {r->seed, r->stream, 64 * rank + 32 + v, 0, 1};

            formula_fill_f64(&f, 0, len, r->stored + (v * r->w + rank) * len);
        }
}

static void check_values(struct replay *r)
{
    const struct json *per_rank = json_get(r->c, "loss_per_rank");
    double mean = json_f64(json_get(r->c, "loss_mean"), 1e30);

    assert_int_equal(json_len(per_rank), r->w);
    within(r, "mean", fabs(r->out.value - mean) / (mean == 0 ? 1 : mean));
    for (size_t g = 0; g < r->w; g++) {
        double want = json_f64(json_at(per_rank, g), 1e30);

        within(r, "loss of a rank",
               fabs(r->out.group[g] - want) / (want == 0 ? 1 : want));
    }
}

/* Ours is the gradient of the mean over ranks; a rank's own is W times it. */
static void check_grads(struct replay *r)
{
    struct sft t;

    for (size_t rank = 0; rank < r->w; rank++)
        for (size_t v = 0; v < r->views; v++) {
            const double *g = r->out.grad + (v * r->n + rank * r->b) * r->d;

            assert_ok(safetensors_get(r->file, &t, "%s/rank%zu/grad%zu",
                                      r->name, rank, v));
            assert_int_equal(t.n, r->b * r->d);
            within(r, "gradient", deviation(r, g, (double)r->w, &t));
        }
}

static void check_codes(struct replay *r)
{
    struct sft t;

    for (size_t rank = 0; rank < r->w; rank++)
        for (size_t v = 0; v < r->high; v++) {
            const double *q = r->out.codes + (v * r->n + rank * r->b) * r->d;

            assert_ok(safetensors_get(r->file, &t, "%s/rank%zu/codes%zu",
                                      r->name, rank, v));
            assert_int_equal(t.n, r->b * r->d);
            within(r, "codes", golden_worst(q, &t));
        }
}

/* dW += dE^T X of one rank. */
static void add_weight_grad(const struct replay *r, size_t rank, double *dw)
{
    for (size_t v = 0; v < r->views; v++)
        for (size_t i = 0; i < r->b; i++) {
            size_t at = v * r->n + rank * r->b + i;

            for (size_t k = 0; k < r->d; k++)
                for (size_t j = 0; j < r->din; j++)
                    dw[k * r->din + j] +=
                        r->out.grad[at * r->d + k] * r->x[at * r->din + j];
        }
}

/* DistributedDataParallel's average is the plain sum of our gradients. */
static void check_weight_grads(struct replay *r)
{
    double own[4096] = {0};
    double all[4096] = {0};
    struct sft t;

    assert_true(r->d * r->din <= 4096);
    for (size_t rank = 0; rank < r->w; rank++) {
        memset(own, 0, sizeof own);
        add_weight_grad(r, rank, own);
        add_weight_grad(r, rank, all);
        assert_ok(safetensors_get(r->file, &t, "%s/rank%zu/local_weight_grad",
                                  r->name, rank));
        within(r, "local weight gradient", deviation(r, own, (double)r->w, &t));
    }
    if (r->w > 1) {
        assert_ok(
            safetensors_get(r->file, &t, "%s/rank0/ddp_weight_grad", r->name));
        within(r, "averaged weight gradient", deviation(r, all, 1.0, &t));
    }
}

static void open_case(struct replay *r, struct team *team, struct loss **out)
{
    struct loss_conf conf = {
        .name = our_name(r->c),
        .temperature = json_f64(json_get(r->c, "T"), -1),
        .groups = (uint32_t)r->w,
        .n = (uint32_t)r->n,
        .d = (uint32_t)r->d,
        .high = (uint32_t)r->high,
        .low = (uint32_t)(r->views - r->high),
        .queue = (uint32_t)r->queue,
        .epsilon = json_f64(json_get(r->c, "eps"), 0.05),
        .rounds = (uint32_t)json_i64(json_get(r->c, "iters"), 3)};
    struct formula w = {r->seed, r->stream, 4002, 0, 1};

    assert_ok(mem_new(r->views * r->n * r->d, sizeof(double), &r->embed));
    assert_ok(mem_new(r->views * r->n * r->din, sizeof(double), &r->x));
    assert_ok(mem_new(r->d * r->din, sizeof(double), &r->weight));
    assert_ok(
        mem_new(r->high * r->w * r->queue * r->d, sizeof(double), &r->stored));
    formula_fill_f64(&w, 0, r->d * r->din, r->weight);
    fill(r);
    fill_queue(r);
    assert_ok(loss_new(&conf, team, out));
    assert_int_equal(loss_views(*out), r->views);
}

static void run_case(struct replay *r, struct team *team)
{
    struct loss *loss = NULL;
    struct loss_in in = {.n = (uint32_t)r->n};

    open_case(r, team, &loss);
    in.output = r->embed;
    in.queue = r->queue ? r->stored : NULL;
    if (isnan(json_f64(json_get(r->c, "loss_mean"), NAN))) {
        /* trap 6: the codes overflow in the original too */
        assert_fails(loss_run(loss, &in, &r->out), ERR_NUMERIC, "not finite");
    } else {
        assert_ok(loss_run(loss, &in, &r->out));
        check_values(r);
        check_grads(r);
        if (r->high)
            check_codes(r);
        if (r->din)
            check_weight_grads(r);
    }
    loss_free(loss);
    mem_free(r->embed);
    mem_free(r->x);
    mem_free(r->weight);
    mem_free(r->stored);
}

struct golden_losses {
    struct json *j;
    struct safetensors *file;
    struct team *team;
    const struct json *cases;
    uint64_t seed;
};

static void open_losses(struct golden_losses *g)
{
    assert_ok(team_new(2, &g->team));
    assert_ok(json_read(golden_path("network/losses.json"), 1 << 24, &g->j));
    assert_ok(
        safetensors_open(golden_path("network/losses.safetensors"), &g->file));
    g->cases = json_get(g->j, "cases");
    g->seed = (uint64_t)json_i64(json_get(g->j, "seed"), 0);
}

static void close_losses(struct golden_losses *g)
{
    safetensors_close(g->file);
    json_free(g->j);
    team_free(g->team);
}

static struct replay case_of(const struct golden_losses *g, size_t i)
{
    const struct json *c = json_at(g->cases, i);
    struct replay r = {.c = c, .file = g->file, .seed = g->seed};

    r.name = json_text(json_get(c, "name"));
    r.stream = (uint64_t)json_i64(json_get(c, "stream"), 0);
    r.w = (size_t)json_i64(json_get(c, "W"), 0);
    r.b = (size_t)json_i64(json_get(c, "B"), 0);
    r.d = (size_t)json_i64(json_get(c, "d"), 0);
    r.din = (size_t)json_i64(json_get(c, "din"), 0);
    r.views = (size_t)json_i64(json_get(c, "views"), 0);
    r.high = (size_t)json_i64(json_get(c, "hi"), 0);
    r.queue = (size_t)json_i64(json_get(c, "queue"), 0);
    r.n = r.w * r.b;
    return r;
}

static void over_ranks(void **state)
{
    struct golden_losses g = {0};
    size_t consumed = 0;
    size_t covered = 0;

    (void)state;
    open_losses(&g);
    for (size_t i = 0; i < json_len(g.cases); i++)
        covered +=
            json_get(json_at(g.cases, i), "loss_mean") != NULL; /* of ranks */
    for (size_t i = 0; i < json_len(g.cases); i++) {
        struct replay r = case_of(&g, i);

        if (!our_name(r.c))
            continue;
        run_case(&r, g.team);
        consumed++;
    }
    golden_count("losses over ranks", consumed, covered, json_len(g.cases));
    close_losses(&g);
}

static size_t tensor(const struct replay *r, const char *what, double **out)
{
    struct sft t;

    assert_ok(safetensors_get(r->file, &t, "%s/%s", r->name, what));
    assert_ok(mem_new(t.n, sizeof **out, out));
    for (size_t i = 0; i < t.n; i++)
        (*out)[i] = sft_at(&t, i);
    return t.n;
}

/* ce: [n][d] logits; bce: [n] logits; mae: a volume. */
static void run_labelled(struct replay *r, struct team *team)
{
    double *x = NULL;
    double *target = NULL;
    size_t len = tensor(r, "input", &x);
    size_t n = tensor(r, "target", &target);
    struct loss_conf conf = {.name = json_text(json_get(r->c, "loss")),
                             .groups = 1,
                             .n = (uint32_t)n,
                             .d = (uint32_t)(len / n)};
    struct loss_in in = {.output = x, .n = (uint32_t)n, .target = target};
    double want = json_f64(json_at(json_get(r->c, "loss_per_rank"), 0), 1e30);
    struct loss *loss = NULL;
    struct sft t;

    assert_ok(loss_new(&conf, team, &loss));
    assert_ok(loss_run(loss, &in, &r->out));
    within(r, "value", fabs(r->out.value - want) / (want == 0 ? 1 : want));
    assert_true(r->out.group[0] == r->out.value);
    assert_ok(safetensors_get(r->file, &t, "%s/grad", r->name));
    assert_int_equal(t.n, len);
    within(r, "gradient", golden_worst(r->out.grad, &t));
    loss_free(loss);
    mem_free(x);
    mem_free(target);
}

static bool is_labelled(const struct json *c)
{
    const char *loss = json_text(json_get(c, "loss"));

    return strcmp(loss, "ce") == 0 || strcmp(loss, "bce") == 0 ||
           strcmp(loss, "mae") == 0;
}

static void against_targets(void **state)
{
    struct golden_losses g = {0};
    size_t consumed = 0;
    size_t covered = 0;

    (void)state;
    open_losses(&g);
    for (size_t i = 0; i < json_len(g.cases); i++) {
        struct replay r = case_of(&g, i);

        covered += is_labelled(r.c);
        if (!is_labelled(r.c))
            continue;
        run_labelled(&r, g.team);
        consumed++;
    }
    golden_count("losses against targets", consumed, covered,
                 json_len(g.cases));
    close_losses(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(over_ranks),
        cmocka_unit_test(against_targets),
    };

    return golden_run(tests);
}
