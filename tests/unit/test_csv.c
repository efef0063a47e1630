#include "base/csv.h"
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

static status load(const char *text, struct csv **out)
{
    return csv_read(tmp_write(dir, "t.csv", text, strlen(text), path), out);
}

static void reads_a_plain_table(void **state)
{
    struct csv *t = NULL;
    double d = 0;
    int64_t i = 0;
    uint32_t col = 9;

    (void)state;
    assert_ok(load("image_path,coordX,n\na.nii,1e-3,7\nb.nii,-2.5,-8", &t));
    assert_int_equal(csv_rows(t), 2);
    assert_int_equal(csv_cols(t), 3);
    assert_string_equal(csv_name(t, 1), "coordX");
    assert_string_equal(csv_cell(t, 1, 0), "b.nii");
    assert_string_equal(csv_path(t), path);
    assert_int_equal(csv_line(t, 0), 2);
    assert_int_equal(csv_line(t, 1), 3);
    assert_int_equal(csv_find(t, "n"), 2);
    assert_int_equal(csv_find(t, "N"), -1);
    assert_ok(csv_need(t, "coordX", &col));
    assert_int_equal(col, 1);
    assert_ok(csv_f64(t, 0, 1, &d));
    assert_true(d == 1e-3);
    assert_ok(csv_i64(t, 1, 2, &i));
    assert_int_equal(i, -8);
    csv_free(t);
    csv_free(NULL);
}

static void reads_quotes_crlf_and_bom(void **state)
{
    struct csv *t = NULL;

    (void)state;
    assert_ok(load("\xef\xbb\xbf\"a\",\"b, c\"\r\n"
                   "\"say \"\"hi\"\"\",\"two\nlines\"\r\n"
                   "\r\n"
                   ",\"\"\r\n"
                   "x,",
                   &t));
    assert_string_equal(csv_name(t, 0), "a");
    assert_string_equal(csv_name(t, 1), "b, c");
    assert_int_equal(csv_rows(t), 3);
    assert_string_equal(csv_cell(t, 0, 0), "say \"hi\"");
    assert_string_equal(csv_cell(t, 0, 1), "two\nlines");
    assert_string_equal(csv_cell(t, 1, 0), "");
    assert_string_equal(csv_cell(t, 1, 1), "");
    assert_string_equal(csv_cell(t, 2, 0), "x");
    assert_string_equal(csv_cell(t, 2, 1), "");
    assert_int_equal(csv_line(t, 0), 2);
    assert_int_equal(csv_line(t, 1), 5);
    assert_int_equal(csv_line(t, 2), 6);
    csv_free(t);
}

static void one_column_keeps_empty_cells(void **state)
{
    struct csv *t = NULL;

    (void)state;
    assert_ok(load("a\n\nx\n", &t));
    assert_int_equal(csv_rows(t), 2);
    assert_string_equal(csv_cell(t, 0, 0), "");
    assert_string_equal(csv_cell(t, 1, 0), "x");
    csv_free(t);
}

static void refuses_bad_tables(void **state)
{
    struct csv *t = NULL;

    (void)state;
    assert_fails(load("", &t), ERR_DATA, "column names is needed");
    assert_fails(load("\n\n", &t), ERR_DATA, "empty");
    assert_fails(load("a,b\n", &t), ERR_DATA, "the list is empty");
    assert_fails(load("a,b\n1,2\n3\n", &t), ERR_DATA,
                 ".csv:3: 1 fields, the header has 2");
    assert_fails(load("a,b\n1,2,3\n", &t), ERR_DATA, ":2: 3 fields");
    assert_fails(load("a,b\n1,\"2\n3,4\n", &t), ERR_DATA,
                 ":2: a quote is opened and never closed");
    assert_fails(load("a,b\n1,\"2\"x\n", &t), ERR_DATA,
                 "\"x\" after a closing quote");
    assert_fails(load("a,b\n1,2\"\n", &t), ERR_DATA, "a quote inside a field");
    assert_fails(load("a,b\r1,2\r", &t), ERR_DATA, "carriage return");
    assert_fails(csv_read(tmp_write(dir, "z.csv", "a,b\n1,\0\n", 8, path), &t),
                 ERR_DATA, "zero bytes");
    assert_null(t);
}

