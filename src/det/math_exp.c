/* exp, expm1, tanh, pow. */
#include <stdbool.h>

#include "det/math_core.h"
#include "det/math_variants.h"

double MATH(exp)(double x)
{
    struct exp_parts e;

    if (x != x)
        return MATH_NAN;
    if (x > 710)
        return MATH_INF;
    if (x < -750)
        return 0;
    e = exp_parts(x, 0);
    return scaled(exp_join(&e), e.k);
}

double MATH(expm1)(double x)
{
    double a = __builtin_fabs(x);
    struct dd v;

    if (x != x)
        return MATH_NAN;
    if (a < 0x1p-60)
        return x;
    if (x > 50)
        return MATH(exp)(x); /* 1 is below 2^-72 of it */
    if (x < -40)
        return -1;
    v = expm1_dd(x);
    return v.hi + v.lo;
}

/* (e^2a - 1) / (e^2a + 1), the quotient corrected once. */
double MATH(tanh)(double x)
{
    double a = __builtin_fabs(x);
    struct dd n;
    struct dd d;
    double q;

    if (x != x)
        return MATH_NAN;
    if (a < 0x1p-30)
        return x;
    if (a > 20)
        return __builtin_copysign(1, x);
    n = expm1_dd(2 * a);
    d = sum2(2, n.hi);
    d.lo += n.lo;
    q = n.hi / d.hi;
    q += (fused(-q, d.hi, n.hi) + fused(-q, d.lo, n.lo)) / d.hi;
    return __builtin_copysign(q, x);
}

enum whole { NOT_WHOLE, EVEN, ODD };

/* Is the finite y a whole number? */
static enum whole whole(double y)
{
    double a = __builtin_fabs(y);

    if (a >= 0x1p53)
        return EVEN;
    if ((double)(int64_t)a != a)
        return NOT_WHOLE;
    return (int64_t)a & 1 ? ODD : EVEN;
}

/* One of x, y is zero, infinite or NaN (C17 F.10.4.4); x is not 1, y not 0. */
static double pow_special(double x, double y)
{
    double a = __builtin_fabs(x);
    bool odd;
    bool big;

    if (x != x || y != y)
        return MATH_NAN;
    if (__builtin_fabs(y) == MATH_INF) {
        if (a == 1)
            return 1;
        return (a > 1) == (y > 0) ? MATH_INF : 0;
    }
    odd = whole(y) == ODD;
    big = (a == 0) == (y < 0);
    return __builtin_copysign(big ? MATH_INF : 0, odd ? x : 1);
}

double MATH(pow)(double x, double y)
{
    double a = __builtin_fabs(x);
    double sign = 1;
    struct dd l;
    struct dd p;
    struct exp_parts e;

    if (x == 1 || y == 0)
        return 1;
    if (!(a > 0 && a < MATH_INF && __builtin_fabs(y) < MATH_INF))
        return pow_special(x, y);
    if (x < 0) {
        enum whole w = whole(y);

        if (w == NOT_WHOLE)
            return MATH_NAN;
        if (w == ODD)
            sign = -1;
    }
    l = log_dd(a, 0);
    p.hi = y * l.hi;
    if (p.hi > 710)
        return sign * MATH_INF;
    if (p.hi < -750)
        return sign * 0;
    p.lo = fused(y, l.hi, -p.hi) + y * l.lo;
    e = exp_parts(p.hi, p.lo);
    return sign * scaled(exp_join(&e), e.k);
}
