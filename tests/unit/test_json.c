#include <math.h>

#include "base/json.h"
#include "base/text.h"

#include "check.h"
#include "tmp.h"

static status parse(const char *text, struct json **out)
{
    return json_parse(text, strlen(text), "t.json", out);
}

static void reads_every_type(void **state)
{
    struct json *j = NULL;
    const struct json *a = NULL;

    (void)state;
    assert_ok(parse("{\"a\": [1, 2.5, \"x\", null, true, false, {}],"
                    " \"big\": -9007199254740993}",
                    &j));
    a = json_get(j, "a");
    assert_true(json_is_object(j) && json_is_array(a));
    assert_int_equal(json_len(j), 2);
    assert_int_equal(json_len(a), 7);
    assert_int_equal(json_i64(json_at(a, 0), -1), 1);
    assert_true(json_f64(json_at(a, 0), -1) == 1.0);
    assert_true(json_f64(json_at(a, 1), -1) == 2.5);
    assert_int_equal(json_i64(json_at(a, 1), -1), -1);
    assert_string_equal(json_text(json_at(a, 2)), "x");
    assert_true(json_is_text(json_at(a, 2)));
    assert_false(json_is_number(json_at(a, 2)));
    assert_true(json_f64(json_at(a, 2), -3) == -3);
    assert_true(json_is_null(json_at(a, 3)));
    assert_true(json_bool(json_at(a, 4), false));
    assert_false(json_bool(json_at(a, 5), true));
    assert_true(json_bool(json_at(a, 0), true));
    assert_int_equal(json_len(json_at(a, 6)), 0);
    assert_true(json_i64(json_get(j, "big"), 0) == -9007199254740993);
    json_free(j);
    json_free(NULL);
}

static void keeps_file_order(void **state)
{
    enum { N = 500 };
    struct text t = {0};
    struct json *j = NULL;
    char key[16];

    (void)state;
    for (int i = 0; i < N; i++)
        text_add(&t, "%s\"k%d\": %d", i ? ", " : "{", (i * 7919) % 10007, i);
    text_add(&t, "}");
    assert_ok(parse(t.s, &j));
    assert_int_equal(json_len(j), N);
    for (int i = 0; i < N; i++) {
        (void)snprintf(key, sizeof key, "k%d", (i * 7919) % 10007);
        assert_string_equal(json_key(j, (size_t)i), key);
        assert_int_equal(json_i64(json_member(j, (size_t)i), -1), i);
    }
    assert_null(json_key(j, N));
    assert_null(json_member(j, N));
    json_free(j);
    text_free(&t);
}

static void missing_things_are_null(void **state)
{
    struct json *j = NULL;

    (void)state;
    assert_ok(parse("{\"a\": 1}", &j));
    assert_null(json_get(j, "b"));
    assert_null(json_get(json_get(j, "b"), "c"));
    assert_null(json_at(j, 0));
    assert_null(json_at(NULL, 0));
    assert_null(json_at(json_get(j, "a"), 3));
    assert_null(json_key(NULL, 0));
    assert_null(json_member(json_get(j, "a"), 0));
    assert_null(json_text(NULL));
    assert_int_equal(json_len(NULL), 0);
    assert_int_equal(json_len(json_get(j, "a")), 0);
    assert_true(json_f64(NULL, 7) == 7);
    assert_int_equal(json_i64(NULL, 7), 7);
    assert_true(json_bool(NULL, true));
    assert_false(json_is_null(NULL) || json_is_object(NULL) ||
                 json_is_array(NULL) || json_is_text(NULL) ||
                 json_is_number(NULL));
    json_free(j);
}

static void reads_what_python_writes(void **state)
{
    struct json *j = NULL;

    (void)state;
    assert_ok(parse("[NaN, Infinity, -Infinity, \"NaN -Infinity \\\" NaN\","
                    " \"nan\", \"inf\", \"-inf\", 1e-6]",
                    &j));
    assert_true(isnan(json_f64(json_at(j, 0), 0)));
    assert_true(json_f64(json_at(j, 1), 0) == (double)INFINITY);
    assert_true(json_f64(json_at(j, 2), 0) == -(double)INFINITY);
    assert_string_equal(json_text(json_at(j, 3)), "NaN -Infinity \" NaN");
    assert_true(isnan(json_f64(json_at(j, 4), 0)));
    assert_true(json_f64(json_at(j, 5), 0) == (double)INFINITY);
    assert_true(json_f64(json_at(j, 6), 0) == -(double)INFINITY);
    assert_true(json_f64(json_at(j, 7), 0) == 1e-6);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(json_is_number(json_at(j, i)), i != 3);
    json_free(j);
}

static void refuses_bad_json(void **state)
{
    static const char *const bad[] = {
        "",           "{",        "[1,]",       "{\"a\": 1, \"a\": 2}",
        "[1] x",      "{'a': 1}", "[1e999]",    "[\"\\u0000\"]",
        "[\"\xff\"]", "[NaNN]",   "{NaN: 1 1}", "[99999999999999999999]",
        "// c\n[]",   "\"open"};
    struct json *j = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_fails(parse(bad[i], &j), ERR_DATA, "t.json:");
        assert_null(j);
    }
    assert_fails(parse("{\"a\":\n 1,\n \"a\": 2}", &j), ERR_DATA, "t.json:3:");
}

static void refuses_depth_above_64(void **state)
{
    char s[200];
    struct json *j = NULL;

    (void)state;
    memset(s, '[', 64);
    memset(s + 64, ']', 64);
    assert_ok(json_parse(s, 128, "deep", &j));
    json_free(j);
    j = NULL;
    memset(s, '[', 65);
    memset(s + 65, ']', 65);
    assert_fails(json_parse(s, 130, "deep", &j), ERR_DATA, "deeper than 64");
    assert_null(j);
}

static void reads_files(void **state)
{
    char dir[TMP_PATH];
    char path[TMP_PATH];
    struct json *j = NULL;

    (void)state;
    tmp_make(dir);
    tmp_write(dir, "a.json", "[1]", 3, path);
    assert_ok(json_read(path, 3, &j));
    assert_int_equal(json_len(j), 1);
    json_free(j);
    j = NULL;
    assert_fails(json_read(path, 2, &j), ERR_DATA, "a.json");
    assert_fails(json_read(dir, 99, &j), ERR_FILE, "folder");
    assert_null(j);
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_type),
        cmocka_unit_test(keeps_file_order),
        cmocka_unit_test(missing_things_are_null),
        cmocka_unit_test(reads_what_python_writes),
        cmocka_unit_test(refuses_bad_json),
        cmocka_unit_test(refuses_depth_above_64),
        cmocka_unit_test(reads_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
