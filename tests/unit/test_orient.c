#include <math.h>

#include "unit/vol_sample.h"
#include "vol/orient.h"

/* The letter of the direction in which index axis a increases. */
static char letter(const double d[9], int a)
{
    for (int r = 0; r < 3; r++)
        if (fabs(d[3 * r + a]) > 0.5)
            return "RLAPIS"[2 * r + (d[3 * r + a] > 0)];
    return '?';
}

static void test_all_48(void **state)
{
    static const char codes[4][4] = {"LPS", "LPI", "RAS", "SLA"};

    (void)state;
    for (int which = 0; which < 48; which++)
        for (int c = 0; c < 4; c++) {
            struct geometry g = {{3, 4, 5}, {1, 2, 3}, {7, 8, 9}, {0}};
            struct geometry h;
            struct orient o;

            sample_direction(which, g.direction);
            o = orient_to(g.direction, codes[c]);
            h = orient_geometry(&g, o);
            for (int a = 0; a < 3; a++) {
                assert_int_equal(letter(h.direction, a), codes[c][a]);
                assert_int_equal(h.size[a], g.size[o.from[a]]);
                assert_true(h.spacing[a] == g.spacing[o.from[a]]);
            }
        }
}

/* Every voxel keeps its place. */
static void test_places_stay(void **state)
{
    struct geometry g = {{3, 4, 5},
                         {0.5, 2, 3},
                         {7, 8, 9},
                         {0.8, -0.6, 0, 0.6, 0.8, 0, 0, 0, -1}};
    struct orient o = orient_to(g.direction, "LPS");
    struct geometry h = orient_geometry(&g, o);

    (void)state;
    for (int corner = 0; corner < 8; corner++) {
        double to[3];
        double from[3];
        double p[3];
        double q[3];

        for (int a = 0; a < 3; a++)
            to[a] = corner >> a & 1 ? (double)(h.size[a] - 1) : 0.0;
        for (int a = 0; a < 3; a++)
            from[o.from[a]] =
                o.flip[a] ? (double)(h.size[a] - 1) - to[a] : to[a];
        geometry_point(&h, to, p);
        geometry_point(&g, from, q);
        for (int r = 0; r < 3; r++)
            assert_true(fabs(p[r] - q[r]) < 1e-12);
    }
}

/* The largest entry of the whole matrix is served first, not the largest of
 * each column. */
static void test_greedy(void **state)
{
    /* columns 0 and 1 both lean to x; column 1 more, so 0 must take y */
    const double d[9] = {0.70, 0.80, 0.10, 0.60, 0.55, 0.10, 0.30, 0.20, 0.99};
    struct orient o = orient_to(d, "LPS");

    (void)state;
    assert_int_equal(o.from[0], 1);
    assert_int_equal(o.from[1], 0);
    assert_int_equal(o.from[2], 2);
}

/* Equal entries: the later one in (row, column) order. */
static void test_tie(void **state)
{
    const double d[9] = {0.7, 0.2, 0, 0.7, 0.3, 0, 0, 0, 1};
    struct orient o = orient_to(d, "LPS");

    (void)state;
    assert_int_equal(o.from[1], 0); /* entry (1,0) wins over (0,0) */
    assert_int_equal(o.from[0], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_48),
        cmocka_unit_test(test_places_stay),
        cmocka_unit_test(test_greedy),
        cmocka_unit_test(test_tie),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
