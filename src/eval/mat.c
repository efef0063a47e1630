/* Each body is written once over vectors of eight doubles and inlined into
 * one function per instruction set; the compiler cuts a vector into what the
 * set has. */
#include "eval/mat.h"

#include <string.h>

typedef double v8 __attribute__((vector_size(64), aligned(8), may_alias));

enum { W = MAT_WIDTH, LANES = 32 };

#define INLINE static inline __attribute__((always_inline))

INLINE void fma8(double a, const v8 *b, v8 *c)
{
    for (int l = 0; l < W; l++)
        (*c)[l] = __builtin_fma(a, (*b)[l], (*c)[l]);
}

INLINE v8 *at8(double *p, size_t i)
{
    return (v8 *)(p + i * W);
}

INLINE const v8 *in8(const double *p, size_t i)
{
    return (const v8 *)(p + i * W);
}

/* Eight rows: their accumulators are what hides the latency. */
INLINE void
forward8(const double *const *a, size_t k, const double *b, double *z)
{
    const double *a0 = a[0];
    const double *a1 = a[1];
    const double *a2 = a[2];
    const double *a3 = a[3];
    const double *a4 = a[4];
    const double *a5 = a[5];
    const double *a6 = a[6];
    const double *a7 = a[7];
    v8 s0 = {0};
    v8 s1 = {0};
    v8 s2 = {0};
    v8 s3 = {0};
    v8 s4 = {0};
    v8 s5 = {0};
    v8 s6 = {0};
    v8 s7 = {0};

    for (size_t j = 0; j < k; j++) {
        v8 w = *in8(b, j);

        fma8(a0[j], &w, &s0);
        fma8(a1[j], &w, &s1);
        fma8(a2[j], &w, &s2);
        fma8(a3[j], &w, &s3);
        fma8(a4[j], &w, &s4);
        fma8(a5[j], &w, &s5);
        fma8(a6[j], &w, &s6);
        fma8(a7[j], &w, &s7);
    }
    *at8(z, 0) = s0;
    *at8(z, 1) = s1;
    *at8(z, 2) = s2;
    *at8(z, 3) = s3;
    *at8(z, 4) = s4;
    *at8(z, 5) = s5;
    *at8(z, 6) = s6;
    *at8(z, 7) = s7;
}

INLINE void body_forward(
    const double *const *a, size_t n, size_t k, const double *b, double *z)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        forward8(a + i, k, b, z + i * W);
    for (; i < n; i++) {
        v8 s = {0};

        for (size_t j = 0; j < k; j++)
            fma8(a[i][j], in8(b, j), &s);
        *at8(z, i) = s;
    }
}

INLINE double maybe_sq(double v, int square)
{
    return square ? v * v : v;
}

INLINE void backward8(
    const double *const *a, size_t k, const double *r, double *g, int square)
{
    const double *a0 = a[0];
    const double *a1 = a[1];
    const double *a2 = a[2];
    const double *a3 = a[3];
    const double *a4 = a[4];
    const double *a5 = a[5];
    const double *a6 = a[6];
    const double *a7 = a[7];
    v8 r0 = *in8(r, 0);
    v8 r1 = *in8(r, 1);
    v8 r2 = *in8(r, 2);
    v8 r3 = *in8(r, 3);
    v8 r4 = *in8(r, 4);
    v8 r5 = *in8(r, 5);
    v8 r6 = *in8(r, 6);
    v8 r7 = *in8(r, 7);

    for (size_t j = 0; j < k; j++) {
        v8 s = *in8(g, j);

        fma8(maybe_sq(a0[j], square), &r0, &s);
        fma8(maybe_sq(a1[j], square), &r1, &s);
        fma8(maybe_sq(a2[j], square), &r2, &s);
        fma8(maybe_sq(a3[j], square), &r3, &s);
        fma8(maybe_sq(a4[j], square), &r4, &s);
        fma8(maybe_sq(a5[j], square), &r5, &s);
        fma8(maybe_sq(a6[j], square), &r6, &s);
        fma8(maybe_sq(a7[j], square), &r7, &s);
        *at8(g, j) = s;
    }
}

