/* store/list: paths, seeds and volumes of a list, and what is wrong with it. */
#include <string.h>

#include "check.h"
#include "store/list.h"
#include "tmp.h"

static char dir[TMP_PATH];
static char path[TMP_PATH];
static const struct list_conf plain = {.root = "", .strip = ""};

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

static status
open_list(const char *text, const struct list_conf *conf, struct list **out)
{
    return list_open(tmp_write(dir, "l.csv", text, strlen(text), path), conf,
                     out);
}

static const char three[] = ",image_path,coordX,coordY,coordZ,note\n"
                            "4,ct/b.nii,1,-2.5,3,\n"
                            "5,/data/a.nii,1e1,0,0,\"x, y\"\n"
                            "9,ct/b.nii,7,8,9,z\n";

static void reads_rows(void **state)
{
    struct list *l = NULL;
    char want[TMP_PATH];
    struct text t = {0};

    (void)state;
    assert_ok(open_list(three, &plain, &l));
    assert_int_equal(l->rows, 3);
    assert_string_equal(l->path[0], tmp_path(dir, "ct/b.nii", want));
    assert_string_equal(l->path[1], "/data/a.nii");
    assert_true(l->seed[0][1] == -2.5 && l->seed[1][0] == 10);
    assert_int_equal(l->volumes, 2);
    assert_int_equal(l->volume[0], 0);
    assert_int_equal(l->volume[1], 1);
    assert_int_equal(l->volume[2], 0);
    assert_int_equal(l->first[1], 1);
    assert_ok(list_header(l, &t));
    assert_string_equal(t.s, ",image_path,coordX,coordY,coordZ,note");
    text_free(&t);
    assert_ok(list_record(l, 1, &t));
    assert_string_equal(t.s, "5,/data/a.nii,1e1,0,0,\"x, y\"");
    text_free(&t);
    list_free(l);
}

static void puts_paths_under_a_root(void **state)
{
    const struct list_conf conf = {.root = "/mnt/ct", .strip = "/data/"};
    struct list *l = NULL;
    char first[SHA256_HEX];

    (void)state;
    assert_ok(open_list(three, &conf, &l));
    assert_string_equal(l->path[0], "/mnt/ct/ct/b.nii");
    assert_string_equal(l->path[1], "/mnt/ct/a.nii");
    memcpy(first, l->digest, sizeof first);
    list_free(l);
    assert_ok(open_list(three, &plain, &l));
    assert_string_equal(l->digest, first); /* places are no content */
    list_free(l);
}

static void refuses(const char *text, const char *word)
{
    struct list *l = NULL;

    assert_fails(open_list(text, &plain, &l), ERR_DATA, word);
}

static void refuses_bad_lists(void **state)
{
    struct list *l = NULL;

    (void)state;
    refuses("image_path,coordX,coordY\na,1,2\n", "no column \"coordZ\"");
    refuses("path,coordX,coordY,coordZ\na,1,2,3\n", "no column \"image_path\"");
    refuses("image_path,coordX,coordY,coordZ\na,1,2,3\nb,1,nan,3\n",
            "l.csv:3: column coordY: \"nan\"");
    refuses("image_path,coordX,coordY,coordZ\n,1,2,3\n",
            "l.csv:2: column image_path is empty");
    refuses("image_path,coordX,coordY,coordZ\n", "the list is empty");
    refuses("", "empty");
    assert_fails(list_open("/nowhere.csv", &plain, &l), ERR_FILE, "/nowhere");
    assert_fails(list_open(dir, &plain, &l), ERR_FILE, "folder");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_rows),
        cmocka_unit_test(puts_paths_under_a_root),
        cmocka_unit_test(refuses_bad_lists),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
