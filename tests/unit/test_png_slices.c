/* Folders of DeepLesion slices: runs, spacing, volumes read and written. */
#include "base/file.h"

#include "unit/png_sample.h"
#include "vol/png_slices.h"
#include "vol/scan.h"

enum { ROWS = 4, COLUMNS = 3, N = ROWS * COLUMNS };

static char dir[TMP_PATH];    /* the folder above, with DL_info.csv */
static char series[TMP_PATH]; /* dir/000089_01_02 */

static const char table[] =
    "File_name,Patient_index,Study_index,Series_ID,Spacing_mm_px_\n"
    "a,89,1,1,\"1, 1, 1\"\n"
    "b,89,1,2,\"0.859375, 0.7, 2.5\"\n"
    "c,89,1,2,\"9, 9, 9\"\n"
    "d,89,1,3,\"0.8, 0.8\"\n"
    "e,89,1,4,\"0.8, 0.8, -1\"\n";

static int make_dir(void **state)
{
    char path[TMP_PATH];

    (void)state;
    tmp_make(dir);
    (void)tmp_write(dir, "DL_info.csv", table, sizeof table - 1, path);
    assert_ok(file_mkdirs(tmp_path(dir, "000089_01_02", series)));
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    tmp_clean(dir);
    return 0;
}

static uint16_t value(int number, int row, int column)
{
    return (uint16_t)(32768 - 1000 + 100 * number + 10 * row + column);
}

static void put(int number, uint32_t rows)
{
    uint16_t pixel[N * 2];
    struct png_sample s = {COLUMNS, rows, 16, 0, 0, pixel};
    char name[32];
    char path[TMP_PATH];

    for (int r = 0; r < (int)rows; r++)
        for (int c = 0; c < COLUMNS; c++)
            pixel[r * COLUMNS + c] = value(number, r, c);
    (void)snprintf(name, sizeof name, "%03d.png", number);
    (void)png_write_sample(&s, series, name, path);
}

static void put_two_runs(void)
{
    put(9, ROWS);
    put(7, ROWS);
    put(8, ROWS);
    put(12, ROWS);
}

static void test_runs(void **state)
{
    struct png_series s;
    char path[TMP_PATH];
    char *name = NULL;

    (void)state;
    assert_fails(png_series_open(series, &s), ERR_DATA, "no slice NNN.png");
    assert_false(png_series_is(series));
    put_two_runs();
    (void)tmp_write(series, "notes.txt", "x", 1, path);
    assert_true(png_series_is(series));
    assert_ok(png_series_open(series, &s));
    assert_string_equal(s.name, "000089_01_02");
    assert_int_equal(s.runs, 2);
    assert_int_equal(s.run[0].n, 3);
    assert_int_equal(s.run[1].first, 3);
    assert_ok(png_run_name(&s, &s.run[0], &name));
    assert_string_equal(name, "000089_01_02_007-009");
    mem_free(name);
    png_series_free(&s);
    (void)tmp_write(series, "0007.png", "x", 1, path);
    assert_fails(png_series_open(series, &s), ERR_DATA, "is slice 7");
    (void)tmp_write(series, "key.png", "x", 1, path);
    assert_fails(png_series_open(series, &s), ERR_DATA, "named by number");
}

static void test_spacing(void **state)
{
    struct csv *t = NULL;
    double mm[3];

    (void)state;
    assert_ok(csv_parse("DL_info.csv", table, sizeof table - 1, &t));
    assert_ok(png_spacing(t, "000089_01_02", mm));
    assert_true(mm[0] == 0.859375 && mm[1] == 0.7 && mm[2] == 2.5);
    assert_fails(png_spacing(t, "000089_01_03", mm), ERR_DATA, "line 5");
    assert_fails(png_spacing(t, "000089_01_04", mm), ERR_DATA, "line 6");
    assert_fails(png_spacing(t, "000089_01_05", mm), ERR_DATA,
                 "no row for series 000089_01_05 (patient 89");
    assert_fails(png_spacing(t, "000089_01", mm), ERR_DATA, "rename it");
    assert_fails(png_spacing(t, "000089_01_0x", mm), ERR_DATA, "rename it");
    csv_free(t);
}

static void check_voxels(const struct volume *v, int first)
{
    const int64_t *n = v->geo.size;

    for (int k = 0; k < n[2]; k++)
        for (int c = 0; c < n[1]; c++)
            for (int r = 0; r < n[0]; r++)
                assert_true(pixel_get(v->pixel, v->data,
                                      (size_t)((k * n[1] + c) * n[0] + r)) ==
                            (double)value(first + k, r, c) - 32768.0);
}

