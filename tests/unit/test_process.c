/* Other programs: their words, their end, their limits. */
#include "base/log.h"
#include "base/process.h"

#include "check.h"
#include "tmp.h"

static const char *sh[] = {"sh", "-c", NULL, NULL};

static struct process of(const char *script)
{
    struct process p = {.argv = sh, .limit_s = 20.0};

    sh[2] = script;
    return p;
}

static void test_output_and_code(void **state)
{
    struct process p = of("echo out; echo err >&2; cat; exit 7");
    struct text t = {NULL, 0, 0, OK};
    int code = 0;

    (void)state;
    assert_ok(process_run(&p, &t, &code));
    assert_int_equal(code, 7);
    assert_string_equal(t.s, "out\nerr\n");
    text_free(&t);
}

static void test_much_output(void **state)
{
    struct process p = of("head -c 1000000 /dev/zero | tr '\\0' x");
    struct text t = {NULL, 0, 0, OK};
    int code = -1;

    (void)state;
    assert_ok(process_run(&p, &t, &code));
    assert_int_equal(code, 0);
    assert_in_range(t.len, 65536, 65536 + 4096);
    text_free(&t);
}

static void test_signal(void **state)
{
    struct process p = of("kill -9 $$");
    struct text t = {NULL, 0, 0, OK};
    int code = 0;

    (void)state;
    assert_ok(process_run(&p, &t, &code));
    assert_int_equal(code, 128 + 9);
    text_free(&t);
}

static void test_not_on_path(void **state)
{
    static const char *const none[] = {"fmcib-no-such-program", NULL};
    struct process p = {.argv = none, .limit_s = 20.0};
    struct text t = {NULL, 0, 0, OK};
    int code = 0;

    (void)state;
    assert_fails(process_run(&p, &t, &code), ERR_FILE,
                 "no such program on PATH");
    text_free(&t);
}

static void test_time(void **state)
{
    static const char *const scripts[] = {"sleep 30", "exec >&- 2>&-; sleep 30",
                                          "sleep 30 & wait"};
    double start = clock_s();

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct process p = of(scripts[i]);
        struct text t = {NULL, 0, 0, OK};
        int code = 0;

        p.limit_s = 0.2;
        assert_fails(process_run(&p, &t, &code), ERR_RUN, "longer than");
        text_free(&t);
    }
    assert_true(clock_s() - start < 15.0);
}

static void test_limits(void **state)
{
    char dir[TMP_PATH];
    char script[2 * TMP_PATH];
    struct process p;
    struct text t = {NULL, 0, 0, OK};
    int code = 0;

    (void)state;
    tmp_make(dir);
    (void)snprintf(script, sizeof script,
                   "head -c 100000 /dev/zero > '%s/file'", dir);
    p = of(script);
    assert_ok(process_run(&p, &t, &code));
    assert_int_equal(code, 0);
    p.file_most = 4096;
    assert_ok(process_run(&p, &t, &code));
    assert_int_not_equal(code, 0);
    p = of("head -c 300000000 /dev/zero | tail -n 1 | wc -c | grep -q 3000");
    p.memory_most = 64 << 20; /* tail keeps its line */
    assert_ok(process_run(&p, &t, &code));
    assert_int_not_equal(code, 0);
    text_free(&t);
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_output_and_code),
        cmocka_unit_test(test_much_output),
        cmocka_unit_test(test_signal),
        cmocka_unit_test(test_not_on_path),
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
