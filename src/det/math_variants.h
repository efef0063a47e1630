#ifndef DET_MATH_VARIANTS_H
#define DET_MATH_VARIANTS_H

/* The two builds of every function; math.c takes one. */
#define MATH_VARIANT(name)                                                     \
    double math_base_##name(double x);                                         \
    double math_fma_##name(double x);

MATH_VARIANT(exp)
MATH_VARIANT(expm1)
MATH_VARIANT(log)
MATH_VARIANT(log1p)
MATH_VARIANT(sin)
MATH_VARIANT(cos)
MATH_VARIANT(tanh)
MATH_VARIANT(erf)
MATH_VARIANT(erfc)
MATH_VARIANT(lgamma)

/* x to the power y. */
double math_base_pow(double x, double y);
double math_fma_pow(double x, double y);

#endif
