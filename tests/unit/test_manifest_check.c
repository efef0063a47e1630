#include "store/manifest_check.h"
#include "tmp.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B32 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct {
    struct manifest_file file;
    const char *recorded;
    struct sums made;
    enum manifest_state state;
    const char *why;
} cases[] = {
    {{.bytes = 5, .sum = {A64, "", ""}}, "", {5, {A64}}, MANIFEST_OK, "sha256"},
    {{.bytes = -1, .sum = {A64, "", ""}},
     "",
     {5, {A64}},
     MANIFEST_OK,
     "sha256"},
    {{.bytes = 6, .sum = {A64, "", ""}},
     "",
     {5, {A64}},
     MANIFEST_WRONG,
     "5 bytes, the manifest has 6"},
    {{.bytes = 5, .sum = {B64, "", ""}},
     "",
     {5, {A64}},
     MANIFEST_WRONG,
     "sha256 is " A64 ", the manifest has " B64},
    {{.bytes = 5, .sum = {A64, A32, ""}},
     "",
     {5, {A64, A32}},
     MANIFEST_OK,
     "sha256, md5"},
    {{.bytes = 5, .sum = {A64, B32, ""}},
     "",
     {5, {A64, A32}},
     MANIFEST_WRONG,
     "md5 is " A32 ", the manifest has " B32},
    {{.bytes = 5, .sum = {"", A32, ""}},
     "",
     {5, {"", A32}},
     MANIFEST_OK,
     "md5"},
    {{.bytes = 5, .sum = {"", "", ""}},
     "",
     {5, {A64}},
     MANIFEST_UNPROVEN,
     "no sum is published or recorded"},
    {{.bytes = 5, .sum = {"", "", ""}},
     A64,
     {5, {A64}},
     MANIFEST_OK,
     "sha256 recorded at its download"},
    {{.bytes = 5, .sum = {"", "", ""}},
     B64,
     {5, {A64}},
     MANIFEST_WRONG,
     "recorded at its download is " B64},
    /* a published sum is not outvoted by a recorded one */
    {{.bytes = 5, .sum = {A64, "", ""}},
     B64,
     {5, {A64}},
     MANIFEST_OK,
     "sha256"},
    {{.bytes = 4, .sum = {"", "", ""}},
     A64,
     {5, {A64}},
     MANIFEST_WRONG,
     "5 bytes"},
};

static void judges(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text why = {0};

        assert_int_equal(manifest_judge(&cases[i].file, cases[i].recorded,
                                        &cases[i].made, &why),
                         cases[i].state);
        assert_non_null(strstr(why.s, cases[i].why));
        text_free(&why);
    }
    assert_int_equal(manifest_wanted(&cases[7].file), 1U << SUM_SHA256);
    assert_int_equal(manifest_wanted(&cases[6].file), 1U << SUM_MD5);
}

static void records_come_back(void **state)
{
    char dir[TMP_PATH];
    char path[TMP_PATH];
    char hex[SHA256_HEX];

    (void)state;
    tmp_make(dir);
    tmp_path(dir, "a.csv", path);
    assert_ok(manifest_record_read(path, hex));
    assert_string_equal(hex, "");
    assert_ok(manifest_record_write(path, A64));
    assert_ok(manifest_record_read(path, hex));
    assert_string_equal(hex, A64);
    tmp_write(dir, "a.csv.sha256", "abc  a\n", 7, path);
    assert_fails(manifest_record_read(tmp_path(dir, "a.csv", path), hex),
                 ERR_DATA, "a.csv.sha256: is no recorded sum");
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(judges),
        cmocka_unit_test(records_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
