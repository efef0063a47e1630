/* vol/phantom: formulas against values of the prototype they describe (NumPy
 * 2.4, float32), figures of the whole cohort, and the same body whatever the
 * orientation of storage. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/sha256.h"

#include "check.h"
#include "vol/phantom.h"
#include "vol/phantom_noise.h"

static void noise_is_the_prototypes(void **state)
{
    static const double at[3][4] = {{0.25, -3.75, 12.5, 0.011986852},
                                    {-0.5, -0.5, 0.75, 0.052578688},
                                    {100.125, 7.5, -63.0625, 0.249288321}};

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_true(
            fabs(noise_at(42, at[i][0], at[i][1], at[i][2]) - at[i][3]) < 1e-6);
}

/* The grid and the point form are one function. */
static void noise_grid_is_the_noise(void **state)
{
    const int64_t n[3] = {9, 7, 5};
    const double spacing[3] = {1.25, 1.5, 2.5};
    struct noise_grid g;

    (void)state;
    assert_ok(noise_new(7, 10.0, n, spacing, &g));
    for (int64_t z = 0; z < n[2]; z++)
        for (int64_t y = 0; y < n[1]; y++) {
            noise_row(&g, y, z);
            for (int64_t x = 0; x < n[0]; x++) {
                double want =
                    noise_at(7, (double)(x - 4) * 0.125, (double)(y - 3) * 0.15,
                             (double)(z - 2) * 0.25);

                assert_true(fabs(noise_get(&g, x) - want) < 1e-12);
            }
        }
    noise_free(&g);
}

static struct phantom small(void)
{
    return (struct phantom){.size = {17, 17, 15},
                            .spacing = {10.75, 9.0, 10.5},
                            .a = 86.5,
                            .b = 70.25,
                            .noise = 123456789012345};
}

static void body_is_the_prototypes(void **state)
{
    static const struct {
        int at;
        double hu;
    } want[] = {
        {22, -100.0000},   {79, 146.9449},    {126, 76.3681},
        {168, 35.7596},    {215, 38.9011},    {316, -100.0000},
        {376, 350.0000},   {420, 150.0000},   {464, 77.9733},
        {513, 42.1998},    {618, 46.2772},    {670, 149.7146},
        {715, 82.3147},    {758, 30.1386},    {807, 231.8006},
        {912, 70.1050},    {964, 40.6065},    {1009, 84.3468},
        {1052, -100.0000}, {1101, 43.2527},   {1211, 38.8489},
        {1260, 64.6132},   {1303, -844.8916}, {1348, 70.7748},
        {1400, 48.0054},   {1505, 35.5764},   {1554, 76.3660},
        {1597, -100.0000}, {1642, 38.4129},   {1694, 46.8848},
        {1799, -100.0000}, {1848, -797.9061}, {1892, -822.8458},
        {1936, -100.0000}, {1996, -100.0000}, {2097, 144.8324},
        {2144, 145.9606},  {2186, 84.7390},   {2233, 39.0488},
        {2334, -100.0000}, {2391, -844.5852}, {2438, -798.8262},
        {2480, 350.0000},  {2527, -818.1509}, {2628, -100.0000},
        {2688, -826.8425}, {2732, -801.1054}, {2776, -833.5362},
        {2825, 34.1879},   {2930, 42.9864},   {2982, 131.3904},
        {3027, 350.0000},  {3070, -803.2545}, {3119, 90.0000},
        {3224, 350.0000},  {3276, -838.0006}, {3321, -800.3619},
        {3364, -100.0000}, {3413, 39.6211},   {3523, -660.0557},
        {3572, -325.5910}, {3615, -854.7925}, {3660, 126.4680},
        {3712, 43.0647},   {3817, 48.3074},   {3866, 33.2146},
        {3909, -100.0000}, {3954, 83.4896},   {4006, 43.9870},
        {4111, -100.0000}, {4160, 111.2935},  {4204, -842.4078},
    };
    struct phantom p = small();
    float hu[17 * 17 * 15];

    (void)state;
    assert_ok(phantom_body(&p, hu));
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        if (fabs((double)hu[want[i].at] - want[i].hu) > 0.02)
            fail_msg("voxel %d: %f, expected %f", want[i].at,
                     (double)hu[want[i].at], want[i].hu);
}

enum { POINTS = 10 };

/* A grid of one voxel, so that its centre is the middle of the world. */
static double lesion_at(struct phantom_lesion *l, const double offset[3])
{
    struct phantom p = {.size = {1, 1, 1}, .spacing = {1, 1, 1}};
    float hu = -50.0F;

    for (int a = 0; a < 3; a++)
        l->center[a] = -offset[a];
    phantom_add_lesion(&p, l, &hu);
    return (double)hu;
}

