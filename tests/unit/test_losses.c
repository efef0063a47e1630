/* Every loss of the table: refusals, gradient by central differences with
 * foreign groups held constant, order of samples, one sample, threads. */
#include <math.h>

#include "base/mem.h"
#include "base/team.h"

#include "check.h"
#include "det/stream.h"
#include "nn/losses.h"

enum { N = 6, D = 5, VIEWS = 4, LEN = VIEWS * N * D };

/* constant: views that receive no gradient; through: views whose codes move
 * with them, so differences see more than the gradient is of. */
static const struct row {
    const char *name;
    uint32_t views, constant, through;
    int classes; /* 0 no target, 1 class numbers, 2 values */
} table[] = {
    {"infonce", 4, 0, 0, 0},     {"ntxent_mined", 4, 0, 0, 0},
    {"ntxent", 2, 0, 0, 0},      {"nnclr", 4, 1 | 4, 0, 0},
    {"swav", 4, 0, 1 | 2, 0},    {"nnclr_gather", 4, 1 | 4, 0, 0},
    {"ntxent_bank", 2, 0, 0, 0}, {"nnclr_bank", 4, 1 | 4, 0, 0},
    {"ce", 1, 0, 0, 1},          {"bce", 1, 0, 0, 2},
    {"mae", 1, 0, 0, 2},
};
enum { ROWS = sizeof table / sizeof table[0] };

/* vectors of a bank for each of up to three groups */
enum { QUEUE = 2 };
static const double bank[3 * QUEUE * D] = {
    0.5, -1, 0.25, 2, 0,  1, 1,    -1, 0.5, 0.125, 0, 0.75, -2, 1, 1,
    -1,  0,  0.5,  1, -3, 2, -0.5, 0,  1,   1,     0, -1,   1,  2, 0.25};

static const double classes[N] = {0, 4, 2, 2, 1, 3};
static const double values[N * D] = {0, 1, 1, 0, 0.5, 0.25, 1, 0, 1};

static struct loss *
open_loss(struct team *team, const char *name, uint32_t n, uint32_t groups)
{
    struct loss_conf conf = {.name = name,
                             .temperature = 0.3,
                             .groups = groups,
                             .n = n,
                             .d = D,
                             .high = 2,
                             .low = 2,
                             .queue = QUEUE,
                             .epsilon = 0.5,
                             .rounds = 3};
    struct loss *l = NULL;

    assert_ok(loss_new(&conf, team, &l));
    return l;
}

static status
run(struct loss *l, const double *x, uint32_t n, struct loss_out *out)
{
    struct loss_in in = {.output = x, .n = n, .target = classes};

    return loss_run(l, &in, out);
}

static status run_row(struct loss *l,
                      const struct row *r,
                      const double *x,
                      uint32_t n,
                      struct loss_out *out)
{
    struct loss_in in = {.output = x, .n = n};

    in.queue = strstr(r->name, "_bank") ? bank : NULL;
    in.target = r->classes == 1 ? classes : r->classes == 2 ? values : NULL;
    return loss_run(l, &in, out);
}

static void fill(double *x, size_t n, uint64_t seed)
{
    struct stream r = stream_at(seed, STREAM_TEST, 0, 0, 0);

    for (size_t i = 0; i < n; i++)
        x[i] = stream_normal(&r);
}

static void refused(struct team *team, struct loss_conf c, const char *word)
{
    struct loss *l = NULL;

    assert_fails(loss_new(&c, team, &l), ERR_CONF, word);
    assert_null(l);
}

