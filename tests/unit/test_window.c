/* The window, from the voxels alone that it needs, is the same as resampling
 * everything and cropping; the rule
 * itself is held against the original in tests/golden. */
#include <math.h>

#include "unit/vol_sample.h"
#include "vol/window.h"

static void *whole(const struct volume *v, const struct grid *g)
{
    const int64_t lo[3] = {0, 0, 0};
    const int64_t *n = g->geo.size;
    const ptrdiff_t stride[3] = {1, (ptrdiff_t)n[0], (ptrdiff_t)(n[0] * n[1])};
    void *out = NULL;

    assert_ok(mem_new(geometry_len(&g->geo), pixel_size(v->pixel), &out));
    window_resample(v, g, lo, n, out, 0, stride);
    return out;
}

/* A random window of the grid, at its border every other time; random order
 * and sign of strides. */
static void one_window(struct stream *s,
                       const struct volume *v,
                       const struct grid *g,
                       const void *all)
{
    const int64_t *n = g->geo.size;
    size_t size = pixel_size(v->pixel);
    int64_t lo[3];
    int64_t hi[3];
    ptrdiff_t stride[3];
    ptrdiff_t step = 1;
    ptrdiff_t at = 0;
    int first = (int)stream_below(s, 3);
    struct volume part;
    int64_t from[3];
    int64_t to[3];
    char *out = NULL;

    for (int a = 0; a < 3; a++) {
        lo[a] = (int64_t)stream_below(s, (uint64_t)n[a]);
        hi[a] = lo[a] + 1 + (int64_t)stream_below(s, (uint64_t)(n[a] - lo[a]));
        if (stream_below(s, 2))
            hi[a] = n[a];
    }
    for (int k = 0; k < 3; k++) {
        int a = (first + k) % 3;
        ptrdiff_t len = (ptrdiff_t)(hi[a] - lo[a]);

        stride[a] = step;
        if (stream_below(s, 2)) {
            stride[a] = -step;
            at += step * (len - 1);
        }
        step *= len;
    }
    assert_ok(mem_new((size_t)step, size, &out));
    window_need(g, lo, hi, from, to);
    part = sample_part(v, from, to);
    window_resample(&part, g, lo, hi, out, (size_t)at, stride);
    volume_free(&part);
    for (int64_t k = lo[2]; k < hi[2]; k++)
        for (int64_t j = lo[1]; j < hi[1]; j++)
            for (int64_t i = lo[0]; i < hi[0]; i++) {
                ptrdiff_t mine = at + (i - lo[0]) * stride[0] +
                                 (j - lo[1]) * stride[1] +
                                 (k - lo[2]) * stride[2];
                size_t theirs = (size_t)((k * n[1] + j) * n[0] + i);

                assert_same_bits(out + (size_t)mine * size,
                                 (const char *)all + theirs * size, size);
            }
    mem_free(out);
}

static void test_window_is_crop_of_whole(void **state)
{
    struct stream s = stream_at(1, STREAM_TEST, 1, 0, 0);
    int windows = 0;

    (void)state;
    for (int which = 0; which < 48; which++)
        for (int p = 0; p < PIXEL_TYPES; p += 1 + which % 3) {
            struct volume v = sample_volume(&s, which, (enum pixel)p, 12);
            double spacing[3] = {1, 1, 1};
            struct grid g;
            void *all = NULL;

            for (int a = 0; a < 3 && which % 2; a++)
                spacing[a] = stream_range(&s, 0.5, 2.0);
            if (which % 5 == 0) { /* oblique too */
                double c = 0.96;

                for (int r = 0; r < 3; r++) {
                    double x = v.geo.direction[3 * r];
                    double y = v.geo.direction[3 * r + 1];

                    v.geo.direction[3 * r] = c * x + 0.28 * y;
                    v.geo.direction[3 * r + 1] = c * y - 0.28 * x;
                }
            }
            assert_ok(grid_of(&v.geo, which % 7 ? spacing : NULL, NULL, &g));
            all = whole(&v, &g);
            for (int turn = 0; turn < 6; turn++, windows++)
                one_window(&s, &v, &g, all);
            mem_free(all);
            volume_free(&v);
        }
    printf("%d windows\n", windows);
    assert_true(windows > 1000);
}