static void lesions_are_the_prototypes(void **state)
{
    static const double offset[POINTS][3] = {
        {0, 0, 0},   {1.5, -2.25, 3}, {4, 4, 4},   {-6, 2, 1}, {7.5, -3, -2},
        {0, 0, 9.5}, {-5, -8, 3},     {10, 1, -6}, {2, 11, 0}, {-3, -3, -12}};
    static const double want[PHANTOM_CLASSES][POINTS] = {
        {120.0309, 179.5389, 149.1020, -56.9898, 72.2731, -30.2568, 0.5779,
         -51.4775, -2.1847, -42.5777},
        {360.0300, 27.1678, 239.5958, 354.8055, 47.6201, -6.0226, 16.1648,
         -21.9656, 3.0846, -45.2239},
        {20.0313, 13.4966, 7.6907, 17.0965, 19.9778, -16.1818, 118.1260,
         -13.6335, 29.5109, -48.5275},
        {-99.9683, -105.8429, 137.8397, -52.9114, 288.5854, 125.0475, 74.4348,
         -23.2819, 7.9413, -42.6243},
        {120.0309, -122.4765, -87.9142, -56.1551, 32.1269, -76.3360, -67.7677,
         -48.1677, -0.6565, -45.0915},
        {90.6219, 91.3065, 28.6145, 95.1892, -32.4284, -45.4563, -49.2458,
         -49.8356, -21.0751, 8.6225},
        {-36.5917, 81.0084, 29.3754, 107.5316, -45.3489, -47.1664, -48.9408,
         -43.5572, -46.0661, -49.6084},
        {87.6812, 84.6032, 11.0811, 88.0505, 23.7221, 62.0070, 8.3916, 4.6976,
         27.2147, -2.0369}};
    struct phantom_lesion l = {
        .radius = 10.0,
        .stretch = {0.9, 1.1, 1.0},
        .turn = {0.36, 0.48, -0.8, -0.8, 0.6, 0.0, 0.48, 0.64, 0.6},
        .ball =
            {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {-0.6, -0.8, 0}, {0, 0.6, -0.8}},
        .base = 120.0,
        .amp = 200.0,
        .mottle = 0.5,
        .noise = 987654321};

    (void)state;
    for (l.cls = 0; l.cls < PHANTOM_CLASSES; l.cls++)
        for (int i = 0; i < POINTS; i++) {
            double hu = lesion_at(&l, offset[i]);

            if (fabs(hu - want[l.cls][i]) > 0.02)
                fail_msg("class %d, point %d: %f, expected %f", l.cls, i, hu,
                         want[l.cls][i]);
        }
}

enum { PATIENTS = 144, LESIONS = PATIENTS * PHANTOM_LESIONS };

/* The prototype's figures: 50 % malignant, 62 % events. Of 1152 labels one
 * standard deviation is 1.5 %; four are allowed. */
static void cohort_has_the_balance_it_should(void **state)
{
    static const uint64_t seeds[] = {11, 77, 5};

    (void)state;
    for (size_t s = 0; s < sizeof seeds / sizeof seeds[0]; s++) {
        int malignant = 0;
        int events = 0;
        int long_time = 0;

        for (uint32_t i = 0; i < PATIENTS; i++) {
            struct phantom p;
            int classes = 0;

            phantom_draw(seeds[s], i, &p);
            for (int n = 0; n < PHANTOM_LESIONS; n++) {
                classes |= 1 << p.lesion[n].cls;
                malignant += p.label[n].malignant;
                events += p.label[n].event;
                long_time += p.label[n].months > 24.0;
            }
            assert_int_equal(classes, (1 << PHANTOM_CLASSES) - 1);
        }
        printf("seed %d: malignant %.3f, events %.3f, over 2 years %.3f\n",
               (int)seeds[s], (double)malignant / LESIONS,
               (double)events / LESIONS, (double)long_time / LESIONS);
        assert_true(fabs((double)malignant / LESIONS - 0.50) < 0.06);
        assert_true(fabs((double)events / LESIONS - 0.62) < 0.06);
        assert_true(long_time > LESIONS / 8 && long_time < LESIONS / 2);
    }
}

static void lesions_keep_their_distances(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < PATIENTS; i++) {
        struct phantom p;

        phantom_draw(11, i, &p);
        for (int n = 0; n < PHANTOM_LESIONS; n++) {
            const double *c = p.lesion[n].center;
            const double *t = p.lesion[n].turn;

            assert_true(hypot(c[0], c[1] - 0.58 * p.b) >= 26.0);
            assert_true(hypot(c[0] / p.a, c[1] / p.b) <= 0.72);
            for (int m = 0; m < n; m++) {
                const double *d = p.lesion[m].center;

                assert_true(hypot(hypot(c[0] - d[0], c[1] - d[1]),
                                  c[2] - d[2]) >= 36.0);
            }
            assert_true(fabs(t[0] * t[3] + t[1] * t[4] + t[2] * t[5]) < 1e-12);
            assert_true(fabs(t[6] * t[6] + t[7] * t[7] + t[8] * t[8] - 1.0) <
                        1e-12);
        }
    }
}

