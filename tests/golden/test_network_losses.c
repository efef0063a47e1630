/* Loss 6.1 of losses.json: values of every rank, gradients of every view,
 * with 1, 2 and 4 groups; and the gradient of a weight shared by all ranks. */
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
    size_t w, b, d, din, n;
    double *embed;  /* [4][n][d] */
    double *x;      /* [4][n][din] */
    double *weight; /* [d][din] */
    struct loss_out out;
};

enum { VIEWS = 4 };

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
        for (size_t v = 0; v < VIEWS; v++) {
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
        for (size_t v = 0; v < VIEWS; v++) {
            const double *g = r->out.grad + (v * r->n + rank * r->b) * r->d;

            assert_ok(safetensors_get(r->file, &t, "%s/rank%zu/grad%zu",
                                      r->name, rank, v));
            assert_int_equal(t.n, r->b * r->d);
            within(r, "gradient", deviation(r, g, (double)r->w, &t));
        }
}

/* dW += dE^T X of one rank. */
static void add_weight_grad(const struct replay *r, size_t rank, double *dw)
{
    for (size_t v = 0; v < VIEWS; v++)
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
    double own[64] = {0};
    double all[64] = {0};
    struct sft t;

    assert_true(r->d * r->din <= 64);
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

static void run_case(struct replay *r, struct team *team)
{
    struct loss_conf conf = {.name = "infonce",
                             .temperature = json_f64(json_get(r->c, "T"), -1),
                             .groups = (uint32_t)r->w,
                             .n = (uint32_t)r->n,
                             .d = (uint32_t)r->d};
    struct formula w = {r->seed, r->stream, 4002, 0, 1};
    struct loss *loss = NULL;

    assert_ok(mem_new(VIEWS * r->n * r->d, sizeof(double), &r->embed));
    assert_ok(mem_new(VIEWS * r->n * r->din, sizeof(double), &r->x));
    assert_ok(mem_new(r->d * r->din, sizeof(double), &r->weight));
    formula_fill_f64(&w, 0, r->d * r->din, r->weight);
    fill(r);
    assert_ok(loss_new(&conf, team, &loss));
    assert_int_equal(loss_views(loss), VIEWS);
    assert_ok(loss_run(loss, r->embed, &r->out));
    check_values(r);
    check_grads(r);
    if (r->din)
        check_weight_grads(r);
    loss_free(loss);
    mem_free(r->embed);
    mem_free(r->x);
    mem_free(r->weight);
}

static void negative_mining(void **state)
{
    struct json *j = NULL;
    struct safetensors *file = NULL;
    struct team *team = NULL;
    const struct json *cases = NULL;
    size_t consumed = 0;
    size_t covered = 0;

    (void)state;
    assert_ok(team_new(2, &team));
    assert_ok(json_read(golden_path("network/losses.json"), 1 << 24, &j));
    assert_ok(
        safetensors_open(golden_path("network/losses.safetensors"), &file));
    cases = json_get(j, "cases");
    for (size_t i = 0; i < json_len(cases); i++)
        covered += strncmp(json_text(json_get(json_at(cases, i), "name")),
                           "neg_mining", 10) == 0;
    for (size_t i = 0; i < json_len(cases); i++) {
        const struct json *c = json_at(cases, i);
        struct replay r = {.c = c, .file = file};

        if (strcmp(json_text(json_get(c, "loss")), "neg_mining") != 0)
            continue;
        r.name = json_text(json_get(c, "name"));
        r.seed = (uint64_t)json_i64(json_get(j, "seed"), 0);
        r.stream = (uint64_t)json_i64(json_get(c, "stream"), 0);
        r.w = (size_t)json_i64(json_get(c, "W"), 0);
        r.b = (size_t)json_i64(json_get(c, "B"), 0);
        r.d = (size_t)json_i64(json_get(c, "d"), 0);
        r.din = (size_t)json_i64(json_get(c, "din"), 0);
        r.n = r.w * r.b;
        run_case(&r, team);
        consumed++;
    }
    golden_count("neg_mining", consumed, covered, json_len(cases));
    safetensors_close(file);
    json_free(j);
    team_free(team);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(negative_mining),
    };

    return golden_run(tests);
}
