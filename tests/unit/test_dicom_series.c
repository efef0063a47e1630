/* Folders of slices: which series, in which order, on which grid, and every
 * way a series can be wrong. */
#include <math.h>

#include "unit/dicom_sample.h"
#include "vol/dicom_series.h"

enum { SLICES = 5 };

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

static void put(struct dcm *d, const char *name)
{
    char path[TMP_PATH];

    (void)dcm_write(d, dir, name, path);
}

/* Five slices, 2.5 mm apart, named against their order. */
static void put_series(void)
{
    char name[32];

    for (int i = 0; i < SLICES; i++) {
        struct dcm d = dcm_slice(30.0 + 2.5 * i);

        (void)snprintf(name, sizeof name, "IM%d.dcm", 9 - i);
        put(&d, name);
    }
}

/* Slice i of put_series again, changed by the caller. */
static struct dcm slice(int i)
{
    return dcm_slice(30.0 + 2.5 * i);
}

static void test_order_and_geometry(void **state)
{
    struct dicom_series s;

    (void)state;
    put_series();
    assert_ok(dicom_series_read(dir, &s));
    assert_int_equal(s.n, SLICES);
    for (int i = 0; i < SLICES; i++)
        assert_true(s.slice[i].head.position[2] == 30.0 + 2.5 * i);
    assert_int_equal(s.geo.size[0], DCM_COLUMNS);
    assert_int_equal(s.geo.size[1], DCM_ROWS);
    assert_int_equal(s.geo.size[2], SLICES);
    assert_true(s.geo.spacing[0] == 0.5 && s.geo.spacing[1] == 0.75 &&
                s.geo.spacing[2] == 2.5);
    assert_true(s.geo.origin[0] == -10 && s.geo.origin[2] == 30);
    for (int i = 0; i < 9; i++)
        assert_true(s.geo.direction[i] == (i % 4 == 0 ? 1.0 : 0.0));
    assert_int_equal(s.disk, PIXEL_U16);
    assert_int_equal(s.pixel, PIXEL_I16);
    dicom_series_free(&s);
}

/* Order is along row x column, whatever that is in the patient. */
static void test_directions(void **state)
{
    static const struct {
        const char *orientation;
        double step[3], direction[9];
    } all[] = {
        {"1\\0\\0\\0\\-1\\0", {0, 0, -2}, {1, 0, 0, 0, -1, 0, 0, 0, -1}},
        {"0\\1\\0\\0\\0\\-1", {-2, 0, 0}, {0, 0, -1, 1, 0, 0, 0, -1, 0}},
        {"0.6\\0.8\\0\\-0.8\\0.6\\0",
         {0, 0, 2},
         {0.6, -0.8, 0, 0.8, 0.6, 0, 0, 0, 1}},
    };

    (void)state;
    for (size_t t = 0; t < 3; t++) {
        struct dicom_series s;
        char name[32];
        char text[64];

        for (int i = 0; i < SLICES; i++) {
            struct dcm d = dcm_slice(0);

            dcm_text(&d, 0x00200037, all[t].orientation);
            (void)snprintf(text, sizeof text, "%.9g\\%.9g\\%.9g",
                           1 + i * all[t].step[0], 2 + i * all[t].step[1],
                           3 + i * all[t].step[2]);
            dcm_text(&d, 0x00200032, text);
            (void)snprintf(name, sizeof name, "IM%d.dcm", 9 - i);
            put(&d, name);
        }
        assert_ok(dicom_series_read(dir, &s));
        assert_true(s.geo.origin[0] == 1 && s.geo.origin[1] == 2 &&
                    s.geo.origin[2] == 3);
        assert_true(s.geo.spacing[2] == 2);
        for (int i = 0; i < 9; i++)
            assert_true(fabs(s.geo.direction[i] - all[t].direction[i]) < 1e-15);
        dicom_series_free(&s);
    }
}

