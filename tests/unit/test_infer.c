/* The inference path where it can be known without the original, which
 * tests/golden holds it against. */
#include <math.h>

#include "unit/vol_sample.h"
#include "vol/infer.h"

/* A volume whose value is linear in the world: 2x - 3y + 5z + 100. */
static struct volume ramp(int which)
{
    struct geometry g = {{12, 14, 9}, {1.7, 0.8, 2.3}, {-7, 11, 30}, {0}};
    struct volume v = {0};
    double *out;

    sample_direction(which, g.direction);
    assert_ok(volume_new(&g, PIXEL_F64, &v));
    out = v.data;
    for (int64_t k = 0; k < g.size[2]; k++)
        for (int64_t j = 0; j < g.size[1]; j++)
            for (int64_t i = 0; i < g.size[0]; i++) {
                const double index[3] = {(double)i, (double)j, (double)k};
                double p[3];

                geometry_point(&g, index, p);
                *out++ = 2 * p[0] - 3 * p[1] + 5 * p[2] + 100;
            }
    return v;
}

/* Ideal sampling gives the value at the place of each voxel; the default one is
 * off by half of |s - 1| mm at most, nothing in the middle. */
static void test_places(void **state)
{
    (void)state;
    for (int which = 0; which < 48; which++)
        for (int ideal = 0; ideal < 2; ideal++) {
            struct volume v = ramp(which);
            struct infer_conf conf = {{0}, ideal != 0};
            const int64_t lo[3] = {0, 0, 0};
            struct infer_grid g;
            struct patch p = {0};
            const float *got;
            double worst = 0.0;

            assert_ok(infer_grid_of(&v.geo, &g));
            for (int a = 0; a < 3; a++)
                conf.size[2 - a] = g.size[a];
            assert_ok(mem_new(geometry_len(&(struct geometry){
                                  .size = {g.size[0], g.size[1], g.size[2]}}),
                              sizeof(float), &p.data));
            infer_patch(&v, &g, &conf, lo, g.size, &p);
            got = p.data;
            for (int64_t z = 1; z < g.size[2] - 1; z++)
                for (int64_t y = 1; y < g.size[1] - 1; y++)
                    for (int64_t x = 1; x < g.size[0] - 1; x++) {
                        double hu = 2 * (g.origin[0] + (double)x) -
                                    3 * (g.origin[1] + (double)y) +
                                    5 * (g.origin[2] + (double)z) + 100;
                        size_t at =
                            (size_t)((z * g.size[1] + y) * g.size[0] + x);
                        double have = (double)got[at] * 3072.0 - 1024.0;

                        worst = fmax(worst, fabs(have - hu));
                    }
            /* half of 2.3 - 1 mm at 5 HU/mm, and so on, or float rounding */
            assert_true(worst < (ideal ? 1e-3 : 0.65 * 5 + 0.35 * 5 + 0.1 * 5));
            assert_true(ideal || worst > 0.5);
            mem_free(p.data);
            volume_free(&v);
        }
}

/* A patch beside the volume is zeros where there is nothing, and the box says
 * when nothing is left. */
static void test_outside(void **state)
{
    struct volume v = ramp(0);
    struct infer_conf conf = {{6, 6, 6}, false};
    const double far[3] = {500, 11, 30};
    const double edge[3] = {-7 - 2.5, 11 + 5, 30 + 5};
    struct infer_grid g;
    struct patch p = {0};
    int64_t lo[3];
    int64_t hi[3];

    (void)state;
    assert_ok(infer_grid_of(&v.geo, &g));
    infer_box(&g, &conf, far, NULL, lo, hi);
    assert_true(lo[0] >= hi[0]);
    infer_box(&g, &conf, edge, NULL, lo, hi);
    assert_int_equal(lo[0], 0);
    assert_int_equal(hi[0], 1); /* -2.5 becomes -2; -2 + 3 */
    assert_ok(mem_new(216, sizeof(float), &p.data));
    infer_patch(&v, &g, &conf, lo, hi, &p);
    for (int x = 0; x < 6; x++)
        assert_true((((float *)p.data)[2 * 36 + 2 * 6 + x] != 0.0F) ==
                    (x == 2)); /* 5 voxels of padding: 2 before, 3 after */
    mem_free(p.data);
    volume_free(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
