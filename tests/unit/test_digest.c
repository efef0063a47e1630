#include "check.h"
#include "det/digest.h"

static void test_layout(void **state)
{
    /* What the header promises, written out by hand. */
    static const char bytes[] = "w\0f32\0"
                                "2,1,2\0\0\0\x80\x3f\0\0\0\xc0"
                                "t\0text\0"
                                "1,2\0hi"
                                "k\0i64\0"
                                "0\0\xfe\xff\xff\xff\xff\xff\xff\xff";
    const float w[] = {1.0F, -2.0F};
    const uint64_t dim[] = {1, 2};
    struct digest *d = NULL;
    uint8_t sum[SHA256_SIZE];
    char want[SHA256_HEX];
    char got[SHA256_HEX];

    (void)state;
    assert_ok(sha256_of(bytes, sizeof bytes - 1, sum));
    sha256_hex(sum, want);
    assert_ok(digest_new(&d));
    for (int again = 0; again < 2; again++) {
        if (again) { /* in pieces */
            digest_array_start(d, "w", DIGEST_F32, 2, dim);
            digest_values(d, DIGEST_F32, w, 1);
            digest_values(d, DIGEST_F32, w + 1, 1);
        } else {
            digest_array(d, "w", DIGEST_F32, 2, dim, w);
        }
        digest_text(d, "t", "hi");
        digest_i64(d, "k", -2);
        digest_end(d, got);
        assert_string_equal(got, want);
    }
    digest_free(d);
}

static void digest_of(struct digest *d,
                      const char *name,
                      enum digest_type type,
                      uint64_t n,
                      const void *v,
                      char hex[SHA256_HEX])
{
    digest_array(d, name, type, 1, &n, v);
    digest_end(d, hex);
}

static void test_sensitive(void **state)
{
    static const enum digest_type all[] = {DIGEST_F32, DIGEST_F64, DIGEST_I16,
                                           DIGEST_I32, DIGEST_I64, DIGEST_U8,
                                           DIGEST_I8,  DIGEST_U16, DIGEST_U32};
    uint8_t bytes[64] = {0};
    char first[9][SHA256_HEX];
    char other[SHA256_HEX];
    struct digest *d = NULL;

    (void)state;
    assert_ok(digest_new(&d));
    for (int i = 0; i < 9; i++) {
        digest_of(d, "a", all[i], 3, bytes, first[i]);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(first[i], first[k]);
        digest_of(d, "b", all[i], 3, bytes, other);
        assert_string_not_equal(first[i], other);
        digest_of(d, "a", all[i], 4, bytes, other);
        assert_string_not_equal(first[i], other);
        bytes[2] ^= 1;
        digest_of(d, "a", all[i], 3, bytes, other);
        assert_string_not_equal(first[i], other);
        bytes[2] ^= 1;
    }
    digest_f64(d, "a", 0.0);
    digest_end(d, first[0]);
    digest_f64(d, "a", -0.0);
    digest_end(d, other);
    assert_string_not_equal(first[0], other);
    digest_array(d, "none", DIGEST_F32, 1, (const uint64_t[]){0}, NULL);
    digest_end(d, other);
    digest_free(d);
    digest_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_sensitive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
