/* The optimum is checked in the original coordinates: gradient of F by hand.
 * Bits do not depend on the team. */
#include <math.h>

#include "base/mem.h"
#include "base/team.h"

#include "check.h"
#include "det/digest.h"
#include "det/stream.h"
#include "eval/logistic.h"

struct set {
    uint32_t n, p, classes;
    double *x;
    int32_t *y;
};

static struct set make(uint32_t n, uint32_t p, uint32_t classes)
{
    struct stream r = stream_at(3, STREAM_TEST, n, p, classes);
    struct set s = {n, p, classes, NULL, NULL};

    assert_ok(mem_new((size_t)n * p, sizeof *s.x, &s.x));
    assert_ok(mem_new(n, sizeof *s.y, &s.y));
    for (uint32_t i = 0; i < n; i++) {
        s.y[i] = (int32_t)(i % classes);
        for (uint32_t j = 0; j < p; j++)
            s.x[(size_t)i * p + j] =
                stream_normal(&r) + (j % classes == (uint32_t)s.y[i]);
    }
    return s;
}

static void drop(struct set *s)
{
    mem_free(s->x);
    mem_free(s->y);
}

static struct logistic_model *
run(const struct set *s, struct logistic_task t, struct team *team)
{
    struct logistic *l = NULL;
    struct logistic_model *m = NULL;

    t.y = s->y;
    t.classes = s->classes;
    assert_ok(logistic_prepare(s->x, s->n, s->p, team, &l));
    assert_ok(logistic_fit(l, &t, &m));
    logistic_free(l);
    return m;
}

static struct logistic_model *fit(const struct set *s,
                                  double c,
                                  struct team *team,
                                  const struct logistic_model *warm)
{
    return run(s, (struct logistic_task){.c = c, .warm = warm}, team);
}

/* |w_k + C X' (p - y)| and |C sum (p - y)| over |w|, with libm's exp. */
static double gradient(const struct set *s, const struct logistic_model *m)
{
    double sum = 0.0;
    double size = 0.0;
    double *proba = NULL;

    assert_ok(mem_new((size_t)s->n * s->classes, sizeof *proba, &proba));
    logistic_proba(m, s->x, s->n, proba);
    for (uint32_t k = 0; k < m->columns; k++) {
        uint32_t klass = m->columns == 1 ? 1 : k;

        for (uint32_t j = 0; j <= s->p; j++) {
            double w = j < s->p ? m->coef[(size_t)k * s->p + j] : 0.0;
            double g = w;

            for (uint32_t i = 0; i < s->n; i++) {
                double r = proba[(size_t)i * s->classes + klass] -
                           (s->y[i] == (int32_t)klass);

                g += m->c * r * (j < s->p ? s->x[(size_t)i * s->p + j] : 1.0);
            }
            sum += g * g;
            size += w * w;
        }
    }
    mem_free(proba);
    return sqrt(sum / size);
}

static void test_optimum(void **state)
{
    static const uint32_t shapes[][3] = {{40, 12, 2}, {60, 9, 3},  {20, 70, 2},
                                         {33, 90, 8}, {50, 20, 9}, {30, 30, 4}};

    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        for (double c = 1e-6; c < 2e3; c *= 1e3) {
            struct set s = make(shapes[i][0], shapes[i][1], shapes[i][2]);
            struct logistic_model *m = fit(&s, c, NULL, NULL);
            double sum = 0.0;

            assert_true(m->grad_rel <= 1e-10);
            /* C times the rounding of p - y is in it: up to 1e-9 at C = 1e3 */
            assert_true(gradient(&s, m) < 2e-9);
            for (uint32_t k = 0; k < m->columns; k++)
                sum += m->intercept[k];
            if (m->columns > 1)
                assert_true(fabs(sum) < 1e-12);
            logistic_model_free(m);
            drop(&s);
        }
}

static void same_model(const struct logistic_model *a,
                       const struct logistic_model *b)
{
    assert_int_equal(a->columns, b->columns);
    assert_same_bits(a->coef, b->coef,
                     (size_t)a->columns * a->p * sizeof(double));
    assert_same_bits(a->intercept, b->intercept, a->columns * sizeof(double));
    assert_same_bits(&a->loss_sum, &b->loss_sum, sizeof a->loss_sum);
}

static void test_team(void **state)
{
    /* Large enough that products are shared. */
    static const uint32_t shapes[][3] = {{300, 90, 8}, {90, 300, 4}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct set s = make(shapes[i][0], shapes[i][1], shapes[i][2]);
        struct logistic_model *one = fit(&s, 0.1, NULL, NULL);

        for (int threads = 1; threads <= 4; threads++) {
            struct team *team = NULL;

            assert_ok(team_new(threads, &team));
            struct logistic_model *m = fit(&s, 0.1, team, NULL);

            same_model(one, m);
            logistic_model_free(m);
            team_free(team);
        }
        logistic_model_free(one);
        drop(&s);
    }
}

