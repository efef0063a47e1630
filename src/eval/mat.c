/* Each body is written once over vectors of eight doubles and inlined into
 * one function per instruction set; the compiler cuts a vector into what the
 * set has. Products and sums are separate IEEE operations. */
#include "eval/mat.h"

#include <string.h>

typedef double v8 __attribute__((vector_size(64), aligned(8), may_alias));

enum { W = MAT_WIDTH, LANES = 32 };

#define INLINE static inline __attribute__((always_inline))

INLINE void body_forward(
    const double *a, size_t lda, size_t n, size_t k, const double *b, double *z)
{
    size_t i = 0;

    for (; i + 4 <= n; i += 4) {
        const double *p = a + i * lda;
        v8 s0 = {0};
        v8 s1 = {0};
        v8 s2 = {0};
        v8 s3 = {0};

        for (size_t j = 0; j < k; j++) {
            v8 w = *(const v8 *)(b + j * W);

            s0 += p[j] * w;
            s1 += p[lda + j] * w;
            s2 += p[2 * lda + j] * w;
            s3 += p[3 * lda + j] * w;
        }
        *(v8 *)(z + i * W) = s0;
        *(v8 *)(z + (i + 1) * W) = s1;
        *(v8 *)(z + (i + 2) * W) = s2;
        *(v8 *)(z + (i + 3) * W) = s3;
    }
    for (; i < n; i++) {
        v8 s = {0};

        for (size_t j = 0; j < k; j++)
            s += a[i * lda + j] * *(const v8 *)(b + j * W);
        *(v8 *)(z + i * W) = s;
    }
}

INLINE double maybe_sq(double v, int square)
{
    return square ? v * v : v;
}

INLINE void body_backward(const double *a,
                          size_t lda,
                          size_t n,
                          size_t k,
                          const double *r,
                          double *g,
                          int square)
{
    size_t i = 0;

    for (; i + 4 <= n; i += 4) {
        const double *p = a + i * lda;
        v8 r0 = *(const v8 *)(r + i * W);
        v8 r1 = *(const v8 *)(r + (i + 1) * W);
        v8 r2 = *(const v8 *)(r + (i + 2) * W);
        v8 r3 = *(const v8 *)(r + (i + 3) * W);

        for (size_t j = 0; j < k; j++) {
            v8 s = *(const v8 *)(g + j * W);

            s += maybe_sq(p[j], square) * r0;
            s += maybe_sq(p[lda + j], square) * r1;
            s += maybe_sq(p[2 * lda + j], square) * r2;
            s += maybe_sq(p[3 * lda + j], square) * r3;
            *(v8 *)(g + j * W) = s;
        }
    }
    for (; i < n; i++) {
        v8 q = *(const v8 *)(r + i * W);

        for (size_t j = 0; j < k; j++)
            *(v8 *)(g + j * W) += maybe_sq(a[i * lda + j], square) * q;
    }
}

/* s += r a, or r a^2, for eight neighbours at p. */
INLINE void add8(v8 *s, const double *p, double r, int square)
{
    v8 v = *(const v8 *)p;

    if (square)
        v *= v;
    *s += v * r;
}

INLINE void
row_backward1(const double *p, double r, size_t k, double *g, int square)
{
    size_t j = 0;

    for (; j + W <= k; j += W)
        add8((v8 *)(g + j), p + j, r, square);
    for (; j < k; j++)
        g[j] += maybe_sq(p[j], square) * r;
}

INLINE void body_backward1(const double *a,
                           size_t lda,
                           size_t n,
                           size_t k,
                           const double *r,
                           double *g,
                           int square)
{
    size_t i = 0;

    for (; i + 4 <= n; i += 4) {
        const double *p = a + i * lda;
        size_t j = 0;

        for (; j + W <= k; j += W) {
            v8 s = *(const v8 *)(g + j);

            add8(&s, p + j, r[i], square);
            add8(&s, p + lda + j, r[i + 1], square);
            add8(&s, p + 2 * lda + j, r[i + 2], square);
            add8(&s, p + 3 * lda + j, r[i + 3], square);
            *(v8 *)(g + j) = s;
        }
        for (; j < k; j++)
            for (size_t m = 0; m < 4; m++)
                g[j] += maybe_sq(p[m * lda + j], square) * r[i + m];
    }
    for (; i < n; i++)
        row_backward1(a + i * lda, r[i], k, g, square);
}