/* The smallest type that holds what the stored bits allow. */
static void test_types(void **state)
{
    static const struct {
        int stored, is_signed;
        const char *slope, *inter;
        enum pixel pixel;
    } all[] = {
        {16, 1, "1", "-1024", PIXEL_I32}, {16, 0, "1", "-1024", PIXEL_I32},
        {12, 0, "1", "-1024", PIXEL_I16}, {12, 1, "1", "-1024", PIXEL_I16},
        {16, 1, "1", "0", PIXEL_I16},     {16, 0, "1", "0", PIXEL_U16},
        {12, 0, "1", "0", PIXEL_U16},     {12, 1, "", "", PIXEL_I16},
        {16, 0, "2", "0", PIXEL_U32},     {12, 0, "0.5", "0", PIXEL_F64},
        {12, 0, "1", "-0.5", PIXEL_F64},  {12, 0, "-1", "0", PIXEL_I16},
        {15, 0, "1", "-32768", PIXEL_I16}};

    (void)state;
    for (size_t t = 0; t < sizeof all / sizeof *all; t++) {
        struct dicom_series s;
        struct dcm d = dcm_slice(0);
        char path[TMP_PATH];

        dcm_n(&d, 0x00280101, all[t].stored);
        dcm_n(&d, 0x00280102, all[t].stored - 1);
        dcm_n(&d, 0x00280103, all[t].is_signed);
        dcm_text(&d, 0x00281053, all[t].slope);
        dcm_text(&d, 0x00281052, all[t].inter);
        assert_ok(dicom_series_read(dcm_write(&d, dir, "one.dcm", path), &s));
        assert_int_equal(s.pixel, all[t].pixel);
        assert_int_equal(s.disk, all[t].is_signed ? PIXEL_I16 : PIXEL_U16);
        assert_true(s.geo.spacing[2] == 1.0); /* as the toolkit has it */
        dicom_series_free(&s);
    }
}

static void test_what_is_passed_over(void **state)
{
    struct dcm localizer = slice(0);
    struct dcm contours = slice(0);
    struct dcm report = slice(0);
    struct dicom_series s;
    char path[TMP_PATH];

    (void)state;
    put_series();
    dcm_text(&localizer, 0x00080008, "ORIGINAL\\PRIMARY\\LOCALIZER");
    put(&localizer, "L.dcm");
    dcm_text(&contours, 0x00080060, "RTSTRUCT");
    dcm_text(&contours, 0x0020000E, "1.2.77");
    put(&contours, "RS");
    dcm_text(&report, 0x00080016, "1.2.840.10008.5.1.4.1.1.7");
    put(&report, "dose.dcm");
    (void)tmp_write(dir, "notes.txt", "x", 1, path);
    (void)tmp_write(dir, ".hidden.dcm", "x", 1, path);
    assert_ok(dicom_series_read(dir, &s));
    assert_int_equal(s.n, SLICES);
    dicom_series_free(&s);
    (void)tmp_write(dir, "1.2.840.113", "x", 1, path);
    assert_fails(dicom_series_read(dir, &s), ERR_DATA,
                 "1.2.840.113: no \"DICM");
}

static void test_which_series(void **state)
{
    struct dcm other = slice(0);
    struct dicom_series s;
    char name[TMP_PATH + 16];
    char path[TMP_PATH];

    (void)state;
    assert_fails(dicom_series_read(dir, &s), ERR_DATA, "no DICOM file");
    dcm_text(&other, 0x00080060, "RTSTRUCT");
    dcm_text(&other, 0x0020000E, "1.2.77");
    put(&other, "RS.dcm");
    assert_fails(dicom_series_read(dir, &s), ERR_DATA,
                 "it holds: RTSTRUCT 1.2.77 \"thorax\": 1 file");
    put_series();
    dcm_text(&other, 0x00080060, "CT");
    dcm_text(&other, 0x0020000E, "1.2.78");
    put(&other, "CT2.dcm");
    assert_fails(dicom_series_read(dir, &s), ERR_DATA,
                 "2 CT series in this folder: CT 1.2.78 \"thorax\": 1 file; CT "
                 "1.2.3 \"thorax\": 5 files; RTSTRUCT");
    (void)snprintf(name, sizeof name, "%s#1.2.3", dir);
    assert_ok(dicom_series_read(name, &s));
    assert_int_equal(s.n, SLICES);
    dicom_series_free(&s);
    (void)snprintf(name, sizeof name, "%s#1.2.4", dir);
    assert_fails(dicom_series_read(name, &s), ERR_DATA, "no CT series 1.2.4");
    assert_fails(dicom_series_read(tmp_path(dir, "RS.dcm", path), &s), ERR_DATA,
                 "no CT series");
    assert_fails(dicom_series_read(tmp_path(dir, "none#1", path), &s), ERR_FILE,
                 "none");
}

