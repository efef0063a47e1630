#ifndef DET_MATH_CORE_H
#define DET_MATH_CORE_H

/* Inside det/math only: sums of two doubles, and the exponential and the
 * logarithm to about 65 bits that the functions share. Each math_*.c is
 * compiled twice (math.c chooses), hence MATH(name). */

#include <stdint.h>
#include <string.h>

#include "det/math_tables.h"

#ifdef DET_MATH_FMA
    #define MATH(name) math_fma_##name
#else
    #define MATH(name) math_base_##name
#endif

/* An unevaluated sum, |lo| <= ulp(hi) / 2 or nearly so. */
struct dd {
    double hi;
    double lo;
};

#define MATH_NAN __builtin_nan("")
#define MATH_INF __builtin_inf()

static inline uint64_t bits_of(double x)
{
    uint64_t u;

    memcpy(&u, &x, sizeof u);
    return u;
}

static inline double of_bits(uint64_t u)
{
    double x;

    memcpy(&x, &u, sizeof x);
    return x;
}

/* 2^k, -1022 <= k <= 1023. */
static inline double power_of_2(int k)
{
    return of_bits((uint64_t)(k + 1023) << 52);
}

/* The nearest integer, |x| < 2^51. */
static inline double nearest(double x)
{
    return (x + 0x1.8p52) - 0x1.8p52;
}

static inline double fused(double a, double b, double c)
{
    return __builtin_fma(a, b, c);
}

/* a + b exactly (Knuth vol. 2, 4.2.2). */
static inline struct dd sum2(double a, double b)
{
    double s = a + b;
    double t = s - a;

    return (struct dd){s, (a - (s - t)) + (b - t)};
}

/* The same for |a| >= |b| or a = 0 (Dekker 1971). */
static inline struct dd sum2_fast(double a, double b)
{
    double s = a + b;

    return (struct dd){s, b - (s - a)};
}

/* a * b exactly. */
static inline struct dd product2(double a, double b)
{
    double p = a * b;

    return (struct dd){p, fused(a, b, -p)};
}

/* a * b to about 2^-100. */
static inline struct dd product_dd(struct dd a, struct dd b)
{
    struct dd p = product2(a.hi, b.hi);

    p.lo += fused(a.hi, b.lo, a.lo * b.hi);
    return p;
}

/* c[0] + c[1] x + ... + c[n - 1] x^(n - 1) */
static inline double horner(const double *c, int n, double x)
{
    double v = c[n - 1];

    for (int i = n - 2; i >= 0; i--)
        v = fused(v, x, c[i]);
    return v;
}

/* A row of the tables of pieces: c0 as a pair, then n - 2 coefficients. */
static inline struct dd piece(const double *row, int n, double h)
{
    return sum2_fast(row[0], fused(h, horner(row + 2, n - 2, h), row[1]));
}

/* e^x before it is put together: 2^k (t + t_lo) (1 + p + p_lo), where t is
 * 2^(j/128) and |p| < 0.0028. */
struct exp_parts {
    int n; /* 128 k + j; 0 means e^x = 1 + p + p_lo */
    int k;
    double t;
    double t_lo;
    double p;
    double p_lo;
};

/* e^(x + x_lo), |x| < 2000, |x_lo| < 2^-40. */
static inline struct exp_parts exp_parts(double x, double x_lo)
{
    struct exp_parts e;
    double n = nearest(x * 0x1.71547652b82fep+7);  /* 128 / log 2 */
    double a = fused(n, -0x1p-7 * math_ln2[0], x); /* exact */
    struct dd b = product2(n, -0x1p-7 * math_ln2[1]);
    struct dd r = sum2(a, b.hi);
    double q;

    r = sum2(r.hi, r.lo + (b.lo + x_lo));
    q = horner(math_exp_poly, 5, r.hi);
    e.n = (int)n;
    e.k = e.n >> 7;
    e.t = math_exp2[e.n & 127][0];
    e.t_lo = math_exp2[e.n & 127][1];
    e.p = r.hi;
    e.p_lo = fused(r.hi * r.hi, q, r.lo);
    return e;
}

