/* Files: plain, gzip, byte order, scaling, and everything that can be wrong
 * with them. */
#include <sys/resource.h>

#include "unit/nifti_sample.h"

static void test_plain_and_gzip(void **state)
{
    struct sample s = sample_nifti();

    (void)state;
    for (int gz = 0; gz < 2; gz++) {
        const char *path = gz ? sample_gz(&s) : sample_file(&s);
        struct volume v = {0};
        struct geometry g;
        enum pixel p;

        assert_ok(volume_open(path, &v));
        for (int i = 0; i < 24; i++)
            assert_int_equal(((int16_t *)v.data)[i], i);
        assert_ok(volume_peek(path, &g, &p));
        assert_memory_equal(&g, &v.geo, sizeof g);
        assert_int_equal(p, PIXEL_I16);
        volume_free(&v);
        (void)unlink(path);
    }
}

/* Both versions, both byte orders. */
static void test_byte_order(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct sample s = i < 2 ? sample_nifti() : sample_nifti2();
        struct volume v = {0};

        if (i % 2)
            sample_reverse(&s);
        assert_ok(volume_open(i < 2 ? sample_file(&s) : sample_gz(&s), &v));
        for (int k = 0; k < 24; k++)
            assert_int_equal(((int16_t *)v.data)[k], k);
        assert_true(v.geo.spacing[1] == 0.75 && v.geo.origin[0] == 10);
        volume_free(&v);
    }
    (void)unlink(sample_path(".nii"));
    (void)unlink(sample_path(".nii.gz"));
}

/* Header and voxels in two files; either name will do. */
static void test_pair(void **state)
{
    static const char *const name[] = {".hdr", ".img"};
    struct sample s = sample_nifti();
    struct volume v = {0};

    (void)state;
    memcpy(s.bytes + NIFTI_MAGIC, "ni1", 4);
    sample_f32(&s, NIFTI_VOX_OFFSET, 0);
    sample_write(sample_path(".hdr"), s.bytes, NIFTI_HEAD);
    sample_write(sample_path(".img"), s.bytes + NIFTI_VOXELS, 48);
    for (int i = 0; i < 2; i++) {
        assert_ok(volume_open(sample_path(name[i]), &v));
        assert_int_equal(((int16_t *)v.data)[23], 23);
        volume_free(&v);
    }
    sample_write(sample_path(".img"), s.bytes + NIFTI_VOXELS, 47);
    assert_fails(volume_open(sample_path(".hdr"), &v), ERR_DATA, ".img");
    (void)unlink(sample_path(".img"));
    assert_fails(volume_open(sample_path(".hdr"), &v), ERR_FILE, ".img");
    memcpy(s.bytes + NIFTI_MAGIC, "n+1", 4);
    sample_f32(&s, NIFTI_VOX_OFFSET, NIFTI_VOXELS);
    sample_write(sample_path(".hdr"), s.bytes, s.len);
    assert_fails(volume_open(sample_path(".hdr"), &v), ERR_DATA, "one file");
    (void)unlink(sample_path(".hdr"));
    memcpy(s.bytes + NIFTI_MAGIC, "ni1", 4);
    assert_fails(volume_open(sample_file(&s), &v), ERR_DATA, "two files");
    (void)unlink(sample_path(".nii"));
}

/* An extension between header and voxels. */
static void test_extension(void **state)
{
    struct sample s = sample_nifti();
    struct volume v = {0};

    (void)state;
    memmove(s.bytes + NIFTI_VOXELS + 160, s.bytes + NIFTI_VOXELS, 48);
    memset(s.bytes + NIFTI_VOXELS, 0x5A, 160);
    s.bytes[348] = 1;
    s.len += 160;
    sample_f32(&s, NIFTI_VOX_OFFSET, NIFTI_VOXELS + 160);
    assert_ok(volume_open(sample_file(&s), &v));
    assert_int_equal(((int16_t *)v.data)[23], 23);
    volume_free(&v);
    assert_ok(volume_open(sample_gz(&s), &v));
    assert_int_equal(((int16_t *)v.data)[23], 23);
    volume_free(&v);
    (void)unlink(sample_path(".nii"));
    (void)unlink(sample_path(".nii.gz"));
}

