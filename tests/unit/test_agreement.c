/* Spearman and R squared against scipy 1.17.1 and scikit-learn 1.9.1; ICC at
 * its edges (its numbers: tests/golden). */
#include <math.h>

#include "check.h"
#include "eval/agreement.h"

static const double X[] = {2.5, 1.0, 4.0, 4.0, 7.5, 3.0, 9.0, 4.0, 6.0, 5.0};
static const double Y[] = {1.0, 2.0, 2.0, 5.0, 8.0, 2.5, 7.0, 6.0, 5.0, 5.5};
#define RHO   0.82717625331758
#define RHO_P 0.0031503615857439928
#define R2    0.6463654223968567

static void near(double got, double want)
{
    if (!(fabs(got - want) <= 1e-13 * fabs(want)))
        fail_msg("%.17g, expected %.17g", got, want);
}

static void test_spearman(void **state)
{
    double rho;
    double p;

    (void)state;
    assert_ok(spearman(X, Y, 10, &rho, &p));
    near(rho, RHO);
    near(p, RHO_P);
    assert_ok(spearman(X, X, 10, &rho, &p));
    assert_true(rho == 1.0 && p == 0.0);
    assert_fails(spearman(X, (double[10]){0}, 10, &rho, &p), ERR_DATA,
                 "second is constant");
    assert_fails(spearman(X, Y, 2, &rho, &p), ERR_DATA, "need 3");
    assert_fails(spearman((double[]){1, 2, NAN}, Y, 3, &rho, &p), ERR_DATA,
                 "row 2");
}

static void test_r_squared(void **state)
{
    double r;

    (void)state;
    assert_ok(r_squared(X, Y, 10, &r));
    near(r, R2);
    assert_ok(r_squared(X, X, 10, &r));
    assert_true(r == 1.0);
    /* a tenth has no exact mean */
    assert_fails(r_squared((double[]){0.1, 0.1, 0.1}, Y, 3, &r), ERR_DATA,
                 "constant");
    assert_fails(r_squared(X, (double[]){1, (double)INFINITY}, 2, &r), ERR_DATA,
                 "row 1");
}

static void test_icc_edges(void **state)
{
    const double shift[] = {1, 2, 2, 3, 5, 6, 9, 10};
    const double same[] = {1, 2, 1, 2, 1, 2};
    struct icc m;

    (void)state;
    /* raters that differ by a constant: consistent, not in agreement */
    assert_ok(icc_fit(shift, 4, 2, &m));
    assert_true(m.of[ICC_3].icc == 1.0 && m.of[ICC_3].p == 0.0);
    assert_true(m.of[ICC_2].icc < 1.0 && m.of[ICC_1].icc < 1.0);
    assert_true(m.of[ICC_2].lo < m.of[ICC_2].icc);
    assert_true(m.of[ICC_2].icc < m.of[ICC_2].hi);
    assert_fails(icc_fit(same, 3, 2, &m), ERR_DATA, "one mean");
    assert_fails(icc_fit(shift, 1, 8, &m), ERR_DATA, "need two");
    assert_fails(icc_fit((double[]){1, 2, 3, NAN}, 2, 2, &m), ERR_DATA,
                 "target 1, rater 1");
    assert_string_equal(icc_name(ICC_3), "ICC3,1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spearman),
        cmocka_unit_test(test_r_squared),
        cmocka_unit_test(test_icc_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
