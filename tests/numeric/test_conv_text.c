/* The text of src/dev/README.md, "Convolution", once more and on plain arrays
 * [n][c][z][y][x] alone: no block, no plan, no layout. Single outputs of every
 * convolution of the full network and of small ones must have its bits. */
#include <math.h>

#include "layers.h"
#include "ops.h"

struct conv {
    struct conv_desc d;
    struct shape out;
    float *x, *w, *g;   /* plain: input, weights, gradient of the output */
    float *y, *dx, *dw; /* what the backend made of them */
};

static float *floats(uint64_t seed, size_t len)
{
    float *p = calloc(len, sizeof *p);

    assert_non_null(p);
    for (size_t i = 0; seed != 0 && i < len; i++)
        p[i] = (float)number(seed, i);
    return p;
}

static size_t place(struct shape s, int32_t n, int32_t c, const int32_t *v)
{
    size_t plane = (size_t)n * (size_t)s.c + (size_t)c;
    return ((plane * (size_t)s.d + (size_t)v[0]) * (size_t)s.h + (size_t)v[1]) *
               (size_t)s.w +
           (size_t)v[2];
}

static bool within(struct shape s, const int32_t *v)
{
    return v[0] >= 0 && v[0] < s.d && v[1] >= 0 && v[1] < s.h && v[2] >= 0 &&
           v[2] < s.w;
}

static size_t weight(const struct conv *t, int32_t o, int32_t c, int32_t tap)
{
    int32_t k = t->d.k;
    return ((size_t)o * (size_t)t->d.in.c + (size_t)c) * (size_t)(k * k * k) +
           (size_t)tap;
}

static void tap_at(int32_t k, int32_t tap, int32_t *e)
{
    e[0] = tap / k / k;
    e[1] = tap / k % k;
    e[2] = tap % k;
}

/* One output. */
static float
text_y(const struct conv *t, int32_t n, int32_t o, const int32_t *v)
{
    const struct conv_desc *d = &t->d;
    float y = 0;

    for (int32_t tap = 0; tap < d->k * d->k * d->k; tap++) {
        int32_t e[3];
        tap_at(d->k, tap, e);
        for (int i = 0; i < 3; i++)
            e[i] += v[i] * d->stride - d->pad;
        if (!within(d->in, e))
            continue;
        float chain = d->in.c <= 8 ? y : 0;
        for (int32_t c = 0; c < d->in.c; c++) {
            chain = fmaf(t->x[place(d->in, n, c, e)],
                         t->w[weight(t, o, c, tap)], chain);
            if (d->in.c > 8 && (c % 256 == 255 || c == d->in.c - 1)) {
                y = y + chain;
                chain = 0;
            }
        }
        if (d->in.c <= 8)
            y = chain;
    }
    return y;
}

/* One gradient of an input. */
static float
text_dx(const struct conv *t, int32_t n, int32_t c, const int32_t *v)
{
    const struct conv_desc *d = &t->d;
    float dx = 0;

    for (int32_t tap = 0; tap < d->k * d->k * d->k; tap++) {
        int32_t e[3];
        bool link = true;
        tap_at(d->k, tap, e);
        for (int i = 0; i < 3; i++) {
            int32_t u = v[i] + d->pad - e[i];
            link = link && u >= 0 && u % d->stride == 0;
            e[i] = u / d->stride;
        }
        if (!link || !within(t->out, e))
            continue;
        float chain = d->o <= 8 ? dx : 0;
        for (int32_t o = 0; o < d->o; o++) {
            chain = fmaf(t->g[place(t->out, n, o, e)],
                         t->w[weight(t, o, c, tap)], chain);
            if (d->o > 8 && (o % 256 == 255 || o == d->o - 1)) {
                dx = dx + chain;
                chain = 0;
            }
        }
        if (d->o <= 8)
            dx = chain;
    }
    return dx;
}

/* One gradient of a weight. */
static float text_dw(const struct conv *t, int32_t o, int32_t c, int32_t tap)
{
    const struct conv_desc *d = &t->d;
    int32_t voxels = t->out.d * t->out.h * t->out.w;
    float dw = 0;
    float chain = 0;
    int32_t rows = 0;

    for (int32_t voxel = 0; voxel < voxels; voxel++) {
        int32_t v[3] = {voxel / t->out.w / t->out.h,
                        voxel / t->out.w % t->out.h, voxel % t->out.w};
        int32_t e[3];
        tap_at(d->k, tap, e);
        for (int i = 0; i < 3; i++)
            e[i] += v[i] * d->stride - d->pad;
        if (d->in.c == 1 && v[2] == 0) {
            dw = dw + chain;
            chain = 0;
        }
        for (int32_t n = 0; within(d->in, e) && n < d->in.n; n++) {
            chain = fmaf(t->x[place(d->in, n, c, e)],
                         t->g[place(t->out, n, o, v)], chain);
            if (d->in.c > 1 && ++rows == 128) {
                dw = dw + chain;
                chain = 0;
                rows = 0;
            }
        }
    }
    return dw + chain;
}

