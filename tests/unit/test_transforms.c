/* Draws have the distributions they should, and the transforms do by hand
 * what they say; numbers of the original are in tests/golden. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "det/math.h"
#include "vol/augment/transforms.h"

enum { DRAWS = 20000 };

static struct stream draw_stream(uint64_t i)
{
    return stream_at(9, STREAM_TEST, 9, i, 0);
}

static void test_crop_draw(void **state)
{
    const int32_t shape[3] = {32, 20, 1};
    double sum = 0.0;
    int low = 0;
    int high = 0;

    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct stream s = draw_stream(i);
        struct crop_params p;

        crop_draw(0.5, 1.0, shape, &s, &p);
        assert_true(p.fraction >= 0.5F && p.fraction <= 1.0F);
        sum += (double)p.fraction;
        for (int a = 0; a < 3; a++) {
            assert_int_equal(p.size[a],
                             (int)ceil((double)p.fraction * shape[a]));
            assert_in_range(p.corner[a], 0, shape[a] - p.size[a]);
        }
        low += p.corner[0] == 0;
        high += p.corner[0] == shape[0] - p.size[0];
    }
    assert_true(fabs(sum / DRAWS - 0.75) < 0.005); /* sd of the mean 0.001 */
    assert_true(low > 1000 && high > 1000);        /* both ends are reached */
    assert_true(abs(low - high) < 400);
}

static void test_flip_draw(void **state)
{
    int on = 0;
    int axis[3] = {0};

    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct stream s = draw_stream(i);
        struct flip_params p;

        flip_draw(0.5, &s, &p);
        on += p.on;
        if (p.on)
            axis[p.axis]++;
    }
    assert_in_range(on, DRAWS / 2 - 350, DRAWS / 2 + 350); /* 5 sd */
    for (int a = 0; a < 3; a++)
        assert_in_range(axis[a], DRAWS / 6 - 270, DRAWS / 6 + 270);
}

static void test_histogram_draw(void **state)
{
    int on = 0;
    double sum = 0.0;

    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct stream s = draw_stream(i);
        struct histogram_params p;

        histogram_draw(0.5, &s, &p);
        assert_true(p.y[0] == 0.0 && p.y[9] == 1.0);
        for (int k = 1; k < HISTOGRAM_POINTS; k++)
            assert_true(p.y[k] >= p.y[k - 1]);
        on += p.on;
        for (int k = 1; k < 9 && !p.on; k++)
            assert_true(p.y[k] == (double)k / 9.0);
        if (p.on)
            sum += p.y[1]; /* uniform in [0, 2/9) */
    }
    assert_in_range(on, DRAWS / 2 - 350, DRAWS / 2 + 350);
    assert_true(fabs(sum / on - 1.0 / 9.0) < 0.003);
}

static void test_smooth_draw(void **state)
{
    int on = 0;
    double sum[3] = {0};

    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct stream s = draw_stream(i);
        struct smooth_params p;

        smooth_draw(0.5, 0.25, 1.5, &s, &p);
        on += p.on;
        for (int a = 0; a < 3 && p.on; a++) {
            assert_true(p.sigma[a] >= 0.25 && p.sigma[a] < 1.5);
            sum[a] += p.sigma[a];
        }
    }
    assert_in_range(on, DRAWS / 2 - 350, DRAWS / 2 + 350);
    for (int a = 0; a < 3; a++)
        assert_true(fabs(sum[a] / on - 0.875) < 0.02);
}

/* Probability 0 and 1; nothing more is taken from the stream than said. */
static void test_order_of_draws(void **state)
{
    const int32_t shape[3] = {8, 8, 8};
    struct augment_conf conf = augment_default(8);
    struct augment_chain c;
    struct stream a = draw_stream(1);
    struct stream b = draw_stream(1);
    struct augment_params p;

    (void)state;
    conf.flip_p = conf.histogram_p = conf.smooth_p = 1.0;
    c = augment_chain_conf(&conf);
    augment_chain_draw(&c, shape, &a, &p);
    assert_true(p.crop.fraction == (float)stream_range(&b, 0.5, 1.0));
    for (int k = 0; k < 3; k++)
        assert_int_equal(
            p.crop.corner[k],
            p.crop.size[k] < 8
                ? (int)stream_below(&b, (uint64_t)(9 - p.crop.size[k]))
                : 0);
    (void)stream_double(&b);
    assert_int_equal(p.flip.axis, (int)stream_below(&b, 3));
    (void)stream_double(&b);
    assert_true(p.histogram.y[1] == stream_range(&b, 0.0, 2.0 / 9.0));
    for (int k = 2; k < 9; k++)
        (void)stream_double(&b);
    (void)stream_double(&b);
    for (int k = 0; k < 3; k++)
        assert_true(p.smooth.sigma[k] == stream_range(&b, 0.25, 1.5));
    assert_true(stream_u64(&a) == stream_u64(&b)); /* and no more */
    conf.flip_p = conf.histogram_p = conf.smooth_p = 0.0;
    c = augment_chain_conf(&conf);
    augment_chain_draw(&c, shape, &a, &p);
    assert_false(p.flip.on || p.histogram.on || p.smooth.on);
}

