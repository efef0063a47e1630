#include <math.h>

#include "check.h"
#include "det/order.h"
#include "det/stream.h"

enum { N = 700 };

/* Insertion sort is stable: the obvious form of "ties by index". */
static void stable(const double *key, uint32_t n, int sign, uint32_t *idx)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = i;

        while (k > 0 && !isnan(key[i]) &&
               (isnan(key[idx[k - 1]]) ||
                sign * key[idx[k - 1]] > sign * key[i])) {
            idx[k] = idx[k - 1];
            k--;
        }
        idx[k] = i;
    }
}

static void test_against_stable(void **state)
{
    double key[N];
    uint32_t got[N];
    uint32_t want[N];
    struct stream s = stream_at(1, STREAM_TEST, 0, 0, 0);

    (void)state;
    for (uint32_t n = 0; n < N; n = n < 20 ? n + 1 : n * 3 / 2) {
        for (uint32_t i = 0; i < n; i++) {
            uint64_t v = stream_below(&s, n + 2);

            key[i] = v == n ? (double)NAN
                     : v == n + 1
                         ? -0.0
                         : (double)(int64_t)(v / 3) - (double)(int64_t)(n / 9);
        }
        order_f64(key, n, got);
        stable(key, n, 1, want);
        assert_same_bits(got, want, n * sizeof *got);
        order_f64_desc(key, n, got);
        stable(key, n, -1, want);
        assert_same_bits(got, want, n * sizeof *got);
    }
}

static void test_special(void **state)
{
    const double key[] = {NAN, 0.0, -0.0, -INFINITY, INFINITY, NAN};
    const uint32_t up[] = {3, 1, 2, 4, 0, 5};
    const uint32_t down[] = {4, 1, 2, 3, 0, 5};
    uint32_t idx[6];

    (void)state;
    order_f64(key, 6, idx);
    assert_same_bits(idx, up, sizeof up);
    order_f64_desc(key, 6, idx);
    assert_same_bits(idx, down, sizeof down);
}

static void test_text(void **state)
{
    const char *const key[] = {"b", "", "a", "b", "\xc3\xa4", "a", "B"};
    const uint32_t want[] = {1, 6, 2, 5, 0, 3, 4};
    uint32_t idx[7];

    (void)state;
    order_text(key, 7, idx);
    assert_same_bits(idx, want, sizeof want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_stable),
        cmocka_unit_test(test_special),
        cmocka_unit_test(test_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