/* scikit-learn's rules: any team, the same bits; the older rule goes on for
 * longer, and with a tight tolerance ends near the optimum. */
static void test_rules(void **state)
{
    static const double weight[] = {2.0, 0.5, 1.0, 3.0};
    struct set s = make(90, 300, 4);
    struct logistic_task t = {.c = 0.1, .weight = weight};
    struct logistic_model *exact = run(&s, t, NULL);
    struct logistic_model *m[3] = {NULL};

    (void)state;
    for (int k = 0; k < 3; k++) {
        struct team *team = NULL;

        t.rule = k == 1 ? LOGISTIC_SKLEARN_1_4 : LOGISTIC_SKLEARN_1_3;
        t.tol = k == 2 ? 1e-9 : 0.0;
        m[k] = run(&s, t, NULL);
        assert_ok(team_new(3, &team));
        struct logistic_model *shared = run(&s, t, team);

        same_model(m[k], shared);
        assert_int_equal(m[k]->steps, shared->steps);
        logistic_model_free(shared);
        team_free(team);
        assert_true(m[k]->loss_sum >= exact->loss_sum);
        assert_true(m[k]->grad_rel > exact->grad_rel);
    }
    assert_true(m[1]->steps < m[0]->steps && m[0]->steps < m[2]->steps);
    assert_string_equal(logistic_end_name(m[1]->end), "gradient");
    for (size_t i = 0; i < (size_t)exact->columns * s.p; i++)
        assert_true(fabs(exact->coef[i] - m[2]->coef[i]) < 1e-5);
    for (int k = 0; k < 3; k++)
        logistic_model_free(m[k]);
    logistic_model_free(exact);
    drop(&s);
}

/* The bits themselves, equal for every compiler and instruction set. They
 * move with det/math, det/stream or a written order, never by chance. */
static void known_bits(enum logistic_rule rule, const char *want)
{
    static const uint32_t shapes[][3] = {{60, 20, 8}, {40, 90, 2}};
    struct digest *d = NULL;
    char hex[SHA256_HEX];

    assert_ok(digest_new(&d));
    for (size_t i = 0; i < 2; i++) {
        struct set s = make(shapes[i][0], shapes[i][1], shapes[i][2]);
        struct logistic_model *m =
            run(&s, (struct logistic_task){.c = 0.5, .rule = rule}, NULL);
        uint64_t dim[2] = {m->columns, m->p};

        digest_array(d, "coef", DIGEST_F64, 2, dim, m->coef);
        logistic_model_free(m);
        drop(&s);
    }
    digest_end(d, hex);
    digest_free(d);
    assert_string_equal(hex, want);
}

static void test_known_bits(void **state)
{
    (void)state;
    known_bits(
        LOGISTIC_EXACT,
        "173e6fdb5f2e34524fd5a09fcee888ed7a8354ec1edda43894427c398511ddfa");
    known_bits(
        LOGISTIC_SKLEARN_1_3,
        "f07b529d60a6de396fd993ffbd72b403fa2f55aa2fef04f30afb3077b40de1c7");
    known_bits(
        LOGISTIC_SKLEARN_1_4,
        "276aa92e365ca0562fa6759ef4d8f6ad8e719e03830d5f0bdc6840847f168a3e");
}

static void test_warm(void **state)
{
    struct set s = make(30, 80, 3);
    struct logistic_model *near = fit(&s, 1.0, NULL, NULL);
    struct logistic_model *cold = fit(&s, 1.5, NULL, NULL);
    struct logistic_model *warm = fit(&s, 1.5, NULL, near);
    struct logistic_model *again = fit(&s, 1.5, NULL, cold);

    (void)state;
    for (size_t i = 0; i < (size_t)cold->columns * s.p; i++)
        assert_true(fabs(cold->coef[i] - warm->coef[i]) < 1e-9);
    assert_true(warm->passes < cold->passes);
    assert_true(again->steps <= 1);
    logistic_model_free(again);
    logistic_model_free(warm);
    logistic_model_free(cold);
    logistic_model_free(near);
    drop(&s);
}

static void drop_models(struct logistic_model **m, int n)
{
    for (int i = 0; i < n; i++)
        logistic_model_free(m[i]);
}

/* Along a path: the same bits in any order of C and for any team, the optimum
 * of a fit from zero, in fewer products. */
