/* store/feature: both formats give back what was written, the CSV is the
 * study's layout, and bad tables are told apart. */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "check.h"
#include "store/feature.h"
#include "store/seal.h"
#include "tmp.h"

enum { ROWS = 4, DIM = 3 };

static char dir[TMP_PATH];
static char nc[TMP_PATH];
static char csv[TMP_PATH];

static int setup(void **state)
{
    (void)state;
    tmp_make(dir);
    (void)tmp_path(dir, "f.nc", nc);
    (void)tmp_path(dir, "f.csv", csv);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

static struct features *sample(void)
{
    static const char *const cells[ROWS * 2] = {
        "a.nii.gz", "0", "b,\"c\"", "1", "", "2", "ä", "3"};
    struct features *f = NULL;

    assert_ok(features_new(ROWS, DIM, 2, &f));
    assert_ok(features_name(f, 0, "image_path"));
    assert_ok(features_name(f, 1, "malignancy"));
    for (uint32_t i = 0; i < ROWS; i++) {
        f->index[i] = 100 + i;
        for (uint32_t k = 0; k < 2; k++)
            assert_ok(features_cell(f, i, k, cells[2 * i + k]));
        for (uint32_t k = 0; k < DIM; k++)
            f->value[i * DIM + k] = 0.1f * (float)i - 1e-6f * (float)k;
    }
    memset(f->weights, 'a', SHA256_HEX - 1);
    return f;
}

static void same(const struct features *a, const struct features *b)
{
    char da[SHA256_HEX];
    char db[SHA256_HEX];

    assert_int_equal(a->rows, b->rows);
    assert_int_equal(a->dim, b->dim);
    assert_int_equal(a->cols, b->cols);
    assert_same_bits(a->value, b->value, sizeof(float) * ROWS * DIM);
    assert_same_bits(a->index, b->index, sizeof(uint32_t) * ROWS);
    for (uint32_t i = 0; i < a->rows * a->cols; i++)
        assert_string_equal(a->cell[i], b->cell[i]);
    assert_ok(features_digest(a, da));
    assert_ok(features_digest(b, db));
    assert_string_equal(da, db);
}

static void both_formats_give_it_back(void **state)
{
    struct features *f = sample();
    struct features *g = NULL;

    (void)state;
    assert_ok(features_write_nc(nc, f));
    assert_ok(features_read(nc, &g));
    same(f, g);
    assert_string_equal(g->weights, f->weights);
    assert_string_equal(g->run_id, "");
    features_free(g);
    assert_ok(features_write_csv(csv, f));
    assert_ok(features_read(csv, &g));
    same(f, g);
    assert_int_equal(features_find(g, "malignancy"), 1);
    assert_int_equal(features_find(g, "pred_0"), -1);
    features_free(g);
    features_free(f);
}

static void csv_is_the_layout_of_the_study(void **state)
{
    struct features *f = sample();
    char *s = NULL;
    size_t len = 0;

    (void)state;
    assert_ok(features_write_csv(csv, f));
    assert_ok(file_read(csv, 1 << 20, &s, &len));
    /* 0.1f as a double */
    assert_non_null(strstr(s, ",image_path,malignancy,pred_0,pred_1,pred_2\n"
                              "100,a.nii.gz,0,0.0,"));
    assert_non_null(strstr(s, "\n101,\"b,\"\"c\"\"\",1,0.10000000149011612,"));
    mem_free(s);
    features_free(f);
}

static void reads(const char *text, status code, const char *word)
{
    struct features *f = NULL;

    (void)tmp_write(dir, "t.csv", text, strlen(text), csv);
    if (code == OK)
        assert_ok(features_read(csv, &f));
    else
        assert_fails(features_read(csv, &f), code, word);
    features_free(f);
}

static void refuses_bad_tables(void **state)
{
    struct features *f = NULL;

    (void)state;
    reads("Unnamed: 0,pred_1,x,pred_0\n5,1e-3,t,2\n", OK, "");
    reads("x,y\n1,2\n", ERR_DATA, "no feature column");
    reads("pred_0,pred_2\n1,2\n", ERR_DATA, "pred_2");
    reads("pred_0,pred_0\n1,2\n", ERR_DATA, "each once");
    reads("pred_0\n1\nnan\n", ERR_DATA, ":3: column pred_0: \"nan\"");
    reads("pred_0\n1e300\n", ERR_NUMERIC, "feature 0 is not a finite");
    reads(",pred_0\n-1,0\n", ERR_DATA, "row number -1");
    reads("pred_0\n", ERR_DATA, "empty");
    assert_fails(features_read("/nowhere/f.csv", &f), ERR_FILE, "/nowhere");
    assert_fails(features_read(dir, &f), ERR_FILE, "folder");
}

static void refuses_numbers_that_are_none(void **state)
{
    struct features *f = sample();

    (void)state;
    f->value[4] = NAN;
    assert_fails(features_write_nc(nc, f), ERR_NUMERIC,
                 "row 101: feature 1 is not");
    assert_fails(features_write_csv(csv, f), ERR_NUMERIC,
                 "row 101: feature 1 is not");
    features_free(f);
}

static void notices_damage(void **state)
{
    struct features *f = sample();
    struct features *g = NULL;
    char *good = NULL;
    size_t len = 0;
    char *at = NULL;

    (void)state;
    assert_ok(features_write_nc(nc, f));
    assert_ok(file_read(nc, 1 << 24, &good, &len));
    for (size_t i = 0; i < len; i += 17) {
        good[i] ^= 0x08;
        assert_ok(file_publish(nc, good, len));
        good[i] ^= 0x08;
        assert_true(features_read(nc, &g) != OK);
        assert_non_null(strstr(status_text(), "f.nc"));
    }
    for (at = good; memcmp(at, f->value, sizeof(float) * DIM) != 0; at++)
        assert_true(at + 1 < good + len);
    at[5] ^= 1; /* under a right seal the content digest finds it */
    assert_ok(file_publish(nc, good, len - 24));
    assert_ok(seal_put(nc));
    assert_fails(features_read(nc, &g), ERR_NUMERIC, "does not give");
    assert_ok(file_publish(nc, good, len / 2));
    assert_fails(features_read(nc, &g), ERR_DATA, "f.nc: has no seal");
    mem_free(good);
    features_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_formats_give_it_back),
        cmocka_unit_test(csv_is_the_layout_of_the_study),
        cmocka_unit_test(refuses_bad_tables),
        cmocka_unit_test(refuses_numbers_that_are_none),
        cmocka_unit_test(notices_damage),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
