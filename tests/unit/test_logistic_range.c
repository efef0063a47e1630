/* The optimum over the whole range of C, on data that are hard for a solver:
 * every fit ends with a relative gradient of 1e-10, and the gradient formed
 * here, in the features' own coordinates, agrees. */
#include <math.h>
#include <stdbool.h>

#include "base/mem.h"

#include "check.h"
#include "det/stream.h"
#include "eval/logistic.h"
#include "eval/scaler.h"

struct set {
    const char *what;
    uint32_t n, p, classes;
    double *x;
    int32_t *y;
};

typedef void fill_fn(struct set *s, struct stream *r);

static double *at(const struct set *s, uint32_t i, uint32_t j)
{
    return &s->x[(size_t)i * s->p + j];
}

static void noise(struct set *s, struct stream *r)
{
    for (size_t k = 0; k < (size_t)s->n * s->p; k++)
        s->x[k] = stream_normal(r);
}

static void shifted(struct set *s, struct stream *r)
{
    noise(s, r);
    for (uint32_t i = 0; i < s->n; i++)
        *at(s, i, (uint32_t)s->y[i] % s->p) += 1.0;
}

/* Each class far from the others. */
static void separable(struct set *s, struct stream *r)
{
    noise(s, r);
    for (uint32_t i = 0; i < s->n; i++)
        *at(s, i, (uint32_t)s->y[i] % s->p) += 30.0;
}

/* The features are the label: no noise at all. */
static void label_only(struct set *s, struct stream *r)
{
    (void)r;
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t j = 0; j < s->p; j++)
            *at(s, i, j) = (uint32_t)s->y[i] == j % s->classes;
}

static void constant(struct set *s, struct stream *r)
{
    shifted(s, r);
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t j = 1; j < s->p; j += 2)
            *at(s, i, j) = 7.25;
}

/* Every column a multiple of one of two. */
static void collinear(struct set *s, struct stream *r)
{
    shifted(s, r);
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t j = 2; j < s->p; j++)
            *at(s, i, j) = *at(s, i, j % 2) * (j % 5 + 1.0);
}

static void same_rows(struct set *s, struct stream *r)
{
    shifted(s, r);
    for (uint32_t i = 1; i < s->n; i++)
        for (uint32_t j = 0; j < s->p; j++)
            *at(s, i, j) = *at(s, 0, j);
}

/* Column j of standard deviation 1/j^2 and a heavy tail. */
static void skewed(struct set *s, struct stream *r)
{
    shifted(s, r);
    for (uint32_t i = 0; i < s->n; i++)
        for (uint32_t j = 0; j < s->p; j++)
            *at(s, i, j) = exp(*at(s, i, j)) / ((j + 1.0) * (j + 1.0));
}

static const struct {
    const char *what;
    fill_fn *fill;
} kinds[] = {{"shifted", shifted},       {"separable", separable},
             {"label only", label_only}, {"constant", constant},
             {"collinear", collinear},   {"same rows", same_rows},
             {"skewed", skewed}};

/* n > p, n < p, n = p, one column, a class of one row. */
static const uint32_t shapes[][3] = {{60, 9, 2}, {24, 80, 2},  {30, 30, 3},
                                     {40, 1, 2}, {50, 120, 8}, {90, 7, 9}};

static struct set make(size_t kind, size_t shape, bool scale)
{
    struct set s = {kinds[kind].what,
                    shapes[shape][0],
                    shapes[shape][1],
                    shapes[shape][2],
                    NULL,
                    NULL};
    struct stream r = stream_at(9, STREAM_TEST, kind, shape, 0);
    struct scaler *scaler = NULL;

    assert_ok(mem_new((size_t)s.n * s.p, sizeof *s.x, &s.x));
    assert_ok(mem_new(s.n, sizeof *s.y, &s.y));
    for (uint32_t i = 0; i < s.n; i++) /* the last class has one row */
        s.y[i] = i == 0 ? (int32_t)s.classes - 1
                        : (int32_t)(i % (s.classes > 2 ? s.classes - 1 : 2));
    kinds[kind].fill(&s, &r);
    if (scale) {
        assert_ok(scaler_fit(s.x, s.n, s.p, &scaler));
        scaler_apply(scaler, s.x, s.n, s.x);
        scaler_free(scaler);
    }
    return s;
}

static void drop(struct set *s)
{
    mem_free(s->x);
    mem_free(s->y);
}

/* 2-norm of w + C X' W (p - y) and C sum W (p - y), over the larger of |w| and
 * |C X' W (p - y)|; libm's exp by logistic_proba alone. *noise: what rounding
 * p and the sums to 1e-16 can make of it. */
