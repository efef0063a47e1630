/* The float backends against ref64 within tolerances.h: what a backend with
 * another order of additions must keep to, held here by simd. Inputs are
 * floats, so both start from the same numbers. */
#include <math.h>

#include "ops.h"
#include "tolerances.h"

struct pair {
    struct dev *exact, *real;
    double worst_fwd, worst_x, worst_w, worst_bias;
};

static double *float_numbers(uint64_t seed, size_t len)
{
    double *p = numbers(seed, len);
    for (size_t i = 0; i < len; i++)
        p[i] = (double)(float)p[i];
    return p;
}

static double *absolute(const double *p, size_t len)
{
    double *a = doubles(len);
    for (size_t i = 0; i < len; i++)
        a[i] = fabs(p[i]);
    return a;
}

/* Largest error in units of tolerances.h. */
static double
units(const double *got, const double *want, const double *size, size_t len)
{
    double worst = 0;

    for (size_t i = 0; i < len; i++) {
        double error = fabs(got[i] - want[i]);
        double scale = FLOAT_UNIT * size[i];
        if (!(error <= 1e6 * scale) && error > 0)
            fail_msg("element %zu is %.9g, not %.9g", i, got[i], want[i]);
        if (scale > 0 && error / scale > worst)
            worst = error / scale;
    }
    return worst;
}

struct outputs {
    double *y, *dx, *dw, *db;
};

static struct outputs conv_run(struct dev *d,
                               struct conv_desc c,
                               const double *px,
                               const double *pw,
                               const double *pg)
{
    const struct dev_ops *ops = dev_ops(d);
    struct shape out = conv_out_shape(&c);
    struct tensor x = dev_tensor_of(d, c.in, px);
    struct tensor g = dev_tensor_of(d, out, pg);
    struct tensor y = dev_tensor(d, out);
    struct tensor dx = dev_tensor(d, c.in);
    void *w = dev_weights(d, c.o, c.in.c, c.k, pw);
    void *back = dev_array(d, weight_len(c.in.c, c.k, c.o));
    void *dw = dev_array(d, weight_len(c.o, c.k, c.in.c));
    void *db = dev_array(d, (size_t)c.o);
    struct plan *plan = NULL;
    struct outputs r = {.y = doubles(plain_len(out)),
                        .dx = doubles(plain_len(c.in)),
                        .db = doubles((size_t)c.o)};

    assert_ok(ops->conv_plan(d, &c, &plan));
    ops->conv_turn(plan, w, back);
    ops->conv_fwd(plan, &x, w, NULL, &y);
    ops->conv_bwd_x(plan, &g, back, &dx);
    ops->conv_bwd_w(plan, &x, &g, NULL, dw);
    ops->bias_bwd(d, &g, db);
    ops->get_f64(d, &y, r.y);
    ops->get_f64(d, &dx, r.dx);
    r.dw = plain_weights(d, c.o, c.in.c, c.k, dw);
    for (int32_t i = 0; i < c.o; i++)
        r.db[i] = dev_at(d, db, (size_t)i);
    ops->conv_plan_free(plan);
    drop(d, &x);
    drop(d, &g);
    drop(d, &y);
    drop(d, &dx);
    ops->release(d, w);
    ops->release(d, back);
    ops->release(d, dw);
    ops->release(d, db);
    return r;
}

static void outputs_free(struct outputs *r)
{
    free(r->y);
    free(r->dx);
    free(r->dw);
    free(r->db);
}

static void conv_case(struct pair *p, struct conv_desc c)
{
    struct shape out = conv_out_shape(&c);
    size_t nx = plain_len(c.in);
    size_t nw = plain_weights_len(c.o, c.in.c, c.k);
    size_t ny = plain_len(out);
    double *v[3] = {float_numbers(1, nx), float_numbers(2, nw),
                    float_numbers(3, ny)};
    double *a[3] = {absolute(v[0], nx), absolute(v[1], nw), absolute(v[2], ny)};
    struct outputs want = conv_run(p->exact, c, v[0], v[1], v[2]);
    struct outputs size = conv_run(p->exact, c, a[0], a[1], a[2]);
    struct outputs got = conv_run(p->real, c, v[0], v[1], v[2]);

    p->worst_fwd = fmax(p->worst_fwd, units(got.y, want.y, size.y, ny));
    p->worst_x = fmax(p->worst_x, units(got.dx, want.dx, size.dx, nx));
    p->worst_w = fmax(p->worst_w, units(got.dw, want.dw, size.dw, nw));
    p->worst_bias =
        fmax(p->worst_bias, units(got.db, want.db, size.db, (size_t)c.o));
    outputs_free(&want);
    outputs_free(&size);
    outputs_free(&got);
    for (int i = 0; i < 3; i++) {
        free(v[i]);
        free(a[i]);
    }
}

static void within(double seen, double bound, const char *what)
{
    printf("%s: %.2f units seen, %.1f allowed\n", what, seen, bound);
    if (!(seen <= bound))
        fail_msg("%s is %.2f units from exact, %.1f allowed", what, seen,
                 bound);
}

static void conv(void **state)
{
    static const struct conv_desc cases[] = {
        {{2, 1, 16, 16, 16}, 32, 7, 2, 3}, {{2, 64, 7, 7, 7}, 64, 3, 1, 1},
        {{4, 512, 4, 4, 4}, 64, 1, 1, 0},  {{4, 64, 5, 5, 5}, 300, 1, 1, 0},
        {{3, 24, 6, 6, 6}, 40, 3, 2, 1},   {{8, 1024, 1, 1, 1}, 128, 1, 1, 0},
        {{2, 300, 3, 3, 3}, 33, 3, 1, 1},
    };
    struct pair *p = *state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        conv_case(p, cases[i]);
    within(p->worst_fwd, TOL_CONV_FWD, "conv_fwd");
    within(p->worst_x, TOL_CONV_BWD_X, "conv_bwd_x");
    within(p->worst_w, TOL_CONV_BWD_W, "conv_bwd_w");
    within(p->worst_bias, TOL_BIAS_BWD, "bias_bwd");
}