/* HU at a world point that is a voxel centre. */
static int hu_at(const struct volume *v, const double point[3])
{
    double inverse[9];
    double c[3];
    int64_t at = 0;

    geometry_inverse(&v->geo, inverse);
    geometry_index(&v->geo, inverse, point, c);
    for (int a = 2; a >= 0; a--)
        at = at * v->geo.size[a] + (int64_t)(c[a] + 0.5);
    return ((const int16_t *)v->data)[at];
}

static void orientation_moves_no_voxel(void **state)
{
    static const int axes[3][3] = {{1, 0, 2}, {2, 0, 1}, {0, 2, 1}};
    struct phantom p;
    struct phantom q;
    struct volume v;

    (void)state;
    phantom_draw(3, 0, &p);
    for (int a = 0; a < 3; a++) {
        p.axis[a] = a;
        p.flip[a] = false;
    }
    assert_ok(phantom_volume(&p, &v));
    for (int k = 0; k < 3; k++) {
        struct volume w;

        q = p;
        memcpy(q.axis, axes[k], sizeof q.axis);
        q.flip[k] = true;
        assert_ok(phantom_volume(&q, &w));
        assert_ok(geometry_check(&w.geo, "turned"));
        for (int64_t i = 0; i < 2000; i++) {
            const int64_t at[3] = {i * 7 % p.size[0], i * 11 % p.size[1],
                                   i * 13 % p.size[2]};
            double point[3];

            for (int a = 0; a < 3; a++)
                point[a] = ((double)at[a] - (double)(p.size[a] - 1) / 2) *
                           p.spacing[a];
            assert_int_equal(hu_at(&v, point), hu_at(&w, point));
        }
        volume_free(&w);
    }
    volume_free(&v);
}

/* One volume's content, committed: a digest that moves is a change of every
 * result made from phantoms. */
static void volume_is_the_published_one(void **state)
{
    struct phantom p;
    struct volume v;
    uint8_t sum[SHA256_SIZE];
    char hex[SHA256_HEX];

    (void)state;
    phantom_draw(11, 0, &p);
    assert_ok(phantom_volume(&p, &v));
    assert_ok(sha256_of(v.data, geometry_len(&v.geo) * 2, sum));
    sha256_hex(sum, hex);
    assert_string_equal(
        hex,
        "5c1ae465f142b5b72d0fef31cdca2515414988961564acc166366f3d96ab5363");
    volume_free(&v);
}

/* Patches at the lesions are whole, hold them, and their figures are sane. */
static void simple_figures_are_of_the_patch(void **state)
{
    const struct patch_conf conf = {.radius = 16,
                                    .orient_patch = true,
                                    .resample = true,
                                    .spacing_mm = {1, 1, 1}};
    struct patch patch = {{0}, PIXEL_I16, NULL};
    struct phantom p;
    struct volume v;
    struct grid g;

    (void)state;
    assert_ok(patch_new(16, PIXEL_I16, &patch));
    for (uint32_t i = 0; i < 8; i++) {
        phantom_draw(11, i, &p);
        assert_ok(phantom_volume(&p, &v));
        assert_ok(patch_grid(&v.geo, &conf, &g));
        for (int n = 0; n < PHANTOM_LESIONS; n++) {
            float f[PHANTOM_SIMPLE];

            patch_positive(&v, &g, &conf, p.lesion[n].center, &patch);
            assert_ok(phantom_simple(&p.lesion[n], &patch, 16, f));
            assert_true(f[3] >= 8.0F && f[3] <= 12.0F);
            assert_true(f[4] > -700.0F && f[4] < 700.0F);
            assert_true(f[5] > 10.0F && f[7] > 10.0F);
        }
        volume_free(&v);
    }
    patch.shape[1] = 31;
    assert_fails(phantom_simple(&p.lesion[0], &patch, 16, (float[8]){0}),
                 ERR_DATA, "cut by the border");
    patch_free(&patch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(noise_is_the_prototypes),
        cmocka_unit_test(noise_grid_is_the_noise),
        cmocka_unit_test(body_is_the_prototypes),
        cmocka_unit_test(lesions_are_the_prototypes),
        cmocka_unit_test(cohort_has_the_balance_it_should),
        cmocka_unit_test(lesions_keep_their_distances),
        cmocka_unit_test(orientation_moves_no_voxel),
        cmocka_unit_test(volume_is_the_published_one),
        cmocka_unit_test(simple_figures_are_of_the_patch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
