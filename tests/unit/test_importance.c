/* Shares of variance that are known, and of made-up trials as numpy 1.26
 * gives them from the definition. */
#include <math.h>

#include "check.h"
#include "eval/importance.h"

enum { N = 60 };

static void test_known(void **state)
{
    double x[N];
    double y[N];
    double out = -1.0;

    (void)state;
    for (int i = 0; i < N; i++) {
        x[i] = i % 3;
        y[i] = i % 3 == 1 ? 5.0 : 2.0; /* a function of x */
    }
    assert_ok(importance_of(x, y, N, true, &out));
    assert_true(fabs(out - 1.0) < 1e-12);
    for (int i = 0; i < N; i++)
        y[i] = i / 3 % 2; /* balanced within each value of x */
    assert_ok(importance_of(x, y, N, true, &out));
    assert_true(out == 0.0);
    for (int i = 0; i < N; i++)
        y[i] = 3.0;
    assert_ok(importance_of(x, y, N, false, &out));
    assert_true(isnan(out));
    assert_ok(importance_of(x, y, 5, false, &out));
    assert_true(isnan(out));
    for (int i = 0; i < N; i++)
        x[i] = y[i] = i; /* every value a bin of its own says nothing */
    assert_ok(importance_of(x, y, N, true, &out));
    assert_true(out == 0.0);
}

/* A parameter that is not set in some trials: they are one bin. */
static void test_unset(void **state)
{
    double x[N];
    double y[N];
    double out = -1.0;

    (void)state;
    for (int i = 0; i < N; i++) {
        x[i] = i % 2 ? (double)NAN : 1.0;
        y[i] = i % 2 ? 10.0 : -10.0;
    }
    assert_ok(importance_of(x, y, N, false, &out));
    assert_true(fabs(out - 1.0) < 1e-12);
}

static void test_numpy(void **state)
{
    double x[2][N];
    double y[N];
    double out[2];

    (void)state;
    for (int i = 0; i < N; i++) {
        x[0][i] = i * 7 % N;
        x[1][i] = i * 11 % 13; /* with ties */
        y[i] = x[0][i] * x[0][i] / 100.0 + x[1][i] * 0.5;
    }
    for (int k = 0; k < 2; k++)
        assert_ok(importance_of(x[k], y, N, false, &out[k]));
    assert_true(fabs(out[0] - 0.9440027629860073) < 1e-12);
    assert_true(fabs(out[1] - 0.026610466308085723) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known),
                                       cmocka_unit_test(test_unset),
                                       cmocka_unit_test(test_numpy)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
