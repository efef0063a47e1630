/* DeLong's variances against his definition, in pairs; calibration and
 * corrected p values against scikit-learn 1.9.1 and scipy 1.17.1. */
#include <math.h>

#include "check.h"
#include "eval/calibration.h"
#include "eval/delong.h"
#include "eval/multiple.h"

enum { N = 16 };
static const int32_t Y[N] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1};
static const double A[N] = {0.1, 0.3, 0.35, 0.2, 0.5,  0.05, 0.6, 0.5,
                            0.2, 0.4, 0.5,  0.8, 0.95, 0.7,  0.3, 0.9};
static const double B[N] = {0.2, 0.3, 0.1, 0.6, 0.6, 0.25, 0.7, 0.4,
                            0.5, 0.4, 0.5, 0.3, 0.9, 0.65, 0.2, 1.0};
static const double AUC_A = 0.8492063492063492;
static const double AUC_B = 0.6507936507936508;
static const double BRIER = 0.2309375;
static const double CURVE_PROBA[] = {0.16666666666666666, 0.33, 0.55, 0.675,
                                     0.95};
static const double CURVE_SHARE[] = {0.3333333333333333, 0.4, 0.25, 0.5, 1.0};
static const double P[8] = {0.016, 0.0005, 0.08, 0.003, 0.03, 0.06, 0.8, 0.035};
static const double BH[8] = {0.042666666666666665,
                             0.004,
                             0.09142857142857143,
                             0.012,
                             0.05600000000000001,
                             0.07999999999999999,
                             0.8,
                             0.05600000000000001};

static void near(const char *what, double got, double want)
{
    if (!(fabs(got - want) <= 1e-13 * fabs(want) + 1e-16))
        fail_msg("%s: %.17g, expected %.17g", what, got, want);
}

static double kernel(double positive, double negative)
{
    return positive > negative ? 1.0 : positive == negative ? 0.5 : 0.0;
}

/* Components of the area by all pairs: v [N], own class averaged out. */
static double components(const double *score, double *v)
{
    double n[2] = {0, 0};
    double sum = 0.0;

    for (int i = 0; i < N; i++)
        n[Y[i]] += 1.0;
    for (int i = 0; i < N; i++) {
        v[i] = 0.0;
        for (int k = 0; k < N; k++) {
            if (Y[k] == Y[i])
                continue;
            v[i] +=
                Y[i] ? kernel(score[i], score[k]) : kernel(score[k], score[i]);
        }
        sum += Y[i] ? v[i] : 0.0;
        v[i] /= n[!Y[i]];
    }
    return sum / (n[0] * n[1]);
}

static double
pair_covariance(const double *v, double a, const double *w, double b)
{
    double n[2] = {0, 0};
    double s[2] = {0, 0};

    for (int i = 0; i < N; i++) {
        n[Y[i]] += 1.0;
        s[Y[i]] += (v[i] - a) * (w[i] - b);
    }
    return s[0] / (n[0] - 1.0) / n[0] + s[1] / (n[1] - 1.0) / n[1];
}

static void test_delong(void **state)
{
    struct delong_pair d;
    struct delong one;
    double v[N];
    double w[N];
    double a = components(A, v);
    double b = components(B, w);
    double aa = pair_covariance(v, a, v, a);
    double bb = pair_covariance(w, b, w, b);
    double ab = pair_covariance(v, a, w, b);

    (void)state;
    assert_ok(delong_difference(Y, A, B, N, &d));
    assert_ok(delong_auc(Y, A, N, &one));
    assert_same_bits(&one, &d.a, sizeof one);
    near("auc", d.a.auc, AUC_A);
    near("auc", d.b.auc, AUC_B);
    near("se", d.a.se, sqrt(aa));
    near("se", d.b.se, sqrt(bb));
    near("diff", d.diff, a - b);
    near("se", d.se, sqrt(aa + bb - 2.0 * ab));
    near("z", d.z, (a - b) / sqrt(aa + bb - 2.0 * ab));
    near("p", d.p, erfc(fabs(d.z) / sqrt(2.0)));
    assert_true(d.a.hi <= 1.0 && d.a.lo < d.a.auc && d.lo < d.diff);
}

static void test_delong_edges(void **state)
{
    struct delong_pair d;
    struct delong one;
    double perfect[N];

    (void)state;
    for (int i = 0; i < N; i++)
        perfect[i] = Y[i];
    assert_ok(delong_auc(Y, perfect, N, &one));
    assert_true(one.auc == 1.0 && one.se == 0.0 && one.lo == 1.0);
    assert_ok(delong_difference(Y, A, A, N, &d));
    assert_true(d.diff == 0.0 && d.se == 0.0 && isnan(d.z) && isnan(d.p));
    assert_fails(delong_auc(Y, A, 10, &one), ERR_DATA, "1 positive");
    perfect[3] = (double)NAN;
    assert_fails(delong_auc(Y, perfect, N, &one), ERR_NUMERIC, "row 3");
}

static void test_calibration(void **state)
{
    struct calibration_bin bin[5];
    struct calibration c;
    unsigned at = 0;
    double error = 0.0;

    (void)state;
    assert_ok(calibration_fit(Y, B, N, 5, bin, &c));
    near("brier", c.brier, BRIER);
    for (int k = 0; k < 5; k++) {
        if (bin[k].n == 0) {
            assert_true(isnan(bin[k].proba) && isnan(bin[k].share));
            continue;
        }
        near("probability", bin[k].proba, CURVE_PROBA[at]);
        near("share", bin[k].share, CURVE_SHARE[at++]);
        error += fabs(bin[k].proba - bin[k].share) * bin[k].n / N;
    }
    assert_int_equal(at, sizeof CURVE_PROBA / sizeof *CURVE_PROBA);
    near("error", c.error, error);
    assert_fails(calibration_fit(Y, (double[]){0.5, 1.5}, 2, 5, bin, &c),
                 ERR_NUMERIC, "row 1");
    assert_fails(calibration_fit(Y, A, 0, 5, bin, &c), ERR_DATA, "0 rows");
}

static void test_multiple(void **state)
{
    /* by Holm's steps: 8 x .0005, 7 x .003, ... never falling */
    static const double holm[] = {0.096, 0.004, 0.18, 0.021,
                                  0.15,  0.18,  0.8,  0.15};
    double p[9];
    double got[9];

    (void)state;
    memcpy(p, P, sizeof P);
    p[8] = (double)NAN; /* does not count */
    assert_ok(multiple_bh(p, 9, got));
    for (int i = 0; i < 8; i++)
        near("BH", got[i], BH[i]);
    assert_true(isnan(got[8]));
    assert_ok(multiple_holm(p, 9, p));
    for (int i = 0; i < 8; i++)
        near("Holm", p[i], holm[i]);
    assert_true(isnan(p[8]));
    p[2] = 1.5;
    assert_fails(multiple_holm(p, 9, p), ERR_NUMERIC, "comparison 2");
    assert_fails(multiple_bh(p, 9, p), ERR_NUMERIC, "comparison 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delong),
        cmocka_unit_test(test_delong_edges),
        cmocka_unit_test(test_calibration),
        cmocka_unit_test(test_multiple),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
