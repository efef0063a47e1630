/* Every loss of the table: refusals, gradient by central differences with
 * foreign groups held constant, order of samples, one sample, threads. */
#include <math.h>

#include "base/mem.h"
#include "base/team.h"

#include "check.h"
#include "det/stream.h"
#include "nn/losses.h"

enum { N = 6, D = 5, VIEWS = 4, LEN = VIEWS * N * D };

static const char *const names[] = {"infonce"};
enum { NAMES = sizeof names / sizeof names[0] };

static struct loss *
open_loss(struct team *team, const char *name, uint32_t n, uint32_t groups)
{
    struct loss_conf conf = {name, 0.3, groups, n, D};
    struct loss *l = NULL;

    assert_ok(loss_new(&conf, team, &l));
    return l;
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

    refused(t, (struct loss_conf){"nothing", 0.1, 1, 4, 2}, "\"nothing\"");
    refused(t, (struct loss_conf){"infonce", 0.1, 3, 4, 2}, "3 groups");
    refused(t, (struct loss_conf){"infonce", 0.1, 0, 4, 2}, "0 groups");
    refused(t, (struct loss_conf){"infonce", 0.0, 1, 4, 2}, "temperature");
    refused(t, (struct loss_conf){"infonce", NAN, 1, 4, 2}, "temperature");
    refused(t, (struct loss_conf){"infonce", 0.1, 1, 0, 2}, "0 samples");
}

/* Loss of the group that sample row belongs to, over the number of groups:
 * what its gradient is the gradient of. */
static double
own_value(struct loss *l, const double *x, size_t row, uint32_t groups)
{
    struct loss_out out;

    assert_ok(loss_run(l, x, &out));
    return out.group[row % N / (N / groups)] / groups;
}

static void gradient_is_that_of_the_value(void **state)
{
    double x[LEN];
    double grad[LEN];
    struct loss_out out;

    fill(x, LEN, 1);
    for (size_t k = 0; k < NAMES; k++)
        for (uint32_t groups = 1; groups <= 3; groups++) {
            struct loss *l = open_loss(*state, names[k], N, groups);

            assert_int_equal(loss_views(l), VIEWS);
            assert_ok(loss_run(l, x, &out));
            memcpy(grad, out.grad, sizeof grad);
            for (size_t i = 0; i < LEN; i++) {
                double keep = x[i];
                double plus;
                double minus;

                x[i] = keep + 1e-6;
                plus = own_value(l, x, i / D, groups);
                x[i] = keep - 1e-6;
                minus = own_value(l, x, i / D, groups);
                x[i] = keep;
                assert_true(fabs((plus - minus) / 2e-6 - grad[i]) < 1e-8);
            }
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

        assert_ok(loss_run(l, x, &out));
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
    for (size_t k = 0; k < NAMES; k++) {
        struct loss *l = open_loss(*state, names[k], N, 1);

        assert_ok(loss_run(l, x, &out));
        value = out.value;
        memcpy(grad, out.grad, sizeof grad);
        assert_ok(loss_run(l, y, &out));
        assert_true(fabs(out.value - value) < 1e-13);
        for (size_t v = 0; v < VIEWS; v++)
            for (size_t i = 0; i < N * D; i++)
                assert_true(fabs(out.grad[v * N * D + (i + 2 * D) % (N * D)] -
                                 grad[v * N * D + i]) < 1e-13);
        loss_free(l);
    }
}

static void one_sample(void **state)
{
    double x[VIEWS * D];
    struct loss_out out;

    fill(x, VIEWS * D, 4);
    for (size_t k = 0; k < NAMES; k++) {
        struct loss *l = open_loss(*state, names[k], 1, 1);

        assert_ok(loss_run(l, x, &out));
        assert_true(isfinite(out.value) && out.value >= 0);
        for (size_t i = 0; i < VIEWS * D; i++)
            assert_true(isfinite(out.grad[i]));
        loss_free(l);
    }
}

/* Trap 5: a zero embedding has a gradient of order 1e12; below 1e-12 the
 * length is a constant. Trap 6: no overflow at a small temperature. */
static void lengths_near_zero_and_large_logits(void **state)
{
    struct loss_conf conf = {"infonce", 0.001, 1, N, D};
    double x[LEN];
    struct loss *l = open_loss(*state, "infonce", N, 1);
    struct loss_out out;
    double largest = 0;

    fill(x, LEN, 5);
    memset(x, 0, D * sizeof *x);
    assert_ok(loss_run(l, x, &out));
    for (size_t i = 0; i < D; i++)
        largest = fabs(out.grad[i]) > largest ? fabs(out.grad[i]) : largest;
    assert_true(largest > 1e9 && largest < 1e13);
    loss_free(l);
    assert_ok(loss_new(&conf, *state, &l));
    assert_ok(loss_run(l, x, &out));
    assert_true(isfinite(out.value));
    x[7] = NAN;
    assert_fails(loss_run(l, x, &out), ERR_NUMERIC, "not finite");
    loss_free(l);
}

static void threads_do_not_enter(void **state)
{
    double x[LEN];
    double grad[LEN];
    struct loss_out out;
    struct loss *l = open_loss(*state, "infonce", N, 2);

    fill(x, LEN, 6);
    assert_ok(loss_run(l, x, &out));
    memcpy(grad, out.grad, sizeof grad);
    loss_free(l);
    for (int threads = 1; threads <= 3; threads++) {
        struct team *team = NULL;

        assert_ok(team_new(threads, &team));
        l = open_loss(team, "infonce", N, 2);
        assert_ok(loss_run(l, x, &out));
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
    assert_ok(loss_run(l, x, &out));
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
        cmocka_unit_test(lengths_near_zero_and_large_logits),
        cmocka_unit_test(threads_do_not_enter),
        cmocka_unit_test(health_figures),
        cmocka_unit_test(shards_to_views_and_back),
    };

    return cmocka_run_group_tests(tests, start, stop);
}