static double gradient(const struct set *s,
                       const struct logistic_model *m,
                       const double *weight,
                       double *rounding)
{
    double sum = 0.0;
    double size = 0.0;
    double slack = 0.0;
    double *proba = NULL;

    assert_ok(mem_new((size_t)s->n * s->classes, sizeof *proba, &proba));
    logistic_proba(m, s->x, s->n, proba);
    for (uint32_t k = 0; k < m->columns; k++) {
        uint32_t klass = m->columns == 1 ? 1 : k;

        for (uint32_t j = 0; j <= s->p; j++) {
            double w = j < s->p ? m->coef[(size_t)k * s->p + j] : 0.0;
            double g = w;
            double most = 0.0;

            for (uint32_t i = 0; i < s->n; i++) {
                double x = j < s->p ? *at(s, i, j) : 1.0;
                double r = proba[(size_t)i * s->classes + klass] -
                           (s->y[i] == (int32_t)klass);

                g += m->c * weight[s->y[i]] * r * x;
                most += m->c * weight[s->y[i]] * fabs(x);
            }
            sum += g * g;
            size += w * w;
            slack += most * most;
        }
    }
    mem_free(proba);
    size = sqrt(size) > 0.0 ? sqrt(size) : 1.0;
    *rounding = 1e-14 * sqrt(slack) / size;
    return sqrt(sum) / size;
}

static void check(const struct set *s,
                  const struct logistic *l,
                  double c,
                  const double *weight,
                  struct logistic_path *path)
{
    struct logistic_task t = {.y = s->y,
                              .classes = s->classes,
                              .c = c,
                              .weight = weight,
                              .path = path};
    double ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    struct logistic_model *m = NULL;
    double rounding = 0.0;
    double g;

    assert_ok(logistic_fit(l, &t, &m));
    g = gradient(s, m, weight ? weight : ones, &rounding);
    if (!(m->grad_rel <= 1e-10 && g <= 2e-10 + rounding))
        fail_msg("%s, %u x %u, %u classes, C %g: gradient %g, here %g (%g)",
                 s->what, s->n, s->p, s->classes, c, m->grad_rel, g, rounding);
    assert_int_equal(m->end, LOGISTIC_OPTIMUM);
    logistic_model_free(m);
}

/* Every kind, from zero or along a path of C; unscaled, the collinear ones only
 * up to C = 100: eight classes on two directions whose squares add up to 1e5
 * ask for more than doubles have. */
static void
check_all(bool scale, const double *weight, bool balanced, bool along)
{
    double own[9];
    unsigned fits = 0;

    for (size_t kind = 0; kind < sizeof kinds / sizeof kinds[0]; kind++)
        for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
            struct set s = make(kind, i, scale);
            struct logistic *l = NULL;
            struct logistic_path *path = NULL;

            if (along)
                assert_ok(logistic_path_new(&path));
            logistic_balanced(s.y, NULL, s.n, s.classes, own);
            assert_ok(logistic_prepare(s.x, s.n, s.p, NULL, &l));
            bool hard = !scale && kinds[kind].fill == collinear;

            for (double c = 1e-6; c < (hard ? 2e2 : 2e3); c *= 10.0, fits++)
                check(&s, l, c, balanced ? own : weight, path);
            logistic_path_free(path);
            logistic_free(l);
            drop(&s);
        }
    printf("%u fits with a relative gradient of at most 1e-10\n", fits);
}

static void test_scaled(void **state)
{
    (void)state;
    check_all(true, NULL, false, false);
}

static void test_raw(void **state)
{
    (void)state;
    check_all(false, NULL, false, false);
    check_all(false, NULL, false, true);
}

static void test_weights(void **state)
{
    static const double weight[9] = {0.1, 10, 1, 2, 3, 4, 5, 6, 0.5};

    (void)state;
    check_all(true, weight, false, true);
    check_all(true, NULL, true, false);
}

/* A weight of k is the row k times; balanced as scikit-learn has it. */
static void test_copies(void **state)
{
    struct set s = make(0, 0, true);
    double weight[2] = {1.0, 3.0};
    uint32_t rows[180];
    struct logistic_task a = {
        .y = s.y, .classes = 2, .c = 0.7, .weight = weight};
    struct logistic_task b = {.y = s.y, .classes = 2, .c = 0.7, .rows = rows};
    struct logistic *l = NULL;
    struct logistic_model *m = NULL;
    struct logistic_model *n = NULL;

    (void)state;
    for (uint32_t i = 0; i < s.n; i++)
        for (int k = 0; k < (s.y[i] ? 3 : 1); k++)
            rows[b.n_rows++] = i;
    assert_ok(logistic_prepare(s.x, s.n, s.p, NULL, &l));
    assert_ok(logistic_fit(l, &a, &m));
    assert_ok(logistic_fit(l, &b, &n));
    for (uint32_t j = 0; j < s.p; j++)
        assert_true(fabs(m->coef[j] - n->coef[j]) < 1e-9);
    assert_true(fabs(m->loss_sum - n->loss_sum) < 1e-9);
    logistic_model_free(m);
    logistic_model_free(n);
    logistic_balanced(s.y, NULL, s.n, 2, weight);
    assert_true(weight[0] > 0.99 && weight[0] < 1.05);
    weight[1] = 0.0;
    m = NULL;
    assert_fails(logistic_fit(l, &a, &m), ERR_DATA, "weight of class 1 is 0");
    weight[1] = INFINITY;
    assert_fails(logistic_fit(l, &a, &m), ERR_DATA, "weight of class 1");
    logistic_free(l);
    drop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scaled),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_copies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
