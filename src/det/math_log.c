/* log, log1p. */
#include "det/math_core.h"
#include "det/math_variants.h"

double MATH(log)(double x)
{
    struct dd v;

    if (x == 0)
        return -MATH_INF;
    if (!(x > 0))
        return MATH_NAN;
    if (x == MATH_INF)
        return x;
    v = log_dd(x, 0);
    return v.hi + v.lo;
}

double MATH(log1p)(double x)
{
    struct dd v;

    if (x == -1)
        return -MATH_INF;
    if (!(x > -1))
        return MATH_NAN;
    if (__builtin_fabs(x) < 0x1p-60)
        return x;
    if (x > 0x1p60)
        return MATH(log)(x); /* 1 changes it by 2^-60 at most */
    v = sum2(1, x);
    v = log_dd(v.hi, v.lo);
    return v.hi + v.lo;
}
