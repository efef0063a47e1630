/* The transforms of fine-tuning and of the baselines: draws have the
 * distributions they should, and each does by hand what it says. */
#include <math.h>

#include "check.h"
#include "vol/augment/transforms.h"

enum { DRAWS = 20000 };

static struct stream draw_stream(uint64_t i)
{
    return stream_at(10, STREAM_TEST, 9, i, 0);
}

static void test_translate_draw(void **state)
{
    int on = 0;
    double sum[3] = {0};
    double squares = 0.0;

    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct stream s = draw_stream(i);
        struct translate_params p;

        translate_draw(0.5, -10.0, 10.0, &s, &p);
        on += p.on;
        for (int a = 0; a < 3; a++) {
            assert_true(p.on ? fabs(p.t[a]) <= 10.0 : p.t[a] == 0.0);
            sum[a] += p.t[a];
            squares += p.t[a] * p.t[a];
        }
    }
    assert_in_range(on, DRAWS / 2 - 350, DRAWS / 2 + 350);
    for (int a = 0; a < 3; a++) /* sd of the mean 0.058 */
        assert_true(fabs(sum[a] / on) < 0.3);
    assert_true(fabs(squares / (3 * on) - 100.0 / 3.0) < 0.9); /* 5 sd */
}

static void test_rotate_draw(void **state)
{
    int on = 0;
    int turns[4] = {0};

    (void)state;
    for (uint64_t i = 0; i < DRAWS; i++) {
        struct stream s = draw_stream(i);
        struct rotate_params p;

        rotate_draw(0.5, &s, &p);
        on += p.on;
        assert_in_range(p.k, 0, 3);
        turns[p.k]++;
    }
    assert_in_range(on, DRAWS / 2 - 350, DRAWS / 2 + 350);
    assert_int_equal(turns[0], DRAWS - on);
    for (int k = 1; k < 4; k++)
        assert_in_range(turns[k], DRAWS / 6 - 270, DRAWS / 6 + 270);
}

static void test_med3d_noise(void **state)
{
    struct stream s = draw_stream(3);
    struct stream t = draw_stream(3);
    struct med3d_params p;
    struct med3d_params q;
    float noise[DRAWS];
    float again[DRAWS];
    double sum = 0.0;
    double squares = 0.0;

    (void)state;
    med3d_draw(&s, &p);
    med3d_draw(&t, &q);
    assert_true(stream_u64(&s) == stream_u64(&t));
    med3d_noise(&p, DRAWS, noise);
    med3d_noise(&q, DRAWS, again);
    assert_same_bits(noise, again, sizeof noise);
    for (int i = 0; i < DRAWS; i++) {
        sum += (double)noise[i];
        squares += (double)noise[i] * (double)noise[i];
    }
    assert_true(fabs(sum / DRAWS) < 0.035); /* 5 sd */
    assert_true(fabs(squares / DRAWS - 1.0) < 0.05);
    med3d_draw(&s, &q); /* another sample, other noise */
    med3d_noise(&q, 4, again);
    assert_true(again[0] != noise[0] && again[1] != noise[1]);
}

static void test_translate_apply(void **state)
{
    float in[24];
    float out[24];
    struct image a = {{2, 3, 4}, in};
    struct image b = {{0, 0, 0}, out};
    struct translate_params whole = {true, {1, -1, 2}};
    struct translate_params half = {true, {0, 0, 0.5}};
    struct translate_params far = {true, {4, 6, -8}}; /* two widths */
    static const int mirror[4] = {2, 3, 3, 2};        /* x: o + 2 */

    (void)state;
    for (int i = 0; i < 24; i++)
        in[i] = (float)(i * i);
    translate_apply(&whole, &a, &b);
    for (int z = 0; z < 2; z++)
        for (int y = 0; y < 3; y++)
            for (int x = 0; x < 4; x++) {
                int from_y = y == 0 ? 0 : y - 1;

                assert_true(out[(z * 3 + y) * 4 + x] ==
                            in[(1 * 3 + from_y) * 4 + mirror[x]]);
            }
    translate_apply(&half, &a, &b);
    for (int i = 0; i < 24; i++)
        assert_true(out[i] ==
                    (i % 4 == 3 ? in[i] : 0.5F * in[i] + 0.5F * in[i + 1]));
    translate_apply(&far, &a, &b);
    assert_same_bits(in, out, sizeof in);
}

