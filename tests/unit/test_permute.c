/* Permutation tests: what must hold for any data. Numbers: golden. */
#include <math.h>

#include "check.h"
#include "det/stream.h"
#include "eval/permute.h"

enum { N = 120, K = 3 };

static const struct bootstrap STREAMS = {.seed = 4, .resamples = 300};
static const struct bootstrap STUDY = {
    .seed = 4, .resamples = 300, .draws = DRAWS_STUDY};

static void scores(uint64_t what, double signal, int32_t y[N], double p[N * K])
{
    struct stream s = stream_at(3, STREAM_TEST, what, 0, 0);

    for (int i = 0; i < N; i++) {
        y[i] = i % K;
        for (int k = 0; k < K; k++)
            p[i * K + k] = stream_normal(&s) + signal * (k == y[i]);
    }
}

static struct permuted
test_of(const double *a, const double *b, const struct bootstrap *how)
{
    int32_t y[N];
    double unused[N * K];
    struct scored *pooled = NULL;
    struct interval v = {.mean = -7.0};
    struct permuted p;

    scores(0, 0, y, unused);
    assert_ok(permute_pool(y, a, b, N, K, &pooled));
    assert_ok(permute(pooled, METRIC_MAP, how, &v, &p));
    assert_int_equal(v.mean == -7.0, how->draws == DRAWS_STREAMS);
    assert_int_equal(p.n, 300);
    scored_free(pooled);
    return p;
}

static void test_same_model(void **state)
{
    int32_t y[N];
    double a[N * K];
    struct permuted p;

    (void)state;
    scores(1, 0.5, y, a);
    p = test_of(a, a, &STREAMS);
    assert_true(p.observed == 0.0 && p.p == 1.0 && p.p_study == 1.0);
}

static void test_better_model(void **state)
{
    int32_t y[N];
    double a[N * K];
    double b[N * K];
    struct permuted p;

    (void)state;
    scores(1, 3.0, y, a);
    scores(2, 0.1, y, b);
    p = test_of(a, b, &STREAMS);
    assert_true(p.observed > 0.3 && p.p_study == 0.0);
    assert_true(p.p == 1.0 / 301.0); /* never zero */
    p = test_of(a, b, &STUDY);
    assert_true(p.p_study == 0.0 && p.p == 1.0 / 301.0);
}

/* The other way round: as far from zero, in the other direction. */
static void test_sides(void **state)
{
    int32_t y[N];
    double a[N * K];
    double b[N * K];
    struct permuted p;
    struct permuted q;

    (void)state;
    scores(1, 0.6, y, a);
    scores(2, 0.5, y, b);
    p = test_of(a, b, &STREAMS);
    q = test_of(b, a, &STREAMS);
    assert_true(p.observed == -q.observed);
    assert_int_equal(p.beyond, q.beyond);
    assert_true(p.beyond > 0 && p.beyond < 300);
    assert_true(p.above + q.above >= 300);
}

/* Without a difference, small p are as rare as they say. */
static void test_level(void **state)
{
    int32_t y[N];
    double a[N * K];
    double b[N * K];
    int small = 0;

    (void)state;
    for (uint64_t i = 0; i < 200; i++) {
        scores(10 + 2 * i, 0.5, y, a);
        scores(11 + 2 * i, 0.5, y, b);
        small += test_of(a, b, &STREAMS).p <= 0.1;
    }
    assert_in_range(small, 8, 34); /* 20 expected, sd 4.2 */
}

static void test_seed(void **state)
{
    struct scored *pooled = NULL;
    struct interval v;
    struct permuted p;
    int32_t y[N];
    double a[N * K];

    (void)state;
    scores(1, 0.5, y, a);
    assert_ok(permute_pool(y, a, a, N, K, &pooled));
    assert_fails(permute(pooled, METRIC_BA,
                         &(struct bootstrap){.seed = 1ULL << 32,
                                             .resamples = 2,
                                             .draws = DRAWS_STUDY},
                         &v, &p),
                 ERR_CONF, "below 2^32");
    scored_free(pooled);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_model), cmocka_unit_test(test_better_model),
        cmocka_unit_test(test_sides), cmocka_unit_test(test_level),
        cmocka_unit_test(test_seed)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
