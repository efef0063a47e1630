#ifndef DET_MATH_H
#define DET_MATH_H

/* Elementary functions whose bits are ours (DESIGN decision 2): double, built
 * from + - * / fma and sqrt only, so every compiler and machine gives the same
 * result. Largest error over the whole range, tested against a
 * multiple-precision library: see the table in det/README.md (goal: below
 * 1 ulp). Special values as in C17 annex F. */
double det_exp(double x);
double det_expm1(double x);
double det_log(double x);
double det_log1p(double x);
double det_sin(double x); /* |x| <= 2^30 exact reduction; NaN beyond */
double det_cos(double x);
double det_tanh(double x);
double det_erf(double x);
double det_erfc(double x);
double det_pow(double x, double y);
double det_lgamma(double x); /* x > 0 */

#endif
