#include "det/dist.h"

#include <math.h>
#include <stdbool.h>

#include "det/math.h"

static const double TINY = 1e-300;
static const double EPS = 1e-16;
enum { TERMS = 100000, STEPS = 200 };

double dist_normal_two(double z)
{
    return det_erfc(fabs(z) * 0.7071067811865476);
}

/* One step of Lentz's method: h = b + a / (...), as a product of c d. */
static bool lentz(double a, double b, double *c, double *d, double *h)
{
    double delta;

    *d = b + a * *d;
    *d = 1.0 / (fabs(*d) < TINY ? TINY : *d);
    *c = b + a / *c;
    *c = fabs(*c) < TINY ? TINY : *c;
    delta = *c * *d;
    *h *= delta;
    return fabs(delta - 1.0) <= EPS;
}

/* x^s e^-x / Gamma(s) */
static double gamma_front(double s, double x)
{
    return det_exp(s * det_log(x) - x - det_lgamma(s));
}

static double gamma_below(double s, double x)
{
    double term = 1.0 / s;
    double sum = term;

    for (int i = 1; i < TERMS && term > EPS * sum; i++) {
        term *= x / (s + i);
        sum += term;
    }
    return sum * gamma_front(s, x);
}

static double gamma_above(double s, double x)
{
    double b = x + 1.0 - s;
    double c = 1.0 / TINY;
    double d = 1.0 / b;
    double h = d;

    for (int i = 1; i < TERMS; i++) {
        b += 2.0;
        if (lentz(-i * (i - s), b, &c, &d, &h))
            break;
    }
    return h * gamma_front(s, x);
}

double dist_chi2_above(double x, double df)
{
    double s = df / 2.0;

    if (isnan(x) || !(df > 0.0))
        return (double)NAN;
    if (x <= 0.0)
        return 1.0;
    if (isinf(x))
        return 0.0;
    if (df == 1.0) /* P(Z^2 > x) */
        return det_erfc(sqrt(x / 2.0));
    return x / 2.0 < s + 1.0 ? 1.0 - gamma_below(s, x / 2.0)
                             : gamma_above(s, x / 2.0);
}

/* ln of x for x + y = 1, from whichever of the two is exact. */
static double log_part(double x, double y)
{
    return x < 0.5 ? det_log(x) : det_log1p(-y);
}

/* x^a y^b / B(a, b), x + y = 1 */
static double beta_front(double a, double b, double x, double y)
{
    return det_exp(a * log_part(x, y) + b * log_part(y, x) +
                   (det_lgamma(a + b) - det_lgamma(a) - det_lgamma(b)));
}

/* I_x(a, b) / front, for x below its mean. */
static double beta_fraction(double a, double b, double x)
{
    double c = 1.0;
    double d = 1.0 - (a + b) * x / (a + 1.0);
    double h;

    d = 1.0 / (fabs(d) < TINY ? TINY : d);
    h = d;
    for (int m = 1; m < TERMS; m++) {
        double k = a + 2.0 * m;

        (void)lentz(m * (b - m) * x / ((k - 1.0) * k), 1.0, &c, &d, &h);
        if (lentz(-(a + m) * (a + b + m) * x / (k * (k + 1.0)), 1.0, &c, &d,
                  &h))
            break;
    }
    return h / a;
}

/* The regularised incomplete beta function I_x(a, b), x + y = 1. */
static double beta_below(double a, double b, double x, double y)
{
    if (x <= 0.0)
        return 0.0;
    if (y <= 0.0)
        return 1.0;
    if (x <= (a + 1.0) / (a + b + 2.0))
        return beta_front(a, b, x, y) * beta_fraction(a, b, x);
    return 1.0 - beta_front(b, a, y, x) * beta_fraction(b, a, y);
}

double dist_f_above(double f, double df1, double df2)
{
    double sum = df1 * f + df2;

    if (isnan(f) || !(df1 > 0.0) || !(df2 > 0.0))
        return (double)NAN;
    if (f <= 0.0)
        return 1.0;
    if (isinf(sum))
        return 0.0;
    return beta_below(df2 / 2.0, df1 / 2.0, df2 / sum, df1 * f / sum);
}

double dist_f_quantile(double p, double df1, double df2)
{
    double a = df1 / 2.0;
    double b = df2 / 2.0;
    double lo = -690.0;
    double hi = 690.0;
    double u = 0.0; /* ln f */

    if (!(p > 0.0 && p < 1.0) || !(df1 > 0.0) || !(df2 > 0.0))
        return (double)NAN;
    for (int i = 0; i < STEPS; i++) {
        double f = det_exp(u);
        double x = df1 * f / (df1 * f + df2);
        double y = df2 / (df1 * f + df2);
        double off = beta_below(a, b, x, y) - p;
        double next = u - off / beta_front(a, b, x, y);

        if (off > 0.0)
            hi = u;
        else
            lo = u;
        if (!(next > lo && next < hi))
            next = 0.5 * (lo + hi);
        if (fabs(next - u) <= EPS * (1.0 + fabs(u)))
            break;
        u = next;
    }
    return det_exp(u);
}

double dist_t_two(double t, double df)
{
    double sum = t * t + df;

    if (isnan(t) || !(df > 0.0))
        return (double)NAN;
    if (isinf(sum))
        return 0.0;
    return beta_below(df / 2.0, 0.5, df / sum, t * t / sum);
}