static void test_scaled(void **state)
{
    struct sample s = sample_nifti();
    struct volume v = {0};

    (void)state;
    sample_f32(&s, NIFTI_SCL_SLOPE, 0.5);
    sample_f32(&s, NIFTI_SCL_INTER, -1024);
    assert_ok(volume_open(sample_file(&s), &v));
    assert_int_equal(v.pixel, PIXEL_F32);
    for (int i = 0; i < 24; i++)
        assert_true(((float *)v.data)[i] == 0.5F * (float)i - 1024.0F);
    volume_free(&v);
    (void)unlink(sample_path(".nii"));
}

/* A plain file cut at every length. */
static void test_cut(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct sample s = i ? sample_nifti2() : sample_nifti();
        size_t len = s.len;
        struct volume v = {0};

        for (s.len = 0; s.len < len; s.len++)
            assert_fails(volume_open(sample_file(&s), &v), ERR_DATA,
                         "truncated");
    }
    (void)unlink(sample_path(".nii"));
}

static void refused(const char *path, status code, const char *word)
{
    struct volume v = {.data = NULL};

    assert_fails(volume_open(path, &v), code, word);
    assert_null(v.data);
    assert_non_null(strstr(status_text(), path));
    (void)unlink(path);
}

static void test_short_files(void **state)
{
    struct sample s = sample_nifti();

    (void)state;
    s.len -= 1; /* the last voxel is cut */
    refused(sample_file(&s), ERR_DATA, "cannot hold them");
    s.len = 100;
    refused(sample_file(&s), ERR_DATA, "truncated");
    refused(sample_gz(&s), ERR_DATA, "truncated");
    s.len = 0;
    refused(sample_file(&s), ERR_DATA, "truncated");
    s = sample_nifti();
    s.len -= 7;
    refused(sample_gz(&s), ERR_DATA, "ends 7 bytes before the end");
}

/* A gzip file cut at every length, and with each byte of its end damaged. */
static void test_damaged_gzip(void **state)
{
    struct sample s = sample_nifti();
    char *bytes = NULL;
    size_t len = 0;
    struct volume v = {0};

    (void)state;
    assert_ok(file_read(sample_gz(&s), 1 << 20, &bytes, &len));
    for (size_t n = 3; n < len; n++) {
        sample_write(sample_path(".nii.gz"), bytes, n);
        assert_int_equal(volume_open(sample_path(".nii.gz"), &v), ERR_DATA);
    }
    for (size_t k = len - 8; k < len; k++) { /* check sum and length */
        bytes[k] ^= 0x40;
        sample_write(sample_path(".nii.gz"), bytes, len);
        assert_fails(volume_open(sample_path(".nii.gz"), &v), ERR_DATA,
                     "damaged");
        bytes[k] ^= 0x40;
    }
    (void)unlink(sample_path(".nii.gz"));
    mem_free(bytes);
}

/* A small file that asks for 32767^3 voxels: refused without the memory. */
static void test_memory_bomb(void **state)
{
    struct sample s = sample_nifti();
    struct rusage before;
    struct rusage after;

    (void)state;
    for (int a = 1; a <= 3; a++)
        sample_i16(&s, NIFTI_DIM + 2 * a, 32767);
    (void)getrusage(RUSAGE_SELF, &before);
    refused(sample_file(&s), ERR_DATA, "32767 x 32767 x 32767");
    refused(sample_gz(&s), ERR_DATA, "cannot hold them");
    (void)getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 16 * 1024); /* KiB */
}

static void test_no_file(void **state)
{
    struct volume v = {0};

    (void)state;
    assert_fails(volume_open("/nowhere/scan.nii.gz", &v), ERR_FILE,
                 "/nowhere/scan.nii.gz");
    assert_fails(volume_open("/tmp/x.tif", &v), ERR_DATA, "not known");
    assert_fails(volume_peek("/tmp/.nii", &v.geo, &v.pixel), ERR_FILE, ".nii");
    (void)rmdir(sample_path("-folder.nii"));
    assert_ok(file_mkdirs(sample_path("-folder.nii")));
    assert_fails(volume_open(sample_path("-folder.nii"), &v), ERR_FILE,
                 "folder");
    (void)rmdir(sample_path("-folder.nii"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_and_gzip),
        cmocka_unit_test(test_byte_order),
        cmocka_unit_test(test_pair),
        cmocka_unit_test(test_extension),
        cmocka_unit_test(test_scaled),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_short_files),
        cmocka_unit_test(test_damaged_gzip),
        cmocka_unit_test(test_memory_bomb),
        cmocka_unit_test(test_no_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
