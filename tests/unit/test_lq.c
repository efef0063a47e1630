/* L Q = X, Q' Q = 1, zero and repeated rows too; same bits for any team. */
#include <math.h>

#include "base/mem.h"
#include "base/team.h"

#include "check.h"
#include "det/stream.h"
#include "eval/lq.h"

struct set {
    uint32_t n, p;
    double *x;
    double *l; /* [n][n] */
    double **row;
    struct lq q;
};

static struct set make(uint32_t n, uint32_t p, struct team *team)
{
    struct stream r = stream_at(4, STREAM_TEST, n, p, 0);
    struct set s = {.n = n, .p = p};

    assert_ok(mem_new((size_t)n * p, sizeof *s.x, &s.x));
    assert_ok(mem_new((size_t)n * n, sizeof *s.l, &s.l));
    assert_ok(mem_new(n, sizeof *s.row, &s.row));
    for (size_t i = 0; i < (size_t)n * p; i++)
        s.x[i] = stream_normal(&r);
    if (n > 5) { /* a zero row, a repeated one */
        memset(s.x + (size_t)2 * p, 0, p * sizeof *s.x);
        memcpy(s.x + (size_t)4 * p, s.x + (size_t)3 * p, p * sizeof *s.x);
    }
    for (uint32_t i = 0; i < n; i++)
        s.row[i] = s.l + (size_t)i * n;
    assert_ok(lq_make(s.x, n, p, team, s.row, &s.q));
    return s;
}

static void drop(struct set *s)
{
    lq_clear(&s->q);
    mem_free(s->x);
    mem_free(s->l);
    mem_free(s->row);
}

/* Rows of L as weight vectors, expanded, are the rows of X; projected again
 * they are the rows of L. */
static void check_width(uint32_t n, uint32_t p, uint32_t width)
{
    struct set s = make(n, p, NULL);
    double *panel = NULL;
    double *scratch;

    assert_ok(
        mem_new((size_t)(p + 2 * LQ_BLOCK) * width, sizeof *panel, &panel));
    scratch = panel + (size_t)p * width;
    for (uint32_t lo = 0; lo < n; lo += width) {
        memset(panel, 0, (size_t)p * width * sizeof *panel);
        for (uint32_t c = 0; c < width && lo + c < n; c++)
            for (uint32_t j = 0; j < n; j++)
                panel[j * width + c] = s.l[(size_t)(lo + c) * n + j];
        lq_expand(&s.q, width, panel, scratch);
        for (uint32_t c = 0; c < width && lo + c < n; c++)
            for (uint32_t j = 0; j < p; j++)
                assert_true(fabs(panel[j * width + c] -
                                 s.x[(size_t)(lo + c) * p + j]) < 1e-12);
        lq_project(&s.q, width, panel, scratch);
        for (uint32_t c = 0; c < width && lo + c < n; c++)
            for (uint32_t j = 0; j < p; j++) {
                double want = j < n ? s.l[(size_t)(lo + c) * n + j] : 0.0;

                assert_true(fabs(panel[j * width + c] - want) < 1e-12);
                assert_true(j <= lo + c || want == 0.0);
            }
    }
    mem_free(panel);
    drop(&s);
}

static void check(uint32_t n, uint32_t p)
{
    check_width(n, p, MAT_WIDTH);
    check_width(n, p, 1);
}

static void test_shapes(void **state)
{
    (void)state;
    check(1, 2);
    check(3, 4);
    check(31, 90);
    check(32, 33);
    check(70, 200);
}

static void test_team(void **state)
{
    struct set one = make(90, 150, NULL);

    (void)state;
    for (int threads = 1; threads <= 3; threads++) {
        struct team *team = NULL;

        assert_ok(team_new(threads, &team));
        struct set s = make(90, 150, team);

        assert_same_bits(one.l, s.l, (size_t)90 * 90 * sizeof(double));
        drop(&s);
        team_free(team);
    }
    drop(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shapes),
                                       cmocka_unit_test(test_team)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
