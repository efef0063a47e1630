/* Stored numbers of a slice: bits that are not stored, byte orders, and what a
 * decoder may do. */
#include <sys/stat.h>

#include "unit/dicom_sample.h"
#include "vol/dicom_pixels.h"
#include "vol/nifti_write.h"

enum { N = DCM_ROWS * DCM_COLUMNS };

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

static status pixels(struct dcm *d, int16_t out[N])
{
    struct dicom_head h;
    char path[TMP_PATH];

    assert_ok(dicom_head_read(dcm_write(d, dir, "x.dcm", path), &h));
    h.slope = 1.0;
    h.inter = -1024.0;
    return dicom_pixels(path, &h, out);
}

static void test_bits(void **state)
{
    static const uint16_t in[N] = {0,      1,      0x0FFF, 0x1FFF,
                                   0x8000, 0xF001, 0x0800, 0xF7FF};
    static const int16_t unsigned12[N] = {0, 1, 4095, 4095, 0, 1, 2048, 2047};
    static const int16_t signed12[N] = {0, 1, -1, -1, 0, 1, -2048, 2047};
    static const char *const syntax[] = {DCM_EXPLICIT, DCM_IMPLICIT, DCM_BIG};

    (void)state;
    for (int s = 0; s < 2; s++)
        for (int i = 0; i < 3; i++) {
            struct dcm d = dcm_slice(0);
            int16_t out[N];

            d.syntax = syntax[i];
            memcpy(d.pixel, in, sizeof in);
            dcm_n(&d, 0x00280103, s);
            assert_ok(pixels(&d, out));
            assert_memory_equal(out, s ? signed12 : unsigned12, sizeof out);
            dcm_n(&d, 0x00280101, 16);
            assert_ok(pixels(&d, out));
            assert_memory_equal(out, in, sizeof out);
        }
}

/* --- the decoder: programs of this name that a test writes --- */

static void put_program(const char *script)
{
    char path[TMP_PATH];
    char text[4 * TMP_PATH];

    (void)snprintf(text, sizeof text, "#!/bin/sh\n%s\n", script);
    (void)tmp_write(dir, "dcm2niix", text, strlen(text), path);
    assert_int_equal(chmod(path, 0755), 0);
}

/* A PATH with nothing but what the test put into its folder. */
static void only_here(void)
{
    assert_int_equal(setenv("PATH", dir, 1), 0);
}

/* What dcm2niix makes of dcm_slice(0): rows turned round, its scale. */
static void put_made(int32_t columns, float inter, double y)
{
    struct volume v;
    struct geometry g = {{columns, DCM_ROWS, 1},
                         {0.5, 0.75, 1},
                         {-10, y, 0},
                         {1, 0, 0, 0, -1, 0, 0, 0, 1}};
    char path[TMP_PATH];
    FILE *f;

    assert_ok(volume_new(&g, PIXEL_I16, &v));
    for (int j = 0; j < DCM_ROWS; j++)
        for (int i = 0; i < columns; i++)
            ((int16_t *)v.data)[j * columns + i] =
                (int16_t)(DCM_COLUMNS * (DCM_ROWS - 1 - j) + i);
    assert_ok(nifti_write(tmp_path(dir, "made.nii", path), &v));
    volume_free(&v);
    f = fopen(path, "r+b");
    assert_non_null(f);
    assert_int_equal(fseek(f, 116, SEEK_SET), 0);
    assert_int_equal(fwrite(&inter, sizeof inter, 1, f), 1);
    assert_int_equal(fclose(f), 0);
}

static void put_copier(void)
{
    char script[2 * TMP_PATH];

    /* the folder follows -o, near the end */
    (void)snprintf(script, sizeof script,
                   "while [ \"$1\" != -o ]; do shift; done\n"
                   "/bin/cp '%s/made.nii' \"$2/v.nii\"",
                   dir);
    put_program(script);
}

static void test_decoder_words(void **state)
{
    struct dcm d = dcm_slice(0);
    int16_t out[N];

    (void)state;
    d.syntax = DCM_RLE;
    only_here();
    assert_fails(pixels(&d, out), ERR_FILE, "no such program on PATH");
    assert_non_null(strstr(status_text(), "RLE lossless"));
    assert_non_null(strstr(status_text(), "package dcm2niix"));
    put_program("echo Warning: this; echo Error: that; exit 3");
    assert_fails(pixels(&d, out), ERR_DATA, "(exit status 3)");
    assert_non_null(strstr(status_text(), "Error: that; make plain"));
    put_program("exit 0");
    assert_fails(pixels(&d, out), ERR_DATA, "it says nothing");
    put_copier();
    put_made(DCM_COLUMNS, -1024, 21.5);
    assert_ok(pixels(&d, out));
    for (int i = 0; i < N; i++)
        assert_int_equal(out[i], i);
    put_made(DCM_COLUMNS - 1, -1024, 21.5);
    assert_fails(pixels(&d, out), ERR_DATA, "gives 3 x 3 x 1 voxels");
    put_made(DCM_COLUMNS, -1000, 21.5);
    assert_fails(pixels(&d, out), ERR_DATA, "intercept -1000");
    put_made(DCM_COLUMNS, -1024, 20);
    assert_fails(pixels(&d, out), ERR_DATA, "1.5 mm off");
    put_program("echo \"Warning: Unsupported transfer syntax 'x'\"\n"
                "while [ \"$1\" != -o ]; do shift; done; : >\"$2/v.nii\"");
    assert_fails(pixels(&d, out), ERR_DATA, "Unsupported transfer syntax 'x'");
}

static void test_version(void **state)
{
    struct text t = {NULL, 0, 0, OK};

    (void)state;
    only_here();
    assert_fails(dicom_decoder(&t), ERR_FILE, "no such program");
    put_program("echo Some words 'version v1.2 (X) 64-bit'; echo v1.2; exit 3");
    assert_ok(dicom_decoder(&t));
    assert_string_equal(t.s, "dcm2niix v1.2");
    text_free(&t);
}

/* The real one, where it is installed. */
static void test_real_decoder(void **state)
{
    struct dcm d = dcm_slice(0);
    int16_t out[N];

    (void)state;
    d.syntax = DCM_RLE;
    d.pixel[5] = 0x0ABC;
    if (system("command -v dcm2niix >/dev/null") != 0) {
        printf("SKIP: dcm2niix is not on PATH\n");
        skip();
    }
    assert_ok(pixels(&d, out));
    for (int i = 0; i < N; i++)
        assert_int_equal(out[i], d.pixel[i]);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(test_bits),
        CASE(test_real_decoder), /* before PATH is changed */
        CASE(test_decoder_words),
        CASE(test_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
