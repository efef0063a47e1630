/* What the goldens do not say: tickets, determinism, learning, no observation
 * at all. */
#include <math.h>

#include "check.h"
#include "hpo/tpe.h"

enum { N = 300 };
static const char *const choices[] = {"\"x\"", "\"y\"", "\"z\""};
static struct space_param params[] = {
    {.name = "C", .kind = SPACE_FLOAT, .low = 1e-6, .high = 1e3, .log = true},
    {.name = "k", .kind = SPACE_INT, .low = 1, .high = 9, .step = 2},
    {.name = "a",
     .kind = SPACE_CATEGORICAL,
     .n_choices = 3,
     .choices = choices}};
static const struct space space = {3, params};
static double x[N][3];
static struct trial trials[N];

static double objective(const double *v)
{
    double c = log10(v[0]) - 1.0;
    return -c * c - 0.1 * fabs(v[1] - 5) - (v[2] == 1 ? 0 : 0.5);
}

static void optimise(const struct tpe_conf *conf, uint32_t lag, uint64_t seed)
{
    struct tpe_memo *memo = NULL;

    assert_ok(tpe_memo_new(&space, &memo));
    for (uint32_t t = 0; t < N; t++) {
        struct tpe_rng rng;
        struct tpe_past past = {&space, trials, t, memo, NULL};
        if (t > lag) {
            trials[t - lag - 1].state = TRIAL_COMPLETE;
            trials[t - lag - 1].value = objective(x[t - lag - 1]);
        }
        tpe_rng_ticket(&rng, seed, 0, t);
        assert_ok(tpe_suggest(conf, &past, &rng, x[t]));
        for (uint32_t p = 0; p < 3; p++)
            assert_true(x[t][p] >= params[p].low);
        assert_true(x[t][0] <= 1e3 && x[t][1] <= 9 && x[t][2] < 3);
        assert_true(fmod(x[t][1], 2) == 1 && x[t][2] == floor(x[t][2]));
        trials[t] = (struct trial){
            .state = TRIAL_RUNNING, .value = (double)NAN, .x = x[t]};
    }
    tpe_memo_free(memo);
}

static double best_of(uint32_t n)
{
    double best = -(double)INFINITY;
    for (uint32_t t = 0; t < n; t++)
        best = fmax(best, objective(x[t]));
    return best;
}

static void learns_with_and_without_lag(void **state)
{
    (void)state;
    struct tpe_conf conf = tpe_defaults();
    conf.maximise = true;
    for (int joint = 0; joint < 2; joint++) {
        conf.multivariate = joint;
        optimise(&conf, 0, 3);
        assert_true(best_of(N) > -1e-4);
        optimise(&conf, 7, 3);
        assert_true(best_of(N) > -1e-4);
    }
    /* it is the model that learns: random draws stay behind */
    conf.n_startup = N + 1;
    optimise(&conf, 0, 3);
    assert_true(best_of(N) < -1e-4);
}

static void ticket_decides_all(void **state)
{
    (void)state;
    struct tpe_conf conf = tpe_defaults();
    double again[3];
    struct tpe_rng rng;
    struct tpe_past past = {&space, trials, N - 1, NULL, NULL};
    optimise(&conf, 3, 9);
    tpe_rng_ticket(&rng, 9, 0, N - 1);
    assert_ok(tpe_suggest(&conf, &past, &rng, again));
    assert_memory_equal(again, x[N - 1], sizeof again);
    tpe_rng_ticket(&rng, 10, 0, N - 1);
    assert_ok(tpe_suggest(&conf, &past, &rng, again));
    assert_memory_not_equal(again, x[N - 1], sizeof again);
    tpe_rng_ticket(&rng, 9, 1, N - 1);
    assert_ok(tpe_suggest(&conf, &past, &rng, again));
    assert_memory_not_equal(again, x[N - 1], sizeof again);
}

/* Suggested with a memo all along, and again from nothing. */
static void a_memo_changes_nothing(void **state)
{
    (void)state;
    for (int k = 0; k < 12; k++) {
        struct tpe_conf conf = tpe_defaults();
        uint32_t lag = k % 3 == 0 ? 0 : 5;
        conf.parzen.rules = k % 2 ? TPE_V31 : TPE_CURRENT;
        conf.parzen.numpy_order = lag == 0;
        conf.multivariate = k / 6;
        conf.maximise = true;
        optimise(&conf, lag, 9);
        for (uint32_t t = 0; t < N; t++) {
            struct tpe_past past = {&space, trials, t, NULL, NULL};
            struct tpe_rng rng;
            double again[3];
            for (uint32_t i = t > lag ? t - lag : 0; i < N; i++)
                trials[i].state = TRIAL_RUNNING;
            for (uint32_t i = 0; i + lag < t; i++)
                trials[i].state = TRIAL_COMPLETE;
            tpe_rng_ticket(&rng, 9, 0, t);
            assert_ok(tpe_suggest(&conf, &past, &rng, again));
            assert_memory_equal(again, x[t], sizeof again);
        }
    }
}

/* FAIL is no observation; a running trial repels only under the liar. */
static void who_counts(void **state)
{
    (void)state;
    struct tpe_conf conf = tpe_defaults();
    uint32_t below[N];
    uint32_t above[N];
    struct tpe_split s = {.below = below, .above = above};
    optimise(&conf, 3, 9);
    assert_int_equal(tpe_finished(trials, N), N - 4);
    assert_ok(tpe_split(&conf, trials, N, 5, &s));
    assert_int_equal(s.n_below + s.n_above, N);
    conf.liar = false;
    trials[0].state = TRIAL_FAIL;
    trials[1].state = TRIAL_WAITING;
    assert_int_equal(tpe_finished(trials, N), N - 6);
    assert_ok(tpe_split(&conf, trials, N, 5, &s));
    assert_int_equal(s.n_below, 5);
    assert_int_equal(s.n_above, N - 11);
}

static void single_values_cost_nothing(void **state)
{
    (void)state;
    struct space_param one = {.name = "C", .low = 2, .high = 2};
    struct space only = {1, &one};
    struct tpe_past past = {&only, NULL, 0, NULL, NULL};
    struct tpe_conf conf = tpe_defaults();
    struct mt19937 mt[2];
    struct tpe_rng rng;
    double v;
    tpe_rng_sequential(&rng, 1, mt);
    assert_ok(tpe_suggest(&conf, &past, &rng, &v));
    assert_true(v == 2);
    assert_int_equal(mt[0].next, MT_N);
    assert_int_equal(mt[1].next, MT_N);
}

static void draws_differ_before_and_after_start(void **state)
{
    (void)state;
    struct tpe_rng rng;
    tpe_rng_ticket(&rng, 1, 0, 0);
    assert_true(draw_double(&rng.start) != draw_double(&rng.model));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(learns_with_and_without_lag),
        cmocka_unit_test(ticket_decides_all),
        cmocka_unit_test(a_memo_changes_nothing),
        cmocka_unit_test(who_counts),
        cmocka_unit_test(single_values_cost_nothing),
        cmocka_unit_test(draws_differ_before_and_after_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