static void test_crop_apply(void **state)
{
    float in[8] = {0, 1, 2, 3, 4, 5, 6, 7}; /* [2][2][2] */
    float out[64];
    float scratch[256];
    struct image a = {{2, 2, 2}, in};
    struct image b = {{0, 0, 0}, out};
    struct crop_params all = {1.0F, {2, 2, 2}, {0, 0, 0}};
    struct crop_params row = {0.5F, {1, 1, 2}, {1, 0, 0}};
    static const float along[4] = {0.0F, 0.25F, 0.75F, 1.0F};

    (void)state;
    assert_true(crop_scratch_len(2, 4) <= 256);
    crop_apply(&all, 4, false, &a, &b, scratch);
    for (int z = 0; z < 4; z++)
        for (int y = 0; y < 4; y++)
            for (int x = 0; x < 4; x++)
                assert_true(out[(z * 4 + y) * 4 + x] ==
                            4 * along[z] + 2 * along[y] + along[x]);
    crop_apply(&row, 4, false, &a, &b, scratch);
    for (int i = 0; i < 64; i++)
        assert_true(out[i] == 4 + along[i % 4]);
    crop_apply(&all, 2, false, &a, &b, scratch); /* same size: same values */
    assert_same_bits(in, out, sizeof in);
}

/* Fused: one rounding of w1 * b and one of the sum, as a fused multiply-add. */
static void test_crop_fused(void **state)
{
    enum { N = 23, OUT = 50 };
    struct stream s = draw_stream(2);
    struct crop_params p = {1.0F, {1, 1, N}, {0, 0, 0}};
    float in[N];
    float *once = NULL;
    float *twice = NULL;
    float *scratch = NULL;
    struct image a = {{1, 1, N}, in};
    int differ = 0;

    (void)state;
    for (int i = 0; i < N; i++)
        in[i] = (float)stream_range(&s, -1000, 1000);
    assert_ok(mem_new(OUT * OUT * OUT, sizeof(float), &once));
    assert_ok(mem_new(OUT * OUT * OUT, sizeof(float), &twice));
    assert_ok(mem_new(crop_scratch_len(N, OUT), sizeof(float), &scratch));
    crop_apply(&p, OUT, true, &a, &(struct image){{0}, once}, scratch);
    crop_apply(&p, OUT, false, &a, &(struct image){{0}, twice}, scratch);
    for (int o = 0; o < OUT; o++) {
        float at = ((float)o + 0.5F) * ((float)N / (float)OUT) - 0.5F;
        int lo = at < 0.0F ? 0 : (int)at;
        int hi = lo + 1 < N ? lo + 1 : N - 1;
        float w = at < 0.0F ? 0.0F : at - (float)lo;

        assert_true(once[o] == fmaf(1.0F - w, in[lo], w * in[hi]));
        assert_true(twice[o] == (1.0F - w) * in[lo] + w * in[hi]);
        differ += once[o] != twice[o];
    }
    assert_in_range(differ, 3, OUT - 3); /* they are not the same */
    mem_free(once);
    mem_free(twice);
    mem_free(scratch);
}

static void test_flip_apply(void **state)
{
    float in[24];
    float out[24];
    float back[24];
    struct image a = {{2, 3, 4}, in};
    struct image b = {{0, 0, 0}, out};
    struct image c = {{0, 0, 0}, back};

    (void)state;
    for (int i = 0; i < 24; i++)
        in[i] = (float)i;
    for (int axis = 0; axis < 3; axis++) {
        struct flip_params p = {true, axis};

        flip_apply(&p, &a, &b);
        assert_true(out[0] == (float)(axis == 0 ? 12 : axis == 1 ? 8 : 3));
        flip_apply(&p, &b, &c);
        assert_same_bits(in, back, sizeof in);
    }
}

