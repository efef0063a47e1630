/* lgamma for x > 0: around its zeros 1 and 2 they are taken out as factors,
 * above 8 Stirling's formula. */
#include "det/math_core.h"
#include "det/math_variants.h"

/* lgamma(1 + t), -1/4 <= t < 3. */
static struct dd near(double t)
{
    int i = (int)((t + 0.25) * 8);
    double mid = i * 0.125 - 0.1875;
    struct dd u = sum2(t, -1);
    struct dd a = product2(t, u.hi);

    a.lo = fused(t, u.lo, a.lo);
    return product_dd(a, piece(math_lgamma_near[i], 14, t - mid));
}

static double far(double x)
{
    struct dd l = log_dd(x, 0);
    struct dd m = sum2(l.hi, -1);
    struct dd w = sum2(x, -0.5);
    struct dd v;
    struct dd s;
    double r = 1 / x;

    m.lo += l.lo;
    if (!(w.hi * m.hi < MATH_INF))
        return MATH_INF;
    v = product_dd(w, m);
    s = sum2_fast(v.hi, math_lgamma_shift[0]);
    v.lo += fused(r, horner(math_lgamma_far, 7, r * r), math_lgamma_shift[1]);
    return s.hi + (s.lo + v.lo);
}

double MATH(lgamma)(double x)
{
    struct dd v;

    if (x == 0 || x == MATH_INF)
        return MATH_INF;
    if (!(x > 0))
        return MATH_NAN;
    if (x == 1 || x == 2)
        return 0;
    if (x >= 8)
        return far(x);
    if (x >= 4) {
        int i = (int)((x - 4) * 4);

        v = piece(math_lgamma_mid[i], 12, x - (4.125 + i * 0.25));
    } else if (x >= 0.75) {
        v = near(x - 1);
    } else {
        struct dd l = log_dd(x, 0);
        struct dd n = near(x);

        v = sum2(-l.hi, n.hi);
        v.lo += n.lo - l.lo;
    }
    return v.hi + v.lo;
}
