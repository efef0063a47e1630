/* simd equals ref bit for bit: every operation, every variant this machine
 * runs, over a table of shapes. Padding is poisoned on the way in; what comes
 * out is compared in plain order, and the padding must be finite. */
#include "same.h"

static const int32_t channels[] = {1,  2,  3,  5,  7,  8,  9,
                                   16, 17, 31, 32, 33, 64, 100};
enum { CHANNELS = sizeof channels / sizeof channels[0] };

/* Every pair of channel counts, other sizes changing along. */
static void conv_channels(void **state)
{
    struct pair *p = *state;
    int i = 0;

    for (int a = 0; a < CHANNELS; a++)
        for (int b = 0; b < CHANNELS; b++, i++) {
            struct conv_desc c = {
                {1 + i % 9, channels[a], 2 + i % 2, 3 - i % 3 % 2, 3},
                channels[b],
                i % 3 ? 3 : 1,
                1 + i % 2,
                i % 3 ? 1 : 0};
            conv_case(p, c, i % 2);
        }
}

/* Kernels, strides, paddings and odd sizes. */
static void conv_geometry(void **state)
{
    static const int32_t kernels[] = {1, 2, 3, 5, 7};
    static const int32_t pairs[][2] = {{1, 8}, {1, 40}, {3, 16}, {12, 33}};
    struct pair *p = *state;
    int i = 0;

    for (int k = 0; k < 5; k++)
        for (int32_t stride = 1; stride <= 3; stride++)
            for (int32_t pad = 0; pad <= kernels[k] / 2; pad++)
                for (int j = 0; j < 4; j++, i++) {
                    int32_t least = kernels[k] - 2 * pad;
                    int32_t size = least > 3 ? least : 3;
                    struct conv_desc c = {{1 + i % 5, pairs[j][0], size,
                                           size + i % 2, size + i % 4},
                                          pairs[j][1],
                                          kernels[k],
                                          stride,
                                          pad};
                    conv_case(p, c, i % 2);
                }
}

/* Groups of 256 channels, chunks of 128 rows, blocks of the cache; linear
 * layers; more than one cache block of rows. */
static void conv_long(void **state)
{
    static const struct conv_desc cases[] = {
        {{4, 520, 1, 1, 1}, 300, 1, 1, 0}, {{1, 256, 1, 1, 1}, 1, 1, 1, 0},
        {{2, 257, 2, 2, 2}, 40, 3, 1, 1},  {{3, 20, 5, 6, 7}, 264, 1, 1, 0},
        {{9, 33, 6, 5, 4}, 16, 3, 2, 1},   {{5, 600, 4, 4, 4}, 12, 1, 2, 0},
        {{8, 1, 9, 8, 11}, 8, 7, 2, 3},    {{3, 1, 4, 30, 17}, 20, 7, 2, 3},
    };
    struct pair *p = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        conv_case(p, cases[i], true);
}

static struct norm_fwd norm_fwd_at(uint64_t i)
{
    return (struct norm_fwd){0.3 * number(31, i), 1 + 0.5 * number(32, i),
                             number(33, i)};
}

