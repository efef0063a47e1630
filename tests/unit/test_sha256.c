#include "base/mem.h"
#include "base/sha256.h"

#include "check.h"

/* FIPS 180-4 examples and the empty message. */
static const struct {
    const char *text;
    const char *hex;
} known[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static void gives_the_published_digests(void **state)
{
    uint8_t d[SHA256_SIZE];
    char hex[SHA256_HEX];

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        assert_ok(sha256_of(known[i].text, strlen(known[i].text), d));
        sha256_hex(d, hex);
        assert_string_equal(hex, known[i].hex);
    }
}

static void pieces_do_not_matter_and_states_start_again(void **state)
{
    struct sha256 *s = NULL;
    uint8_t d[SHA256_SIZE];
    char hex[SHA256_HEX];

    (void)state;
    assert_ok(sha256_new(&s));
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            for (const char *p = known[i].text; *p; p++)
                sha256_add(s, p, 1);
            sha256_end(s, d);
            sha256_hex(d, hex);
            assert_string_equal(hex, known[i].hex);
        }
    sha256_free(s);
    sha256_free(NULL);
}

static void a_million_letters(void **state)
{
    uint8_t d[SHA256_SIZE];
    char hex[SHA256_HEX];
    char *a = NULL;

    (void)state;
    assert_ok(mem_raw(1000000, 1, &a));
    memset(a, 'a', 1000000);
    assert_ok(sha256_of(a, 1000000, d));
    sha256_hex(d, hex);
    assert_string_equal(
        hex,
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    mem_free(a);
}

static void end_as(struct sha256 *s, const uint8_t *p, size_t n)
{
    uint8_t d[SHA256_SIZE];
    uint8_t want[SHA256_SIZE];

    sha256_end(s, d);
    assert_ok(sha256_of(p, n, want));
    assert_memory_equal(d, want, sizeof d);
}

/* Begun at any place in a block, any length. */
static void two_at_once_are_as_one_by_one(void **state)
{
    enum { LEN = 500 };
    struct sha256 *a = NULL;
    struct sha256 *b = NULL;
    uint8_t text[2 * LEN];

    (void)state;
    assert_ok(sha256_new(&a));
    assert_ok(sha256_new(&b));
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * i + i / 7);
    for (size_t n = 0; n < LEN; n += 1 + n % 13) {
        size_t i = n * 5 % 131;
        size_t k = n * 3 % 67;

        sha256_add(a, text, i);
        sha256_add(b, text + 9, k);
        sha256_add_two(a, text + i, b, text + 9 + k, n);
        end_as(a, text, i + n);
        end_as(b, text + 9, k + n);
    }
    sha256_free(a);
    sha256_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_published_digests),
        cmocka_unit_test(pieces_do_not_matter_and_states_start_again),
        cmocka_unit_test(a_million_letters),
        cmocka_unit_test(two_at_once_are_as_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
