/* What the arithmetic asks of a compiler, with the flags of the build: every
 * operation rounds, to the type that stands there, in the order that stands
 * there. gcc 12.2 without -fno-tree-slp-vectorize (cmake/fmcib.cmake) fails
 * here: it makes a vector of two neighbouring (double)(float)x and takes the
 * pair of conversions for none. */
#include <float.h>
#include <math.h>

#include "check.h"

enum { N = 16 };

#define ALONE __attribute__((noinline))

/* One rounding through memory that no compiler looks into. */
static double rounded(double x)
{
    volatile float f = (float)x;

    return (double)f;
}

static ALONE void
pair(double *restrict at, const double *restrict s, const double *restrict c)
{
    at[0] = (double)(float)s[0] * c[0];
    at[1] = (double)(float)s[1] * c[1];
}

static ALONE void
four(double *restrict at, const double *restrict s, const double *restrict c)
{
    at[0] = (double)(float)(s[0] * c[0]);
    at[1] = (double)(float)(s[1] * c[1]);
    at[2] = (double)(float)(s[2] * c[2]);
    at[3] = (double)(float)(s[3] * c[3]);
}

static ALONE void eight(double *restrict at, const double *restrict s)
{
    double t[8];

    for (int i = 0; i < 8; i++)
        t[i] = (double)(float)s[i];
    for (int i = 0; i < 8; i++)
        at[i] = t[i];
}

static ALONE void
in_loop(double *restrict at, const double *restrict s, size_t n)
{
    for (size_t i = 0; i < n; i += 2) {
        at[i] = (double)(float)s[i];
        at[i + 1] = (double)(float)s[i + 1];
    }
}

static ALONE double
chain(const double *restrict s, const double *restrict c, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum = sum + (double)(float)s[i] * c[i];
    return sum;
}

static void fill(double *s, double *c)
{
    for (int i = 0; i < N; i++) {
        s[i] = 0.1 * (i + 1) / 3;
        c[i] = 1.0 / (i + 7);
    }
}

static void rounds_to_float(void **state)
{
    double s[N];
    double c[N];
    double got[N];
    double want[N];

    (void)state;
    fill(s, c);
    for (int i = 0; i < N; i++)
        want[i] = rounded(s[i]) * c[i];
    pair(got, s, c);
    assert_same_bits(got, want, 2 * sizeof *got);
    for (int i = 0; i < N; i++)
        want[i] = rounded(s[i] * c[i]);
    four(got, s, c);
    assert_same_bits(got, want, 4 * sizeof *got);
    for (int i = 0; i < N; i++)
        want[i] = rounded(s[i]);
    eight(got, s);
    assert_same_bits(got, want, 8 * sizeof *got);
    in_loop(got, s, N);
    assert_same_bits(got, want, N * sizeof *got);
}

static void adds_in_order(void **state)
{
    double s[N];
    double c[N];
    volatile double want = 0;
    double got;

    (void)state;
    fill(s, c);
    for (int i = 0; i < N; i++) {
        volatile double product = rounded(s[i]) * c[i];

        want = want + product;
    }
    got = chain(s, c, N);
    assert_true(got == want);
}

static ALONE float multiply_add(float a, float b, float c)
{
    return a * b + c;
}

/* A fused a * b + c would leave the error of the product. */
static void contracts_nothing(void **state)
{
    volatile float a = 1 + FLT_EPSILON;
    volatile float product = a * a;

    (void)state;
    assert_true(multiply_add(a, a, -product) == 0);
    assert_true(fmaf(a, a, -product) != 0);
}

static void evaluates_in_the_type(void **state)
{
    (void)state;
    assert_int_equal(FLT_EVAL_METHOD, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_to_float),
        cmocka_unit_test(adds_in_order),
        cmocka_unit_test(contracts_nothing),
        cmocka_unit_test(evaluates_in_the_type),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
