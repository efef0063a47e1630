/* Special values (C17 annex F), one set of bits from both builds, and a
 * digest of results that no compiler or processor may change. How close the
 * functions are is asked in tests/numeric/test_math.c. */
#include <math.h>
#include <stdbool.h>

#include "check.h"
#include "det/digest.h"
#include "det/math.h"
#include "det/math_variants.h"
#include "det/stream.h"

#define INF (double)INFINITY
#define NOT (double)NAN

static void same(double got, double want, const char *what, double x)
{
    if (!same_bits(&got, &want, sizeof got))
        fail_msg("%s(%a): %a, expected %a", what, x, got, want);
}

struct row {
    const char *name;
    double (*f)(double);
    double x;
    double want;
};

static const struct row specials[] = {
    {"exp", det_exp, 0.0, 1},
    {"exp", det_exp, -0.0, 1},
    {"exp", det_exp, -INF, 0},
    {"exp", det_exp, INF, INF},
    {"exp", det_exp, NOT, NOT},
    {"exp", det_exp, 0x1.62e42fefa39efp+9, 0x1.fffffffffff2ap+1023},
    {"exp", det_exp, 0x1.62e42fefa39f0p+9, INF},
    {"exp", det_exp, -0x1.74910d52d3051p+9, 0x1p-1074},
    {"exp", det_exp, -0x1.74910d52d3052p+9, 0},
    {"expm1", det_expm1, 0.0, 0.0},
    {"expm1", det_expm1, -0.0, -0.0},
    {"expm1", det_expm1, -INF, -1},
    {"expm1", det_expm1, INF, INF},
    {"expm1", det_expm1, -0x1p-1074, -0x1p-1074},
    {"expm1", det_expm1, NOT, NOT},
    {"log", det_log, 1, 0.0},
    {"log", det_log, 0.0, -INF},
    {"log", det_log, -0.0, -INF},
    {"log", det_log, -1, NOT},
    {"log", det_log, -INF, NOT},
    {"log", det_log, INF, INF},
    {"log", det_log, NOT, NOT},
    {"log1p", det_log1p, 0.0, 0.0},
    {"log1p", det_log1p, -0.0, -0.0},
    {"log1p", det_log1p, -1, -INF},
    {"log1p", det_log1p, -1.5, NOT},
    {"log1p", det_log1p, INF, INF},
    {"log1p", det_log1p, NOT, NOT},
    {"sin", det_sin, 0.0, 0.0},
    {"sin", det_sin, -0.0, -0.0},
    {"sin", det_sin, INF, NOT},
    {"sin", det_sin, 0x1.0000000000001p30, NOT},
    {"sin", det_sin, NOT, NOT},
    {"cos", det_cos, 0.0, 1},
    {"cos", det_cos, -0.0, 1},
    {"cos", det_cos, -INF, NOT},
    {"cos", det_cos, 0x1p-1074, 1},
    {"cos", det_cos, -0x1.0000000000001p30, NOT},
    {"tanh", det_tanh, 0.0, 0.0},
    {"tanh", det_tanh, -0.0, -0.0},
    {"tanh", det_tanh, INF, 1},
    {"tanh", det_tanh, -INF, -1},
    {"tanh", det_tanh, NOT, NOT},
    {"erf", det_erf, 0.0, 0.0},
    {"erf", det_erf, -0.0, -0.0},
    {"erf", det_erf, INF, 1},
    {"erf", det_erf, -INF, -1},
    {"erf", det_erf, NOT, NOT},
    {"erfc", det_erfc, 0.0, 1},
    {"erfc", det_erfc, INF, 0.0},
    {"erfc", det_erfc, -INF, 2},
    {"erfc", det_erfc, 30, 0.0},
    {"erfc", det_erfc, NOT, NOT},
    {"lgamma", det_lgamma, 1, 0.0},
    {"lgamma", det_lgamma, 2, 0.0},
    {"lgamma", det_lgamma, 0.0, INF},
    {"lgamma", det_lgamma, INF, INF},
    {"lgamma", det_lgamma, 1e306, INF},
    {"lgamma", det_lgamma, -0.5, NOT},
    {"lgamma", det_lgamma, NOT, NOT},
};

static void test_special(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof specials / sizeof *specials; i++)
        same(specials[i].f(specials[i].x), specials[i].want, specials[i].name,
             specials[i].x);
}