static void refuses_missing_files(void **state)
{
    struct csv *t = NULL;

    (void)state;
    assert_fails(csv_read(dir, &t), ERR_FILE, "is a folder");
    assert_fails(csv_read(tmp_path(dir, "no.csv", path), &t), ERR_FILE,
                 "no.csv: No such file");
}

static void names_the_place_of_a_bad_cell(void **state)
{
    static const char *const bad[] = {"nan",  "inf", "",     "1,5",
                                      "0x10", "1 ",  "1e999"};
    struct csv *t = NULL;
    double d = 42;
    int64_t i = 42;
    char text[64];

    (void)state;
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        (void)snprintf(text, sizeof text, "a,coordX\n1,2\n3,\"%s\"\n", bad[k]);
        assert_ok(load(text, &t));
        (void)snprintf(text, sizeof text, ":3: column coordX: \"%s\" is not",
                       bad[k]);
        assert_fails(csv_f64(t, 1, 1, &d), ERR_DATA, text);
        assert_true(d == 42);
        assert_fails(csv_i64(t, 1, 1, &i), ERR_DATA, text);
        assert_int_equal(i, 42);
        csv_free(t);
    }
}

static void lists_columns_when_one_is_missing(void **state)
{
    struct csv *t = NULL;
    uint32_t col = 0;

    (void)state;
    assert_ok(load("image_path,x,x\na,b,c\n", &t));
    assert_fails(csv_need(t, "coordX", &col), ERR_DATA,
                 "no column \"coordX\"; there are: image_path, x, x");
    assert_fails(csv_need(t, "x", &col), ERR_DATA, "there twice");
    csv_free(t);
}

static void put_reads_back(void **state)
{
    static const char *const fields[] = {"plain",  "a,b", "q\"q", "l\nl",
                                         "c\rc\n", "",    " b "};
    enum { N = sizeof fields / sizeof *fields };
    struct text s = {0};
    struct csv *t = NULL;

    (void)state;
    for (int i = 0; i < N; i++)
        text_add(&s, "%sc%d", i ? "," : "", i);
    text_add(&s, "\n");
    for (int i = 0; i < N; i++) {
        text_add(&s, "%s", i ? "," : "");
        csv_put(&s, fields[i]);
    }
    assert_ok(text_status(&s));
    assert_non_null(strstr(s.s, "plain,\"a,b\",\"q\"\"q\","));
    assert_ok(load(s.s, &t));
    for (int i = 0; i < N; i++)
        assert_string_equal(csv_cell(t, 0, (uint32_t)i), fields[i]);
    csv_free(t);
    text_free(&s);
}

static void parses_bytes_in_memory(void **state)
{
    struct csv *t = NULL;
    static const char bytes[] = "a,b\n1,\"x\ny\"\nrest";

    (void)state;
    assert_ok(csv_parse("memory", bytes, sizeof bytes - 5, &t));
    assert_int_equal(csv_rows(t), 1);
    assert_string_equal(csv_cell(t, 0, 1), "x\ny");
    csv_free(t);
    assert_fails(csv_parse("memory", bytes, sizeof bytes - 1, &t), ERR_DATA,
                 "memory:4: 1 fields");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_a_plain_table),
        cmocka_unit_test(reads_quotes_crlf_and_bom),
        cmocka_unit_test(one_column_keeps_empty_cells),
        cmocka_unit_test(refuses_bad_tables),
        cmocka_unit_test(refuses_missing_files),
        cmocka_unit_test(names_the_place_of_a_bad_cell),
        cmocka_unit_test(lists_columns_when_one_is_missing),
        cmocka_unit_test(put_reads_back),
        cmocka_unit_test(parses_bytes_in_memory),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
