/* DICOM folders as CTs: values, boxes, byte orders, names. */
#include "unit/dicom_sample.h"
#include "vol/folder.h"
#include "vol/scan.h"

enum { SLICES = 4, N = DCM_ROWS * DCM_COLUMNS };

static char dir[TMP_PATH];

static int make_dir(void **state)
{
    (void)state;
    tmp_make(dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

/* Slice k has stored numbers 100 k + 0, 1, 2, ... and slope 1 + k % 2. */
static void put_series(const char *syntax, int stored, const char *inter)
{
    char name[32];
    char path[TMP_PATH];

    for (int k = 0; k < SLICES; k++) {
        struct dcm d = dcm_slice(2.0 * k);

        d.syntax = syntax;
        for (int i = 0; i < N; i++)
            d.pixel[i] = (uint16_t)(100 * k + i);
        dcm_n(&d, 0x00280101, stored);
        dcm_n(&d, 0x00280102, stored - 1);
        dcm_text(&d, 0x00281052, inter);
        dcm_text(&d, 0x00281053, k % 2 ? "2" : "1");
        (void)snprintf(name, sizeof name, "%d.dcm", SLICES - k);
        (void)dcm_write(&d, dir, name, path);
    }
}

static void check_values(double inter)
{
    static const int64_t lo[3] = {1, 1, 1};
    static const int64_t hi[3] = {4, 3, 3};
    struct volume v = {.data = NULL};
    struct volume part = {.data = NULL};
    struct scan *s = NULL;
    size_t at = 0;

    assert_ok(volume_open(dir, &v));
    for (int k = 0; k < SLICES; k++)
        for (int i = 0; i < N; i++)
            assert_true(pixel_get(v.pixel, v.data, (size_t)(k * N + i)) ==
                        (1 + k % 2) * (100 * k + i) + inter);
    assert_ok(scan_open(dir, &s));
    assert_ok(scan_part(s, lo, hi, &part));
    for (int64_t k = lo[2]; k < hi[2]; k++)
        for (int64_t j = lo[1]; j < hi[1]; j++)
            for (int64_t i = lo[0]; i < hi[0]; i++) {
                int64_t from = (k * DCM_ROWS + j) * DCM_COLUMNS + i;

                assert_true(pixel_get(part.pixel, part.data, at++) ==
                            pixel_get(v.pixel, v.data, (size_t)from));
            }
    volume_free(&part);
    volume_free(&v);
    scan_close(s);
}

static void test_values(void **state)
{
    static const char *const syntax[] = {DCM_EXPLICIT, DCM_IMPLICIT, DCM_BIG};

    (void)state;
    for (int i = 0; i < 3; i++) {
        put_series(syntax[i], 16, "-1024");
        check_values(-1024);
        put_series(syntax[i], 12, "-1024");
        check_values(-1024);
        put_series(syntax[i], 16, "-0.5");
        check_values(-0.5);
    }
}

/* Slices of different byte orders, and one file alone. */
static void test_mixed(void **state)
{
    struct dcm d = dcm_slice(2);
    struct volume v = {.data = NULL};
    char path[TMP_PATH];

    (void)state;
    put_series(DCM_EXPLICIT, 16, "0");
    d.syntax = DCM_BIG;
    dcm_n(&d, 0x00280101, 16);
    dcm_n(&d, 0x00280102, 15);
    dcm_text(&d, 0x00281052, "0");
    dcm_text(&d, 0x00281053, "2");
    for (int i = 0; i < N; i++)
        d.pixel[i] = (uint16_t)(100 + i);
    (void)dcm_write(&d, dir, "3.dcm", path);
    assert_fails(volume_open(dir, &v), ERR_DATA, "in the same series uint32");
    put_series(DCM_EXPLICIT, 16, "-1");
    dcm_text(&d, 0x00281052, "-1");
    (void)dcm_write(&d, dir, "3.dcm", path);
    check_values(-1);
    assert_ok(volume_open(path, &v));
    assert_int_equal(v.geo.size[2], 1);
    assert_true(pixel_get(v.pixel, v.data, 0) == 199.0);
    volume_free(&v);
}

static void test_names(void **state)
{
    char name[TMP_PATH + 16];
    struct volume v = {.data = NULL};

    (void)state;
    put_series(DCM_EXPLICIT, 16, "-1024");
    (void)snprintf(name, sizeof name, "%s#1.2.3", dir);
    assert_true(folder_is(dir) && folder_is(name));
    assert_false(folder_is("/nonexistent/x#1"));
    assert_ok(volume_open(name, &v));
    volume_free(&v);
    (void)snprintf(name, sizeof name, "%s#1.2.4", dir);
    assert_fails(volume_open(name, &v), ERR_DATA, "no CT series 1.2.4");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_values),
        CASE(test_mixed),
        CASE(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
