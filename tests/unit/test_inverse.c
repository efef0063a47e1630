/* Inverses with the bits of SimpleITK 2.4.0 (ITK 5.4), asked of it by turning
 * unit vectors to continuous indices; the golden training path holds some 300
 * more. */
#include <math.h>

#include "check.h"
#include "det/stream.h"
#include "vol/inverse.h"

/* clang-format off */
static const struct {
    double direction[9];
    double spacing[3];
    double inverse[9];
} cases[] = {
    /* exchanged axes as in DeepLesion: last digits, and no exact zero */
    {{0, 1, 0, 1, 0, 0, 0, 0, -1},
     {0.8202999830245972, 0.8202999830245972, 2.5},
     {0.0, 1.219066220521931, 0.0, 1.2190662205219311, -2.7068707731324334e-16, 0.0, 0.0, 0.0, -0.4}},
    {{0, 1, 0, 1, 0, 0, 0, 0, -1},
     {0.7497000098228455, 0.7497000098228455, 2.5},
     {0.0, 1.3338668626085524, 0.0, 1.3338668626085526, -2.961779405305071e-16, 0.0, 0.0, 0.0, -0.4}},
    {{0, 1, 0, 1, 0, 0, 0, 0, -1},
     {0.4905810058116913, 0.4905810058116913, 2.5},
     {0.0, 2.0383993431328404, 0.0, 2.038399343132841, -4.526155768253751e-16, 0.0, 0.0, 0.0, -0.4}},
    {{0, 1, 0, 1, 0, 0, 0, 0, -1},
     {0.703125, 0.703125, 2.5},
     {0.0, 1.4222222222222223, 0.0, 1.4222222222222223, 0.0, 0.0, 0.0, 0.0, -0.4}},
    {{1.0, 0.0, 0.0, 0.0, 0.9659258262890683, -0.25881904510252074, 0.0, 0.25881904510252074, 0.9659258262890683},
     {0.7, 0.7, 3.0},
     {1.4285714285714286, 0.0, 0.0, 0.0, 1.3798940375558117, 0.36974149300360104, 0.0, -0.08627301503417358, 0.3219752754296894}},
    {{0.766044443118978, -0.6427876096865393, 0.0, 0.6427876096865393, 0.766044443118978, 0.0, 0.0, 0.0, 1.0},
     {0.9765625, 0.9765625, 1.25},
     {0.7844295097538336, 0.6582145123190158, 0.0, -0.6582145123190164, 0.7844295097538336, 0.0, 0.0, 0.0, 0.8}},
};
/* clang-format on */

static void test_bits_of_the_toolkit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double m[9];
        double out[9];

        for (int k = 0; k < 9; k++)
            m[k] = cases[i].direction[k] * cases[i].spacing[k % 3];
        assert_true(inverse_svd(m, out));
        for (int k = 0; k < 9; k++)
            if (out[k] != cases[i].inverse[k])
                fail_msg("case %zu: entry %d is %.17g, expected %.17g", i, k,
                         out[k], cases[i].inverse[k]);
    }
}

static void test_times_the_matrix_is_one(void **state)
{
    struct stream s = stream_at(3, STREAM_TEST, 0, 0, 0);

    (void)state;
    for (int turn = 0; turn < 2000; turn++) {
        double m[9];
        double out[9];

        for (int k = 0; k < 9; k++)
            m[k] = stream_range(&s, -1, 1) + (k % 4 == 0 ? 2.5 : 0.0);
        assert_true(inverse_svd(m, out));
        for (int r = 0; r < 3; r++)
            for (int c = 0; c < 3; c++) {
                double sum = 0.0;

                for (int k = 0; k < 3; k++)
                    sum += out[3 * r + k] * m[3 * k + c];
                assert_true(fabs(sum - (r == c)) < 1e-13);
            }
    }
}

static void test_singular_has_none(void **state)
{
    static const double zero[9] = {0};
    static const double twice[9] = {1, 2, 0, 1, 2, 0, 0, 0, 1};
    double out[9] = {7};

    (void)state;
    assert_false(inverse_svd(zero, out));
    assert_true(out[0] == 7.0);
    /* rounding may leave a value of the size of an epsilon */
    if (inverse_svd(twice, out))
        assert_true(fabs(out[0]) > 1e14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits_of_the_toolkit),
        cmocka_unit_test(test_times_the_matrix_is_one),
        cmocka_unit_test(test_singular_has_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
