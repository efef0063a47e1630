#include <math.h>

#include "base/text.h"

#include "check.h"

static void grows_and_formats(void **state)
{
    struct text t = {0};

    (void)state;
    for (int i = 0; i < 1000; i++)
        text_add(&t, "%d,", i % 10);
    text_put(&t, "x\0y", 3);
    assert_ok(text_status(&t));
    assert_int_equal(t.len, 2003);
    assert_int_equal(t.s[t.len], '\0');
    assert_memory_equal(t.s, "0,1,2,", 6);
    assert_memory_equal(t.s + 2000, "x\0y", 4);
    text_free(&t);
    assert_null(t.s);
    text_free(&t);
}

static void escapes_json(void **state)
{
    struct text t = {0};

    (void)state;
    text_json(&t, "a\"b\\c\n\t\r\x01\x7f\xc3\xa4");
    assert_string_equal(t.s,
                        "\"a\\\"b\\\\c\\n\\t\\u000d\\u0001\\u007f\xc3\xa4\"");
    text_free(&t);
}

/* The right column is what Python's repr() prints. */
static void doubles_look_like_pythons(void **state)
{
    static const struct {
        double v;
        const char *s;
    } cases[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-12.0, "-12.0"},
        {0.1, "0.1"},
        {0.0001, "0.0001"},
        {0.00012345, "0.00012345"},
        {1e-5, "1e-05"},
        {1.5e-6, "1.5e-06"},
        {123456.789, "123456.789"},
        {1e15, "1000000000000000.0"},
        {1e16, "1e+16"},
        {1.25e22, "1.25e+22"},
        {9007199254740993.0, "9007199254740992.0"},
        {1.0 / 3, "0.3333333333333333"},
        {2.0 / 3, "0.6666666666666666"},
        {0.1 + 0.2, "0.30000000000000004"},
        {5e-324, "5e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
    };
    struct text t = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        t.len = 0;
        text_double(&t, cases[i].v);
        assert_string_equal(t.s, cases[i].s);
        assert_true(strtod(t.s, NULL) == cases[i].v);
    }
    t.len = 0;
    text_double(&t, (double)NAN);
    text_double(&t, (double)INFINITY);
    text_double(&t, -(double)INFINITY);
    assert_string_equal(t.s, "naninf-inf");
    text_free(&t);
}

static void doubles_read_back(void **state)
{
    struct text t = {0};
    uint64_t bits = 0x123456789abcdefULL;

    (void)state;
    for (int i = 0; i < 3000; i++) {
        double v;
        double back = 0;

        bits = bits * 6364136223846793005ULL + 1442695040888963407ULL;
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v))
            continue;
        t.len = 0;
        text_double(&t, v);
        assert_true(text_to_double(t.s, &back));
        assert_same_bits(&v, &back, sizeof v);
    }
    text_free(&t);
}

static void numbers_are_strict(void **state)
{
    static const char *const bad[] = {"",    " 1",     "1 ",    "nan", "inf",
                                      "-",   "+",      ".",     "1e",  "1x",
                                      "0x1", "-0x1p3", "1e999", "--1", "1,0"};
    double d = 7;
    int64_t i = 7;

    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        assert_false(text_to_double(bad[k], &d));
        assert_false(text_to_i64(bad[k], &i));
    }
    assert_false(text_to_i64("1.0", &i));
    assert_false(text_to_i64("9223372036854775808", &i));
    assert_true(d == 7 && i == 7);
    assert_true(text_to_double("1e-6", &d) && d == 1e-6);
    assert_true(text_to_double("+.5", &d) && d == 0.5);
    assert_true(text_to_double("-3.", &d) && d == -3.0);
    assert_true(text_to_i64("-9223372036854775808", &i) && i == INT64_MIN);
    assert_true(text_to_i64("+12", &i) && i == 12);
}

static void distance_counts_edits(void **state)
{
    char longer[80];

    (void)state;
    memset(longer, 'a', sizeof longer);
    longer[79] = '\0';
    assert_int_equal(text_distance("", ""), 0);
    assert_int_equal(text_distance("abc", ""), 3);
    assert_int_equal(text_distance("kitten", "sitting"), 3);
    assert_int_equal(text_distance("sitting", "kitten"), 3);
    assert_int_equal(text_distance("train.step", "train.steps"), 1);
    assert_int_equal(text_distance(longer, "a"), 99);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_and_formats),
        cmocka_unit_test(escapes_json),
        cmocka_unit_test(doubles_look_like_pythons),
        cmocka_unit_test(doubles_read_back),
        cmocka_unit_test(numbers_are_strict),
        cmocka_unit_test(distance_counts_edits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
