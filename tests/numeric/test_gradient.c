/* Every backward operation against central differences of its forward one,
 * in double (ref64). The loss is sum(r * y) with fixed r, so its gradient is
 * the backward operation of r. Where the loss is linear in the varied value
 * the differences are exact but for rounding, hence the wide step. */
#include <math.h>

#include "ops.h"

/* Rounding of the loss (1e-16 * some hundred terms) over the step; the
 * curved ones add step^2 * third derivative (norms of few rows: 1e2). */
#define TOL_LINEAR  1e-12
#define TOL_CURVED  1e-7
#define STEP_LINEAR 1.0
#define STEP_CURVED 1e-5

/* The loss as a function of what ctx holds. */
typedef double loss_fn(void *ctx);

struct varied {
    const char *what;
    double *value;
    const double *gradient;
    size_t len;
    double step, tol;
};

static void check_gradient(loss_fn *loss, void *ctx, struct varied a)
{
    for (size_t i = 0; i < a.len; i++) {
        double keep = a.value[i];
        a.value[i] = keep + a.step;
        double up = loss(ctx);
        a.value[i] = keep - a.step;
        double down = loss(ctx);
        a.value[i] = keep;
        double want = (up - down) / (2 * a.step);
        double scale = fabs(want) > 1 ? fabs(want) : 1;
        if (!(fabs(a.gradient[i] - want) <= a.tol * scale))
            fail_msg("%s: gradient %zu is %.17g, differences say %.17g", a.what,
                     i, a.gradient[i], want);
    }
}

struct conv_case {
    struct dev *d;
    struct conv_desc desc;
    struct shape out;
    struct plan *plan;
    double *x, *w, *bias, *r, *y;
};

static double conv_loss(void *ctx)
{
    struct conv_case *t = ctx;
    const struct dev_ops *ops = dev_ops(t->d);
    struct tensor x = dev_tensor_of(t->d, t->desc.in, t->x);
    struct tensor y = dev_tensor(t->d, t->out);
    void *w = dev_weights(t->d, t->desc.o, t->desc.in.c, t->desc.k, t->w);

    ops->conv_fwd(t->plan, &x, w, t->bias, &y);
    ops->get_f64(t->d, &y, t->y);
    drop(t->d, &x);
    drop(t->d, &y);
    ops->release(t->d, w);
    return dot(t->y, t->r, plain_len(t->out));
}

static void
conv_gradients(struct conv_case *t, double *dx, double **dw, double *db)
{
    const struct dev_ops *ops = dev_ops(t->d);
    int32_t o = t->desc.o;
    int32_t c = t->desc.in.c;
    int32_t k = t->desc.k;
    struct tensor x = dev_tensor_of(t->d, t->desc.in, t->x);
    struct tensor dy = dev_tensor_of(t->d, t->out, t->r);
    struct tensor grad = dev_tensor(t->d, t->desc.in);
    void *w = dev_weights(t->d, o, c, k, t->w);
    void *back = dev_array(t->d, weight_len(c, k, o));
    void *grad_w = dev_array(t->d, weight_len(o, k, c));

    ops->conv_turn(t->plan, w, back);
    ops->conv_bwd_x(t->plan, &dy, back, &grad);
    ops->get_f64(t->d, &grad, dx);
    ops->conv_bwd_w(t->plan, &x, &dy, NULL, grad_w);
    *dw = plain_weights(t->d, o, c, k, grad_w);
    ops->bias_bwd(t->d, &dy, db);
    drop(t->d, &x);
    drop(t->d, &dy);
    drop(t->d, &grad);
    ops->release(t->d, w);
    ops->release(t->d, back);
    ops->release(t->d, grad_w);
}

static void conv_case(struct dev *d, struct conv_desc desc)
{
    const struct dev_ops *ops = dev_ops(d);
    struct conv_case t = {.d = d, .desc = desc, .out = conv_out_shape(&desc)};
    size_t nx = plain_len(desc.in);
    size_t nw = plain_weights_len(desc.o, desc.in.c, desc.k);
    size_t no = (size_t)desc.o;
    double *dx = doubles(nx);
    double *db = doubles(no);
    double *dw = NULL;

    t.x = numbers(1, nx);
    t.w = numbers(2, nw);
    t.bias = numbers(3, no);
    t.r = numbers(4, plain_len(t.out));
    t.y = doubles(plain_len(t.out));
    assert_ok(ops->conv_plan(d, &desc, &t.plan));
    conv_gradients(&t, dx, &dw, db);
    check_gradient(
        conv_loss, &t,
        (struct varied){"conv x", t.x, dx, nx, STEP_LINEAR, TOL_LINEAR});
    check_gradient(
        conv_loss, &t,
        (struct varied){"conv w", t.w, dw, nw, STEP_LINEAR, TOL_LINEAR});
    check_gradient(
        conv_loss, &t,
        (struct varied){"conv bias", t.bias, db, no, STEP_LINEAR, TOL_LINEAR});
    ops->conv_plan_free(t.plan);
    free(t.x);
    free(t.w);
    free(t.bias);
    free(t.r);
    free(t.y);
    free(dx);
    free(db);
    free(dw);
}