INLINE void body_backward(const double *const *a,
                          size_t n,
                          size_t k,
                          const double *r,
                          double *g,
                          int square)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        backward8(a + i, k, r + i * W, g, square);
    for (; i < n; i++)
        for (size_t j = 0; j < k; j++)
            fma8(maybe_sq(a[i][j], square), in8(r, i), at8(g, j));
}

INLINE void fma_lanes(const double *a, const v8 *b, v8 *s)
{
    const v8 *x = in8(a, 0);

    for (int l = 0; l < W; l++)
        (*s)[l] = __builtin_fma((*x)[l], (*b)[l], (*s)[l]);
}

/* The last columns, which fill no vector. */
INLINE void fma_part(const double *a, const double *b, size_t n, v8 *s)
{
    for (size_t l = 0; l < n; l++)
        (*s)[l] = __builtin_fma(a[l], b[l], (*s)[l]);
}

#define LANES_OF(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)

/* Lanes 0 to 3 plus 4 to 7 of both. */
INLINE void add_fours(const v8 *s, v8 *to)
{
    *to = LANES_OF(s[0], s[1], 0, 1, 2, 3, 8, 9, 10, 11) +
          LANES_OF(s[0], s[1], 4, 5, 6, 7, 12, 13, 14, 15);
}

INLINE void add_twos(const v8 *s, v8 *to)
{
    *to = LANES_OF(s[0], s[1], 0, 1, 4, 5, 8, 9, 12, 13) +
          LANES_OF(s[0], s[1], 2, 3, 6, 7, 10, 11, 14, 15);
}

INLINE void add_ones(const v8 *s, v8 *to)
{
    *to = LANES_OF(s[0], s[1], 0, 2, 4, 6, 8, 10, 12, 14) +
          LANES_OF(s[0], s[1], 1, 3, 5, 7, 9, 11, 13, 15);
}

/* Lane i := the lanes of s[i], added. */
INLINE void add_lanes(const v8 *s, double *to)
{
    v8 four[4];
    v8 two[2];

    add_fours(s, &four[0]);
    add_fours(s + 2, &four[1]);
    add_fours(s + 4, &four[2]);
    add_fours(s + 6, &four[3]);
    add_twos(four, &two[0]);
    add_twos(four + 2, &two[1]);
    add_ones(two, at8(to, 0));
}

INLINE void
forward1_8(const double *const *a, size_t k, const double *b, double *z)
{
    const double *a0 = a[0];
    const double *a1 = a[1];
    const double *a2 = a[2];
    const double *a3 = a[3];
    const double *a4 = a[4];
    const double *a5 = a[5];
    const double *a6 = a[6];
    const double *a7 = a[7];
    v8 s[W] = {{0}};
    size_t j = 0;

    for (; j + W <= k; j += W) {
        v8 w = *in8(b + j, 0);

        fma_lanes(a0 + j, &w, &s[0]);
        fma_lanes(a1 + j, &w, &s[1]);
        fma_lanes(a2 + j, &w, &s[2]);
        fma_lanes(a3 + j, &w, &s[3]);
        fma_lanes(a4 + j, &w, &s[4]);
        fma_lanes(a5 + j, &w, &s[5]);
        fma_lanes(a6 + j, &w, &s[6]);
        fma_lanes(a7 + j, &w, &s[7]);
    }
    for (size_t i = 0; j < k && i < W; i++)
        fma_part(a[i] + j, b + j, k - j, &s[i]);
    add_lanes(s, z);
}

INLINE void body_forward1(
    const double *const *a, size_t n, size_t k, const double *b, double *z)
{
    size_t i = 0;

    for (; i + W <= n; i += W)
        forward1_8(a + i, k, b, z + i);
    if (i < n) {
        const double *last[W]; /* once more in place of none */
        double z8[W];

        for (size_t l = 0; l < W; l++)
            last[l] = a[i + l < n ? i + l : n - 1];
        forward1_8(last, k, b, z8);
        memcpy(z + i, z8, (n - i) * sizeof *z);
    }
}

INLINE void add1(double *g, double r, const double *a, size_t j, int square)
{
    g[j] = __builtin_fma(maybe_sq(a[j], square), r, g[j]);
}

