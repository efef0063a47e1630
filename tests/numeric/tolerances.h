#ifndef TESTS_NUMERIC_TOLERANCES_H
#define TESTS_NUMERIC_TOLERANCES_H

/* How far a float backend may lie from exact arithmetic (ref64): the bounds
 * for backends that do not promise the bits of ref, such as a GPU. Unit: the
 * rounding of float, 2^-24, times the sum of the absolute products that make
 * the value (for values made of one or two operations: times their size).
 *
 * Each bound is 4 times what simd was seen to do in test_tolerance.c (it
 * prints it): another order of the same additions moves the error by about
 * its own size, a wrong or a coarser arithmetic (10-bit products: 2^13 units)
 * by far more. */
#define FLOAT_UNIT 0x1p-24

/* Chains of at most 256 products, then a sum of chunks. Seen: 3.73. */
#define TOL_CONV_FWD 15.0
/* The same over output channels. Seen: 3.95. */
#define TOL_CONV_BWD_X 16.0
/* Chains of 128 rows, then a sum of chunks. Seen: 3.91. */
#define TOL_CONV_BWD_W 16.0
/* One rounding of a sum in double. Seen: 0.62. */
#define TOL_BIAS_BWD 2.5
/* Subtract, fma, add; coefficients rounded. Seen: 2.19. */
#define TOL_NORM_APPLY 9.0
/* Two subtractions, fma, product. Seen: 2.54. */
#define TOL_NORM_BWD 10.0
/* A sum in double, rounded. Seen: 0.21. */
#define TOL_MEAN 1.0
/* One product. Seen: 0.93. */
#define TOL_PRELU 4.0

#endif
