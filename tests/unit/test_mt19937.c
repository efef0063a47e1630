#include "base/sha256.h"

#include "check.h"
#include "det/mt19937.h"
#include "hpo/draw.h"

/* ISO C++ [rand.predef]: the 10000th number of mt19937 with its default seed,
 * 5489, is 4123659995. */
static void published_value(void **state)
{
    (void)state;
    struct mt19937 g;
    uint32_t v = 0;
    mt_seed(&g, 5489);
    for (int i = 0; i < 10000; i++)
        v = mt_u32(&g);
    assert_true(v == 4123659995u);
}

static void ranges(void **state)
{
    (void)state;
    struct mt19937 g;
    unsigned seen[5] = {0};
    mt_seed(&g, 1);
    assert_int_equal(mt_below(&g, 1), 0);
    assert_int_equal(g.next, MT_N); /* no word used */
    for (int i = 0; i < 1000; i++)
        seen[mt_below(&g, 5)]++;
    for (int i = 0; i < 5; i++)
        assert_in_range(seen[i], 150, 250);
    for (int i = 0; i < 1000; i++) {
        double u = mt_double(&g);
        assert_true(u >= 0 && u < 1);
    }
}

/* numpy.random.RandomState(21).permutation(2441), which cut DeepLesion's third
 * part in two; SHA-256 of the int32 values. */
static void permutation_of_the_study(void **state)
{
    enum { N = 2441 };
    static const uint32_t first[5] = {1762, 1161, 2283, 1738, 1181};
    static uint32_t x[N];
    struct mt19937 g;
    uint8_t sum[SHA256_SIZE];
    char hex[SHA256_HEX];

    (void)state;
    mt_seed(&g, 21);
    mt_permutation(&g, N, x);
    assert_memory_equal(x, first, sizeof first);
    assert_ok(sha256_of(x, sizeof x, sum));
    sha256_hex(sum, hex);
    assert_string_equal(hex, "50a5baadf75c8391b1781f6b9241a316"
                             "09a08045df7979b4ac3b75609b34e683");
}

static void draw_takes_the_source_it_has(void **state)
{
    (void)state;
    struct mt19937 g;
    struct mt19937 same;
    struct stream s = stream_at(1, STREAM_SEARCH, 2, 3, 4);
    struct draw a = {.mt = &g};
    struct draw b = {.stream = s};
    mt_seed(&g, 7);
    mt_seed(&same, 7);
    for (int i = 0; i < 10; i++) {
        assert_true(draw_double(&a) == mt_double(&same));
        assert_true(draw_double(&b) == stream_double(&s));
    }
}

static void fill_is_many_calls(void **state)
{
    static const uint32_t n[] = {1, 2, 3, 88, 1024, 1025, 10000};
    struct mt19937 a;
    struct mt19937 b;
    uint32_t v[500];

    (void)state;
    mt_seed(&a, 123);
    mt_seed(&b, 123);
    for (size_t k = 0; k < sizeof n / sizeof n[0]; k++) {
        mt_fill(&a, n[k], 500, v);
        for (int i = 0; i < 500; i++)
            assert_int_equal(v[i], mt_below(&b, n[k]));
    }
    assert_int_equal(mt_u32(&a), mt_u32(&b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_value),
        cmocka_unit_test(ranges),
        cmocka_unit_test(permutation_of_the_study),
        cmocka_unit_test(draw_takes_the_source_it_has),
        cmocka_unit_test(fill_is_many_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