static void bad_configurations(void **state)
{
    struct team *t = *state;

    refused(
        t,
        (struct loss_conf){
            .name = "nothing", .temperature = 0.1, .groups = 1, .n = 4, .d = 2},
        "\"nothing\"");
    refused(
        t,
        (struct loss_conf){
            .name = "infonce", .temperature = 0.1, .groups = 3, .n = 4, .d = 2},
        "3 groups");
    refused(
        t,
        (struct loss_conf){
            .name = "infonce", .temperature = 0.1, .groups = 0, .n = 4, .d = 2},
        "0 groups");
    refused(
        t,
        (struct loss_conf){
            .name = "infonce", .temperature = 0.0, .groups = 1, .n = 4, .d = 2},
        "temperature");
    refused(
        t,
        (struct loss_conf){
            .name = "infonce", .temperature = NAN, .groups = 1, .n = 4, .d = 2},
        "temperature");
    refused(
        t,
        (struct loss_conf){
            .name = "infonce", .temperature = 0.1, .groups = 1, .n = 0, .d = 2},
        "0 samples");
    refused(t,
            (struct loss_conf){.name = "swav",
                               .temperature = 0.1,
                               .groups = 1,
                               .n = 4,
                               .d = 2,
                               .high = 1},
            "1 high and 0 low");
}

/* Loss of the group that sample row belongs to, over the number of groups:
 * what its gradient is the gradient of. */
static double own_value(struct loss *l,
                        const struct row *r,
                        const double *x,
                        size_t row,
                        uint32_t groups)
{
    struct loss_out out;

    assert_ok(run_row(l, r, x, N, &out));
    return out.group[row % N / (N / groups)] / groups;
}

static void check_gradient(struct loss *l, const struct row *r, uint32_t groups)
{
    double x[LEN];
    double grad[LEN];
    struct loss_out out;

    fill(x, LEN, 1);
    assert_int_equal(loss_views(l), r->views);
    assert_ok(run_row(l, r, x, N, &out));
    memcpy(grad, out.grad, r->views * N * D * sizeof *grad);
    for (size_t i = 0; i < (size_t)r->views * N * D; i++) {
        uint32_t view = 1u << (i / (N * D));
        double keep = x[i];
        double plus;
        double minus;

        if (r->constant & view)
            assert_true(grad[i] == 0.0);
        if ((r->constant | r->through) & view)
            continue;
        x[i] = keep + 1e-6;
        plus = own_value(l, r, x, i / D, groups);
        x[i] = keep - 1e-6;
        minus = own_value(l, r, x, i / D, groups);
        x[i] = keep;
        if (!(fabs((plus - minus) / 2e-6 - grad[i]) < 1e-8))
            fail_msg("%s, element %zu", r->name, i);
    }
}

static void gradient_is_that_of_the_value(void **state)
{
    for (size_t k = 0; k < ROWS; k++)
        for (uint32_t groups = 1; groups <= 3; groups++) {
            struct loss *l = open_loss(*state, table[k].name, N, groups);

            check_gradient(l, &table[k], groups);
            loss_free(l);
        }
}

/* The groups' losses have the whole's mean; more groups change the gradient,
 * not the value. */
static void groups_share_the_value(void **state)
{
    double x[LEN];
    double grad[2][LEN];
    double value[2];
    struct loss_out out;
    double diff = 0;

    fill(x, LEN, 2);
    for (uint32_t g = 1; g <= 2; g++) {
        struct loss *l = open_loss(*state, "infonce", N, g);

        assert_ok(run(l, x, N, &out));
        value[g - 1] = out.value;
        memcpy(grad[g - 1], out.grad, sizeof grad[0]);
        if (g == 2)
            assert_true(fabs((out.group[0] + out.group[1]) / 2 - out.value) <
                        1e-14);
        loss_free(l);
    }
    assert_true(value[0] == value[1]);
    for (size_t i = 0; i < LEN; i++)
        diff += fabs(grad[0][i] - grad[1][i]);
    assert_true(diff > 1e-3);
}

/* Those without a target: it would have to turn with them. */
static void order_of_samples_does_not_matter(void **state)
{
    double x[LEN];
    double y[LEN];
    double grad[LEN];
    struct loss_out out;
    double value;

    fill(x, LEN, 3);
    for (size_t v = 0; v < VIEWS; v++)
        for (size_t i = 0; i < N; i++)
            memcpy(y + (v * N + (i + 2) % N) * D, x + (v * N + i) * D,
                   D * sizeof *x);
    for (size_t k = 0; k < ROWS; k++) {
        struct loss *l = open_loss(*state, table[k].name, N, 1);
        size_t len = (size_t)table[k].views * N * D;

        if (table[k].classes) {
            loss_free(l);
            continue;
        }
        assert_ok(run_row(l, &table[k], x, N, &out));
        value = out.value;
        memcpy(grad, out.grad, len * sizeof *grad);
        assert_ok(run_row(l, &table[k], y, N, &out));
        assert_true(fabs(out.value - value) < 1e-13);
        for (size_t i = 0; i < len; i++) {
            size_t to = i / (N * D) * N * D + (i % (N * D) + 2 * D) % (N * D);

            assert_true(fabs(out.grad[to] - grad[i]) < 1e-13);
        }
        loss_free(l);
    }
}

