#ifndef TESTS_PORTABLE_CMOCKA_CMOCKA_H
#define TESTS_PORTABLE_CMOCKA_CMOCKA_H

/* As much of cmocka as the numeric tests use, for machines without it: a
 * failed assertion ends the program. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*test_func)(void **state);
    int (*setup_func)(void **state);
    int (*teardown_func)(void **state);
    void *initial_state;
};

#define cmocka_unit_test(f)                                                    \
    {                                                                          \
        #f, f, NULL, NULL, NULL                                                \
    }
#define print_message(...) (void)printf(__VA_ARGS__)

#define fail_msg(...)                                                          \
    do {                                                                       \
        (void)fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                  \
        (void)fprintf(stderr, __VA_ARGS__);                                    \
        (void)fputc('\n', stderr);                                             \
        exit(1);                                                               \
    } while (0)
#define assert_true(c)                                                         \
    do {                                                                       \
        if (!(c))                                                              \
            fail_msg("%s", #c);                                                \
    } while (0)
#define assert_false(c)                  assert_true(!(c))
#define assert_non_null(p)               assert_true((p) != NULL)
#define assert_null(p)                   assert_true((p) == NULL)
#define assert_int_equal(a, b)           assert_true((int64_t)(a) == (int64_t)(b))
#define assert_in_range(a, lo, hi)       assert_true((a) >= (lo) && (a) <= (hi))
#define assert_string_equal(a, b)        assert_true(strcmp((a), (b)) == 0)
#define assert_string_not_equal(a, b)    assert_true(strcmp((a), (b)) != 0)
#define assert_memory_equal(a, b, n)     assert_true(memcmp((a), (b), (n)) == 0)
#define assert_memory_not_equal(a, b, n) assert_true(memcmp((a), (b), (n)) != 0)

typedef int fixture_fn(void **state);

static inline int run_group(const char *name,
                            const struct CMUnitTest *t,
                            size_t n,
                            fixture_fn *setup,
                            fixture_fn *teardown)
{
    void *shared = NULL;

    if (setup)
        assert_true(setup(&shared) == 0);
    for (size_t i = 0; i < n; i++) {
        void *state = t[i].initial_state ? t[i].initial_state : shared;

        t[i].test_func(&state);
    }
    if (teardown)
        assert_true(teardown(&shared) == 0);
    printf("%s: %zu tests passed\n", name, n);
    return 0;
}

#define cmocka_run_group_tests_name(name, t, setup, teardown)                  \
    run_group((name), (t), sizeof(t) / sizeof(t)[0], (setup), (teardown))
#define cmocka_run_group_tests(t, setup, teardown)                             \
    cmocka_run_group_tests_name(__FILE__, t, setup, teardown)

#endif