static void conv(void **state)
{
    static const struct conv_desc cases[] = {
        {{2, 3, 3, 4, 2}, 5, 3, 1, 1},   {{1, 1, 5, 4, 5}, 2, 3, 2, 1},
        {{3, 9, 3, 2, 3}, 10, 1, 1, 0},  {{2, 10, 3, 2, 3}, 9, 3, 2, 1},
        {{1, 2, 4, 3, 4}, 1, 2, 1, 0},   {{2, 1, 5, 5, 5}, 3, 5, 3, 2},
        {{4, 33, 1, 1, 1}, 17, 1, 1, 0}, {{2, 4, 3, 3, 3}, 4, 1, 2, 0},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        conv_case(*state, cases[i]);
}

/* Norm in training: y = relu(norm(x) + add), statistics of each view. */
struct norm_case {
    struct dev *d;
    struct shape s;
    int32_t views;
    double *x, *add, *weight, *bias, *r, *y;
    double *sums, *inv;
    struct norm_fwd *fwd;
    struct norm_bwd *bwd;
};

static double
norm_forward(struct norm_case *t, struct tensor *x, struct tensor *y)
{
    const struct dev_ops *ops = dev_ops(t->d);
    struct tensor add = dev_tensor_of(t->d, t->s, t->add);
    double rows = (double)shape_rows(t->s) / t->views;

    *x = dev_tensor_of(t->d, t->s, t->x);
    *y = dev_tensor(t->d, t->s);
    ops->norm_sums(t->d, x, t->views, t->sums);
    for (ptrdiff_t i = 0; i < (ptrdiff_t)t->views * t->s.c; i++) {
        double mean = t->sums[2 * i] / rows;
        double var = t->sums[2 * i + 1] / rows - mean * mean;
        t->inv[i] = 1 / sqrt(var + 1e-5);
        t->fwd[i] = (struct norm_fwd){mean, t->weight[i % t->s.c] * t->inv[i],
                                      t->bias[i % t->s.c]};
    }
    ops->norm_apply(t->d, x, t->views, t->fwd, &add, true, y);
    ops->get_f64(t->d, y, t->y);
    drop(t->d, &add);
    return dot(t->y, t->r, plain_len(t->s));
}

static double norm_loss(void *ctx)
{
    struct norm_case *t = ctx;
    struct tensor x;
    struct tensor y;
    double loss = norm_forward(t, &x, &y);

    drop(t->d, &x);
    drop(t->d, &y);
    return loss;
}

/* Gradients of x, add, weight and bias, as the network makes them. */
static void norm_gradients(
    struct norm_case *t, double *dx, double *da, double *dw, double *db)
{
    const struct dev_ops *ops = dev_ops(t->d);
    double rows = (double)shape_rows(t->s) / t->views;
    struct tensor x;
    struct tensor y;
    struct tensor g = dev_tensor_of(t->d, t->s, t->r);

    (void)norm_forward(t, &x, &y);
    ops->norm_bwd_sums(t->d, &x, &y, t->views, t->fwd, &g, t->sums);
    ops->get_f64(t->d, &g, da);
    for (ptrdiff_t i = 0; i < (ptrdiff_t)t->views * t->s.c; i++) {
        double inv = t->inv[i];
        db[i % t->s.c] += t->sums[2 * i];
        dw[i % t->s.c] += t->sums[2 * i + 1] * inv;
        t->bwd[i] = (struct norm_bwd){t->fwd[i].mean, t->fwd[i].scale,
                                      t->sums[2 * i] / rows,
                                      t->sums[2 * i + 1] / rows * inv * inv};
    }
    ops->norm_bwd_apply(t->d, &x, &g, t->views, t->bwd, &g);
    ops->get_f64(t->d, &g, dx);
    drop(t->d, &x);
    drop(t->d, &y);
    drop(t->d, &g);
}

static void norm_check(struct norm_case *t)
{
    size_t len = plain_len(t->s);
    size_t c = (size_t)t->s.c;
    double *grad = doubles(2 * len + 2 * c);
    double *da = grad + len;
    double *dw = da + len;
    double *db = dw + c;
    struct varied all[] = {
        {"norm x", t->x, grad, len, STEP_CURVED, TOL_CURVED},
        {"norm add", t->add, da, len, STEP_CURVED, TOL_CURVED},
        {"norm weight", t->weight, dw, c, STEP_CURVED, TOL_CURVED},
        {"norm bias", t->bias, db, c, STEP_CURVED, TOL_CURVED},
    };

    norm_gradients(t, grad, da, dw, db);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        check_gradient(norm_loss, t, all[i]);
    free(grad);
}

static void norm_case(struct dev *d, struct shape s, int32_t views)
{
    struct norm_case t = {.d = d, .s = s, .views = views};
    size_t len = plain_len(s);
    size_t c = (size_t)s.c;
    size_t coefs = (size_t)views * c;

    t.x = numbers(11, len);
    t.add = numbers(12, len);
    t.weight = numbers(13, c);
    t.bias = numbers(14, c);
    t.r = numbers(15, len);
    t.y = doubles(len);
    t.sums = doubles(2 * coefs);
    t.inv = doubles(coefs);
    t.fwd = calloc(coefs, sizeof *t.fwd);
    t.bwd = calloc(coefs, sizeof *t.bwd);
    assert_true(t.fwd && t.bwd);
    norm_check(&t);
    free(t.x);
    free(t.add);
    free(t.weight);
    free(t.bias);
    free(t.r);
    free(t.y);
    free(t.sums);
    free(t.inv);
    free(t.fwd);
    free(t.bwd);
}

static void norm(void **state)
{
    norm_case(*state, (struct shape){4, 3, 2, 3, 2}, 4);
    norm_case(*state, (struct shape){6, 9, 2, 1, 3}, 2);
    norm_case(*state, (struct shape){5, 1, 3, 2, 2}, 1);
    norm_case(*state, (struct shape){8, 33, 1, 1, 1}, 2);
}

/* Max pool, mean, ReLU and sums: y from x alone. */
struct plain_case {
    struct dev *d;
    struct shape s, out;
    int32_t k, stride, pad;
    double *x, *r, *y;
    uint8_t *which;
    void (*forward)(struct plain_case *t, struct tensor *x, struct tensor *y);
    void (*backward)(struct plain_case *t,
                     struct tensor *dy,
                     struct tensor *dx);
};

static double plain_loss(void *ctx)
{
    struct plain_case *t = ctx;
    struct tensor x = dev_tensor_of(t->d, t->s, t->x);
    struct tensor y = dev_tensor(t->d, t->out);

    t->forward(t, &x, &y);
    dev_ops(t->d)->get_f64(t->d, &y, t->y);
    drop(t->d, &x);
    drop(t->d, &y);
    return dot(t->y, t->r, plain_len(t->out));
}

static void plain_check(struct plain_case *t, const char *what)
{
    size_t len = plain_len(t->s);
    double *dx = doubles(len);

    t->x = numbers(21, len);
    t->r = numbers(22, plain_len(t->out));
    t->y = doubles(plain_len(t->out));
    t->which = calloc(shape_len(t->out), 1);
    assert_non_null(t->which);
    (void)plain_loss(t); /* leaves the pool's winners */
    struct tensor dy = dev_tensor_of(t->d, t->out, t->r);
    struct tensor grad = dev_tensor(t->d, t->s);
    t->backward(t, &dy, &grad);
    dev_ops(t->d)->get_f64(t->d, &grad, dx);
    check_gradient(
        plain_loss, t,
        (struct varied){what, t->x, dx, len, STEP_CURVED, TOL_CURVED});
    drop(t->d, &dy);
    drop(t->d, &grad);
    free(t->x);
    free(t->r);
    free(t->y);
    free(t->which);
    free(dx);
}

static void
pool_forward(struct plain_case *t, struct tensor *x, struct tensor *y)
{
    dev_ops(t->d)->pool_fwd(t->d, x, t->k, t->stride, t->pad, y, t->which);
}

static void
pool_backward(struct plain_case *t, struct tensor *dy, struct tensor *dx)
{
    dev_ops(t->d)->pool_bwd(t->d, dy, t->which, t->k, t->stride, t->pad, dx);
}

static void pool(void **state)
{
    static const struct conv_desc cases[] = {
        {{2, 3, 5, 4, 6}, 3, 3, 2, 1},
        {{3, 9, 4, 4, 4}, 9, 2, 2, 0},
        {{1, 1, 3, 5, 4}, 1, 3, 1, 1},
    };

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plain_case t = {.d = *state,
                               .s = cases[i].in,
                               .out = conv_out_shape(&cases[i]),
                               .k = cases[i].k,
                               .stride = cases[i].stride,
                               .pad = cases[i].pad,
                               .forward = pool_forward,
                               .backward = pool_backward};
        plain_check(&t, "pool x");
    }
}