static void norm_case(struct pair *p, struct shape s, int32_t views, bool full)
{
    struct dev *d[2] = {p->ref, p->simd};
    size_t coefs = (size_t)views * (size_t)s.c;
    double *plain = numbers(34, plain_len(s));
    double *plain_add = numbers(35, plain_len(s));
    double *sums = doubles(8 * coefs);
    struct norm_fwd *fwd = calloc(coefs, sizeof *fwd);
    struct norm_bwd *bwd = calloc(coefs, sizeof *bwd);
    struct both x = both(p, s, plain);
    struct both add = both(p, s, plain_add);
    struct both y = both(p, s, NULL);
    struct both dx = both(p, s, NULL);

    assert_true(fwd && bwd);
    for (size_t i = 0; i < coefs; i++) {
        fwd[i] = norm_fwd_at(i);
        bwd[i] = (struct norm_bwd){fwd[i].mean, fwd[i].scale,
                                   0.1 * number(36, i), 0.1 * number(37, i)};
    }
    for (int i = 0; i < 2; i++) {
        const struct dev_ops *ops = dev_ops(d[i]);
        double *out = sums + 4 * coefs * (size_t)i;
        ops->norm_sums(d[i], &x.of[i], views, out);
        ops->norm_apply(d[i], &x.of[i], views, fwd, full ? &add.of[i] : NULL,
                        full, &y.of[i]);
        /* `add` serves as the gradient, masked in place */
        ops->norm_bwd_sums(d[i], &x.of[i], full ? &y.of[i] : NULL, views, fwd,
                           &add.of[i], out + 2 * coefs);
        ops->norm_bwd_apply(d[i], &x.of[i], &add.of[i], views, bwd, &dx.of[i]);
        ops->norm_bwd_apply(d[i], &x.of[i], &add.of[i], views, bwd,
                            &add.of[i]); /* in place */
        ops->norm_apply(d[i], &x.of[i], views, fwd, &x.of[i], full, &x.of[i]);
    }
    assert_same_bits(sums, sums + 4 * coefs, 4 * coefs * sizeof *sums);
    both_same(&y, "norm y");
    both_same(&dx, "norm dx");
    both_same(&add, "norm dx in place");
    both_same(&x, "norm y in place");
    free(plain);
    free(plain_add);
    free(sums);
    free(fwd);
    free(bwd);
    p->cases++;
}

static void norm(void **state)
{
    /* more than are taken together, by the fast backend, and no multiple */
    static const int32_t views[] = {1, 2, 3, 4, 11};
    struct pair *p = *state;

    for (int a = 0; a < CHANNELS; a++)
        for (size_t v = 0; v < sizeof views / sizeof views[0]; v++)
            for (int32_t m = 1; m <= 3; m++)
                norm_case(
                    p,
                    (struct shape){views[v] * m, channels[a], 1 + m % 2, 3, 5},
                    views[v], (a + m) % 2);
}

static void pool_case(struct pair *p, struct conv_desc c, double *plain)
{
    struct dev *d[2] = {p->ref, p->simd};
    struct shape out = conv_out_shape(&c);
    struct shape flat = {c.in.n, c.in.c, 1, 1, 1};
    size_t len = shape_len(out);
    double *plain_g = numbers(42, plain_len(out));
    uint8_t *which[2] = {calloc(len, 1), calloc(len, 1)};
    struct both x = both(p, c.in, plain);
    struct both g = both(p, out, plain_g);
    struct both y = both(p, out, NULL);
    struct both dx = both(p, c.in, NULL);
    struct both mean = both(p, flat, NULL);
    struct both back = both(p, c.in, NULL);

    assert_true(which[0] && which[1]);
    for (int i = 0; i < 2; i++) {
        const struct dev_ops *ops = dev_ops(d[i]);
        ops->pool_fwd(d[i], &x.of[i], c.k, c.stride, c.pad, &y.of[i], which[i]);
        ops->pool_bwd(d[i], &g.of[i], which[i], c.k, c.stride, c.pad,
                      &dx.of[i]);
        ops->mean_fwd(d[i], &x.of[i], &mean.of[i]);
        ops->mean_bwd(d[i], &mean.of[i], &back.of[i]);
    }
    both_same(&y, "pool y");
    both_same(&dx, "pool dx");
    both_same(&mean, "mean y");
    both_same(&back, "mean dx");
    both_drop(&x);
    both_drop(&g);
    free(which[0]);
    free(which[1]);
    free(plain_g);
    p->cases++;
}

static void pool(void **state)
{
    struct pair *p = *state;
    int i = 0;

    for (int a = 0; a < CHANNELS; a++)
        for (int32_t k = 2; k <= 3; k++, i++) {
            struct conv_desc c = {{1 + i % 4, channels[a], 4, 3 + i % 3, 5},
                                  channels[a],
                                  k,
                                  1 + i % 2,
                                  i / 2 % 2};
            double *plain = numbers(41, plain_len(c.in));
            for (size_t e = 0; e < plain_len(c.in); e++)
                plain[e] = floor(plain[e] * 3); /* many equal ones */
            pool_case(p, c, plain);
            free(plain);
        }
}

