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
    double z1[N], g1[K], g12[K];
    double u[N * LDA];
    double dot[K];
    double y[K];
};

static void rows_of(double *m, size_t n, const double **row)
{
    for (size_t i = 0; i < n; i++)
        row[i] = m + i * LDA;
}

static void
compute(const struct mat_ops *o, size_t n, size_t k, struct results *r)
{
    static double a[N * LDA];
    static double b[K * MAT_WIDTH];
    static double x[N * MAT_WIDTH];
    const double *row[N];
    double *to[N];

    fill(a, (size_t)N * LDA, 1);
    fill(b, (size_t)K * MAT_WIDTH, 2);
    fill(x, (size_t)N * MAT_WIDTH, 3);
    rows_of(a, N, row);
    memset(r, 0, sizeof *r);
    fill(r->g, (size_t)K * MAT_WIDTH, 4);
    fill(r->y, K, 5);
    fill(r->u, (size_t)N * LDA, 6);
    for (size_t i = 0; i < N; i++)
        to[i] = r->u + i * LDA;
    o->forward(row, n, k, b, r->z);
    o->backward(row, n, k, x, r->g);
    o->backward_sq(row, n, k, x, r->g2);
    o->forward1(row, n, k, b, r->z1);
    o->backward1(row, n, k, x, r->g1);
    o->backward1_sq(row, n, k, x, r->g12);
    o->update(to, n, k, row, MAT_WIDTH, x);
    for (size_t i = 0; i < k; i++)
        r->dot[i] = o->dot(a, a + LDA, i);
    o->axpy(0.7, a, r->y, k);
}

static void test_levels(void **state)
{
    static const size_t sizes[][2] = {
        {N, K}, {1, 1}, {8, 8}, {5, 33}, {16, 64}};
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

/* The written order: chains over rows or columns, one fused multiply-add at a
 * time. */
static void test_order(void **state)
{
    static double a[N * LDA];
    static double b[K * MAT_WIDTH];
    static double z[N * MAT_WIDTH];
    static double g[K * MAT_WIDTH];
    const double *row[N];

    (void)state;
    fill(a, (size_t)N * LDA, 1);
    fill(b, (size_t)K * MAT_WIDTH, 2);
    rows_of(a, N, row);
    mat_ops()->forward(row, N, K, b, z);
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < MAT_WIDTH; c++) {
            double s = 0.0;

            for (size_t j = 0; j < K; j++)
                s = __builtin_fma(a[i * LDA + j], b[j * MAT_WIDTH + c], s);
            assert_same_bits(&s, &z[i * MAT_WIDTH + c], sizeof s);
        }
    mat_ops()->backward(row, N, K, z, g);
    for (size_t j = 0; j < K; j++)
        for (size_t c = 0; c < MAT_WIDTH; c++) {
            double s = 0.0;

            for (size_t i = 0; i < N; i++)
                s = __builtin_fma(a[i * LDA + j], z[i * MAT_WIDTH + c], s);
            assert_same_bits(&s, &g[j * MAT_WIDTH + c], sizeof s);
        }
}

/* One column: eight chains by column mod 8, added in halves; backward as with
 * more columns, on squares too. */
static void test_order1(void **state)
{
    static const size_t sizes[][2] = {{N, K}, {8, 64}, {3, 5}, {1, 8}};
    static double a[N * LDA];
    static double b[K];
    const double *row[N];

    (void)state;
    fill(a, (size_t)N * LDA, 1);
    fill(b, K, 2);
    rows_of(a, N, row);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t n = sizes[s][0];
        size_t k = sizes[s][1];
        double z[N + 1] = {0};
        double g[K] = {0};
        double sq[K] = {0};

        mat_ops()->forward1(row, n, k, b, z);
        for (size_t i = 0; i < n; i++) {
            double lane[8] = {0};

            for (size_t j = 0; j < k; j++)
                lane[j % 8] = __builtin_fma(a[i * LDA + j], b[j], lane[j % 8]);
            for (size_t half = 4; half > 0; half /= 2)
                for (size_t l = 0; l < half; l++)
                    lane[l] += lane[l + half];
            assert_same_bits(&lane[0], &z[i], sizeof z[i]);
        }
        assert_same_bits(&(double){0}, &z[n], sizeof z[n]);
        mat_ops()->backward1(row, n, k, z, g);
        mat_ops()->backward1_sq(row, n, k, z, sq);
        for (size_t j = 0; j < k; j++) {
            double sum[2] = {0};

            for (size_t i = 0; i < n; i++) {
                double v = a[i * LDA + j];

                sum[0] = __builtin_fma(v, z[i], sum[0]);
                sum[1] = __builtin_fma(v * v, z[i], sum[1]);
            }
            assert_same_bits(&sum[0], &g[j], sizeof g[j]);
            assert_same_bits(&sum[1], &sq[j], sizeof sq[j]);
        }
    }
}

static void test_update(void **state)
{
    static double y[N * LDA];
    static double v[MAT_WIDTH * LDA];
    static double w[N * MAT_WIDTH];
    const double *row[MAT_WIDTH];
    double *to[N];
    static double before[N * LDA];

    (void)state;
    fill(y, (size_t)N * LDA, 1);
    fill(v, (size_t)MAT_WIDTH * LDA, 2);
    fill(w, (size_t)N * MAT_WIDTH, 3);
    memcpy(before, y, sizeof y);
    rows_of(v, MAT_WIDTH, row);
    for (size_t i = 0; i < N; i++)
        to[i] = y + i * LDA;
    mat_ops()->update(to, N, K, row, MAT_WIDTH, w);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < LDA; j++) {
            double s = before[i * LDA + j];

            for (size_t k = 0; j < K && k < MAT_WIDTH; k++)
                s = __builtin_fma(-w[i * MAT_WIDTH + k], v[k * LDA + j], s);
            assert_same_bits(&s, &y[i * LDA + j], sizeof s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels), cmocka_unit_test(test_order),
        cmocka_unit_test(test_order1), cmocka_unit_test(test_update)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
