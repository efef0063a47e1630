/* S v = lambda v, orthonormal vectors to rounding. */
#include <math.h>
#include <stdbool.h>

#include "base/mem.h"

#include "check.h"
#include "det/stream.h"
#include "eval/eigen.h"

/* B B' of rank `rank`; zero rows where every third row is wanted empty. */
static double *matrix(size_t q, size_t rank, bool holes)
{
    struct stream r = stream_at(2, STREAM_TEST, q, rank, holes);
    double *b = NULL;
    double *s = NULL;

    assert_ok(mem_new(q * rank + 1, sizeof *b, &b));
    assert_ok(mem_new(q * q, sizeof *s, &s));
    for (size_t i = 0; i < q * rank; i++)
        b[i] = holes && i / rank % 3 == 0 ? 0.0 : stream_normal(&r);
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j <= i; j++) {
            for (size_t k = 0; k < rank; k++)
                s[i * q + j] += b[i * rank + k] * b[j * rank + k];
            s[j * q + i] = s[i * q + j];
        }
    mem_free(b);
    return s;
}

static void
check_vectors(const double *s, const double *d, const double *vt, size_t q)
{
    double big = 0.0;

    for (size_t i = 0; i < q; i++)
        big = fabs(d[i]) > big ? fabs(d[i]) : big;
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < q; j++) {
            double inner = 0.0;
            double sv = 0.0;

            for (size_t k = 0; k < q; k++) {
                inner += vt[i * q + k] * vt[j * q + k];
                sv += s[j * q + k] * vt[i * q + k];
            }
            assert_true(fabs(inner - (i == j)) < 1e-13 * (double)(q + 4));
            assert_true(fabs(sv - d[i] * vt[i * q + j]) <=
                        1e-13 * (double)(q + 4) * big);
        }
}

static void check(size_t q, size_t rank, bool holes)
{
    double *s = matrix(q, rank, holes);
    double *work = NULL;
    double *d = NULL;
    double *vt = NULL;

    assert_ok(mem_new(q * q, sizeof *work, &work));
    assert_ok(mem_new(q, sizeof *d, &d));
    assert_ok(mem_new(q * q, sizeof *vt, &vt));
    memcpy(work, s, q * q * sizeof *s);
    assert_ok(eigen_symmetric(work, q, d, vt));
    check_vectors(s, d, vt, q);
    mem_free(vt);
    mem_free(d);
    mem_free(work);
    mem_free(s);
}

static void test_sizes(void **state)
{
    (void)state;
    for (size_t q = 1; q <= 6; q++)
        check(q, q, false);
    check(70, 70, false);
    check(130, 130, false);
}

static void test_deficient(void **state)
{
    (void)state;
    check(1, 0, false);
    check(5, 0, false);
    check(40, 7, false);
    check(66, 66, true);
}

static void test_diagonal(void **state)
{
    double s[9] = {3, 0, 0, 0, 1, 0, 0, 0, 2};
    double d[3];
    double vt[9];

    (void)state;
    assert_ok(eigen_symmetric(s, 3, d, vt));
    assert_true(d[0] == 3.0 && d[1] == 1.0 && d[2] == 2.0);
    assert_fails(eigen_symmetric(s, 0, d, vt), ERR_DATA, "empty");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sizes),
                                       cmocka_unit_test(test_deficient),
                                       cmocka_unit_test(test_diagonal)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