/* Where a window holds something that is not a number, it wins; ReLU keeps
 * it. Compared on one channel block of each width. */
static void not_a_number(void **state)
{
    static const int32_t widths[] = {1, 8, 16, 32};
    struct pair *p = *state;

    for (int a = 0; a < 4; a++) {
        struct shape s = {2, widths[a], 3, 3, 3};
        struct shape out = {2, widths[a], 2, 2, 2};
        double *plain = numbers(45, plain_len(s));
        struct dev *d[2] = {p->ref, p->simd};
        uint8_t which[1024];
        int32_t nans[2] = {0, 0};
        plain[3] = plain[17] = nan("");
        for (int i = 0; i < 2; i++) {
            const struct dev_ops *ops = dev_ops(d[i]);
            struct tensor x = dev_tensor(d[i], s);
            struct tensor y = dev_tensor(d[i], out);
            ops->put_f64(d[i], plain, &x);
            ops->relu_fwd(d[i], &x, &x);
            assert_true(shape_len(out) <= sizeof which);
            ops->pool_fwd(d[i], &x, 3, 2, 1, &y, which);
            for (size_t e = 0; e < shape_len(out); e++)
                nans[i] += isnan(((float *)y.data)[e]);
            drop(d[i], &x);
            drop(d[i], &y);
        }
        assert_true(nans[0] > 0);
        assert_int_equal(nans[0], nans[1]);
        free(plain);
    }
}

static void plain_moves(void **state)
{
    struct pair *p = *state;
    struct dev *d[2] = {p->ref, p->simd};

    for (int a = 0; a < CHANNELS; a++) {
        struct shape s = {1 + a % 4, channels[a], 3, 2, 3};
        struct shape half = {s.n, s.c + 5, 2, 1, 2};
        double *plain = numbers(51, plain_len(s));
        double *plain_b = numbers(52, plain_len(s));
        struct both x = both(p, s, plain);
        struct both b = both(p, s, plain_b);
        struct both relu = both(p, s, NULL);
        struct both sub = both(p, half, NULL);
        for (int i = 0; i < 2; i++) {
            const struct dev_ops *ops = dev_ops(d[i]);
            ops->relu_fwd(d[i], &x.of[i], &relu.of[i]);
            ops->relu_bwd(d[i], &relu.of[i], &b.of[i]);
            ops->add(d[i], &b.of[i], &x.of[i]);
            ops->subsample(d[i], &x.of[i], 2, &sub.of[i]);
        }
        both_same(&x, "add");
        both_same(&b, "relu back");
        both_same(&relu, "relu");
        both_same(&sub, "subsample");
        free(plain);
        free(plain_b);
        p->cases++;
    }
}

/* Slopes on both sides of 0, and in place on the way back. */
static void prelu(void **state)
{
    static const float slopes[] = {0.25F, -0.7F, 0, 1.5F};
    struct pair *p = *state;
    struct dev *d[2] = {p->ref, p->simd};

    for (int a = 0; a < CHANNELS; a++) {
        struct shape s = {1 + a % 4, channels[a], 3, 1 + a % 3, 5};
        double *plain = numbers(53, plain_len(s));
        double *plain_g = numbers(54, plain_len(s));
        struct both x;
        struct both g;
        struct both y = both(p, s, NULL);
        struct both dx = both(p, s, NULL);
        double sum[2];

        for (size_t e = 0; e < plain_len(s); e += 5)
            plain[e] = 0;
        x = both(p, s, plain);
        g = both(p, s, plain_g);
        for (int i = 0; i < 2; i++) {
            const struct dev_ops *ops = dev_ops(d[i]);
            const float *slope = &slopes[a % 4];

            ops->prelu_fwd(d[i], &x.of[i], slope, &y.of[i]);
            sum[i] = ops->prelu_bwd(d[i], &x.of[i], slope, &g.of[i], &dx.of[i]);
            (void)ops->prelu_bwd(d[i], &x.of[i], slope, &g.of[i], &g.of[i]);
            ops->prelu_fwd(d[i], &x.of[i], slope, &x.of[i]);
        }
        assert_same_bits(&sum[0], &sum[1], sizeof sum[0]);
        both_same(&y, "prelu");
        both_same(&dx, "prelu back");
        both_same(&g, "prelu back in place");
        both_same(&x, "prelu in place");
        free(plain);
        free(plain_g);
        p->cases++;
    }
}