/* One element-wise operation in both backends; size holds the sum of the
 * absolute values that meet in each element. */
struct norm_out {
    double *y, *dx, *mean;
};

static struct norm_out norm_run(struct dev *d,
                                struct shape s,
                                const double *px,
                                const double *pg,
                                const struct norm_fwd *fwd,
                                const struct norm_bwd *bwd)
{
    const struct dev_ops *ops = dev_ops(d);
    struct shape flat = {s.n, s.c, 1, 1, 1};
    struct tensor x = dev_tensor_of(d, s, px);
    struct tensor g = dev_tensor_of(d, s, pg);
    struct tensor y = dev_tensor(d, s);
    struct tensor mean = dev_tensor(d, flat);
    struct norm_out r = {doubles(plain_len(s)), doubles(plain_len(s)),
                         doubles(plain_len(flat))};

    ops->norm_apply(d, &x, 2, fwd, &g, false, &y);
    ops->get_f64(d, &y, r.y);
    ops->norm_bwd_apply(d, &x, &g, 2, bwd, &y);
    ops->get_f64(d, &y, r.dx);
    ops->mean_fwd(d, &x, &mean);
    ops->get_f64(d, &mean, r.mean);
    drop(d, &x);
    drop(d, &g);
    drop(d, &y);
    drop(d, &mean);
    return r;
}

static void norm_and_mean(void **state)
{
    enum { CHANNELS = 40 };
    struct pair *p = *state;
    struct shape s = {4, CHANNELS, 5, 4, 5};
    size_t len = plain_len(s);
    size_t voxels = len / (size_t)(s.n * s.c);
    double *px = float_numbers(4, len);
    double *pg = float_numbers(5, len);
    double *sizes = doubles(3 * len);
    struct norm_fwd fwd[2 * CHANNELS];
    struct norm_bwd bwd[2 * CHANNELS];

    for (uint64_t i = 0; i < sizeof fwd / sizeof fwd[0]; i++) {
        double r[5];
        for (uint64_t k = 0; k < 5; k++)
            r[k] = number(6 + k, i);
        fwd[i] = (struct norm_fwd){r[0], r[1], r[2]};
        bwd[i] = (struct norm_bwd){r[0], r[1], r[3], r[4]};
    }
    for (size_t i = 0; i < len; i++) {
        size_t sample = i / voxels / CHANNELS;
        size_t k = sample / 2 * CHANNELS + i / voxels % CHANNELS;
        double e = fabs(px[i]) + fabs(fwd[k].mean);
        sizes[i] = e * fabs(fwd[k].scale) + fabs(fwd[k].shift) + fabs(pg[i]);
        sizes[len + i] = fabs(bwd[k].scale) *
                         (e * fabs(bwd[k].k1) + fabs(pg[i]) + fabs(bwd[k].k0));
        sizes[2 * len + i / voxels] += fabs(px[i]) / (double)voxels;
    }
    struct norm_out want = norm_run(p->exact, s, px, pg, fwd, bwd);
    struct norm_out got = norm_run(p->real, s, px, pg, fwd, bwd);
    within(units(got.y, want.y, sizes, len), TOL_NORM_APPLY, "norm_apply");
    within(units(got.dx, want.dx, sizes + len, len), TOL_NORM_BWD,
           "norm_bwd_apply");
    within(units(got.mean, want.mean, sizes + 2 * len, len / voxels), TOL_MEAN,
           "mean_fwd");
    free(want.y);
    free(want.dx);
    free(want.mean);
    free(got.y);
    free(got.dx);
    free(got.mean);
    free(px);
    free(pg);
    free(sizes);
}

/* One product or none. */
static void prelu(void **state)
{
    struct pair *p = *state;
    struct dev *d[2] = {p->exact, p->real};
    struct shape s = {3, 40, 3, 4, 5};
    size_t len = plain_len(s);
    double *plain = float_numbers(9, len);
    double *size = absolute(plain, len);
    double *out[2] = {doubles(len), doubles(len)};

    for (int i = 0; i < 2; i++) {
        struct tensor x = dev_tensor_of(d[i], s, plain);
        void *slope = dev_array(d[i], 1);

        dev_set(d[i], slope, 0, (double)0.3F);
        dev_ops(d[i])->prelu_fwd(d[i], &x, slope, &x);
        dev_ops(d[i])->get_f64(d[i], &x, out[i]);
        drop(d[i], &x);
        dev_ops(d[i])->release(d[i], slope);
    }
    for (size_t i = 0; i < len; i++)
        size[i] = plain[i] <= 0 ? 0.3 * size[i] : size[i];
    within(units(out[1], out[0], size, len), TOL_PRELU, "prelu_fwd");
    free(plain);
    free(size);
    free(out[0]);
    free(out[1]);
}

int main(void)
{
    struct pair p = {.worst_fwd = 0};
    struct CMUnitTest tests[] = {cmocka_unit_test(conv),
                                 cmocka_unit_test(norm_and_mean),
                                 cmocka_unit_test(prelu)};
    int failed = 0;

    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tests[i].initial_state = &p;
    if (dev_open("ref64", NULL, &p.exact) != OK ||
        dev_open("simd", NULL, &p.real) != OK)
        return 1;
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    dev_close(p.exact);
    dev_close(p.real);
    return failed;
}
