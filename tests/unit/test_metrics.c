/* Edge cases, resamples and intervals; values are in tests/golden. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "det/stream.h"
#include "eval/fold.h"
#include "eval/metrics.h"
#include "eval/scaler.h"

enum { N = 120 };

static struct scored *
random_scores(uint32_t classes, double signal, uint64_t what)
{
    static int32_t y[N];
    static double p[N * 4];
    struct stream r = stream_at(5, STREAM_TEST, what, 0, 0);
    struct scored *s = NULL;

    for (uint32_t i = 0; i < N; i++) {
        y[i] = (int32_t)(i * 7 % classes);
        for (uint32_t k = 0; k < classes; k++)
            p[i * classes + k] =
                stream_double(&r) + signal * (k == (uint32_t)y[i]);
    }
    assert_ok(scored_new(y, p, N, classes, &s));
    return s;
}

static void test_undefined(void **state)
{
    int32_t y[3] = {1, 1, 1};
    double p[6] = {0.1, 0.9, 0.4, 0.6, 0.3, 0.7};
    struct scored *s = NULL;
    double v = 0.0;
    double *x = NULL;
    double *t = NULL;
    uint32_t n = 0;

    (void)state;
    assert_ok(scored_new(y, p, 3, 2, &s));
    assert_ok(scored_metric(s, METRIC_AUC, NULL, 0, &v));
    assert_true(isnan(v));
    assert_fails(scored_roc(s, 1, &x, &t, &n), ERR_DATA, "0 of others");
    assert_fails(scored_roc(s, 2, &x, &t, &n), ERR_DATA, "class 2 of 2");
    uint32_t idx[1] = {3};
    assert_fails(scored_metric(s, METRIC_AUC, idx, 1, &v), ERR_DATA, "row 3");
    scored_free(s);
    y[2] = 2;
    assert_fails(scored_new(y, p, 3, 2, &s), ERR_DATA, "row 2");
    y[2] = 0;
    p[3] = NAN;
    assert_fails(scored_new(y, p, 3, 2, &s), ERR_NUMERIC, "row 1, class 1");
    assert_fails(scored_new(y, p, 3, 1, &s), ERR_DATA, "two or more");
}

static void test_bootstrap(void **state)
{
    struct scored *good = random_scores(4, 0.6, 1);
    struct bootstrap b = {.seed = 9, .what = 3, .resamples = 400};

    (void)state;
    for (int m = 0; m < METRICS; m++) {
        struct interval one;
        struct interval two;

        assert_ok(bootstrap_metric(good, (enum metric)m, &b, &one));
        assert_ok(bootstrap_metric(good, (enum metric)m, &b, &two));
        assert_same_bits(&one, &two, sizeof one);
        assert_true(one.lo < one.value && one.value < one.hi);
        assert_true(one.lo < one.mean && one.mean < one.hi);
        assert_int_equal(one.used + one.left_out, 400);
        b.what++;
        assert_ok(bootstrap_metric(good, (enum metric)m, &b, &two));
        assert_true(one.mean != two.mean && one.value == two.value);
        b.what--;
        assert_int_equal(metric_find(metric_name((enum metric)m)), m);
    }
    assert_int_equal(metric_find("nothing"), -1);
    scored_free(good);
}

/* A paired interval is narrower than two single ones say; a set against
 * itself differs by nothing. */