static void vectors(void **state)
{
    enum { ARRAYS = 4 };
    static const size_t lens[] = {0, 1, 7, 15, 16, 17, 33, 1000, VEC_CHUNK};
    struct pair *p = *state;
    struct dev *d[2] = {p->ref, p->simd};

    for (size_t k = 0; k < sizeof lens / sizeof lens[0]; k++)
        for (int flags = 0; flags < 8; flags++) {
            struct lars_desc lars = {.lr = 0.1,
                                     .momentum = 0.9,
                                     .weight_decay = 1e-6,
                                     .q = 0.37,
                                     .keep = flags & 4 ? 0.7 : 1,
                                     .adapt = flags & 1,
                                     .first = flags & 2,
                                     .nesterov = flags & 4};
            struct adam_desc adam = {.lr = 0.1,
                                     .c1 = 0.1,
                                     .c2 = 0.001,
                                     .beta2 = 0.999,
                                     .root = 3.3,
                                     .eps = 1e-8,
                                     .weight_decay = 0.1,
                                     .decay = flags & 1};
            float *v[2][ARRAYS];
            double sum[2];
            for (int i = 0; i < 2; i++) {
                const struct dev_ops *ops = dev_ops(d[i]);
                for (int j = 0; j < ARRAYS; j++) {
                    v[i][j] = dev_array(d[i], lens[k]);
                    for (size_t e = 0; e < lens[k]; e++)
                        v[i][j][e] = (float)number(60 + (uint64_t)j, e);
                }
                ops->vec_add(d[i], v[i][1], v[i][0], lens[k]);
                ops->vec_scale(d[i], v[i][1], 1.0 / 3, lens[k]);
                ops->vec_lars(d[i], &lars, v[i][0], v[i][1], v[i][2], lens[k]);
                sum[i] = ops->vec_sumsq(d[i], v[i][0], lens[k]);
                for (size_t e = 0; e < lens[k]; e++)
                    v[i][3][e] *= v[i][3][e];
                ops->vec_adam(d[i], &adam, v[i][0], v[i][1], v[i][2], v[i][3],
                              lens[k]);
            }
            assert_same_bits(&sum[0], &sum[1], sizeof sum[0]);
            for (int j = 0; j < ARRAYS; j++) {
                check_same(v[0][j], v[1][j], lens[k], "vector");
                dev_ops(d[0])->release(d[0], v[0][j]);
                dev_ops(d[1])->release(d[1], v[1][j]);
            }
            p->cases++;
        }
}

static int run_variant(const char *name, const char *variant)
{
    struct pair p = {.cases = 0};
    int failed = 0;
    struct CMUnitTest tests[] = {
        cmocka_unit_test(conv_channels), cmocka_unit_test(conv_geometry),
        cmocka_unit_test(conv_long),     cmocka_unit_test(norm),
        cmocka_unit_test(pool),          cmocka_unit_test(not_a_number),
        cmocka_unit_test(plain_moves),   cmocka_unit_test(prelu),
        cmocka_unit_test(vectors),
    };

    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i].initial_state = &p;
    if (dev_open(name, variant, &p.simd) != OK) {
        printf("SKIP %s %s: %s\n", name, variant, status_text());
        return 0;
    }
    if (dev_open("ref", NULL, &p.ref) != OK)
        return 1;
    printf("%s %s\n", name, variant);
    failed = cmocka_run_group_tests_name(variant, tests, NULL, NULL);
    printf("%s %s: %d cases\n", name, variant, p.cases);
    dev_close(p.simd);
    dev_close(p.ref);
    return failed;
}

int main(void)
{
    int failed = 0;

    failed += run_variant("simd", "avx512");
    failed += run_variant("simd", "avx2");
    failed += run_variant("simd", "neon");
    failed += run_variant("simd", "c");
    failed += run_variant("ref", "c"); /* ref takes fma instructions itself */
    return failed ? 1 : 0;
}
