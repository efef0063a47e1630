/* One resolver: processors with fused multiply-add run the build that uses
 * it, others the one that calls fma() of libm. IEEE defines both alike, so
 * the bits are the same; a test compares them. */
#include "det/math.h"

#include "det/math_variants.h"

#ifdef DET_MATH_TWO
    #define PICK(name)                                                         \
        (__builtin_cpu_supports("fma") ? math_fma_##name : math_base_##name)
#else
    #define PICK(name) math_base_##name
#endif

double det_exp(double x)
{
    return PICK(exp)(x);
}

double det_expm1(double x)
{
    return PICK(expm1)(x);
}

double det_log(double x)
{
    return PICK(log)(x);
}

double det_log1p(double x)
{
    return PICK(log1p)(x);
}

double det_sin(double x)
{
    return PICK(sin)(x);
}

double det_cos(double x)
{
    return PICK(cos)(x);
}

double det_tanh(double x)
{
    return PICK(tanh)(x);
}

double det_erf(double x)
{
    return PICK(erf)(x);
}

double det_erfc(double x)
{
    return PICK(erfc)(x);
}

double det_pow(double x, double y)
{
    return PICK(pow)(x, y);
}

double det_lgamma(double x)
{
    return PICK(lgamma)(x);
}
