/* Boxes of a file against the whole volume. */
#include <unistd.h>

#include "tmp.h"
#include "unit/vol_sample.h"
#include "vol/nifti_write.h"
#include "vol/scan.h"

/* A box of an open scan equals the box of the volume. */
static void same_box(struct scan *s,
                     const struct volume *v,
                     const int64_t lo[3],
                     const int64_t hi[3])
{
    struct volume part = {0};
    size_t size = pixel_size(v->pixel);
    const char *p;

    assert_ok(scan_part(s, lo, hi, &part));
    assert_memory_equal(&part.geo, scan_geometry(s), sizeof part.geo);
    assert_memory_equal(part.lo, lo, sizeof part.lo);
    assert_memory_equal(part.hi, hi, sizeof part.hi);
    p = part.data;
    for (int64_t k = lo[2]; k < hi[2]; k++)
        for (int64_t j = lo[1]; j < hi[1]; j++) {
            int64_t row = k * v->geo.size[1] + j;
            size_t at = (size_t)(row * v->geo.size[0] + lo[0]);
            size_t len = (size_t)(hi[0] - lo[0]) * size;

            assert_memory_equal(p, (const char *)v->data + at * size, len);
            p += len;
        }
    volume_free(&part);
}

static void test_boxes(void **state)
{
    static const char *const name[] = {"a.nii", "a.nii.gz"};
    struct stream r = stream_at(1, STREAM_TEST, 200, 0, 0);
    char dir[TMP_PATH];
    char path[TMP_PATH];

    (void)state;
    tmp_make(dir);
    for (int n = 0; n < 2; n++)
        for (int p = 0; p < PIXEL_TYPES; p++) {
            struct volume v = sample_volume(&r, 3, (enum pixel)p, 9);
            struct scan *s = NULL;

            assert_ok(nifti_write(tmp_path(dir, name[n], path), &v));
            assert_ok(scan_open(path, &s));
            assert_int_equal(scan_pixel(s), p);
            for (int i = 0; i < 40; i++) {
                int64_t lo[3];
                int64_t hi[3];

                for (int a = 0; a < 3; a++) {
                    uint64_t len = (uint64_t)v.geo.size[a];

                    lo[a] = (int64_t)stream_below(&r, len);
                    hi[a] = lo[a] + 1;
                    hi[a] += (int64_t)stream_below(&r, len - (uint64_t)lo[a]);
                }
                same_box(s, &v, lo, hi);
            }
            scan_close(s);
            volume_free(&v);
        }
    tmp_clean(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_boxes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
