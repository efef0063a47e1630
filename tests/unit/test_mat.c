/* Every instruction set gives the bits of plain C, on odd sizes too. */
#include "base/mem.h"

#include "check.h"
#include "det/stream.h"
#include "eval/mat.h"

enum { N = 37, K = 75, LDA = 79 };

static void fill(double *v, size_t n, uint64_t what)
{
    struct stream s = stream_at(1, STREAM_TEST, what, 0, 0);

    for (size_t i = 0; i < n; i++)
        v[i] = stream_normal(&s);
}

struct results {
    double z[N * MAT_WIDTH];
    double g[K * MAT_WIDTH], g2[K * MAT_WIDTH];
    double g1[K], g12[K];
    double dot[K];
    double y[K], y2[K], a[K], b[K];
};

static void
compute(const struct mat_ops *o, size_t n, size_t k, struct results *r)
{
    static double a[N * LDA];
    static double b[K * MAT_WIDTH];
    static double x[N * MAT_WIDTH];

    fill(a, N * LDA, 1);
    fill(b, K * MAT_WIDTH, 2);
    fill(x, N * MAT_WIDTH, 3);
    memset(r, 0, sizeof *r);
    fill(r->g, K * MAT_WIDTH, 4);
    fill(r->y, K, 5);
    fill(r->y2, K, 6);
    fill(r->a, K, 7);
    fill(r->b, K, 8);
    o->forward(a, LDA, n, k, b, r->z);
    o->backward(a, LDA, n, k, x, r->g);
    o->backward_sq(a, LDA, n, k, x, r->g2);
    o->backward1(a, LDA, n, k, x, r->g1);
    o->backward1_sq(a, LDA, n, k, x, r->g12);
    for (size_t i = 0; i < k; i++)
        r->dot[i] = o->dot(a, a + LDA, i);
    o->axpy(0.7, a, r->y, k);
    o->axpy2(0.7, a, -1.3, a + LDA, r->y2, k);
    o->rotate(0.6, 0.8, r->a, r->b, k);
}

static void test_levels(void **state)
{
    static const size_t sizes[][2] = {{N, K}, {1, 1}, {4, 8}, {5, 33}, {3, 64}};
    struct results *want = NULL;
    struct results *got = NULL;
    int tried = 0;

    (void)state;
    assert_ok(mem_new(1, sizeof *want, &want));
    assert_ok(mem_new(1, sizeof *got, &got));
    for (int level = 1; level <= 2; level++) {
        const struct mat_ops *o = mat_ops_level(level);

        for (size_t i = 0; o && i < sizeof sizes / sizeof sizes[0]; i++) {
            compute(mat_ops_level(0), sizes[i][0], sizes[i][1], want);
            compute(o, sizes[i][0], sizes[i][1], got);
            assert_same_bits(want, got, sizeof *got);
            tried++;
        }
    }
    printf("%d comparisons with plain C; this machine uses %s\n", tried,
           mat_ops()->name);
    mem_free(want);
    mem_free(got);
}

/* The written order: chains over rows or columns, one addition at a time. */
static void test_order(void **state)
{
    static double a[N * LDA];
    static double b[K * MAT_WIDTH];
    static double z[N * MAT_WIDTH];
    static double g[K * MAT_WIDTH];

    (void)state;
    fill(a, N * LDA, 1);
    fill(b, K * MAT_WIDTH, 2);
    mat_ops()->forward(a, LDA, N, K, b, z);
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < MAT_WIDTH; c++) {
            double s = 0.0;

            for (size_t j = 0; j < K; j++)
                s += a[i * LDA + j] * b[j * MAT_WIDTH + c];
            assert_same_bits(&s, &z[i * MAT_WIDTH + c], sizeof s);
        }
    mat_ops()->backward(a, LDA, N, K, z, g);
    for (size_t j = 0; j < K; j++)
        for (size_t c = 0; c < MAT_WIDTH; c++) {
            double s = 0.0;

            for (size_t i = 0; i < N; i++)
                s += a[i * LDA + j] * z[i * MAT_WIDTH + c];
            assert_same_bits(&s, &g[j * MAT_WIDTH + c], sizeof s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_levels),
                                       cmocka_unit_test(test_order)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
