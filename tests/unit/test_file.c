#include <dirent.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"

#include "check.h"
#include "tmp.h"

static char dir[TMP_PATH];
static char path[TMP_PATH];

static int setup(void **state)
{
    (void)state;
    tmp_make(dir);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

/* Files in the test's folder, to see that nothing temporary is left. */
static int count_files(void)
{
    DIR *d = opendir(dir);
    int n = 0;

    assert_non_null(d);
    for (struct dirent *e = readdir(d); e; e = readdir(d))
        n += e->d_name[0] != '.';
    (void)closedir(d);
    return n;
}

static void publish_reads_back(void **state)
{
    char *s = NULL;
    size_t n = 0;
    uint64_t size = 0;

    (void)state;
    (void)tmp_path(dir, "a", path);
    assert_false(file_exists(path));
    assert_ok(file_publish(path, "x\0y", 3));
    assert_ok(file_publish(path, "x\0yz", 4)); /* replaces */
    assert_true(file_exists(path));
    assert_false(file_is_dir(path));
    assert_int_equal(count_files(), 1);
    assert_ok(file_size(path, &size));
    assert_int_equal(size, 4);
    assert_ok(file_read(path, 4, &s, &n));
    assert_int_equal(n, 4);
    assert_memory_equal(s, "x\0yz", 5);
    mem_free(s);
    assert_int_equal(remove(path), 0);
}

/* Only names that end in .tmp-<number> go. */
static void sweeps_what_was_left(void **state)
{
    static const char *const left[] = {"a.nc.tmp-17", "b.tmp-1"};
    static const char *const kept[] = {"a.nc", "c.tmp-", "d.tmp-x1", "tmp-3"};

    (void)state;
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        tmp_write(dir, left[i], "x", 1, path);
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        tmp_write(dir, kept[i], "x", 1, path);
    assert_ok(file_sweep(dir));
    assert_ok(file_sweep("no-such-folder"));
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++)
        assert_false(file_exists(tmp_path(dir, left[i], path)));
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        assert_true(file_exists(tmp_path(dir, kept[i], path)));
        assert_int_equal(remove(path), 0);
    }
}

static void refuses_what_cannot_be_read(void **state)
{
    char *s = NULL;
    size_t n = 77;
    uint64_t size = 77;

    (void)state;
    tmp_write(dir, "b", "12345", 5, path);
    assert_fails(file_read(path, 4, &s, &n), ERR_DATA,
                 "b: 5 bytes, at most 4 are read");
    assert_fails(file_read(dir, 4, &s, &n), ERR_FILE, "is a folder");
    assert_int_equal(remove(path), 0);
    assert_fails(file_read(path, 4, &s, &n), ERR_FILE, "b: No such file");
    assert_fails(file_size(path, &size), ERR_FILE, "b: No such file");
    assert_fails(file_size(dir, &size), ERR_FILE, "is a folder");
    assert_null(s);
    assert_true(n == 77 && size == 77);
}

static void a_failed_publish_leaves_nothing(void **state)
{
    char sub[TMP_PATH];

    (void)state;
    assert_fails(file_publish(tmp_path(dir, "no/a", path), "x", 1), ERR_FILE,
                 "no/a");
    (void)tmp_path(dir, "folder", sub);
    assert_int_equal(mkdir(sub, 0700), 0);
    assert_fails(file_publish(sub, "x", 1), ERR_FILE,
                 "folder: cannot be renamed");
    assert_int_equal(count_files(), 1);
    assert_int_equal(rmdir(sub), 0);
}

static void appends_whole_lines(void **state)
{
    char *s = NULL;
    size_t n = 0;

    (void)state;
    (void)tmp_path(dir, "c", path);
    assert_ok(file_append_line(path, "one"));
    assert_ok(file_append_line(path, ""));
    assert_ok(file_append_line(path, "two"));
    assert_ok(file_read(path, 99, &s, &n));
    assert_string_equal(s, "one\n\ntwo\n");
    mem_free(s);
    assert_int_equal(remove(path), 0);
    assert_fails(file_append_line(dir, "x"), ERR_FILE, dir);
}

static void makes_folders(void **state)
{
    (void)state;
    (void)tmp_path(dir, "d/e/f", path);
    assert_ok(file_mkdirs(path));
    assert_ok(file_mkdirs(path));
    assert_true(file_is_dir(path));
    assert_ok(file_mkdirs("/"));
    tmp_write(dir, "d/file", "", 0, path);
    assert_fails(file_mkdirs(path), ERR_FILE, "is not a folder");
    (void)tmp_path(dir, "d/file/g", path);
    assert_fails(file_mkdirs(path), ERR_FILE, "folder cannot be made");
}

static void joins_names(void **state)
{
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"a", "/b", "/b"},
        {"", "b", "b"},    {"/", "b", "/b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *s = NULL;

        assert_ok(file_join(cases[i][0], cases[i][1], &s));
        assert_string_equal(s, cases[i][2]);
        mem_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publish_reads_back),
        cmocka_unit_test(sweeps_what_was_left),
        cmocka_unit_test(refuses_what_cannot_be_read),
        cmocka_unit_test(a_failed_publish_leaves_nothing),
        cmocka_unit_test(appends_whole_lines),
        cmocka_unit_test(makes_folders),
        cmocka_unit_test(joins_names),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
