#ifndef DET_MATH_TABLES_H
#define DET_MATH_TABLES_H

/* Constants of det/math, derived and explained in math_tables.py. Pairs are
 * a double and what it leaves; polynomials begin with the constant term. */

/* 2^(j/128): hi, lo; (e^r - 1 - r) / r^2 for |r| <= log(2) / 256. */
extern const double math_exp2[128][2];
extern const double math_exp_poly[5];

/* c near 1/z, and -log c: hi, lo; (log(1 + r) - r + r^2/2) / r^3 for
 * |r| <= 1/127; log 2: 41 bits, then a pair. */
extern const double math_log_node[128][3];
extern const double math_log_poly[7];
extern const double math_ln2[3];

/* pi/2 in three parts; (sin r - r) / r^3 and (cos r - 1 + r^2/2) / r^4 in
 * r^2, |r| <= pi/4. */
extern const double math_half_pi[3];
extern const double math_sin_poly[7];
extern const double math_cos_poly[7];

/* erf(x) / x - 1 in x^2, |x| <= 1/4; e^(x^2) erfc(x) around the middle of
 * each eighth of the octaves 1/4 .. 32 (hi, lo, then the others). */
extern const double math_erf_poly[9];
extern const double math_erfcx[56][14];

/* lgamma(1 + t) / (t (t - 1)) in eighths of [-1/4, 3); lgamma(x) in quarters
 * of [4, 8); x times what Stirling's formula leaves in 1/x^2, x >= 8; and
 * log(2 pi) / 2 - 1/2. */
extern const double math_lgamma_near[26][14];
extern const double math_lgamma_mid[16][12];
extern const double math_lgamma_far[7];
extern const double math_lgamma_shift[2];

#endif