static void test_rotate_apply(void **state)
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
    for (int k = 1; k < 4; k++) {
        struct rotate_params there = {true, k};
        struct rotate_params home = {true, 4 - k};

        rotate_apply(&there, &a, &b);
        assert_int_equal(b.shape[0], k == 2 ? 2 : 3);
        assert_int_equal(b.shape[1], k == 2 ? 3 : 2);
        /* where in[0][2] goes: one step is out[a][b] = in[b][2 - a] */
        assert_true(out[k == 1 ? 0 : k == 2 ? 12 : 20] == 8.0F);
        rotate_apply(&home, &b, &c);
        assert_int_equal(c.shape[0], 2);
        assert_same_bits(in, back, sizeof in);
    }
}

static void test_transpose_scale(void **state)
{
    float in[6] = {-2000, -1000, 0, 1000, 32000, 40};
    float out[6];
    struct image a = {{1, 2, 3}, in};
    struct image b = {{0, 0, 0}, out};
    static const int32_t axes[3] = {2, 1, 0};

    (void)state;
    transpose_apply(axes, &a, &b);
    assert_true(b.shape[0] == 3 && b.shape[1] == 2 && b.shape[2] == 1);
    for (int y = 0; y < 2; y++)
        for (int x = 0; x < 3; x++)
            assert_true(out[x * 2 + y] == in[y * 3 + x]);
    scale_apply(PIXEL_F32, &a, &b);
    assert_true(out[0] == 0.0F && out[1] == 0.0F && out[2] == 0.5F);
    assert_true(out[3] == 1.0F && out[4] == 1.0F && out[5] == 0.52F);
    scale_apply(PIXEL_I16, &a, &b); /* 33000 is -32536 there */
    assert_true(out[3] == 1.0F && out[4] == 0.0F);
}

/* Of 0 .. 1000 the percentiles are 5 and 995. */
static void test_med3d_apply(void **state)
{
    enum { N = 1001 };
    float in[N];
    float out[N];
    float noise[N];
    float scratch[N];
    struct image a = {{1, 7, 143}, in};
    struct image b = {{0, 0, 0}, out};
    double mean = 0.0;

    (void)state;
    for (int i = 0; i < N; i++) {
        in[i] = (float)(i * 376 % N); /* a permutation */
        noise[i] = 7.0F;
    }
    assert_ok(med3d_apply(noise, &a, &b, scratch));
    for (int i = 0; i < N; i++) {
        mean += (double)out[i] / N;
        for (int k = 0; k < N; k += 100)
            if (in[i] < in[k])
                assert_true(out[i] <= out[k]);
        if (in[i] <= 5.0F) /* clipped */
            assert_true(out[i] == out[0]);
        assert_true(out[i] != 7.0F);
    }
    assert_true(fabs(mean) < 1e-6);
    for (int i = 0; i < N; i++) /* 5 % zeros, others 1 and 2 */
        in[i] = (float)(i % 20 == 0 ? 0 : 1 + i % 2);
    assert_ok(med3d_apply(noise, &a, &b, scratch));
    for (int i = 0; i < N; i++)
        assert_true((out[i] == 7.0F) == (i % 20 == 0));
    for (int i = 0; i < N; i++)
        in[i] = -1000.0F;
    assert_fails(med3d_apply(noise, &a, &b, scratch), ERR_DATA,
                 "0 of 1001 voxels are above 0");
    in[4] = 5.0F;
    assert_fails(med3d_apply(noise, &a, &b, scratch), ERR_DATA, "equal");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_translate_draw),
        cmocka_unit_test(test_rotate_draw),
        cmocka_unit_test(test_med3d_noise),
        cmocka_unit_test(test_translate_apply),
        cmocka_unit_test(test_rotate_apply),
        cmocka_unit_test(test_transpose_scale),
        cmocka_unit_test(test_med3d_apply),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
