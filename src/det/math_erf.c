/* erf, erfc: a polynomial for |x| < 1/4, else e^(-x^2) times the smooth
 * e^(x^2) erfc(x) from the table of pieces. */
#include "det/math_core.h"
#include "det/math_variants.h"

/* erfc(x) = 2^k times the result, 1/4 <= x < 32. */
static inline struct dd erfc_dd(double x, int *k)
{
    uint64_t u = bits_of(x);
    double mid = of_bits((u >> 49 << 49) | (uint64_t)1 << 48);
    struct dd g = piece(math_erfcx[(u >> 49) - (0x3fdULL << 3)], 14, x - mid);
    struct dd xx = product2(x, x);
    struct exp_parts e = exp_parts(-xx.hi, -xx.lo);

    *k = e.k;
    return product_dd(exp_join(&e), g);
}

/* 1 - erfc(x) or, with whole = 2, erfc(-x); x < 6. */
static double rest(double whole, double x)
{
    int k;
    struct dd c = erfc_dd(x, &k);
    double s = power_of_2(k);
    struct dd v = sum2_fast(whole, -c.hi * s);

    return v.hi + (v.lo - c.lo * s);
}

double MATH(erf)(double x)
{
    double a = __builtin_fabs(x);

    if (x != x)
        return MATH_NAN;
    if (a < 0.25)
        return fused(x, horner(math_erf_poly, 9, x * x), x);
    return __builtin_copysign(a < 6 ? rest(1, a) : 1, x);
}

double MATH(erfc)(double x)
{
    struct dd v;
    int k;

    if (x != x)
        return MATH_NAN;
    if (__builtin_fabs(x) < 0.25) {
        v = sum2_fast(1, -x);
        return v.hi + fused(-x, horner(math_erf_poly, 9, x * x), v.lo);
    }
    if (x < 0)
        return x > -6 ? rest(2, -x) : 2;
    if (x > 28)
        return 0;
    v = erfc_dd(x, &k);
    return scaled(v, k);
}
