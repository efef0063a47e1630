/* Everything is kept as ln Phi. The lower tail is an asymptotic series, the
 * rest erf and erfc. The inverse works on the lower half only, where ln Phi is
 * concave and steep enough: a Newton step from anywhere lands left of the
 * root, and from there the steps climb to it. */
#include "hpo/truncnorm.h"

#include <math.h>
#include <stdbool.h>

#include "det/math.h"

#define SQRT_2      1.4142135623730951
#define LN_2        0.6931471805599453
#define LN_SQRT_2PI 0.9189385332046727
#define TAIL        (-20.0)
#define EPS         2.220446049250313e-16

static double cdf(double x)
{
    double t = x / SQRT_2;
    if (t < -1.0 / SQRT_2)
        return 0.5 * det_erfc(-t);
    if (t < 1.0 / SQRT_2)
        return 0.5 + 0.5 * det_erf(t);
    return 1.0 - 0.5 * det_erfc(t);
}

/* 1 - 1/x^2 + 3/x^4 - 15/x^6 ... until a term no longer counts. */
static double tail_series(double x)
{
    double r = 1.0 / (x * x);
    double term = 1.0;
    double sum = 1.0;
    for (int k = 1; k < 40; k++) {
        term *= -(double)(2 * k - 1) * r;
        sum += term;
        if (fabs(term) <= EPS)
            break;
    }
    return sum;
}

double normal_log_cdf(double x)
{
    if (x > 6.0)
        return -cdf(-x);
    if (x > TAIL)
        return det_log(cdf(x));
    return -0.5 * x * x - det_log(-x) - LN_SQRT_2PI + det_log(tail_series(x));
}

/* The root of ln Phi(x) = y for y <= -ln 2, so x <= 0. */
static double lower_root(double y)
{
    /* Phi(x) <= exp(-x^2/2)/2 for x <= 0: this start is left of the root */
    double x = -sqrt(fmax(0.0, -2.0 * (y + LN_2)));
    for (int k = 0; k < 100; k++) {
        double f = normal_log_cdf(x);
        double ratio = det_exp(f + 0.5 * x * x + LN_SQRT_2PI); /* Phi/phi */
        double step = (y - f) * ratio;
        x += step;
        if (fabs(step) <= 1e-15 * fabs(x) || fabs(step) < 1e-17)
            break;
    }
    return x;
}

double normal_log_cdf_inverse(double y)
{
    if (isnan(y))
        return y;
    if (y >= 0.0)
        return INFINITY;
    if (isinf(y))
        return -INFINITY;
    if (y > -LN_2)
        return -lower_root(det_log(-det_expm1(y)));
    return lower_root(y);
}

double truncnorm_log_mass(double a, double b)
{
    if (a > 0.0) {
        double swap = a;
        a = -b;
        b = -swap;
    } else if (b > 0.0) {
        /* both tails from erf, not erfc: the rule the goldens follow */
        double outside = (0.5 + 0.5 * det_erf(a / SQRT_2)) +
                         (0.5 + 0.5 * det_erf(-b / SQRT_2));
        return det_log1p(-outside);
    }
    double high = normal_log_cdf(b);
    return high + det_log1p(-det_exp(normal_log_cdf(a) - high));
}

static double log_add(double a, double b)
{
    double top = fmax(a, b);
    if (isinf(top))
        return top;
    return top + det_log1p(det_exp(-fabs(a - b)));
}

double truncnorm_quantile(double q, double a, double b, double log_mass)
{
    if (a == b)
        return NAN;
    if (q <= 0.0)
        return a;
    if (q >= 1.0)
        return b;
    if (a < 0.0)
        return normal_log_cdf_inverse(
            log_add(normal_log_cdf(a), det_log(q) + log_mass));
    return -normal_log_cdf_inverse(
        log_add(normal_log_cdf(-b), det_log1p(-q) + log_mass));
}