static void test_pow_special(void **state)
{
    static const double rows[][3] = {
        /* x, y, want */
        {0.0, -3, INF},
        {-0.0, -3, -INF},
        {0.0, -2, INF},
        {-0.0, -2.5, INF},
        {-0.0, -INF, INF},
        {0.0, 3, 0.0},
        {-0.0, 3, -0.0},
        {-0.0, 2, 0.0},
        {-0.0, INF, 0.0},
        {-1, INF, 1},
        {-1, -INF, 1},
        {1, NOT, 1},
        {1, -INF, 1},
        {NOT, 0, 1},
        {INF, -0.0, 1},
        {-2, 0.5, NOT},
        {-2, NOT, NOT},
        {NOT, 2, NOT},
        {0.5, -INF, INF},
        {-2, -INF, 0.0},
        {0.5, INF, 0.0},
        {2, INF, INF},
        {-INF, -3, -0.0},
        {-INF, -2, 0.0},
        {-INF, 3, -INF},
        {-INF, 2, INF},
        {INF, -1, 0.0},
        {INF, 0.5, INF},
        {-2, 3, -8},
        {-2, 4, 16},
        {-2, -1074, 0x1p-1074},
        {2, -1074, 0x1p-1074},
        {-2, 1023, -0x1p1023},
        {2, 1024, INF},
        {-2, 1025, -INF},
        {-2, -1077, -0.0},
        {2, -1076, 0.0},
        {10, 2, 100},
        {3, 1, 3},
        {-1, 0x1p53, 1},
        {-1, 0x1.fffffffffffffp52, -1},
        {0x1p-1074, 1, 0x1p-1074},
        {0x1p-1074, 0.5, 0x1p-537},
        {10, 22, 1e22},
        {7, 13, 96889010407.0},
        {1 + 0x1p-52, 1e308, INF},
        {1 - 0x1p-53, 1e308, 0.0},
        {5, 0x1p-1074, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        same(det_pow(rows[i][0], rows[i][1]), rows[i][2], "pow", rows[i][0]);
}

#define BOTH(name)                                                             \
    {                                                                          \
        #name, det_##name, math_base_##name, math_fma_##name                   \
    }
#define ONE(name)                                                              \
    {                                                                          \
        #name, det_##name, math_base_##name, math_base_##name                  \
    }

#if defined(__x86_64__)
    #define PAIR    BOTH
    #define POW_FMA math_fma_pow
static bool has_fma(void)
{
    return __builtin_cpu_supports("fma");
}
#else
    #define PAIR    ONE
    #define POW_FMA math_base_pow
static bool has_fma(void)
{
    return true;
}
#endif

static const struct {
    const char *name;
    double (*det)(double);
    double (*base)(double);
    double (*fma)(double);
} functions[] = {PAIR(exp), PAIR(expm1), PAIR(log), PAIR(log1p), PAIR(sin),
                 PAIR(cos), PAIR(tanh),  PAIR(erf), PAIR(erfc),  PAIR(lgamma)};

enum { FUNCTIONS = sizeof functions / sizeof *functions, N = 20000 };

/* Half from everything a double can be, half near where people work. */
static double argument(struct stream *s, int i)
{
    uint64_t u = stream_u64(s);
    double x;

    if (i & 1)
        return (double)(int64_t)u * 0x1p-59;
    memcpy(&x, &u, sizeof x);
    return x;
}

static void test_both_builds(void **state)
{
    struct stream s = stream_at(21, STREAM_TEST, 0, 0, 0);

    (void)state;
    if (!has_fma()) {
        print_message("no fused multiply-add here: one build only\n");
        return;
    }
    for (int i = 0; i < N; i++) {
        double x = argument(&s, i);
        double y = argument(&s, i + i / 2);

        for (int f = 0; f < FUNCTIONS; f++) {
            double want = functions[f].base(x);

            same(functions[f].fma(x), want, functions[f].name, x);
            same(functions[f].det(x), want, functions[f].name, x);
        }
        same(POW_FMA(x, y), math_base_pow(x, y), "pow", x);
    }
}

static void test_digest(void **state)
{
    static const char want[] =
        "652e2c4eb61a4ed9d4357c387e77a06ae30ea3377a6393a6c357fa59cfe6300d";
    static double v[N];
    const uint64_t n = N;
    struct digest *d = NULL;
    struct stream s = stream_at(22, STREAM_TEST, 0, 0, 0);
    char hex[SHA256_HEX];

    (void)state;
    assert_ok(digest_new(&d));
    for (int f = 0; f < FUNCTIONS; f++) {
        for (int i = 0; i < N; i++)
            v[i] = functions[f].det(argument(&s, i));
        digest_array(d, functions[f].name, DIGEST_F64, 1, &n, v);
    }
    for (int i = 0; i < N; i++) {
        double x = argument(&s, i); /* operands are evaluated in any order */

        v[i] = det_pow(x, argument(&s, 1));
    }
    digest_array(d, "pow", DIGEST_F64, 1, &n, v);
    digest_end(d, hex);
    digest_free(d);
    assert_string_equal(hex, want);
}

static void test_normal(void **state)
{
    enum { M = 200000 };
    struct stream s = stream_at(23, STREAM_TEST, 0, 0, 0);
    double m1 = 0;
    double m2 = 0;
    double m4 = 0;
    int beyond = 0;

    (void)state;
    for (int i = 0; i < M; i++) {
        double g = stream_normal(&s);

        assert_true(isfinite(g));
        m1 += g / M;
        m2 += g * g / M;
        m4 += g * g * g * g / M;
        beyond += fabs(g) > 1.959963984540054;
    }
    /* five standard deviations of each estimate */
    assert_true(fabs(m1) < 5 / sqrt(M));
    assert_true(fabs(m2 - 1) < 5 * sqrt(2.0 / M));
    assert_true(fabs(m4 - 3) < 5 * sqrt(96.0 / M));
    assert_true(abs(beyond - M / 20) < 5 * sqrt(M * 0.05 * 0.95));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_special),     cmocka_unit_test(test_pow_special),
        cmocka_unit_test(test_both_builds), cmocka_unit_test(test_digest),
        cmocka_unit_test(test_normal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
