/* Patches against the long way: resample everything, turn the array, cut,
 * turn the piece. */
#include <math.h>

#include "unit/long_way.h"

static void test_the_long_way(void **state)
{
    struct stream s = stream_at(2, STREAM_TEST, 2, 0, 0);

    (void)state;
    for (int which = 0; which < 48; which++)
        for (int mode = 0; mode < 4; mode++) {
            struct patch_conf conf = {3, mode & 1, mode & 2, true, {1, 1, 1}};
            struct volume v = sample_volume(
                &s, which, (enum pixel)stream_below(&s, PIXEL_TYPES), 9);
            struct patch p = {0};
            struct grid g;
            double index[3];
            double point[3];
            int64_t lo[3];
            int64_t hi[3];

            assert_ok(patch_grid(&v.geo, &conf, &g));
            assert_ok(patch_new(conf.radius, v.pixel, &p));
            for (int a = 0; a < 3; a++)
                index[a] = stream_range(&s, 0, (double)(g.geo.size[a] - 1));
            geometry_point(&g.geo, index, point);
            patch_box(&g, &conf, point, lo, hi);
            if (lo[0] < hi[0] && lo[1] < hi[1] && lo[2] < hi[2]) {
                patch_positive(&v, &g, &conf, point, &p);
                the_long_way(&v, &g, &conf, lo, hi, &p);
            }
            negative_draw(&g, &conf, &s, lo);
            for (int a = 0; a < 3; a++) {
                int64_t n = patch_image(&g, &conf).size[a];

                hi[a] = lo[a] + (n < 6 ? n : 6);
            }
            patch_negative(&v, &g, &conf, lo, &p);
            the_long_way(&v, &g, &conf, lo, hi, &p);
            patch_free(&p);
            volume_free(&v);
        }
}

/* A coded volume as DeepLesion's writer stores it: row, column, slice towards
 * the feet; value 10000 slice + 100 row + column. */
static void test_deeplesion(void **state)
{
    struct patch_conf conf = {4, true, true, true, {1, 1, 1}};
    struct geometry g = {
        {30, 40, 20}, {1, 1, 1}, {0}, {0, 1, 0, 1, 0, 0, 0, 0, -1}};
    /* the study's list: x and y interchanged, as index (row, column) */
    const double point[3] = {15, 22, -9};
    struct volume v = {0};
    struct patch p = {0};
    struct grid grid;
    const double *got;

    (void)state;
    assert_ok(volume_new(&g, PIXEL_F64, &v));
    for (int k = 0; k < 20; k++)
        for (int j = 0; j < 40; j++)
            for (int i = 0; i < 30; i++)
                ((double *)v.data)[(k * 40 + j) * 30 + i] =
                    10000 * k + 100 * i + j;
    assert_ok(patch_grid(&v.geo, &conf, &grid));
    assert_ok(patch_new(conf.radius, v.pixel, &p));
    patch_positive(&v, &grid, &conf, point, &p);
    got = p.data;
    /* index (22, 15, 9) used as (column, row, slice) */
    for (int z = 0; z < 8; z++)
        for (int y = 0; y < 8; y++)
            for (int x = 0; x < 8; x++)
                assert_true(got[(z * 8 + y) * 8 + x] ==
                            10000 * (9 + 4 - 1 - z) + 100 * (15 - 4 + y) +
                                (22 - 4 + x));
    patch_free(&p);
    volume_free(&v);
}

static void test_negative_corners(void **state)
{
    struct patch_conf conf = {3, false, true, false, {1, 1, 1}};
    struct geometry g = {
        {9, 6, 4}, {1, 1, 1}, {0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    struct stream s = stream_at(3, STREAM_TEST, 3, 0, 0);
    const double inside[3] = {5, 2, 1};
    const double beyond[3] = {8, 2, 1};
    int seen[4] = {0};
    struct grid grid;
    int64_t range[3];

    (void)state;
    assert_ok(patch_grid(&g, &conf, &grid));
    assert_true(grid.same);
    negative_range(&grid, &conf, range);
    assert_int_equal(range[0], 4);
    assert_int_equal(range[1], 1);
    assert_int_equal(range[2], 1);
    for (int i = 0; i < 400; i++) {
        int64_t corner[3];

        negative_draw(&grid, &conf, &s, corner);
        assert_in_range(corner[0], 0, 3);
        assert_int_equal(corner[1], 0);
        assert_int_equal(corner[2], 0);
        seen[corner[0]]++;
        assert_true(negative_holds(&grid, &conf, corner, inside));
        assert_int_equal(negative_holds(&grid, &conf, corner, beyond),
                         corner[0] == 3);
    }
    for (int i = 0; i < 4; i++)
        assert_in_range(seen[i], 60, 140); /* 100 expected, sd 8.7 */
}

static void test_memory(void **state)
{
    struct patch p = {0};

    (void)state;
    assert_fails(patch_new(0, PIXEL_I16, &p), ERR_CONF, "radius");
    assert_fails(patch_new(5000, PIXEL_I16, &p), ERR_CONF, "radius");
    assert_ok(patch_new(2, PIXEL_F64, &p));
    memset(p.data, 1, 64 * sizeof(double));
    patch_free(&p);
    patch_free(&p);
    patch_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_long_way),
        cmocka_unit_test(test_deeplesion),
        cmocka_unit_test(test_negative_corners),
        cmocka_unit_test(test_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