static void test_histogram_apply(void **state)
{
    float in[5] = {-1000, -500, 0, 400, 800};
    float out[5];
    struct image a = {{1, 1, 5}, in};
    struct image b = {{0, 0, 0}, out};
    struct histogram_params p = {true, {0}};

    (void)state;
    for (int i = 0; i < HISTOGRAM_POINTS; i++)
        p.y[i] = pow(i / 9.0, 2.0);
    p.y[9] = 1.0;
    histogram_apply(&p, &a, &b);
    assert_true(fabsf(out[0] + 1000.0F) < 1e-3F &&
                fabsf(out[4] - 800.0F) < 1e-3F);
    for (int i = 1; i < 5; i++)
        assert_true(out[i] > out[i - 1] && out[i] <= in[i] + 1e-3F);
    in[1] = in[2] = in[3] = in[4] = -1000; /* one grey value: unchanged */
    histogram_apply(&p, &a, &b);
    assert_same_bits(in, out, sizeof in);
}

/* A single 1: what comes out is the product of the weights. */
static void test_smooth_apply(void **state)
{
    enum { N = 17 };
    struct smooth_params p = {true, {0.5, 1.0, 1.5}};
    struct image a = {{N, N, N}, NULL};
    struct image b = {{0, 0, 0}, NULL};
    float *scratch = NULL;
    double sum = 0.0;

    (void)state;
    assert_ok(mem_new(N * N * N, sizeof(float), &a.data));
    assert_ok(mem_new(N * N * N, sizeof(float), &b.data));
    assert_ok(mem_new(N * N * N, sizeof(float), &scratch));
    a.data[(8 * N + 8) * N + 8] = 1.0F;
    smooth_apply(&p, &a, &b, scratch);
    for (int z = 0; z < N; z++)
        for (int y = 0; y < N; y++)
            for (int x = 0; x < N; x++) {
                const int d[3] = {z - 8, y - 8, x - 8};
                double w = 1.0;

                for (int k = 0; k < 3; k++) {
                    double t = 0.70710678 / p.sigma[k];
                    int tail = (int)(4 * p.sigma[k] + 0.5);

                    w *= abs(d[k]) > tail ? 0.0
                                          : 0.5 * (det_erf(t * (d[k] + 0.5)) -
                                                   det_erf(t * (d[k] - 0.5)));
                }
                sum += (double)b.data[(z * N + y) * N + x];
                assert_true(fabs((double)b.data[(z * N + y) * N + x] - w) <
                            1e-7);
            }
    assert_true(fabs(sum - 1.0) < 1e-3); /* not renormalised */
    /* zeros outside: a constant falls towards the border */
    for (int i = 0; i < N * N * N; i++)
        a.data[i] = 100.0F;
    smooth_apply(&p, &a, &b, scratch);
    assert_true(b.data[(8 * N + 8) * N + 8] > 99.9F);
    assert_true(b.data[0] < 40.0F);
    mem_free(a.data);
    mem_free(b.data);
    mem_free(scratch);
}

static void test_pad_threshold_normalise(void **state)
{
    float in[4] = {-2000, -1024, 0, 2048};
    float out[64];
    struct image a = {{1, 1, 4}, in};
    struct image b = {{0, 0, 0}, out};
    const int64_t size[3] = {2, 4, 3};

    (void)state;
    pad_apply(size, &a, &b);
    assert_int_equal(b.shape[0], 2);
    assert_int_equal(b.shape[1], 4);
    assert_int_equal(b.shape[2], 4);          /* longer axes stay */
    assert_same_bits(out + 4, in, sizeof in); /* z 0 of 2, y 1 of 4 */
    for (int i = 0; i < 32; i++)
        assert_true(i / 4 == 1 || out[i] == 0.0F);
    threshold_apply(&a, &b);
    assert_true(out[0] == -1024.0F && out[1] == -1024.0F && out[3] == 2048.0F);
    normalise_apply(&b, &b);
    assert_true(out[0] == 0.0F && out[3] == 1.0F);
    assert_true(out[2] == 1024.0F / 3072.0F);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crop_draw),
        cmocka_unit_test(test_flip_draw),
        cmocka_unit_test(test_histogram_draw),
        cmocka_unit_test(test_smooth_draw),
        cmocka_unit_test(test_order_of_draws),
        cmocka_unit_test(test_crop_apply),
        cmocka_unit_test(test_crop_fused),
        cmocka_unit_test(test_flip_apply),
        cmocka_unit_test(test_histogram_apply),
        cmocka_unit_test(test_smooth_apply),
        cmocka_unit_test(test_pad_threshold_normalise),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