INLINE double body_dot(const double *x, const double *y, size_t n)
{
    v8 s[4] = {{0}, {0}, {0}, {0}};
    double lane[LANES];
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        for (size_t m = 0; m < 4; m++)
            s[m] += *(const v8 *)(x + i + m * W) * *(const v8 *)(y + i + m * W);
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
        *(v8 *)(y + i) += a * *(const v8 *)(x + i);
    for (; i < n; i++)
        y[i] += a * x[i];
}

INLINE void body_axpy2(
    double a, const double *x, double b, const double *z, double *y, size_t n)
{
    size_t i = 0;

    for (; i + W <= n; i += W)
        *(v8 *)(y + i) = (*(const v8 *)(y + i) + a * *(const v8 *)(x + i)) +
                         b * *(const v8 *)(z + i);
    for (; i < n; i++)
        y[i] = (y[i] + a * x[i]) + b * z[i];
}

INLINE void body_rotate(double c, double s, double *x, double *y, size_t n)
{
    size_t i = 0;

    for (; i + W <= n; i += W) {
        v8 p = *(const v8 *)(x + i);
        v8 q = *(const v8 *)(y + i);

        *(v8 *)(x + i) = c * p + s * q;
        *(v8 *)(y + i) = c * q - s * p;
    }
    for (; i < n; i++) {
        double p = x[i];
        double q = y[i];

        x[i] = c * p + s * q;
        y[i] = c * q - s * p;
    }
}

/* NOLINTBEGIN(bugprone-macro-parentheses) */
#define ARGS                                                                   \
    const double *a, size_t lda, size_t n, size_t k, const double *r, double *g
#define LEVEL(tag, target)                                                     \
    target static void tag##_forward(ARGS)                                     \
    {                                                                          \
        body_forward(a, lda, n, k, r, g);                                      \
    }                                                                          \
    target static void tag##_backward(ARGS)                                    \
    {                                                                          \
        body_backward(a, lda, n, k, r, g, 0);                                  \
    }                                                                          \
    target static void tag##_backward_sq(ARGS)                                 \
    {                                                                          \
        body_backward(a, lda, n, k, r, g, 1);                                  \
    }                                                                          \
    target static void tag##_backward1(ARGS)                                   \
    {                                                                          \
        body_backward1(a, lda, n, k, r, g, 0);                                 \
    }                                                                          \
    target static void tag##_backward1_sq(ARGS)                                \
    {                                                                          \
        body_backward1(a, lda, n, k, r, g, 1);                                 \
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
    target static void tag##_axpy2(double a, const double *x, double b,        \
                                   const double *z, double *y, size_t n)       \
    {                                                                          \
        body_axpy2(a, x, b, z, y, n);                                          \
    }                                                                          \
    target static void tag##_rotate(double c, double s, double *x, double *y,  \
                                    size_t n)                                  \
    {                                                                          \
        body_rotate(c, s, x, y, n);                                            \
    }                                                                          \
    static const struct mat_ops tag##_ops = {#tag,                             \
                                             tag##_forward,                    \
                                             tag##_backward,                   \
                                             tag##_backward_sq,                \
                                             tag##_backward1,                  \
                                             tag##_backward1_sq,               \
                                             tag##_dot,                        \
                                             tag##_axpy,                       \
                                             tag##_axpy2,                      \
                                             tag##_rotate};

LEVEL(plain, )
#if defined(__x86_64__)
LEVEL(avx2, __attribute__((target("avx2"))))
LEVEL(avx512, __attribute__((target("avx512f"))))
#endif
/* NOLINTEND(bugprone-macro-parentheses) */

const struct mat_ops *mat_ops_level(int level)
{
    if (level == 0)
        return &plain_ops;
#if defined(__x86_64__)
    if (level == 1 && __builtin_cpu_supports("avx2"))
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