/* A folder as a CT is the volume that is written of it, bit for bit. */
static void test_both_ways(void **state)
{
    struct png_series s;
    struct volume read = {.data = NULL};
    struct volume made = {.data = NULL};
    const double mm[3] = {0.859375, 0.7, 2.5};
    char name[TMP_PATH + 16];
    char path[TMP_PATH];

    (void)state;
    put_two_runs();
    assert_fails(volume_open(series, &read), ERR_DATA,
                 "runs of slices in this folder are 007-009, 012-012");
    (void)snprintf(name, sizeof name, "%s#007-009", series);
    assert_ok(volume_open(name, &read));
    assert_int_equal(read.geo.size[0], ROWS);
    assert_int_equal(read.geo.size[1], COLUMNS);
    assert_int_equal(read.geo.size[2], 3);
    assert_int_equal(read.pixel, PIXEL_I16);
    check_voxels(&read, 7);
    assert_ok(png_series_open(series, &s));
    assert_ok(png_volume(&s, &s.run[0], mm, tmp_path(dir, "v.nii.gz", path)));
    assert_ok(volume_open(path, &made));
    assert_same_bits(&made.geo, &read.geo, sizeof made.geo);
    assert_int_equal(made.pixel, read.pixel);
    check_voxels(&made, 7);
    volume_free(&made);
    volume_free(&read);
    png_series_free(&s);
    (void)snprintf(name, sizeof name, "%s#007-008", series);
    assert_fails(volume_open(name, &read), ERR_DATA, "#007-008: the runs");
    (void)snprintf(name, sizeof name, "%s#x", series);
    assert_fails(volume_open(name, &read), ERR_DATA, "FIRST-LAST");
    assert_int_equal(remove(tmp_path(dir, "DL_info.csv", path)), 0);
    (void)snprintf(name, sizeof name, "%s#007-009", series);
    assert_fails(volume_open(name, &read), ERR_FILE, "DL_info.csv is neither");
}

/* The bytes nibabel 5.3.2 writes for Nifti1Image(array, affine). */
static void test_header_bytes(void **state)
{
    static const struct {
        size_t at;
        const char *hex;
    } parts[] = {
        {0, "5c010000"},
        {40, "03000400030003000100010001000100"},
        {70, "04001000"},
        {76, "0000803f00005c3f3333333f00002040"
             "0000803f0000803f0000803f0000803f"
             "0000b0430000803f00000000"},
        {252, "00000200f30435bff304353f00000000"},
        {280, "00000000333333bf0000000000000000"
              "00005cbf000000000000000000000000"
              "0000000000000000000020c000000000"},
        {344, "6e2b310000000000"},
    };
    struct png_series s;
    const double mm[3] = {0.859375, 0.7, 2.5};
    uint8_t want[352] = {0};
    char path[TMP_PATH];
    char *file = NULL;
    size_t len = 0;

    (void)state;
    put_two_runs();
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        for (size_t i = 0; parts[p].hex[2 * i]; i++) {
            char byte[3] = {parts[p].hex[2 * i], parts[p].hex[2 * i + 1], 0};

            want[parts[p].at + i] = (uint8_t)strtoul(byte, NULL, 16);
        }
    assert_ok(png_series_open(series, &s));
    assert_ok(png_volume(&s, &s.run[0], mm, tmp_path(dir, "v.nii", path)));
    assert_ok(file_read(path, 4096, &file, &len));
    assert_int_equal(len, 352 + 3 * N * 2);
    assert_memory_equal(file, want, sizeof want);
    mem_free(file);
    /* one slice: two axes, the rest as it was */
    assert_ok(png_volume(&s, &s.run[1], mm, path));
    assert_ok(file_read(path, 4096, &file, &len));
    want[40] = 2;
    want[46] = 1;
    assert_memory_equal(file, want, sizeof want);
    mem_free(file);
    png_series_free(&s);
}

/* From 300 slices on the study's converter writes doubles. */
static void test_doubles(void **state)
{
    struct volume v = {.data = NULL};
    char path[TMP_PATH];

    (void)state;
    for (int i = 0; i < 299; i++)
        put(1 + i, ROWS);
    assert_ok(volume_open(series, &v));
    assert_int_equal(v.pixel, PIXEL_I16);
    volume_free(&v);
    put(300, ROWS);
    assert_ok(volume_open(series, &v));
    assert_int_equal(v.pixel, PIXEL_F64);
    assert_int_equal(v.geo.size[2], 300);
    check_voxels(&v, 1);
    volume_free(&v);
    put(5, ROWS + 1);
    assert_fails(volume_open(series, &v), ERR_DATA, "005.png: has 3 x 5");
    (void)tmp_write(series, "005.png", "cut", 3, path);
    assert_fails(volume_open(series, &v), ERR_DATA, "005.png");
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_runs),         CASE(test_spacing), CASE(test_both_ways),
        CASE(test_header_bytes), CASE(test_doubles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
