#include <math.h>

#include "check.h"
#include "det/stream.h"
#include "vol/geometry.h"

static struct geometry plain(void)
{
    return (struct geometry){
        {4, 5, 6}, {0.7, 1.5, 3.0}, {-10, 20, 30}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
}

static void test_check(void **state)
{
    struct geometry g = plain();

    (void)state;
    assert_ok(geometry_check(&g, "x"));
    g.size[1] = 0;
    assert_fails(geometry_check(&g, "scan.nii"), ERR_DATA, "size of axis 1");
    g = plain();
    g.spacing[2] = 0.0;
    assert_fails(geometry_check(&g, "scan.nii"), ERR_DATA, "spacing of axis 2");
    g.spacing[2] = -1.0;
    assert_fails(geometry_check(&g, "scan.nii"), ERR_DATA, "must be positive");
    g.spacing[2] = (double)NAN;
    assert_fails(geometry_check(&g, "scan.nii"), ERR_DATA, "spacing of axis 2");
    g = plain();
    g.origin[0] = (double)INFINITY;
    assert_fails(geometry_check(&g, "scan.nii"), ERR_DATA, "origin of axis 0");
    g = plain();
    g.direction[4] = 0.0;
    g.direction[3] = 1.0; /* two columns along x and x+y: singular */
    g.direction[0] = 1.0;
    g.direction[1] = 0.0;
    assert_fails(geometry_check(&g, "scan.nii"), ERR_DATA, "singular");
    g = plain();
    g.direction[5] = (double)NAN;
    assert_fails(geometry_check(&g, "scan.nii"), ERR_DATA, "direction[5]");
}

static void test_unturned_inverse_is_exact(void **state)
{
    static const int perm[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                   {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    (void)state;
    for (int p = 0; p < 6; p++)
        for (int f = 0; f < 8; f++) {
            struct geometry g = plain();
            double inv[9];

            memset(g.direction, 0, sizeof g.direction);
            for (int a = 0; a < 3; a++)
                g.direction[3 * perm[p][a] + a] = f >> a & 1 ? -1.0 : 1.0;
            geometry_inverse(&g, inv);
            for (int a = 0; a < 3; a++)
                for (int r = 0; r < 3; r++) {
                    double want = r == perm[p][a]
                                      ? g.direction[3 * r + a] / g.spacing[a]
                                      : 0.0;
                    double bound = p == 0 ? 0.0 : 1e-15;

                    assert_true(fabs(inv[3 * a + r] - want) <= bound);
                }
        }
}

/* A random rotation from a random quaternion. */
static void rotation(struct stream *s, double d[9])
{
    double q[4];
    double n = 0.0;

    for (int i = 0; i < 4; i++) {
        q[i] = stream_range(s, -1, 1);
        n += q[i] * q[i];
    }
    for (int i = 0; i < 4; i++)
        q[i] /= sqrt(n);
    d[0] = 1 - 2 * (q[2] * q[2] + q[3] * q[3]);
    d[1] = 2 * (q[1] * q[2] - q[0] * q[3]);
    d[2] = 2 * (q[1] * q[3] + q[0] * q[2]);
    d[3] = 2 * (q[1] * q[2] + q[0] * q[3]);
    d[4] = 1 - 2 * (q[1] * q[1] + q[3] * q[3]);
    d[5] = 2 * (q[2] * q[3] - q[0] * q[1]);
    d[6] = 2 * (q[1] * q[3] - q[0] * q[2]);
    d[7] = 2 * (q[2] * q[3] + q[0] * q[1]);
    d[8] = 1 - 2 * (q[1] * q[1] + q[2] * q[2]);
}

static void test_there_and_back(void **state)
{
    struct stream s = stream_at(7, STREAM_TEST, 0, 0, 0);

    (void)state;
    for (int turn = 0; turn < 200; turn++) {
        struct geometry g = plain();
        double inv[9];
        double index[3];
        double point[3];
        double back[3];

        rotation(&s, g.direction);
        for (int a = 0; a < 3; a++) {
            g.spacing[a] = stream_range(&s, 0.3, 5);
            g.origin[a] = stream_range(&s, -500, 500);
            index[a] = stream_range(&s, -10, 500);
        }
        assert_ok(geometry_check(&g, "random"));
        geometry_inverse(&g, inv);
        geometry_point(&g, index, point);
        geometry_index(&g, inv, point, back);
        for (int a = 0; a < 3; a++)
            assert_true(fabs(back[a] - index[a]) < 1e-10);
    }
}

static void test_point_by_hand(void **state)
{
    /* DeepLesion's PLI: index 0 to the back, 1 to the left, 2 to the feet. */
    struct geometry g = {
        {9, 9, 9}, {0.5, 0.5, 2.5}, {1, 2, 3}, {0, 1, 0, 1, 0, 0, 0, 0, -1}};
    const double index[3] = {4, 6, 2};
    double point[3];

    (void)state;
    geometry_point(&g, index, point);
    assert_true(point[0] == 1 + 0.5 * 6);
    assert_true(point[1] == 2 + 0.5 * 4);
    assert_true(point[2] == 3 - 2.5 * 2);
    assert_int_equal(geometry_len(&g), 729);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_unturned_inverse_is_exact),
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_point_by_hand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