INLINE void fma_column(const double *a, double r, int square, v8 *s)
{
    v8 x = *in8(a, 0);

    if (square)
        x *= x;
    fma8(r, &x, s);
}

/* Eight rows, eight columns at a time; lanes are columns. */
INLINE void backward1_8(
    const double *const *a, size_t k, const double *r, double *g, int square)
{
    const double *a0 = a[0];
    const double *a1 = a[1];
    const double *a2 = a[2];
    const double *a3 = a[3];
    const double *a4 = a[4];
    const double *a5 = a[5];
    const double *a6 = a[6];
    const double *a7 = a[7];
    v8 w = *in8(r, 0);
    size_t j = 0;

    for (; j + W <= k; j += W) {
        v8 s = *in8(g + j, 0);

        fma_column(a0 + j, w[0], square, &s);
        fma_column(a1 + j, w[1], square, &s);
        fma_column(a2 + j, w[2], square, &s);
        fma_column(a3 + j, w[3], square, &s);
        fma_column(a4 + j, w[4], square, &s);
        fma_column(a5 + j, w[5], square, &s);
        fma_column(a6 + j, w[6], square, &s);
        fma_column(a7 + j, w[7], square, &s);
        *at8(g + j, 0) = s;
    }
    for (; j < k; j++)
        for (int i = 0; i < W; i++)
            add1(g, r[i], a[i], j, square);
}

INLINE void body_backward1(const double *const *a,
                           size_t n,
                           size_t k,
                           const double *r,
                           double *g,
                           int square)
{
    size_t i = 0;

    for (; i + 8 <= n; i += 8)
        backward1_8(a + i, k, r + i, g, square);
    for (; i < n; i++)
        for (size_t j = 0; j < k; j++)
            add1(g, r[i], a[i], j, square);
}

/* Four rows by sixteen columns at a time. */
INLINE void update4(double *const *y,
                    size_t col,
                    const double *const *v,
                    size_t k,
                    const double *w)
{
    v8 s00 = *in8(y[0] + col, 0);
    v8 s01 = *in8(y[0] + col, 1);
    v8 s10 = *in8(y[1] + col, 0);
    v8 s11 = *in8(y[1] + col, 1);
    v8 s20 = *in8(y[2] + col, 0);
    v8 s21 = *in8(y[2] + col, 1);
    v8 s30 = *in8(y[3] + col, 0);
    v8 s31 = *in8(y[3] + col, 1);

    for (size_t j = 0; j < k; j++) {
        v8 b0 = *in8(v[j] + col, 0);
        v8 b1 = *in8(v[j] + col, 1);

        fma8(-w[j], &b0, &s00);
        fma8(-w[j], &b1, &s01);
        fma8(-w[k + j], &b0, &s10);
        fma8(-w[k + j], &b1, &s11);
        fma8(-w[2 * k + j], &b0, &s20);
        fma8(-w[2 * k + j], &b1, &s21);
        fma8(-w[3 * k + j], &b0, &s30);
        fma8(-w[3 * k + j], &b1, &s31);
    }
    *at8(y[0] + col, 0) = s00;
    *at8(y[0] + col, 1) = s01;
    *at8(y[1] + col, 0) = s10;
    *at8(y[1] + col, 1) = s11;
    *at8(y[2] + col, 0) = s20;
    *at8(y[2] + col, 1) = s21;
    *at8(y[3] + col, 0) = s30;
    *at8(y[3] + col, 1) = s31;
}

INLINE void update_rest(double *y,
                        size_t lo,
                        size_t hi,
                        const double *const *v,
                        size_t k,
                        const double *w)
{
    for (size_t j = 0; j < k; j++)
        for (size_t c = lo; c < hi; c++)
            y[c] = __builtin_fma(-w[j], v[j][c], y[c]);
}

