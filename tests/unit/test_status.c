#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/status.h"

#include "check.h"

static status inner(int v)
{
    status st = OK;

    ENSURE(v > 0, ERR_DATA, "row %d: %s", v, "not positive");
out:
    return st;
}

static status outer(int v)
{
    status st = OK;

    TRY(inner(v));
out:
    return st;
}

static void text_and_way_are_kept(void **state)
{
    (void)state;
    assert_ok(outer(1));
    assert_int_equal(outer(-3), ERR_DATA);
    assert_string_equal(status_text(), "row -3: not positive");
    assert_non_null(strstr(trail_text(), "test_status.c:"));
    assert_non_null(strstr(trail_text(), "inner(v)"));
    status_prefix("file %s: ", "x");
    assert_string_equal(status_text(), "file x: row -3: not positive");
    status_suffix(" (%d)", 1);
    assert_string_equal(status_text(), "file x: row -3: not positive (1)");
}

static void a_new_error_replaces_the_old(void **state)
{
    (void)state;
    (void)outer(-3);
    assert_int_equal(
        status_fail(ERR_FILE, "f.c", 7, "again: %s", status_text()), ERR_FILE);
    assert_string_equal(status_text(), "again: row -3: not positive");
    assert_null(strstr(trail_text(), "inner"));
    assert_non_null(strstr(trail_text(), "f.c:7 ERR_FILE"));
}

static void trails_can_be_carried(void **state)
{
    struct trail t;

    (void)state;
    (void)outer(-4);
    trail_save(&t);
    (void)status_fail(ERR_MEM, "g.c", 1, "other");
    trail_load(&t);
    assert_string_equal(status_text(), "row -4: not positive");
    assert_non_null(strstr(trail_text(), "inner(v)"));
}

static void long_texts_and_ways_stay_inside(void **state)
{
    static char big[2 * TRAIL_SIZE];

    (void)state;
    memset(big, 'x', sizeof big - 1);
    (void)status_fail(ERR_DATA, "h.c", 1, "%s", big);
    assert_int_equal(strlen(status_text()), TRAIL_SIZE - 1);
    status_prefix("%s", big);
    assert_int_equal(strlen(status_text()), TRAIL_SIZE - 1);
    for (int i = 0; i < 1000; i++)
        trail_add(ERR_DATA, "h.c", i, big);
    assert_true(strlen(trail_text()) < TRAIL_SIZE);
}

static void every_code_has_a_name(void **state)
{
    (void)state;
    for (int i = 0; i <= 12; i++)
        assert_string_not_equal(status_name((status)i), "unknown");
    assert_string_equal(status_name(STOPPED), "STOPPED");
    assert_int_equal(STOPPED, 75);
    assert_string_equal(status_name(ERR_GATE), "ERR_GATE");
}

static void a_bug_aborts(void **state)
{
    int how = 0;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        (void)freopen("/dev/null", "w", stderr);
        (void)signal(SIGABRT, SIG_DFL);
        BUG_IF(1 + 1 == 2);
        _exit(0);
    }
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &how, 0), pid);
    assert_true(WIFSIGNALED(how));
    assert_int_equal(WTERMSIG(how), SIGABRT);
    BUG_IF(1 + 1 == 3); /* nothing happens */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_way_are_kept),
        cmocka_unit_test(a_new_error_replaces_the_old),
        cmocka_unit_test(trails_can_be_carried),
        cmocka_unit_test(long_texts_and_ways_stay_inside),
        cmocka_unit_test(every_code_has_a_name),
        cmocka_unit_test(a_bug_aborts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
