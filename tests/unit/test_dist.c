/* Tails and quantiles against mpmath 1.3.0 with 50 digits. */
#include <math.h>

#include "check.h"
#include "det/dist.h"

static const struct {
    double x, df, want;
} chi2[] = {
    {0.0016, 1.0, 0.9680931262943385},
    {3.84, 1.0, 0.050043521248705106},
    {100.0, 1.0, 1.523970604832105e-23},
    {0.5, 2.0, 0.7788007830714049},
    {30.0, 2.0, 3.059023205018258e-07},
    {1.08, 2.0, 0.5827482523739896},
    {0.01, 3.0, 0.9997348349413444},
    {7.8, 3.0, 0.05033109785985335},
    {900.0, 3.0, 8.851690237125581e-195},
    {5.0, 7.5, 0.7113277425675107},
    {40.0, 7.5, 2.0272916934286655e-06},
    {90.0, 100.0, 0.7531979655998298},
    {160.0, 100.0, 0.00013078397659141034},
    {1020.0, 1000.0, 0.3230633599111277},
    {1500.0, 1000.0, 1.0454640385979658e-22},
    {100300.0, 100000.0, 0.25090610814341874},
    {96000.0, 100000.0, 1.0},
};
static const struct {
    double f, df1, df2, want;
} f_tail[] = {
    {1.79, 5.0, 18.0, 0.1657413107437556},
    {11.03, 5.0, 15.0, 0.00013437785204911825},
    {101.5, 25.0, 25.0, 1.7538420815809337e-19},
    {0.02, 5.0, 15.0, 0.9997980507954836},
    {1.0, 1.0, 1.0, 0.5},
    {647.8, 1.0, 1.0, 0.0249997881816299},
    {3.2, 1.0, 400.0, 0.07439484712933424},
    {2.2, 7.3, 2.9, 0.2836119025188201},
    {1e-06, 2.0, 2.0, 0.999999000001},
    {25000.0, 3.0, 4.0, 5.332669689358291e-09},
    {1.3, 999.0, 1000.0, 1.7331450615027897e-05},
    {0.8, 1000.0, 700.0, 0.9993652751161083},
};
static const struct {
    double p, df1, df2, want;
} f_root[] = {
    {0.975, 5.0, 18.0, 3.381967805875242},
    {0.975, 18.0, 5.0, 6.361883204654351},
    {0.975, 25.0, 25.0, 2.230302094747146},
    {0.975, 5.0, 3.14159, 13.67595258442615},
    {0.975, 1.0, 1.0, 647.7890114778442},
    {0.025, 1.0, 1.0, 0.001543712508674131},
    {0.5, 3.0, 8.0, 0.8600378085221817},
    {0.95, 999.0, 2000.0, 1.0934863892253375},
    {0.999, 2.0, 60.0, 7.767762353825015},
    {1e-05, 4.0, 9.0, 0.0020265482268568215},
};
static const struct {
    double t, df, want;
} t_tail[] = {
    {0.5, 3.0, 0.651447964848151},       {-2.2, 10.0, 0.05244106844935315},
    {12.7, 1.0, 0.05002432768934416},    {4.1, 58.0, 0.00013029650897826577},
    {30.0, 58.0, 5.143544268873952e-37}, {1.96, 5000.0, 0.05005125229181954},
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

/* The bound of dist.h. */
static void near(const char *what, double got, double want, double most)
{
    double slack = most > 1000.0 ? 1e-10 : most > 100.0 ? 1e-12 : 1e-13;

    if (!(fabs(got - want) <= slack * fabs(want)))
        fail_msg("%s: %.17g, expected %.17g", what, got, want);
}

static void test_chi2(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(chi2); i++)
        near("chi2", dist_chi2_above(chi2[i].x, chi2[i].df), chi2[i].want,
             chi2[i].df);
    assert_true(dist_chi2_above(0.0, 3.0) == 1.0);
    assert_true(dist_chi2_above((double)INFINITY, 3.0) == 0.0);
    assert_true(isnan(dist_chi2_above((double)NAN, 3.0)));
    assert_true(isnan(dist_chi2_above(1.0, 0.0)));
}

static void test_f(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(f_tail); i++)
        near("F", dist_f_above(f_tail[i].f, f_tail[i].df1, f_tail[i].df2),
             f_tail[i].want, f_tail[i].df1);
    assert_true(dist_f_above(-1.0, 2.0, 3.0) == 1.0);
    assert_true(dist_f_above((double)INFINITY, 2.0, 3.0) == 0.0);
    assert_true(isnan(dist_f_above((double)NAN, 2.0, 3.0)));
    /* the median of F(n, n) is 1: exactly half, however many */
    near("F", dist_f_above(1.0, 1e5, 1e5), 0.5, 1e5);
}

static void test_f_quantile(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(f_root); i++) {
        double got = dist_f_quantile(f_root[i].p, f_root[i].df1, f_root[i].df2);

        if (!(fabs(got / f_root[i].want - 1.0) <= 1e-12))
            fail_msg("F quantile %zu: %.17g, expected %.17g", i, got,
                     f_root[i].want);
    }
    assert_true(isnan(dist_f_quantile(0.0, 2.0, 3.0)));
    assert_true(isnan(dist_f_quantile(0.5, -2.0, 3.0)));
}

static void test_t_and_normal(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(t_tail); i++)
        near("t", dist_t_two(t_tail[i].t, t_tail[i].df), t_tail[i].want,
             t_tail[i].df);
    assert_true(dist_t_two(0.0, 5.0) == 1.0);
    near("normal", dist_normal_two(DIST_NORMAL_975), 0.05, 1.0);
    assert_true(dist_normal_two(0.0) == 1.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chi2),
        cmocka_unit_test(test_f),
        cmocka_unit_test(test_f_quantile),
        cmocka_unit_test(test_t_and_normal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
