#include <math.h>

#include "check.h"
#include "vol/patch.h"

static const struct patch_conf conf = {5, false, true, true, {1, 1, 1}};

/* 40 x 30 x 10 voxels of 1 x 1 x 3 mm about a corner at (100, 50, -20). */
static struct grid sample(void)
{
    struct geometry g = {
        {40, 30, 10}, {1, 1, 3}, {100, 50, -20}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    struct grid grid;

    assert_ok(patch_grid(&g, &conf, &grid));
    return grid;
}

static struct seed_place at(double x, double y, double z)
{
    const double point[3] = {x, y, z};
    struct grid g = sample();
    struct seed_place p;

    seed_locate(&g, &conf, point, &p);
    return p;
}

static void test_inside(void **state)
{
    struct seed_place p = at(110.7, 60, -5);

    (void)state;
    assert_true(p.inside && !p.empty && p.outside_mm == 0.0);
    assert_int_equal(p.index[0], 10);
    assert_int_equal(p.index[2], 15);
    assert_true(at(99.6, 60, -5).inside); /* within the outer half voxel */
    assert_int_equal(at(99.6, 60, -5).index[0], 0);
    assert_true(at(110, 60, -21.4).inside); /* half of 3 mm */
}

static void test_outside(void **state)
{
    struct seed_place p = at(95.5, 60, -5);

    (void)state;
    assert_false(p.inside);
    assert_true(fabs(p.outside_mm - 4.0) < 1e-12);
    assert_false(p.negated_inside);
    assert_false(p.empty); /* radius 5 reaches in */
    assert_true(at(90, 60, -5).empty);
    p = at(96.5, 82.5, -5); /* 3 and 3 mm: the distance is the diagonal */
    assert_true(fabs(p.outside_mm - sqrt(18.0)) < 1e-12);
    assert_true(fabs(at(110, 60, 9.5).outside_mm - 1.0) < 1e-12);
}

static void test_negated(void **state)
{
    (void)state;
    assert_true(at(-110, -60, -5).negated_inside);
    assert_false(at(-110, 60, -5).negated_inside);
}

static void test_truncation(void **state)
{
    const double c[3] = {-0.9, 7.99, -3.5};
    const double far[3] = {1e300, -1e300, (double)NAN};
    int64_t i[3];

    (void)state;
    seed_index(c, i);
    assert_int_equal(i[0], 0);
    assert_int_equal(i[1], 7);
    assert_int_equal(i[2], -3);
    seed_index(far, i);
    assert_true(i[0] == 9007199254740992 && i[1] == -9007199254740992);
}

static void test_messages(void **state)
{
    const double nan[3] = {1, (double)NAN, 2};
    const double ras[3] = {-110, -60, -5};
    const double off[3] = {95.5, 60, -5};
    const double good[3] = {110, 60, -5};
    struct grid g = sample();

    (void)state;
    assert_ok(seed_check(&g, &conf, good, 0.0, "list.csv row 3"));
    assert_fails(seed_check(&g, &conf, nan, 0.0, "list.csv row 3"), ERR_DATA,
                 "list.csv row 3: coordY is not a number");
    assert_fails(seed_check(&g, &conf, ras, 0.0, "list.csv row 3"), ERR_DATA,
                 "negate x and y");
    assert_fails(seed_check(&g, &conf, off, 0.0, "list.csv row 3"), ERR_DATA,
                 "lies 4.0 mm outside");
    assert_fails(seed_check(&g, &conf, off, 0.0, "list.csv row 3"), ERR_DATA,
                 "would be outside too");
    assert_ok(seed_check(&g, &conf, off, 4.5, "list.csv row 3"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inside),   cmocka_unit_test(test_outside),
        cmocka_unit_test(test_negated),  cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
