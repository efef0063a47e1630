/* sin, cos for |x| <= 2^30. */
#include "det/math_core.h"
#include "det/math_variants.h"

/* x = n pi/2 + r, |r| <= pi/4; relative error of r below 2^-70 (the worst x
 * up to 2^30 leave about 2^-62). */
static inline struct dd reduce(double x, unsigned *quadrant)
{
    double n = nearest(x * 0x1.45f306dc9c883p-1); /* 2 / pi */
    double a = fused(-n, math_half_pi[0], x);     /* exact */
    struct dd b = product2(n, math_half_pi[1]);
    struct dd r = sum2(a, -b.hi);

    *quadrant = (unsigned)(int)n & 3;
    return sum2_fast(r.hi, fused(-n, math_half_pi[2], r.lo - b.lo));
}

static inline double sin_of(struct dd r)
{
    double z = r.hi * r.hi;
    double low = fused(-0.5 * z, r.lo, r.lo);

    return r.hi + fused(z * r.hi, horner(math_sin_poly, 7, z), low);
}

static inline double cos_of(struct dd r)
{
    struct dd z = product2(r.hi, r.hi);
    struct dd w = sum2_fast(1, -0.5 * z.hi);
    double low = fused(-r.hi, r.lo, w.lo - 0.5 * z.lo);

    return w.hi + fused(z.hi * z.hi, horner(math_cos_poly, 7, z.hi), low);
}

/* sin(x + turns pi/2) */
static inline double wave(double x, unsigned turns)
{
    unsigned quadrant;
    struct dd r = reduce(x, &quadrant);
    double v;

    quadrant += turns;
    v = quadrant & 1 ? cos_of(r) : sin_of(r);
    return quadrant & 2 ? -v : v;
}

double MATH(sin)(double x)
{
    if (!(__builtin_fabs(x) <= 0x1p30))
        return MATH_NAN;
    if (__builtin_fabs(x) < 0x1p-30)
        return x;
    return wave(x, 0);
}

double MATH(cos)(double x)
{
    if (!(__builtin_fabs(x) <= 0x1p30))
        return MATH_NAN;
    return wave(x, 1);
}
