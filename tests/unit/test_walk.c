#include <sys/stat.h>

#include "base/walk.h"

#include "tmp.h"

static void folder(const char *dir, const char *name)
{
    char path[TMP_PATH];

    assert_int_equal(mkdir(tmp_path(dir, name, path), 0777), 0);
}

static void link_to(const char *dir, const char *name, const char *target)
{
    char path[TMP_PATH];

    assert_int_equal(symlink(target, tmp_path(dir, name, path)), 0);
}

static void lists_files_in_order(void **state)
{
    static const char *const names[] = {"B", "a",   "a.b", "a0/x",
                                        "c", "d/x", "e",   "pipe"};
    char dir[TMP_PATH];
    char path[TMP_PATH];
    struct walk w = {0};

    (void)state;
    tmp_make(dir);
    folder(dir, "a0");
    folder(dir, "empty");
    tmp_write(dir, "c", "12345", 5, path);
    tmp_write(dir, "B", "", 0, path);
    tmp_write(dir, "a0/x", "123", 3, path);
    tmp_write(dir, "a", "1", 1, path);
    tmp_write(dir, "a.b", "1", 1, path);
    link_to(dir, "d", "a0");
    link_to(dir, "e", "nowhere");
    assert_int_equal(mkfifo(tmp_path(dir, "pipe", path), 0666), 0);
    assert_ok(walk_files(dir, &w));
    assert_int_equal(w.n, 8);
    for (size_t i = 0; i < w.n; i++)
        assert_string_equal(w.at[i].path, names[i]);
    assert_int_equal(w.at[5].size, 3);
    for (size_t i = 0; i < w.n; i++)
        assert_int_equal(w.at[i].regular, i < 6);
    walk_free(&w);
    tmp_clean(dir);
}

static void refuses_loops_and_what_is_no_folder(void **state)
{
    char dir[TMP_PATH];
    char path[TMP_PATH];
    struct walk w = {0};

    (void)state;
    tmp_make(dir);
    assert_fails(walk_files(tmp_path(dir, "no", path), &w), ERR_FILE,
                 "No such file");
    tmp_write(dir, "f", "", 0, path);
    assert_fails(walk_files(path, &w), ERR_FILE, "a folder is needed");
    folder(dir, "a");
    link_to(dir, "a/up", "..");
    assert_fails(walk_files(dir, &w), ERR_DATA, "a/up: a link that leads back");
    assert_int_equal(w.n, 0);
    tmp_clean(dir);
}

static void refuses_endless_depth(void **state)
{
    char dir[TMP_PATH];
    char path[TMP_PATH];
    struct walk w = {0};
    char name[2 * WALK_DEPTH + 2] = "d";

    (void)state;
    tmp_make(dir);
    for (int i = 1; i <= WALK_DEPTH; i++) {
        assert_int_equal(mkdir(tmp_path(dir, name, path), 0777), 0);
        assert_ok(walk_files(dir, &w));
        memcpy(name + 2 * i - 1, "/d", 3);
    }
    assert_int_equal(mkdir(tmp_path(dir, name, path), 0777), 0);
    assert_fails(walk_files(dir, &w), ERR_DATA, "nested deeper");
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_files_in_order),
        cmocka_unit_test(refuses_loops_and_what_is_no_folder),
        cmocka_unit_test(refuses_endless_depth),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