static void one_sample(void **state)
{
    double x[VIEWS * D];
    struct loss_out out;

    fill(x, VIEWS * D, 4);
    for (size_t k = 0; k < ROWS; k++) {
        struct loss *l = open_loss(*state, table[k].name, 1, 1);

        assert_ok(run_row(l, &table[k], x, 1, &out));
        assert_true(isfinite(out.value) && out.value >= 0);
        for (size_t i = 0; i < table[k].views * D; i++)
            assert_true(isfinite(out.grad[i]));
        loss_free(l);
    }
}

/* A loss made for N samples over fewer is that made for fewer. */
static void fewer_samples_than_planned(void **state)
{
    double x[LEN];
    double grad[LEN];
    struct loss_out out;
    double value;

    fill(x, LEN, 8);
    for (size_t k = 0; k < ROWS; k++) {
        struct loss *few = open_loss(*state, table[k].name, 4, 1);
        struct loss *many = open_loss(*state, table[k].name, N, 1);
        size_t len = (size_t)table[k].views * 4 * D;

        assert_ok(run_row(few, &table[k], x, 4, &out));
        value = out.value;
        memcpy(grad, out.grad, len * sizeof *grad);
        assert_ok(run_row(many, &table[k], x, 4, &out));
        assert_true(out.value == value);
        assert_same_bits(out.grad, grad, len * sizeof *grad);
        loss_free(few);
        loss_free(many);
    }
}

static void a_class_out_of_range(void **state)
{
    struct loss *l = open_loss(*state, "ce", N, 1);
    double bad[N] = {0, 1, 2, D, 0, 0};
    double x[N * D] = {0};
    struct loss_in in = {.output = x, .n = N, .target = bad};
    struct loss_out out;

    assert_fails(loss_run(l, &in, &out), ERR_DATA, "sample 3 of the batch");
    bad[3] = -1;
    assert_fails(loss_run(l, &in, &out), ERR_DATA, "class -1");
    bad[3] = 0.5;
    assert_fails(loss_run(l, &in, &out), ERR_DATA, "class 0.5");
    loss_free(l);
}

/* Logits whose exponentials overflow. */
static void large_logits(void **state)
{
    double x[D] = {1e4, -1e4, 0, 3, 1e4};
    double label = 1;
    struct loss_in in = {.output = x, .n = 1, .target = &label};
    struct loss_out out;
    struct loss *l = open_loss(*state, "ce", 1, 1);

    assert_ok(loss_run(l, &in, &out));
    assert_true(fabs(out.value - (2e4 + log(2))) < 1e-9);
    loss_free(l);
    l = open_loss(*state, "bce", 1, 1);
    in.target = values;
    assert_ok(loss_run(l, &in, &out));
    assert_true(fabs(out.value * D - 2e4 - log(2) - 3 - log1p(exp(-3)) - 5e3) <
                1e-9);
    loss_free(l);
}

/* Trap 5: a zero embedding has a gradient of order 1e12; below 1e-12 the
 * length is a constant. Trap 6: no overflow at a small temperature. */
static void lengths_near_zero_and_large_logits(void **state)
{
    struct loss_conf conf = {
        .name = "infonce", .temperature = 0.001, .groups = 1, .n = N, .d = D};
    double x[LEN];
    struct loss *l = open_loss(*state, "infonce", N, 1);
    struct loss_out out;
    double largest = 0;

    fill(x, LEN, 5);
    memset(x, 0, D * sizeof *x);
    assert_ok(run(l, x, N, &out));
    for (size_t i = 0; i < D; i++)
        largest = fabs(out.grad[i]) > largest ? fabs(out.grad[i]) : largest;
    assert_true(largest > 1e9 && largest < 1e13);
    loss_free(l);
    assert_ok(loss_new(&conf, *state, &l));
    assert_ok(run(l, x, N, &out));
    assert_true(isfinite(out.value));
    x[7] = NAN;
    assert_fails(run(l, x, N, &out), ERR_NUMERIC, "sample 1 of the batch");
    loss_free(l);
}

