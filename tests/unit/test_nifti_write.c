#include <math.h>

#include "base/sha256.h"

#include "unit/nifti_sample.h"
#include "unit/vol_sample.h"
#include "vol/nifti_write.h"

/* What is written comes back: voxels exactly, geometry as float32. */
static void test_round_trip(void **state)
{
    struct stream s = stream_at(5, STREAM_TEST, 5, 0, 0);

    (void)state;
    for (int which = 0; which < 48; which++) {
        const char *path = sample_path(which % 2 ? ".nii" : ".nii.gz");
        struct volume v =
            sample_volume(&s, which, (enum pixel)(which % PIXEL_TYPES), 40);
        struct volume w = {0};

        assert_ok(nifti_write(path, &v));
        assert_ok(volume_open(path, &w));
        assert_int_equal(w.pixel, v.pixel);
        assert_memory_equal(w.geo.size, v.geo.size, sizeof v.geo.size);
        for (int a = 0; a < 3; a++) {
            assert_true(w.geo.spacing[a] == (double)(float)v.geo.spacing[a]);
            assert_true(w.geo.origin[a] == (double)(float)v.geo.origin[a]);
        }
        for (int i = 0; i < 9; i++)
            assert_true(w.geo.direction[i] == v.geo.direction[i]);
        assert_same_bits(w.data, v.data,
                         geometry_len(&v.geo) * pixel_size(v.pixel));
        volume_free(&v);
        volume_free(&w);
        (void)unlink(path);
    }
}

static void test_oblique(void **state)
{
    struct geometry g = {{5, 6, 7},
                         {0.8, 0.9, 2.5},
                         {-12.3, 45.6, -78.9},
                         {0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, -1}};
    struct volume v = {0};
    struct volume w = {0};

    (void)state;
    assert_ok(volume_new(&g, PIXEL_I16, &v));
    assert_ok(nifti_write(sample_path(".nii"), &v));
    assert_ok(volume_open(sample_path(".nii"), &w));
    for (int i = 0; i < 9; i++)
        assert_true(fabs(w.geo.direction[i] - g.direction[i]) < 1e-7);
    volume_free(&v);
    volume_free(&w);
    (void)unlink(sample_path(".nii"));
}

/* The same bytes every time: no time, no name in the file. */
static void test_same_bytes(void **state)
{
    struct stream s = stream_at(6, STREAM_TEST, 6, 0, 0);
    struct volume v = sample_volume(&s, 11, PIXEL_I16, 40);
    char *a = NULL;
    char *b = NULL;
    size_t na = 0;
    size_t nb = 0;

    (void)state;
    assert_ok(nifti_write(sample_path("-1.nii.gz"), &v));
    assert_ok(file_read(sample_path("-1.nii.gz"), 1 << 24, &a, &na));
    (void)unlink(sample_path("-1.nii.gz"));
    assert_ok(nifti_write(sample_path("-two.nii.gz"), &v));
    assert_ok(file_read(sample_path("-two.nii.gz"), 1 << 24, &b, &nb));
    (void)unlink(sample_path("-two.nii.gz"));
    assert_int_equal(na, nb);
    assert_same_bits(a, b, na);
    assert_memory_equal(a, "\x1f\x8b\x08\0\0\0\0\0", 8); /* no name, time 0 */
    mem_free(a);
    mem_free(b);
    volume_free(&v);
}

static void test_refused(void **state)
{
    struct geometry g = {
        {40000, 1, 1}, {1, 1, 1}, {0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    struct volume v = {0};

    (void)state;
    assert_ok(volume_new(&g, PIXEL_U8, &v));
    assert_fails(nifti_write(sample_path(".nii"), &v), ERR_DATA, "32767");
    v.geo.size[0] = 10;
    assert_fails(nifti_write("/nowhere/at/all.nii", &v), ERR_FILE,
                 "/nowhere/at/all.nii");
    v.geo.spacing[0] = 0;
    assert_fails(nifti_write(sample_path(".nii"), &v), ERR_DATA, "spacing");
    assert_false(file_exists(sample_path(".nii")));
    volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_oblique),
        cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
