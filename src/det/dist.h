#ifndef DET_DIST_H
#define DET_DIST_H

/* Tails and quantiles of the distributions statistics ask for, from det/math:
 * the same bits everywhere. Relative error of a tail below 1e-13 for degrees of
 * freedom up to 100, 1e-12 up to 1,000 and 1e-10 up to 100,000 (the logarithms
 * of gamma functions cancel); also far out, where a tail is 1e-200. NaN in, or
 * degrees of freedom <= 0: NaN. */

/* P(|Z| > |z|), standard normal. */
double dist_normal_two(double z);
/* The z with P(Z <= z) = 0.975. */
#define DIST_NORMAL_975 1.959963984540054

/* P(X > x), chi-square: the incomplete gamma function, by its series or its
 * continued fraction (NIST DLMF 8.7.1, 8.9.2). 1 for x <= 0. */
double dist_chi2_above(double x, double df);

/* P(F > f), by the continued fraction of the incomplete beta function (NIST
 * DLMF 8.17.22). 1 for f <= 0. */
double dist_f_above(double f, double df1, double df2);
/* The f with P(F <= f) = p, 0 < p < 1: Newton's method in ln f, kept within a
 * bracket. Relative error below 1e-12. */
double dist_f_quantile(double p, double df1, double df2);

/* P(|T| > |t|), Student's t. */
double dist_t_two(double t, double df);

#endif