static void
mean_forward(struct plain_case *t, struct tensor *x, struct tensor *y)
{
    dev_ops(t->d)->mean_fwd(t->d, x, y);
}

static void
mean_backward(struct plain_case *t, struct tensor *dy, struct tensor *dx)
{
    dev_ops(t->d)->mean_bwd(t->d, dy, dx);
}

static void mean(void **state)
{
    struct plain_case t = {.d = *state,
                           .s = {3, 11, 2, 3, 2},
                           .out = {3, 11, 1, 1, 1},
                           .forward = mean_forward,
                           .backward = mean_backward};
    plain_check(&t, "mean x");
}

/* y = relu(x) + x: both ways meet again in add. */
static void
relu_forward(struct plain_case *t, struct tensor *x, struct tensor *y)
{
    dev_ops(t->d)->relu_fwd(t->d, x, y);
    dev_ops(t->d)->add(t->d, x, y);
}

static void
relu_backward(struct plain_case *t, struct tensor *dy, struct tensor *dx)
{
    const struct dev_ops *ops = dev_ops(t->d);
    struct tensor x = dev_tensor_of(t->d, t->s, t->x);

    ops->put_f64(t->d, t->r, dx);
    ops->relu_fwd(t->d, &x, &x);
    ops->relu_bwd(t->d, &x, dy);
    ops->add(t->d, dy, dx);
    drop(t->d, &x);
}