/* One slice of the series is another: what the error says. */
static void test_one_is_wrong(void **state)
{
    static const struct {
        uint32_t tag;
        const char *text;
        int n;
        const char *word;
    } bad[] = {
        {0x00280010, "", 4, "need 32"},
        {0x00280010, "", 0, "rows (0028,0010) and columns"},
        {0x00280002, "", 3, "samples per pixel (0028,0002) is 3"},
        {0x00280004, "MONOCHROME1", 0, "\"MONOCHROME1\""},
        {0x00280008, "4", 0, "number of frames (0028,0008) is 4"},
        {0x00280100, "", 32, "bits allocated (0028,0100) is 32"},
        {0x00280101, "", 8, "bits stored (0028,0101) is 8"},
        {0x00280102, "", 12, "high bit (0028,0102) is 12"},
        {0x00280103, "", 2, "pixel representation (0028,0103)"},
        {0x00200032, "", 0, "image position (0020,0032) is absent"},
        {0x00200037, "", 0, "image orientation (0020,0037) is absent"},
        {0x00200037, "1\\0\\0\\1\\0\\0", 0, "not two unit vectors"},
        {0x00200037, "0\\1\\0\\-1\\0\\0", 0, "differs from that of"},
        {0x00280030, "", 0, "pixel spacing (0028,0030) is absent"},
        {0x00280030, "0.75\\0", 0, "not positive"},
        {0x00280030, "0.75\\0.6", 0, "is 0.6 mm, that of"},
        {0x00281053, "0", 0, "rescale slope (0028,1053) is 0"},
        {0x00281052, "-1024.5", 0, "intercept -1024.5"},
        {0x00280101, "", 13, "mixed"},
        {0x00200032, "-10\\20\\32.5", 0, "at the same place"},
        {0x00200032, "-10\\20\\43", 0, "not evenly spaced"},
        {0x00200032, "-10\\20.3\\35", 0, "gantry tilt"},
    };

    (void)state;
    put_series();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct dcm d = slice(2);
        struct dicom_series s;

        if (bad[i].tag == 0x00280101 && bad[i].n == 13) {
            dcm_n(&d, 0x00280102, 12);
            dcm_n(&d, 0x00280103, 1);
        }
        dcm_text(&d, bad[i].tag, bad[i].text);
        dcm_n(&d, bad[i].tag, bad[i].n);
        put(&d, "IM7.dcm");
        assert_fails(dicom_series_read(dir, &s), ERR_DATA,
                     strcmp(bad[i].word, "mixed") == 0 ? "pixels are"
                                                       : bad[i].word);
        assert_non_null(strstr(status_text(), "IM"));
    }
}

static void test_look_up_table(void **state)
{
    struct dcm d = slice(0);
    struct dicom_series s;
    char path[TMP_PATH];

    (void)state;
    dcm_drop(&d, 0x00281053);
    d.field[d.fields - 1].tag = 0x00283000;
    (void)dcm_write(&d, dir, "x.dcm", path);
    assert_fails(dicom_series_read(path, &s), ERR_DATA, "modality LUT");
}

/* A series with a hole, and one whose end was not noticed to be missing:
 * positions alone cannot tell. */
static void test_missing(void **state)
{
    struct dicom_series s;
    char path[TMP_PATH];

    (void)state;
    put_series();
    assert_int_equal(remove(tmp_path(dir, "IM6.dcm", path)), 0);
    assert_fails(dicom_series_read(dir, &s), ERR_DATA, "a slice is missing");
    assert_int_equal(remove(tmp_path(dir, "IM5.dcm", path)), 0);
    assert_ok(dicom_series_read(dir, &s));
    assert_int_equal(s.geo.size[2], 3);
    dicom_series_free(&s);
}

/* Any file of a series cut at any byte: an error, not a shorter series. */
static void test_truncated(void **state)
{
    struct dcm d = slice(4);
    struct dicom_series s;
    char path[TMP_PATH];

    (void)state;
    put_series();
    dcm_build(&d);
    for (size_t n = 0; n < d.len; n++) {
        (void)tmp_write(dir, "IM5.dcm", d.bytes, n, path);
        if (dicom_series_read(dir, &s) == OK)
            fail_msg("cut at byte %zu is taken", n);
        assert_non_null(strstr(status_text(), "IM5.dcm"));
    }
}

/* Positions rounded in the file, as scanners write them. */
static void test_rounded(void **state)
{
    static const char *const z[] = {"0.0", "0.6", "1.3", "1.9", "2.5"};
    struct dicom_series s;
    char name[32];
    char text[64];

    (void)state;
    for (int i = 0; i < SLICES; i++) {
        struct dcm d = dcm_slice(0);

        (void)snprintf(text, sizeof text, "-10\\20\\%s", z[i]);
        dcm_text(&d, 0x00200032, text);
        (void)snprintf(name, sizeof name, "IM%d.dcm", i);
        put(&d, name);
    }
    assert_ok(dicom_series_read(dir, &s));
    assert_true(s.geo.spacing[2] == 2.5 / 4);
    dicom_series_free(&s);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_order_and_geometry),
        CASE(test_directions),
        CASE(test_types),
        CASE(test_what_is_passed_over),
        CASE(test_which_series),
        CASE(test_one_is_wrong),
        CASE(test_look_up_table),
        CASE(test_missing),
        CASE(test_truncated),
        CASE(test_rounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
