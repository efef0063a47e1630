#include <math.h>

#include "check.h"
#include "hpo/truncnorm.h"

static void inverse_goes_back(void **state)
{
    (void)state;
    for (double x = -90; x < 7.5; x += 0.37) {
        double y = normal_log_cdf(x);
        double back = normal_log_cdf_inverse(y);
        /* above 0 ln Phi is flat: one ulp of y moves x by eps / phi(x) */
        double flat = x > 0 ? 3e-16 / exp(-0.5 * x * x) * 2.6 : 0;
        if (fabs(back - x) > 4e-15 * fabs(x) + flat + 1e-15)
            fail_msg("x %.17g came back as %.17g", x, back);
    }
    assert_true(normal_log_cdf_inverse(0) == (double)INFINITY);
    assert_true(normal_log_cdf_inverse(-(double)INFINITY) == -(double)INFINITY);
    assert_true(isnan(normal_log_cdf_inverse((double)NAN)));
}

static void quantiles_are_inside_and_rise(void **state)
{
    (void)state;
    static const double ends[][2] = {{-1, 1},   {-40, -39},  {5, 7},
                                     {0, 1e-6}, {-1e-3, 60}, {-100, 100}};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        double a = ends[i][0];
        double b = ends[i][1];
        double m = truncnorm_log_mass(a, b);
        double before = a;
        assert_true(truncnorm_quantile(0, a, b, m) == a);
        assert_true(truncnorm_quantile(1, a, b, m) == b);
        for (double q = 0.01; q < 1; q += 0.01) {
            double z = truncnorm_quantile(q, a, b, m);
            assert_true(z >= before - 1e-12 && z <= b + 1e-12);
            before = z;
        }
    }
    assert_true(isnan(truncnorm_quantile(0.5, 2, 2, 0)));
}

/* Against the plain quotient where that is accurate. */
static void mass_is_the_difference(void **state)
{
    (void)state;
    for (double a = -3; a < 3; a += 0.25)
        for (double b = a + 0.25; b <= 3; b += 0.25) {
            double plain = 0.5 * (erf(b / sqrt(2)) - erf(a / sqrt(2)));
            double got = truncnorm_log_mass(a, b);
            assert_true(fabs(got - log(plain)) < 1e-13);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inverse_goes_back),
        cmocka_unit_test(quantiles_are_inside_and_rise),
        cmocka_unit_test(mass_is_the_difference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