static void run(struct dev *d, struct conv *t)
{
    const struct dev_ops *ops = dev_ops(d);
    int32_t o = t->d.o;
    int32_t c = t->d.in.c;
    int32_t k = t->d.k;
    struct tensor x = dev_tensor(d, t->d.in);
    struct tensor dx = dev_tensor(d, t->d.in);
    struct tensor y = dev_tensor(d, t->out);
    void *w = dev_array(d, weight_len(o, k, c));
    void *back = dev_array(d, weight_len(c, k, o));
    struct plan *plan = NULL;

    assert_ok(ops->conv_plan(d, &t->d, &plan));
    ops->put_f32(d, t->x, &x);
    ops->pack(d, o, c, k, t->w, w);
    ops->conv_turn(plan, w, back);
    ops->conv_fwd(plan, &x, w, NULL, &y);
    ops->get_f32(d, &y, t->y);
    ops->put_f32(d, t->g, &y);
    ops->conv_bwd_x(plan, &y, back, &dx);
    ops->get_f32(d, &dx, t->dx);
    ops->conv_bwd_w(plan, &x, &y, NULL, w);
    ops->unpack(d, o, c, k, w, t->dw);
    ops->conv_plan_free(plan);
    drop(d, &x);
    drop(d, &dx);
    drop(d, &y);
    ops->release(d, w);
    ops->release(d, back);
}

/* A repeatable choice below n. */
static int32_t choose(uint64_t seed, uint64_t i, int32_t n)
{
    return (int32_t)((number(seed, i) + 1) / 2 * n);
}

static void same(float got, float want, const char *what, const struct conv *t)
{
    if (float_bits(got) != float_bits(want))
        fail_msg("%s of %d -> %d k %d s %d: %a, the text says %a", what,
                 t->d.in.c, t->d.o, t->d.k, t->d.stride, (double)got,
                 (double)want);
}

static void check(const struct conv *t, uint64_t samples)
{
    const struct conv_desc *d = &t->d;

    for (uint64_t i = 0; i < samples; i++) {
        int32_t n = choose(1, i, d->in.n);
        int32_t o = choose(2, i, d->o);
        int32_t c = choose(3, i, d->in.c);
        int32_t tap = choose(4, i, d->k * d->k * d->k);
        int32_t out[3] = {choose(5, i, t->out.d), choose(6, i, t->out.h),
                          choose(7, i, t->out.w)};
        int32_t in[3] = {choose(8, i, d->in.d), choose(9, i, d->in.h),
                         choose(10, i, d->in.w)};
        same(t->y[place(t->out, n, o, out)], text_y(t, n, o, out), "y", t);
        same(t->dx[place(d->in, n, c, in)], text_dx(t, n, c, in), "dx", t);
        same(t->dw[weight(t, o, c, tap)], text_dw(t, o, c, tap), "dw", t);
    }
}

static void conv_case(struct dev *d, struct conv_desc desc, uint64_t samples)
{
    struct conv t = {.d = desc, .out = conv_out_shape(&desc)};
    size_t nw = plain_weights_len(desc.o, desc.in.c, desc.k);

    t.x = floats(1, plain_len(desc.in));
    t.w = floats(2, nw);
    t.g = floats(3, plain_len(t.out));
    t.y = floats(0, plain_len(t.out));
    t.dx = floats(0, plain_len(desc.in));
    t.dw = floats(0, nw);
    run(d, &t);
    check(&t, samples);
    free(t.x);
    free(t.w);
    free(t.g);
    free(t.y);
    free(t.dx);
    free(t.dw);
}

static void small_ones(void **state)
{
    static const struct conv_desc cases[] = {
        {{2, 3, 4, 3, 5}, 9, 3, 1, 1},    {{3, 1, 6, 5, 7}, 8, 5, 2, 2},
        {{1, 8, 5, 5, 4}, 7, 3, 2, 1},    {{5, 12, 3, 4, 3}, 20, 2, 1, 0},
        {{4, 300, 1, 1, 1}, 33, 1, 1, 0}, {{2, 9, 5, 4, 6}, 270, 3, 3, 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        conv_case(*state, cases[i], 500);
}

static void full_network(void **state)
{
    for (int i = 0; i < LAYERS; i++)
        conv_case(*state, layer_desc(i, 2), 40);
}

static int open_simd(void **state)
{
    struct dev *d = NULL;
    assert_ok(dev_open("simd", NULL, &d));
    *state = d;
    return 0;
}

static int close_simd(void **state)
{
    dev_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(small_ones),
                                       cmocka_unit_test(full_network)};
    return cmocka_run_group_tests(tests, open_simd, close_simd);
}