static void test_difference(void **state)
{
    struct scored *good = random_scores(3, 0.6, 1);
    struct scored *poor = random_scores(3, 0.1, 1);
    struct scored *two = random_scores(2, 0.1, 1);
    struct bootstrap b = {.seed = 9, .what = 3, .resamples = 400};
    struct interval d;
    struct interval g;
    struct interval p;

    (void)state;
    assert_ok(bootstrap_difference(good, good, METRIC_AUC, &b, &d));
    assert_true(d.value == 0.0 && d.lo == 0.0 && d.hi == 0.0 && d.above == 0.0);
    assert_ok(bootstrap_difference(good, poor, METRIC_AUC, &b, &d));
    assert_ok(bootstrap_metric(good, METRIC_AUC, &b, &g));
    assert_ok(bootstrap_metric(poor, METRIC_AUC, &b, &p));
    assert_true(d.value == g.value - p.value && d.lo > 0.0 && d.above == 1.0);
    assert_true(fabs(d.mean - (g.mean - p.mean)) < 1e-12);
    assert_true(d.hi - d.lo < (g.hi - g.lo) + (p.hi - p.lo));
    assert_fails(bootstrap_difference(good, two, METRIC_AUC, &b, &d), ERR_DATA,
                 "3 classes against");
    scored_free(two);
    scored_free(poor);
    scored_free(good);
}

/* Resamples that lack a class are left out and counted. */
static void test_left_out(void **state)
{
    int32_t y[6] = {0, 0, 0, 0, 0, 1};
    double p[12] = {0};
    struct scored *s = NULL;
    struct interval v;
    struct bootstrap b = {.seed = 1, .resamples = 300};

    (void)state;
    for (int i = 0; i < 6; i++)
        p[2 * i + 1] = i;
    assert_ok(scored_new(y, p, 6, 2, &s));
    assert_ok(bootstrap_metric(s, METRIC_AUC, &b, &v));
    /* (5/6)^6 = 0.335 of them hold no positive */
    assert_in_range(v.left_out, 70, 130);
    assert_true(v.mean == 1.0 && v.value == 1.0);
    scored_free(s);
}

/* Beyond the middle of a gap one counts from its upper end, as numpy does;
 * the other form differs in the last bit here. */
static void test_percentile(void **state)
{
    const double gap[2] = {0.217, 0.639};
    const double bad[2] = {0.5, (double)NAN};

    (void)state;
    assert_true(percentile_sorted(gap, 2, 97.5) == 0.62845);
    assert_true(percentile_sorted(gap, 2, 0.0) == gap[0]);
    assert_true(percentile_sorted(gap, 2, 100.0) == gap[1]);
    assert_true(isnan(percentile_sorted(bad, 2, 2.5)));
}

static void test_scaler(void **state)
{
    double x[6] = {1, 5, 2, 5, 3, 5};
    struct scaler *s = NULL;

    (void)state;
    assert_ok(scaler_fit(x, 3, 2, &s));
    assert_true(s->mean[0] == 2.0 && s->scale[1] == 1.0);
    scaler_apply(s, x, 3, x);
    assert_true(x[1] == 0.0 && x[2] == 0.0 && x[0] == -x[4]);
    scaler_free(s);
    x[3] = NAN;
    assert_fails(scaler_fit(x, 3, 2, &s), ERR_NUMERIC, "row 1, column 1");
    assert_fails(scaler_fit(x, 0, 2, &s), ERR_DATA, "0 rows");
}

static void test_fold(void **state)
{
    int32_t y[6] = {7, 7, 7, 9, 9, 9};
    uint32_t fold[6];
    uint32_t few = 0;

    (void)state;
    assert_ok(fold_stratified(y, 6, 3, fold, &few));
    assert_int_equal(few, 3);
    for (int i = 0; i < 6; i++)
        assert_int_equal(fold[i], i % 3);
    assert_fails(fold_stratified(y, 6, 4, fold, &few), ERR_DATA, "more than 3");
    assert_fails(fold_stratified(y, 6, 1, fold, &few), ERR_DATA, "1 folds");
    assert_fails(fold_stratified(y, 6, 7, fold, &few), ERR_DATA, "7 folds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undefined),  cmocka_unit_test(test_bootstrap),
        cmocka_unit_test(test_difference), cmocka_unit_test(test_left_out),
        cmocka_unit_test(test_percentile), cmocka_unit_test(test_scaler),
        cmocka_unit_test(test_fold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