static void relu(void **state)
{
    struct plain_case t = {.d = *state,
                           .s = {2, 5, 3, 2, 3},
                           .out = {2, 5, 3, 2, 3},
                           .forward = relu_forward,
                           .backward = relu_backward};
    plain_check(&t, "relu x");
}

/* y = prelu(x), by x and by the slope. */
struct prelu_case {
    struct dev *d;
    struct shape s;
    double *x, *r, *y;
    double slope;
};

static double prelu_loss(void *ctx)
{
    struct prelu_case *t = ctx;
    struct tensor x = dev_tensor_of(t->d, t->s, t->x);

    dev_ops(t->d)->prelu_fwd(t->d, &x, &t->slope, &x);
    dev_ops(t->d)->get_f64(t->d, &x, t->y);
    drop(t->d, &x);
    return dot(t->y, t->r, plain_len(t->s));
}

static void prelu(void **state)
{
    struct prelu_case t = {.d = *state, .s = {2, 9, 2, 3, 2}, .slope = -0.3};
    size_t len = plain_len(t.s);
    double *dx = doubles(len);
    double slope = 0;

    t.x = numbers(25, len);
    t.r = numbers(26, len);
    t.y = doubles(len);
    struct tensor x = dev_tensor_of(t.d, t.s, t.x);
    struct tensor g = dev_tensor_of(t.d, t.s, t.r);
    slope = dev_ops(t.d)->prelu_bwd(t.d, &x, &t.slope, &g, &g);
    dev_ops(t.d)->get_f64(t.d, &g, dx);
    check_gradient(
        prelu_loss, &t,
        (struct varied){"prelu x", t.x, dx, len, STEP_CURVED, TOL_CURVED});
    check_gradient(prelu_loss, &t,
                   (struct varied){"prelu slope", &t.slope, &slope, 1,
                                   STEP_LINEAR, TOL_LINEAR});
    drop(t.d, &x);
    drop(t.d, &g);
    free(t.x);
    free(t.r);
    free(t.y);
    free(dx);
}

static int open_ref64(void **state)
{
    struct dev *d = NULL;
    assert_ok(dev_open("ref64", NULL, &d));
    *state = d;
    return 0;
}

static int close_ref64(void **state)
{
    dev_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conv), cmocka_unit_test(norm), cmocka_unit_test(pool),
        cmocka_unit_test(mean), cmocka_unit_test(relu), cmocka_unit_test(prelu),
    };
    return cmocka_run_group_tests(tests, open_ref64, close_ref64);
}