static void check_size(int64_t n, double s, double to, int64_t want)
{
    struct geometry g = {
        {n, 3, 3}, {s, 1, 1}, {0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    const double spacing[3] = {to, 1, 1};
    struct grid grid;

    assert_ok(grid_of(&g, spacing, NULL, &grid));
    assert_int_equal(grid.geo.size[0], want);
}

static void test_new_size_rounds_half_to_even(void **state)
{
    (void)state;
    check_size(25, 2.5, 1, 62); /* 62.5 */
    check_size(15, 2.5, 1, 38); /* 37.5 */
    check_size(21, 0.5, 1, 10); /* 10.5 */
    check_size(23, 0.5, 1, 12); /* 11.5 */
    check_size(10, 3, 1, 30);
    check_size(100, 1, 0.8, 125);
}

static void test_bad_spacing(void **state)
{
    struct geometry g = {
        {4, 4, 4}, {0.1, 1, 1}, {0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    const double spacing[3] = {1, 1, 1};
    const double none[3] = {1, 0, 1};
    const double tiny[3] = {1e-12, 1, 1};
    struct grid grid;

    (void)state;
    assert_fails(grid_of(&g, spacing, NULL, &grid), ERR_DATA, "axis 0");
    assert_fails(grid_of(&g, tiny, NULL, &grid), ERR_DATA, "axis 0");
    g.spacing[0] = 1;
    assert_fails(grid_of(&g, none, NULL, &grid), ERR_DATA, "must be positive");
}

/* One axis of 10 voxels of 3 mm, value 30 * index: by hand. */
static void test_by_hand(void **state)
{
    struct geometry g = {
        {10, 1, 1}, {3, 1, 1}, {5, 5, 5}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    const double spacing[3] = {1, 1, 1};
    struct volume v = {0};
    struct grid grid;
    int16_t *x = NULL;

    (void)state;
    assert_ok(volume_new(&g, PIXEL_I16, &v));
    for (size_t i = 0; i < 10; i++)
        ((int16_t *)v.data)[i] = (int16_t)(30 * i);
    assert_ok(grid_of(&g, spacing, NULL, &grid));
    x = whole(&v, &grid);
    assert_int_equal(x[0], 0);
    assert_int_equal(x[3], 30);
    assert_true(x[4] == 39 || x[4] == 40); /* 4/3 is not exact: truncated */
    assert_int_equal(x[28], 270);          /* 9.33: edge repeated */
    assert_int_equal(x[29], -1024);        /* 9.67 >= 9.5: outside */
    mem_free(x);
    volume_free(&v);
}

/* -1024 wraps in unsigned types, and is -1024 in the others. */
static void test_outside(void **state)
{
    static const double want[PIXEL_TYPES] = {
        0, 0, 64512, -1024, 4294966272.0, -1024, -1024, -1024};
    struct geometry g = {
        {10, 1, 1}, {3, 1, 1}, {0}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};
    const double spacing[3] = {1, 1, 1};

    (void)state;
    for (int p = 0; p < PIXEL_TYPES; p++) {
        struct volume v = {0};
        struct grid grid;
        void *x = NULL;

        assert_ok(volume_new(&g, (enum pixel)p, &v));
        assert_ok(grid_of(&g, spacing, NULL, &grid));
        x = whole(&v, &grid);
        assert_true(pixel_get((enum pixel)p, x, 29) == want[p]);
        mem_free(x);
        volume_free(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_window_is_crop_of_whole),
        cmocka_unit_test(test_new_size_rounds_half_to_even),
        cmocka_unit_test(test_bad_spacing),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