static void test_path(void **state)
{
    enum { FITS = 6 };
    static const double c[FITS] = {1e-7, 1e-3, 0.3, 1.0, 37.0, 900.0};
    static const uint32_t shapes[][3] = {{60, 90, 3}, {90, 40, 2}};

    (void)state;
    for (int i = 0; i < 4; i++) {
        const uint32_t *shape = shapes[i / 2];
        struct set s = make(shape[0], shape[1], shape[2]);
        struct logistic_path *up = NULL;
        struct logistic_path *down = NULL;
        struct logistic_model *a[FITS] = {NULL};
        struct logistic_model *b[FITS] = {NULL};
        struct team *team = NULL;

        assert_ok(team_new(1 + i % 2, &team));
        assert_ok(logistic_path_new(&up));
        assert_ok(logistic_path_new(&down));
        for (int k = 0; k < FITS; k++)
            a[k] = run(&s, (struct logistic_task){.c = c[k], .path = up}, NULL);
        for (int k = FITS; k-- > 0;)
            b[k] =
                run(&s, (struct logistic_task){.c = c[k], .path = down}, team);
        for (int k = 0; k < FITS; k++) {
            struct logistic_model *cold = fit(&s, c[k], NULL, NULL);

            same_model(a[k], b[k]);
            assert_int_equal(a[k]->passes, b[k]->passes);
            assert_true(a[k]->grad_rel <= 1e-10);
            for (size_t j = 0; j < (size_t)cold->columns * s.p; j++)
                assert_true(fabs(cold->coef[j] - a[k]->coef[j]) < 1e-9);
            assert_true(k == 0 || a[k]->passes < cold->passes);
            logistic_model_free(cold);
        }
        drop_models(a, FITS);
        drop_models(b, FITS);
        logistic_path_free(up);
        logistic_path_free(down);
        team_free(team);
        drop(&s);
    }
    logistic_path_free(NULL);
}

/* A rougher goal: not the optimum, nearly its objective. */
static void test_goal(void **state)
{
    struct set s = make(60, 90, 3);
    struct logistic_model *exact = fit(&s, 10.0, NULL, NULL);
    struct logistic_model *rough =
        run(&s, (struct logistic_task){.c = 10.0, .goal = 1e-3}, NULL);

    (void)state;
    assert_true(rough->grad_rel <= 1e-3 && rough->grad_rel > 1e-10);
    assert_true(rough->passes < exact->passes);
    assert_true(rough->loss_sum >= exact->loss_sum &&
                rough->loss_sum < exact->loss_sum * (1.0 + 1e-4));
    assert_string_equal(logistic_end_name(rough->end), "gradient");
    assert_string_equal(logistic_end_name(exact->end), "optimum");
    logistic_model_free(rough);
    logistic_model_free(exact);
    drop(&s);
}

/* A fold of a prepared matrix = the matrix of the fold. */
static void test_rows(void **state)
{
    struct set s = make(40, 60, 2);
    struct set half = make(40, 60, 2);
    uint32_t rows[20];
    struct logistic *l = NULL;
    struct logistic_model *a = NULL;
    struct logistic_task t = {
        .y = s.y, .classes = 2, .c = 0.3, .rows = rows, .n_rows = 20};

    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        rows[i] = 2 * i + (i % 2);
        half.y[i] = s.y[rows[i]];
        memcpy(half.x + (size_t)i * s.p, s.x + (size_t)rows[i] * s.p,
               s.p * sizeof *s.x);
    }
    half.n = 20;
    assert_ok(logistic_prepare(s.x, s.n, s.p, NULL, &l));
    assert_ok(logistic_fit(l, &t, &a));
    struct logistic_model *b = fit(&half, 0.3, NULL, NULL);

    for (size_t i = 0; i < s.p; i++)
        assert_true(fabs(a->coef[i] - b->coef[i]) < 1e-9);
    rows[3] = 40;
    logistic_model_free(a);
    assert_fails(logistic_fit(l, &t, &a), ERR_DATA, "row 40");
    logistic_model_free(b);
    logistic_free(l);
    drop(&half);
    drop(&s);
}

static void test_bad(void **state)
{
    struct set s = make(12, 3, 3);
    struct logistic *l = NULL;
    struct logistic_model *m = NULL;
    struct logistic_task t = {.y = s.y, .classes = 3, .c = 1.0};

    (void)state;
    assert_fails(logistic_prepare(s.x, 0, 3, NULL, &l), ERR_DATA, "0 rows");
    assert_ok(logistic_prepare(s.x, s.n, s.p, NULL, &l));
    t.classes = 1;
    assert_fails(logistic_fit(l, &t, &m), ERR_DATA, "two or more");
    t.classes = 2;
    assert_fails(logistic_fit(l, &t, &m), ERR_DATA, "outside 0..1");
    t.classes = 4;
    assert_fails(logistic_fit(l, &t, &m), ERR_DATA, "class 3 has no rows");
    t.classes = 3;
    t.c = INFINITY;
    assert_fails(logistic_fit(l, &t, &m), ERR_DATA, "finite");
    t.c = NAN;
    assert_fails(logistic_fit(l, &t, &m), ERR_DATA, "finite");
    logistic_free(l);
    logistic_free(NULL);
    logistic_model_free(NULL);
    drop(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optimum), cmocka_unit_test(test_team),
        cmocka_unit_test(test_rules),   cmocka_unit_test(test_known_bits),
        cmocka_unit_test(test_warm),    cmocka_unit_test(test_path),
        cmocka_unit_test(test_goal),    cmocka_unit_test(test_rows),
        cmocka_unit_test(test_bad),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
