/* Bands of both curves: against scikit-learn and numpy, and what has none. */
#include <math.h>

#include "check.h"
#include "eval/metrics.h"

enum { N = 60 };

/* Scores with ties, y[i] in 0, 1. */
static struct scored *tied(void)
{
    int32_t y[N];
    double p[N][2];
    struct scored *s = NULL;

    for (int i = 0; i < N; i++) {
        int twentieth;

        y[i] = i * i % 7 < 3;
        twentieth = i * 37 % 41 / 3 + 2 * y[i];
        p[i][1] = twentieth / 20.0;
        p[i][0] = 1.0 - p[i][1];
    }
    assert_ok(scored_new(y, p[0], N, 2, &s));
    return s;
}

/* RandomState(3).randint(60, size=60), 200 times; roc_curve and np.interp,
 * precision_recall_curve, np.percentile: scikit-learn 1.9.1, numpy 1.26.4. */
static void test_peer(void **state)
{
    static const struct {
        int point;
        double v[4]; /* ROC low, high; precision low, high */
    } want[] = {
        {0, {0.13953488372093023, 0.40563612392880694, 1, 1}},
        {1, {0.15081493506493507, 0.42404355400696869, 1, 1}},
        {5, {0.19320238095238096, 0.52087101063829788, 1, 1}},
        {13,
         {0.25079591836734694, 0.75347606382978738, 0.66666666666666663, 1}},
        {25,
         {0.39517441860465119, 0.95213399189463022, 0.66621621621621618,
          0.93103448275862066}},
        {40, {0.69959302325581407, 1, 0.6510295542635659, 0.88095238095238093}},
        {50, {1, 1, 0.66070586253369268, 0.85734890109890105}},
    };
    static const double area[2][3] = {
        {0.67920656634746923, 0.50054557124518628, 0.82829667623550607},
        {0.84285598451592891, 0.74071111022111769, 0.92698811640969259}};
    static const struct bootstrap b = {
        .seed = 3, .resamples = 200, .draws = DRAWS_STUDY};
    struct scored *s = tied();
    struct band band[2];

    (void)state;
    assert_ok(scored_bands(s, 1, &b, &band[0], &band[1]));
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        for (size_t k = 0; k < 2; k++) {
            int at = want[i].point;

            assert_true(band[k].x[at] == at / 50.0);
            assert_true(fabs(band[k].lo[at] - want[i].v[2 * k]) < 1e-12);
            assert_true(fabs(band[k].hi[at] - want[i].v[2 * k + 1]) < 1e-12);
        }
    for (int k = 0; k < 2; k++) {
        const struct interval *v = &band[k].area;
        const double got[] = {v->value, v->lo, v->hi};

        assert_int_equal(v->used, 200);
        for (int i = 0; i < 3; i++)
            assert_true(fabs(got[i] - area[k][i]) < 1e-12);
    }
    scored_free(s);
}

/* The interval of the area is the metric's own: the same draws. */
static void test_same_draws(void **state)
{
    static const struct bootstrap b = {.seed = 8, .resamples = 300};
    static const enum metric metric[] = {METRIC_AUC, METRIC_AP};
    struct scored *s = tied();
    struct band band[2];

    (void)state;
    assert_ok(scored_bands(s, 1, &b, &band[0], &band[1]));
    for (int k = 0; k < 2; k++) {
        struct interval v;

        assert_ok(bootstrap_metric(s, metric[k], &b, &v));
        assert_true(band[k].area.value == v.value);
        assert_true(band[k].area.mean == v.mean && band[k].area.sd == v.sd);
        assert_true(band[k].area.lo == v.lo && band[k].area.hi == v.hi);
        for (int i = 0; i < BAND_POINTS; i++)
            assert_true(band[k].lo[i] <= band[k].hi[i]);
    }
    scored_free(s);
}

/* A class that never occurs has none; resamples without it are left out. */
static void test_rare(void **state)
{
    static const struct bootstrap b = {.seed = 1, .resamples = 400};
    const int32_t y[6] = {0, 0, 0, 1, 0, 0};
    double p[18];
    struct scored *s = NULL;
    struct band roc;
    struct band pr;

    (void)state;
    for (int i = 0; i < 18; i++)
        p[i] = i * 5 % 7;
    assert_ok(scored_new(y, p, 6, 3, &s));
    assert_ok(scored_bands(s, 2, &b, &roc, &pr));
    assert_true(roc.area.used == 0 && pr.area.used == 0);
    assert_ok(scored_bands(s, 1, &b, &roc, &pr));
    assert_true(roc.area.left_out > 0 && roc.area.used > 200);
    assert_int_equal(roc.area.used + roc.area.left_out, 400);
    assert_int_equal(pr.area.used, roc.area.used);
    scored_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_peer),
                                       cmocka_unit_test(test_same_draws),
                                       cmocka_unit_test(test_rare)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
