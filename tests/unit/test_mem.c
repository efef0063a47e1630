#include <limits.h>
#include <malloc.h>

#include "base/mem.h"

#include "check.h"

static void is_zeroed_and_aligned(void **state)
{
    static const size_t sizes[] = {0, 1, 63, 64, 65, 5000, (3 << 20) + 1};

    (void)state;
    for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
        unsigned char *p = NULL;

        assert_ok(mem_new(sizes[k], 1, &p));
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % 64, 0);
        for (size_t i = 0; i < sizes[k]; i++)
            assert_int_equal(p[i], 0);
        mem_free(p);
    }
    mem_free(NULL);
}

/* Large memory is zeroed without touching it: also where others wrote before.
 */
static void zeroes_used_memory(void **state)
{
    size_t n = ((size_t)33 << 20) + 5;

    (void)state;
    (void)mallopt(M_MMAP_MAX, 0); /* from the heap, which keeps its pages */
    (void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
    for (int k = 0; k < 3; k++) {
        unsigned char *p = NULL;

        assert_ok(mem_new(n, 1, &p));
        for (size_t i = 0; i < n; i += 4096)
            assert_int_equal(p[i], 0);
        assert_int_equal(p[n - 1], 0);
        memset(p, 7, n);
        mem_free(p);
    }
}

static void refuses_what_does_not_exist(void **state)
{
    char mark;
    void *p = &mark;

    (void)state;
    assert_fails(mem_new(SIZE_MAX / 4, 8, &p), ERR_MEM, "8 bytes asked for");
    assert_fails(mem_raw(SIZE_MAX, SIZE_MAX, &p), ERR_MEM, "out of memory");
    assert_fails(mem_raw(SIZE_MAX / 2, 1, &p), ERR_MEM, "out of memory");
    assert_ptr_equal(p, &mark);
}

static void grows_and_keeps(void **state)
{
    uint32_t *p = NULL;
    size_t cap = 0;

    (void)state;
    for (uint32_t i = 0; i < 10000; i++) {
        size_t before = cap;

        assert_ok(mem_grow((size_t)i + 1, sizeof *p, &p, &cap));
        assert_true(cap > i && cap >= before);
        p[i] = i;
    }
    for (uint32_t i = 0; i < 10000; i++)
        assert_int_equal(p[i], i);
    assert_true(cap < 20000);
    assert_fails(mem_grow(SIZE_MAX / 2, sizeof *p, &p, &cap), ERR_MEM, "");
    assert_int_equal(p[9999], 9999);
    mem_free(p);
}

static void copies_texts(void **state)
{
    char *s = NULL;

    (void)state;
    assert_ok(mem_text("abc", &s));
    assert_string_equal(s, "abc");
    mem_free(s);
}

static void counts_calls(void **state)
{
    unsigned long n = mem_calls();
    char *s = NULL;

    (void)state;
    assert_ok(mem_text("abc", &s));
    assert_true(mem_calls() > n);
    n = mem_calls();
    mem_free(s);
    assert_int_equal(mem_calls(), n);
}

static void knows_what_is_free(void **state)
{
    size_t n = mem_available();

    (void)state;
    /* a machine that runs this has 16 MB left and less than 64 TB */
    assert_true(n == 0 || (n > (size_t)16 << 20 && n < (size_t)1 << 46));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_zeroed_and_aligned),
        cmocka_unit_test(zeroes_used_memory),
        cmocka_unit_test(refuses_what_does_not_exist),
        cmocka_unit_test(grows_and_keeps),
        cmocka_unit_test(copies_texts),
        cmocka_unit_test(counts_calls),
        cmocka_unit_test(knows_what_is_free),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
