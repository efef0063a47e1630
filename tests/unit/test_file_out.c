#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/file_out.h"
#include "base/mem.h"

#include "check.h"
#include "tmp.h"

/* Nothing under the name before the end, all of it after; no other file. */
static void publishes_at_the_end(void **state)
{
    char dir[TMP_PATH];
    char path[TMP_PATH];
    struct file_out *o = NULL;
    char *text = NULL;
    size_t len = 0;

    (void)state;
    tmp_make(dir);
    (void)tmp_path(dir, "f", path);
    assert_ok(file_out_open(path, &o));
    assert_ok(file_out_put(o, "ab", 2));
    assert_ok(file_out_put(o, NULL, 0));
    assert_ok(file_out_put(o, "c", 1));
    assert_false(file_exists(path));
    assert_ok(file_out_publish(o));
    file_out_close(o);
    assert_ok(file_read(path, 10, &text, &len));
    assert_string_equal(text, "abc");
    mem_free(text);

    /* dropped: the old one stays */
    assert_ok(file_out_open(path, &o));
    assert_ok(file_out_put(o, "xyz", 3));
    file_out_close(o);
    assert_ok(file_read(path, 10, &text, &len));
    assert_string_equal(text, "abc");
    mem_free(text);
    file_out_close(NULL);
    assert_int_equal(remove(path), 0);
    assert_int_equal(rmdir(dir), 0);
}

static void says_what_fails(void **state)
{
    char dir[TMP_PATH];
    char path[TMP_PATH];
    struct file_out *o = NULL;
    struct rlimit before;
    struct rlimit few = {4096, 4096};
    char block[8192] = {0};
    status st;

    (void)state;
    tmp_make(dir);
    (void)tmp_path(dir, "no/f", path);
    assert_fails(file_out_open(path, &o), ERR_FILE, "No such file");
    assert_null(o);

    (void)tmp_path(dir, "f", path);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    few.rlim_max = before.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
    assert_ok(file_out_open(path, &o));
    st = file_out_put(o, block, sizeof block);
    if (st == OK)
        st = file_out_publish(o);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(st, ERR_FILE);
    assert_non_null(strstr(status_text(), "File too large"));
    file_out_close(o);
    assert_false(file_exists(path));
    assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publishes_at_the_end),
        cmocka_unit_test(says_what_fails),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
