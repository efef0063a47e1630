/* The layout: every element has its own place inside the length, and the
 * geometry of a convolution agrees with itself in both directions. */
#include "check.h"
#include "dev/plan.h"
#include "dev/tensor.h"

static void layout_is_one_to_one(void **state)
{
    static const int32_t channels[] = {1, 2, 8, 9, 16, 17, 32, 33, 64, 100};

    (void)state;
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        struct shape s = {3, channels[i], 2, 3, 2};
        size_t len = shape_len(s);
        char *seen = calloc(len, 1);
        assert_non_null(seen);
        for (int32_t n = 0; n < s.n; n++)
            for (int32_t c = 0; c < s.c; c++)
                for (size_t v = 0; v < shape_voxels(s); v++) {
                    size_t at = shape_at(s, n, c, v);
                    assert_true(at < len && !seen[at]);
                    seen[at] = 1;
                }
        free(seen);
    }
}

static void weights_are_one_to_one(void **state)
{
    static const int32_t outs[] = {1, 5, 8, 13, 33};

    (void)state;
    for (size_t i = 0; i < sizeof outs / sizeof outs[0]; i++) {
        size_t len = weight_len(outs[i], 3, 7);
        char *seen = calloc(len, 1);
        assert_non_null(seen);
        for (int32_t o = 0; o < outs[i]; o++)
            for (int32_t tap = 0; tap < 27; tap++)
                for (int32_t c = 0; c < 7; c++) {
                    size_t at = weight_at(3, 7, o, tap, c, outs[i]);
                    assert_true(at < len && !seen[at]);
                    seen[at] = 1;
                }
        free(seen);
    }
}

static void sizes_are_the_written_ones(void **state)
{
    (void)state;
    assert_int_equal(shape_block(1), 1);
    assert_int_equal(shape_block(8), 8);
    assert_int_equal(shape_block(9), 16);
    assert_int_equal(shape_block(17), 32);
    assert_int_equal(shape_len((struct shape){4, 33, 1, 1, 1}), 2 * 4 * 32);
    assert_int_equal(shape_len((struct shape){4, 33, 2, 1, 1}),
                     2 * (8 + 5) * 32);
    assert_int_equal(weight_len(9, 3, 5), 16 * 27 * 5);
}

static void taps_meet_in_both_directions(void **state)
{
    static const struct conv_desc descs[] = {{{1, 1, 5, 4, 6}, 1, 3, 1, 1},
                                             {{1, 1, 5, 4, 6}, 1, 3, 2, 1},
                                             {{1, 1, 7, 5, 6}, 1, 5, 3, 2},
                                             {{1, 1, 4, 4, 4}, 1, 1, 2, 0},
                                             {{1, 1, 4, 5, 4}, 1, 2, 1, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof descs / sizeof descs[0]; i++) {
        struct plan p;
        int pairs = 0;
        plan_init(&p, &descs[i]);
        for (int32_t tap = 0; tap < p.taps; tap++) {
            for (size_t v = 0; v < shape_voxels(p.out); v++) {
                ptrdiff_t in = plan_source(&p, v, tap);
                if (in < 0)
                    continue;
                assert_true((size_t)in < shape_voxels(descs[i].in));
                assert_int_equal(plan_target(&p, (size_t)in, tap), v);
                pairs++;
            }
            for (size_t v = 0; v < shape_voxels(descs[i].in); v++)
                pairs -= plan_target(&p, v, tap) >= 0;
        }
        assert_int_equal(pairs, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layout_is_one_to_one),
        cmocka_unit_test(weights_are_one_to_one),
        cmocka_unit_test(sizes_are_the_written_ones),
        cmocka_unit_test(taps_meet_in_both_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