static void threads_do_not_enter(void **state)
{
    double x[LEN];
    double grad[LEN];
    struct loss_out out;
    struct loss *l = open_loss(*state, "infonce", N, 2);

    fill(x, LEN, 6);
    assert_ok(run(l, x, N, &out));
    memcpy(grad, out.grad, sizeof grad);
    loss_free(l);
    for (int threads = 1; threads <= 3; threads++) {
        struct team *team = NULL;

        assert_ok(team_new(threads, &team));
        l = open_loss(team, "infonce", N, 2);
        assert_ok(run(l, x, N, &out));
        assert_same_bits(out.grad, grad, sizeof grad);
        loss_free(l);
        team_free(team);
    }
}

static double dot_unit(const double *a, const double *b)
{
    double ab = 0;
    double aa = 0;
    double bb = 0;

    for (size_t i = 0; i < D; i++) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    return ab / sqrt(aa * bb);
}

static void health_figures(void **state)
{
    double x[LEN];
    struct loss_out out;
    struct loss *l = open_loss(*state, "infonce", N, 1);
    double own = 0;
    double other = 0;
    double negative = 0;

    fill(x, LEN, 7);
    assert_ok(run(l, x, N, &out));
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < N; k++) {
            if (i == k)
                own += dot_unit(x + i * D, x + (N + k) * D) / N;
            else
                other += dot_unit(x + i * D, x + k * D) / (N * (N - 1));
            negative += dot_unit(x + i * D, x + (2 * N + k) * D) / (N * N);
        }
    assert_true(fabs(out.own - own) < 1e-14);
    assert_true(fabs(out.other - other) < 1e-14);
    assert_true(fabs(out.negative - negative) < 1e-14);
    loss_free(l);
}

/* [shards][views m][d] <-> [views][shards m][d] */
static void shards_to_views_and_back(void **state)
{
    enum { V = 3, M = 2, W = 2 };
    struct meet meet = {.shards = V, .shard_lo = 1, .shard_n = 2};
    float rows[V * VIEWS * M * W];
    double rows64[V * VIEWS * M * W];
    double view[V * VIEWS * M * W];
    double view64[V * VIEWS * M * W];
    double back[2 * VIEWS * M * W];

    (void)state;
    for (int i = 0; i < V * VIEWS * M * W; i++) {
        rows[i] = (float)i;
        rows64[i] = i;
    }
    loss_by_view(rows, V, VIEWS, M, W, view);
    loss_by_view_f64(rows64, V, VIEWS, M, W, view64);
    assert_same_bits(view, view64, sizeof view);
    for (int s = 0; s < V; s++)
        for (int v = 0; v < VIEWS; v++)
            for (int j = 0; j < M; j++)
                assert_true(view[(v * V * M + s * M + j) * W + 1] ==
                            ((s * VIEWS + v) * M + j) * W + 1);
    loss_by_shard(view, &meet, VIEWS, M, W, back);
    assert_same_bits(back, rows64 + VIEWS * M * W, sizeof back);
}

static int start(void **state)
{
    return team_new(2, (struct team **)state) == OK ? 0 : -1;
}

static int stop(void **state)
{
    team_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_configurations),
        cmocka_unit_test(gradient_is_that_of_the_value),
        cmocka_unit_test(groups_share_the_value),
        cmocka_unit_test(order_of_samples_does_not_matter),
        cmocka_unit_test(one_sample),
        cmocka_unit_test(fewer_samples_than_planned),
        cmocka_unit_test(a_class_out_of_range),
        cmocka_unit_test(large_logits),
        cmocka_unit_test(lengths_near_zero_and_large_logits),
        cmocka_unit_test(threads_do_not_enter),
        cmocka_unit_test(health_figures),
        cmocka_unit_test(shards_to_views_and_back),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
