#ifndef HPO_TRUNCNORM_H
#define HPO_TRUNCNORM_H

/* The truncated standard normal distribution on [a, b], in logarithms so that
 * far tails keep their digits. Arithmetic from det/math only. Formulas: spec
 * 1.9; goldens: truncnorm_*.json. */

/* ln Phi(x), Phi the normal distribution function. */
double normal_log_cdf(double x);
/* The x with ln Phi(x) = y, y <= 0: -inf for -inf, +inf for 0. */
double normal_log_cdf_inverse(double y);
/* ln (Phi(b) - Phi(a)), a < b. */
double truncnorm_log_mass(double a, double b);
/* Quantile: q in [0, 1]; NaN when a = b; log_mass is truncnorm_log_mass. */
double truncnorm_quantile(double q, double a, double b, double log_mass);

#endif