INLINE void body_update(double *const *y,
                        size_t n,
                        size_t len,
                        const double *const *v,
                        size_t k,
                        const double *w)
{
    size_t pair = 2 * (size_t)W;
    size_t whole = len / pair * pair;
    size_t i = 0;

    for (; i + 4 <= n; i += 4) {
        for (size_t col = 0; col < whole; col += pair)
            update4(y + i, col, v, k, w + i * k);
        for (size_t r = i; r < i + 4; r++)
            update_rest(y[r], whole, len, v, k, w + r * k);
    }
    for (; i < n; i++)
        update_rest(y[i], 0, len, v, k, w + i * k);
}

INLINE double body_dot(const double *x, const double *y, size_t n)
{
    v8 s[4] = {{0}, {0}, {0}, {0}};
    double lane[LANES];
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t m = 0; m < 4; m++)
            s[m] += *in8(x + i, m) * *in8(y + i, m);
    memcpy(lane, s, sizeof lane);
    for (size_t l = 0; i < n; i++, l++)
        lane[l] += x[i] * y[i];
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t l = 0; l < half; l++)
            lane[l] += lane[l + half];
    return lane[0];
}

INLINE void body_axpy(double a, const double *x, double *y, size_t n)
{
    size_t i = 0;

    for (; i + W <= n; i += W)
        *at8(y + i, 0) += a * *in8(x + i, 0);
    for (; i < n; i++)
        y[i] += a * x[i];
}

/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define ARGS                                                                   \
    const double *const *a, size_t n, size_t k, const double *r, double *g
#define LEVEL(tag, target)                                                     \
    target static void tag##_forward(ARGS)                                     \
    {                                                                          \
        body_forward(a, n, k, r, g);                                           \
    }                                                                          \
    target static void tag##_backward(ARGS)                                    \
    {                                                                          \
        body_backward(a, n, k, r, g, 0);                                       \
    }                                                                          \
    target static void tag##_backward_sq(ARGS)                                 \
    {                                                                          \
        body_backward(a, n, k, r, g, 1);                                       \
    }                                                                          \
    target static void tag##_forward1(ARGS)                                    \
    {                                                                          \
        body_forward1(a, n, k, r, g);                                          \
    }                                                                          \
    target static void tag##_backward1(ARGS)                                   \
    {                                                                          \
        body_backward1(a, n, k, r, g, 0);                                      \
    }                                                                          \
    target static void tag##_backward1_sq(ARGS)                                \
    {                                                                          \
        body_backward1(a, n, k, r, g, 1);                                      \
    }                                                                          \
    target static void tag##_update(double *const *y, size_t n, size_t len,    \
                                    const double *const *v, size_t k,          \
                                    const double *w)                           \
    {                                                                          \
        body_update(y, n, len, v, k, w);                                       \
    }                                                                          \
    target static double tag##_dot(const double *x, const double *y, size_t n) \
    {                                                                          \
        return body_dot(x, y, n);                                              \
    }                                                                          \
    target static void tag##_axpy(double a, const double *x, double *y,        \
                                  size_t n)                                    \
    {                                                                          \
        body_axpy(a, x, y, n);                                                 \
    }                                                                          \
    static const struct mat_ops tag##_ops = {#tag,                             \
                                             tag##_forward,                    \
                                             tag##_backward,                   \
                                             tag##_backward_sq,                \
                                             tag##_forward1,                   \
                                             tag##_backward1,                  \
                                             tag##_backward1_sq,               \
                                             tag##_update,                     \
                                             tag##_dot,                        \
                                             tag##_axpy};

LEVEL(plain, )
#if defined(__x86_64__)
LEVEL(avx2, __attribute__((target("avx2,fma"))))
LEVEL(avx512, __attribute__((target("avx512f"))))
#endif
/* NOLINTEND(bugprone-macro-parentheses) */

const struct mat_ops *mat_ops_level(int level)
{
    if (level == 0)
        return &plain_ops;
#if defined(__x86_64__)
    if (level == 1 && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma"))
        return &avx2_ops;
    if (level == 2 && __builtin_cpu_supports("avx512f"))
        return &avx512_ops;
#endif
    return NULL;
}

const struct mat_ops *mat_ops(void)
{
    for (int level = 2; level > 0; level--)
        if (mat_ops_level(level))
            return mat_ops_level(level);
    return &plain_ops;
}
