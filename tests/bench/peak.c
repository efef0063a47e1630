/* The FMA peak of a core: sixteen independent chains in registers. */
#include <math.h>
#include <string.h>

#include "bench.h"

/* Before a loop over registers. */
#if defined(__clang__)
    #define FULLY_UNROLLED _Pragma("clang loop unroll(full)")
#else
    #define FULLY_UNROLLED _Pragma("GCC unroll 16")
#endif

#if defined(__x86_64__)
    #include <immintrin.h>

enum { CHAINS = 16, CHAINS_AVX2 = 12, ROUNDS = 2000 };

/* Both return the operations done and a value that keeps them alive. */
__attribute__((target("avx512f"))) static double burst_avx512(float *alive)
{
    __m512 a[CHAINS];
    __m512 b = _mm512_set1_ps(0.999F);
    __m512 c = _mm512_set1_ps(1e-6F);

    FULLY_UNROLLED
    for (int i = 0; i < CHAINS; i++)
        a[i] = _mm512_set1_ps((float)i * 1e-3F);
    for (int k = 0; k < ROUNDS; k++) {
        FULLY_UNROLLED
        for (int i = 0; i < CHAINS; i++)
            a[i] = _mm512_fmadd_ps(a[i], b, c);
    }
    FULLY_UNROLLED
    for (int i = 0; i < CHAINS; i++)
        *alive += _mm512_cvtss_f32(a[i]);
    return 2.0 * 16 * CHAINS * ROUNDS;
}

__attribute__((target("avx2,fma"))) static double burst_avx2(float *alive)
{
    __m256 a[CHAINS_AVX2];
    __m256 b = _mm256_set1_ps(0.999F);
    __m256 c = _mm256_set1_ps(1e-6F);

    FULLY_UNROLLED
    for (int i = 0; i < CHAINS_AVX2; i++)
        a[i] = _mm256_set1_ps((float)i * 1e-3F);
    for (int k = 0; k < ROUNDS; k++) {
        FULLY_UNROLLED
        for (int i = 0; i < CHAINS_AVX2; i++)
            a[i] = _mm256_fmadd_ps(a[i], b, c);
    }
    FULLY_UNROLLED
    for (int i = 0; i < CHAINS_AVX2; i++)
        *alive += _mm256_cvtss_f32(a[i]);
    return 2.0 * 8 * CHAINS_AVX2 * ROUNDS;
}
#endif

/* What plain C does: one fma() after the other in four chains. */
static double burst_c(float *alive)
{
    float a[4] = {0, 1e-3F, 2e-3F, 3e-3F};

    for (int k = 0; k < 2000; k++) {
        FULLY_UNROLLED
        for (int i = 0; i < 4; i++)
            a[i] = fmaf(a[i], 0.999F, 1e-6F);
    }
    *alive += a[0] + a[1] + a[2] + a[3];
    return 2.0 * 4 * 2000;
}

double bench_peak(const char *variant, double ms)
{
    double (*burst)(float *) = burst_c;
    volatile float keep = 0;
    float alive = 0;
    double flop = 0;
    double start = bench_seconds();
    double now = start;

#if defined(__x86_64__)
    if (strcmp(variant, "avx512") == 0)
        burst = burst_avx512;
    else if (strcmp(variant, "avx2") == 0)
        burst = burst_avx2;
#endif
    while (now - start < ms * 1e-3) {
        flop += burst(&alive);
        now = bench_seconds();
    }
    keep = alive;
    (void)keep;
    return flop / (now - start) / 1e9;
}
