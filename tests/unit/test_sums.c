#include "base/sums.h"

#include "tmp.h"

/* RFC 1321, FIPS 180-4, and `git hash-object`. */
static const struct {
    const char *text;
    const char *hex[SUM_KINDS];
} known[] = {
    {"",
     {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "d41d8cd98f00b204e9800998ecf8427e",
      "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"}},
    {"abc",
     {"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "900150983cd24fb0d6963f7d28e17f72",
      "f2ba8f84ab5c1bce84a7b441cb1959cfc7093b7f"}},
};

static void gives_the_published_sums(void **state)
{
    char dir[TMP_PATH];
    char path[TMP_PATH];
    struct sums s;

    (void)state;
    tmp_make(dir);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t len = strlen(known[i].text);

        tmp_write(dir, "f", known[i].text, len, path);
        for (unsigned want = 0; want < 1U << SUM_KINDS; want++) {
            assert_ok(sums_of_file(path, want, &s));
            assert_int_equal(s.size, len);
            for (int k = 0; k < SUM_KINDS; k++)
                assert_string_equal(s.hex[k],
                                    want & 1U << k ? known[i].hex[k] : "");
        }
    }
    for (int k = 0; k < SUM_KINDS; k++)
        assert_int_equal(strlen(known[0].hex[k]), sum_digits((enum sum_kind)k));
    tmp_clean(dir);
}

/* These come from libcrypto; sha256.h may use the processor's instructions. */
static void every_length_has_the_digest_of_sha256(void **state)
{
    char dir[TMP_PATH];
    char path[TMP_PATH];
    uint8_t text[300];
    struct sums s;

    (void)state;
    tmp_make(dir);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * i + i / 7);
    for (size_t n = 0; n <= sizeof text; n++) {
        uint8_t d[SHA256_SIZE];
        char hex[SHA256_HEX];

        tmp_write(dir, "f", text, n, path);
        assert_ok(sums_of_file(path, 1U << SUM_SHA256, &s));
        assert_ok(sha256_of(text, n, d));
        sha256_hex(d, hex);
        assert_string_equal(hex, s.hex[SUM_SHA256]);
    }
    tmp_clean(dir);
}

static void refuses_what_is_no_file(void **state)
{
    char dir[TMP_PATH];
    char path[TMP_PATH];
    struct sums s;

    (void)state;
    tmp_make(dir);
    assert_fails(sums_of_file(dir, 1, &s), ERR_FILE, "no regular file");
    assert_fails(sums_of_file(tmp_path(dir, "no", path), 1, &s), ERR_FILE,
                 "No such file");
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_sums),
        cmocka_unit_test(every_length_has_the_digest_of_sha256),
        cmocka_unit_test(refuses_what_is_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