/* (t + t_lo) (1 + p + p_lo), in [0.99, 2.01]. */
static inline struct dd exp_join(const struct exp_parts *e)
{
    struct dd tp = product2(e->t, e->p);
    struct dd s = sum2_fast(e->t, tp.hi);
    double low = fused(e->t, e->p_lo, fused(e->t_lo, e->p, e->t_lo));

    return sum2_fast(s.hi, s.lo + (tp.lo + low));
}

/* 2^k (v.hi + v.lo) with one rounding, also where it is subnormal;
 * 2^-30 < v.hi < 4, -1200 < k < 1030. */
static inline double scaled(struct dd v, int k)
{
    double s;
    double a;
    double u;

    if (k > 1022)
        return (v.hi + v.lo) * 0x1p1022 * power_of_2(k - 1022);
    if (k > -990)
        return (v.hi + v.lo) * power_of_2(k);
    s = power_of_2(k + 1022);
    a = v.hi * s;
    if (a >= 1)
        return (v.hi + v.lo) * s * 0x1p-1022;
    /* 1 + a has the last place of a subnormal result */
    u = 1 + a;
    u = u + (((1 - u) + a) + v.lo * s);
    return (u - 1) * 0x1p-1022;
}

/* e^x - 1 for |x| <= 50, relative error about 2^-62. */
static inline struct dd expm1_dd(double x)
{
    struct exp_parts e = exp_parts(x, 0);
    double s = power_of_2(e.k);
    struct dd tp;
    struct dd a;
    struct dd b;
    double low;

    if (e.n == 0)
        return sum2_fast(e.p, e.p_lo);
    tp = product2(e.t, e.p);
    low = fused(e.t, e.p_lo, fused(e.t_lo, e.p, e.t_lo));
    a = sum2(e.t * s, -1);
    b = sum2(a.hi, tp.hi * s);
    return sum2_fast(b.hi, b.lo + (a.lo + (tp.lo + low) * s));
}

/* log(x + x_lo), x positive, finite; |x_lo| <= ulp(x), 0 if x > 2^60 or
 * x < 2^-60. Relative error about 2^-67. */
static inline struct dd log_dd(double x, double x_lo)
{
    const uint64_t first = 0x3fe6000000000000; /* 0.6875 */
    int bias = 0;
    uint64_t d;
    int i;
    int e;
    double z;
    double c;
    struct dd r;
    struct dd q;
    struct dd s;
    struct dd a;
    struct dd b;
    double low;

    if (x < 0x1p-1022) {
        x *= 0x1p54;
        bias = 54;
    }
    d = bits_of(x) - first;
    i = (int)(d >> 45) & 127;
    e = (int)((int64_t)d >> 52);
    z = of_bits(bits_of(x) - (d & 0xfff0000000000000));
    c = math_log_node[i][0];
    /* z c - 1 exactly, then the small addend */
    r = product2(z, c);
    r = sum2(r.hi - 1,
             x_lo != 0 ? fused(x_lo * power_of_2(-e), c, r.lo) : r.lo);
    q = product2(r.hi, r.hi);
    low = r.hi * q.hi * horner(math_log_poly, 7, r.hi);
    low += fused(-r.hi, r.lo, r.lo) - 0.5 * q.lo;
    s = sum2_fast(r.hi, -0.5 * q.hi);
    low += s.lo;
    e -= bias;
    if (e == 0 && c == 1)
        return sum2_fast(s.hi, low);
    a = sum2_fast(e * math_ln2[0], math_log_node[i][1]);
    b = sum2_fast(a.hi, s.hi);
    low += fused(e, math_ln2[1], math_log_node[i][2]) + (a.lo + b.lo);
    return sum2_fast(b.hi, low);
}

#endif
