#ifndef DEV_SIMD_VEC_H
#define DEV_SIMD_VEC_H

/* A vector of VEC floats and two halves of it in double, for each instruction
 * set the sources are built for. Every function is one IEEE operation a lane,
 * so a kernel written in them gives the same bits everywhere. The plain C one
 * serves machines without fma instructions, and is the place to start a port
 * from: a part here, a row in CMakeLists.txt and one in dev.c. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define VEC_INLINE static inline __attribute__((always_inline, unused))

/* Before a loop over registers. */
#if defined(__clang__)
    #define FULLY_UNROLLED _Pragma("clang loop unroll(full)")
#else
    #define FULLY_UNROLLED _Pragma("GCC unroll 16")
#endif

#if defined(__AVX512F__)
    #include <immintrin.h>

enum { VEC = 16, VEC_HALF = 8 };
typedef __m512 vec;
typedef __m512d vec_half;
typedef __mmask16 vec_mask;

VEC_INLINE vec vec_load(const float *p)
{
    return _mm512_loadu_ps(p);
}
VEC_INLINE void vec_store(float *p, vec a)
{
    _mm512_storeu_ps(p, a);
}
VEC_INLINE vec vec_set(float a)
{
    return _mm512_set1_ps(a);
}
VEC_INLINE vec vec_fma(vec a, vec b, vec c)
{
    return _mm512_fmadd_ps(a, b, c);
}
VEC_INLINE vec vec_add(vec a, vec b)
{
    return _mm512_add_ps(a, b);
}
VEC_INLINE vec vec_sub(vec a, vec b)
{
    return _mm512_sub_ps(a, b);
}
VEC_INLINE vec vec_mul(vec a, vec b)
{
    return _mm512_mul_ps(a, b);
}
VEC_INLINE vec vec_div(vec a, vec b)
{
    return _mm512_div_ps(a, b);
}
/* a < 0 ? 0 : a */
VEC_INLINE vec vec_relu(vec a)
{
    return _mm512_max_ps(_mm512_setzero_ps(), a);
}
/* y > 0 ? a : 0 */
VEC_INLINE vec vec_where_positive(vec y, vec a)
{
    vec zero = _mm512_setzero_ps();
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(y, zero, _CMP_GT_OQ), a);
}
/* a > b, or a is not a number */
VEC_INLINE vec_mask vec_beats(vec a, vec b)
{
    return (vec_mask)(_mm512_cmp_ps_mask(a, b, _CMP_GT_OQ) |
                      _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q));
}
VEC_INLINE vec vec_choose(vec_mask m, vec yes, vec no)
{
    return _mm512_mask_blend_ps(m, no, yes);
}
/* Lanes 0..7 and 8..15 in double. */
VEC_INLINE vec_half vec_lower(vec a)
{
    return _mm512_cvtps_pd(_mm512_castps512_ps256(a));
}
VEC_INLINE vec_half vec_upper(vec a)
{
    return _mm512_cvtps_pd(
        _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(a), 1)));
}
VEC_INLINE void vec_half_store_real(float *p, vec_half a)
{
    _mm256_storeu_ps(p, _mm512_cvtpd_ps(a));
}
VEC_INLINE vec_half vec_half_load(const double *p)
{
    return _mm512_loadu_pd(p);
}
VEC_INLINE void vec_half_store(double *p, vec_half a)
{
    _mm512_storeu_pd(p, a);
}
VEC_INLINE vec_half vec_half_set(double a)
{
    return _mm512_set1_pd(a);
}
VEC_INLINE vec_half vec_half_add(vec_half a, vec_half b)
{
    return _mm512_add_pd(a, b);
}
VEC_INLINE vec_half vec_half_sub(vec_half a, vec_half b)
{
    return _mm512_sub_pd(a, b);
}
VEC_INLINE vec_half vec_half_div(vec_half a, vec_half b)
{
    return _mm512_div_pd(a, b);
}
VEC_INLINE vec_half vec_half_fma(vec_half a, vec_half b, vec_half c)
{
    return _mm512_fmadd_pd(a, b, c);
}

#elif defined(__AVX2__) && defined(__FMA__)
    #include <immintrin.h>

enum { VEC = 8, VEC_HALF = 4 };
typedef __m256 vec;
typedef __m256d vec_half;
typedef __m256 vec_mask;

VEC_INLINE vec vec_load(const float *p)
{
    return _mm256_loadu_ps(p);
}
VEC_INLINE void vec_store(float *p, vec a)
{
    _mm256_storeu_ps(p, a);
}
VEC_INLINE vec vec_set(float a)
{
    return _mm256_set1_ps(a);
}
VEC_INLINE vec vec_fma(vec a, vec b, vec c)
{
    return _mm256_fmadd_ps(a, b, c);
}
VEC_INLINE vec vec_add(vec a, vec b)
{
    return _mm256_add_ps(a, b);
}
VEC_INLINE vec vec_sub(vec a, vec b)
{
    return _mm256_sub_ps(a, b);
}
VEC_INLINE vec vec_mul(vec a, vec b)
{
    return _mm256_mul_ps(a, b);
}
VEC_INLINE vec vec_div(vec a, vec b)
{
    return _mm256_div_ps(a, b);
}
VEC_INLINE vec vec_relu(vec a)
{
    return _mm256_max_ps(_mm256_setzero_ps(), a);
}
VEC_INLINE vec vec_where_positive(vec y, vec a)
{
    return _mm256_and_ps(_mm256_cmp_ps(y, _mm256_setzero_ps(), _CMP_GT_OQ), a);
}
VEC_INLINE vec_mask vec_beats(vec a, vec b)
{
    return _mm256_or_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ),
                        _mm256_cmp_ps(a, a, _CMP_UNORD_Q));
}
VEC_INLINE vec vec_choose(vec_mask m, vec yes, vec no)
{
    return _mm256_blendv_ps(no, yes, m);
}
VEC_INLINE vec_half vec_lower(vec a)
{
    return _mm256_cvtps_pd(_mm256_castps256_ps128(a));
}
VEC_INLINE vec_half vec_upper(vec a)
{
    return _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1));
}
VEC_INLINE void vec_half_store_real(float *p, vec_half a)
{
    _mm_storeu_ps(p, _mm256_cvtpd_ps(a));
}
VEC_INLINE vec_half vec_half_load(const double *p)
{
    return _mm256_loadu_pd(p);
}
VEC_INLINE void vec_half_store(double *p, vec_half a)
{
    _mm256_storeu_pd(p, a);
}
VEC_INLINE vec_half vec_half_set(double a)
{
    return _mm256_set1_pd(a);
}
VEC_INLINE vec_half vec_half_add(vec_half a, vec_half b)
{
    return _mm256_add_pd(a, b);
}
VEC_INLINE vec_half vec_half_sub(vec_half a, vec_half b)
{
    return _mm256_sub_pd(a, b);
}
VEC_INLINE vec_half vec_half_div(vec_half a, vec_half b)
{
    return _mm256_div_pd(a, b);
}
VEC_INLINE vec_half vec_half_fma(vec_half a, vec_half b, vec_half c)
{
    return _mm256_fmadd_pd(a, b, c);
}

#elif defined(SIMD_NEON)
    #include <arm_neon.h>

/* Two registers, so that tiles have the shape they have on AVX2. */
enum { VEC = 8, VEC_HALF = 4 };
typedef float32x4x2_t vec;
typedef float64x2x2_t vec_half;
typedef uint32x4x2_t vec_mask;

VEC_INLINE vec vec_load(const float *p)
{
    return (vec){{vld1q_f32(p), vld1q_f32(p + 4)}};
}
VEC_INLINE void vec_store(float *p, vec a)
{
    vst1q_f32(p, a.val[0]);
    vst1q_f32(p + 4, a.val[1]);
}
VEC_INLINE vec vec_set(float a)
{
    return (vec){{vdupq_n_f32(a), vdupq_n_f32(a)}};
}
VEC_INLINE vec vec_fma(vec a, vec b, vec c)
{
    return (vec){{vfmaq_f32(c.val[0], a.val[0], b.val[0]),
                  vfmaq_f32(c.val[1], a.val[1], b.val[1])}};
}
VEC_INLINE vec vec_add(vec a, vec b)
{
    return (vec){
        {vaddq_f32(a.val[0], b.val[0]), vaddq_f32(a.val[1], b.val[1])}};
}
VEC_INLINE vec vec_sub(vec a, vec b)
{
    return (vec){
        {vsubq_f32(a.val[0], b.val[0]), vsubq_f32(a.val[1], b.val[1])}};
}
VEC_INLINE vec vec_mul(vec a, vec b)
{
    return (vec){
        {vmulq_f32(a.val[0], b.val[0]), vmulq_f32(a.val[1], b.val[1])}};
}
VEC_INLINE vec vec_div(vec a, vec b)
{
    return (vec){
        {vdivq_f32(a.val[0], b.val[0]), vdivq_f32(a.val[1], b.val[1])}};
}
VEC_INLINE float32x4_t vec_four_relu(float32x4_t a)
{
    return vbslq_f32(vcltzq_f32(a), vdupq_n_f32(0), a);
}
VEC_INLINE vec vec_relu(vec a)
{
    return (vec){{vec_four_relu(a.val[0]), vec_four_relu(a.val[1])}};
}
VEC_INLINE float32x4_t vec_four_positive(float32x4_t y, float32x4_t a)
{
    return vbslq_f32(vcgtzq_f32(y), a, vdupq_n_f32(0));
}
VEC_INLINE vec vec_where_positive(vec y, vec a)
{
    return (vec){{vec_four_positive(y.val[0], a.val[0]),
                  vec_four_positive(y.val[1], a.val[1])}};
}
VEC_INLINE uint32x4_t vec_four_beat(float32x4_t a, float32x4_t b)
{
    return vornq_u32(vcgtq_f32(a, b), vceqq_f32(a, a));
}
VEC_INLINE vec_mask vec_beats(vec a, vec b)
{
    return (vec_mask){
        {vec_four_beat(a.val[0], b.val[0]), vec_four_beat(a.val[1], b.val[1])}};
}
VEC_INLINE vec vec_choose(vec_mask m, vec yes, vec no)
{
    return (vec){{vbslq_f32(m.val[0], yes.val[0], no.val[0]),
                  vbslq_f32(m.val[1], yes.val[1], no.val[1])}};
}
VEC_INLINE vec_half vec_lower(vec a)
{
    return (vec_half){
        {vcvt_f64_f32(vget_low_f32(a.val[0])), vcvt_high_f64_f32(a.val[0])}};
}
VEC_INLINE vec_half vec_upper(vec a)
{
    return (vec_half){
        {vcvt_f64_f32(vget_low_f32(a.val[1])), vcvt_high_f64_f32(a.val[1])}};
}
VEC_INLINE void vec_half_store_real(float *p, vec_half a)
{
    vst1q_f32(p, vcvt_high_f32_f64(vcvt_f32_f64(a.val[0]), a.val[1]));
}
VEC_INLINE vec_half vec_half_load(const double *p)
{
    return (vec_half){{vld1q_f64(p), vld1q_f64(p + 2)}};
}
VEC_INLINE void vec_half_store(double *p, vec_half a)
{
    vst1q_f64(p, a.val[0]);
    vst1q_f64(p + 2, a.val[1]);
}
VEC_INLINE vec_half vec_half_set(double a)
{
    return (vec_half){{vdupq_n_f64(a), vdupq_n_f64(a)}};
}
VEC_INLINE vec_half vec_half_add(vec_half a, vec_half b)
{
    return (vec_half){
        {vaddq_f64(a.val[0], b.val[0]), vaddq_f64(a.val[1], b.val[1])}};
}
VEC_INLINE vec_half vec_half_sub(vec_half a, vec_half b)
{
    return (vec_half){
        {vsubq_f64(a.val[0], b.val[0]), vsubq_f64(a.val[1], b.val[1])}};
}
VEC_INLINE vec_half vec_half_div(vec_half a, vec_half b)
{
    return (vec_half){
        {vdivq_f64(a.val[0], b.val[0]), vdivq_f64(a.val[1], b.val[1])}};
}
VEC_INLINE vec_half vec_half_fma(vec_half a, vec_half b, vec_half c)
{
    return (vec_half){{vfmaq_f64(c.val[0], a.val[0], b.val[0]),
                       vfmaq_f64(c.val[1], a.val[1], b.val[1])}};
}

#else

enum { VEC = 8, VEC_HALF = 4 };
typedef struct {
    float at[VEC];
} vec;
typedef struct {
    double at[VEC_HALF];
} vec_half;
typedef struct {
    uint8_t at[VEC];
} vec_mask;

    /* One function of a, b, c: `expr` for every lane i. */
    #define VEC_EACH(type, n, expr)                                            \
        type r;                                                                \
        for (int i = 0; i < (n); i++)                                          \
            r.at[i] = (expr);                                                  \
        return r

VEC_INLINE vec vec_load(const float *p)
{
    VEC_EACH(vec, VEC, p[i]);
}
VEC_INLINE void vec_store(float *p, vec a)
{
    for (int i = 0; i < VEC; i++)
        p[i] = a.at[i];
}
VEC_INLINE vec vec_set(float a)
{
    VEC_EACH(vec, VEC, a);
}
VEC_INLINE vec vec_fma(vec a, vec b, vec c)
{
    VEC_EACH(vec, VEC, fmaf(a.at[i], b.at[i], c.at[i]));
}
VEC_INLINE vec vec_add(vec a, vec b)
{
    VEC_EACH(vec, VEC, a.at[i] + b.at[i]);
}
VEC_INLINE vec vec_sub(vec a, vec b)
{
    VEC_EACH(vec, VEC, a.at[i] - b.at[i]);
}
VEC_INLINE vec vec_mul(vec a, vec b)
{
    VEC_EACH(vec, VEC, a.at[i] * b.at[i]);
}
VEC_INLINE vec vec_div(vec a, vec b)
{
    VEC_EACH(vec, VEC, a.at[i] / b.at[i]);
}
VEC_INLINE vec vec_relu(vec a)
{
    VEC_EACH(vec, VEC, a.at[i] < 0 ? 0 : a.at[i]);
}
VEC_INLINE vec vec_where_positive(vec y, vec a)
{
    VEC_EACH(vec, VEC, y.at[i] > 0 ? a.at[i] : 0);
}
VEC_INLINE vec_mask vec_beats(vec a, vec b)
{
    VEC_EACH(vec_mask, VEC, a.at[i] > b.at[i] || isnan(a.at[i]));
}
VEC_INLINE vec vec_choose(vec_mask m, vec yes, vec no)
{
    VEC_EACH(vec, VEC, m.at[i] ? yes.at[i] : no.at[i]);
}
VEC_INLINE vec_half vec_lower(vec a)
{
    VEC_EACH(vec_half, VEC_HALF, (double)a.at[i]);
}
VEC_INLINE vec_half vec_upper(vec a)
{
    VEC_EACH(vec_half, VEC_HALF, (double)a.at[VEC_HALF + i]);
}
VEC_INLINE void vec_half_store_real(float *p, vec_half a)
{
    for (int i = 0; i < VEC_HALF; i++)
        p[i] = (float)a.at[i];
}
VEC_INLINE vec_half vec_half_load(const double *p)
{
    VEC_EACH(vec_half, VEC_HALF, p[i]);
}
VEC_INLINE void vec_half_store(double *p, vec_half a)
{
    for (int i = 0; i < VEC_HALF; i++)
        p[i] = a.at[i];
}
VEC_INLINE vec_half vec_half_set(double a)
{
    VEC_EACH(vec_half, VEC_HALF, a);
}
VEC_INLINE vec_half vec_half_add(vec_half a, vec_half b)
{
    VEC_EACH(vec_half, VEC_HALF, a.at[i] + b.at[i]);
}
VEC_INLINE vec_half vec_half_sub(vec_half a, vec_half b)
{
    VEC_EACH(vec_half, VEC_HALF, a.at[i] - b.at[i]);
}
VEC_INLINE vec_half vec_half_div(vec_half a, vec_half b)
{
    VEC_EACH(vec_half, VEC_HALF, a.at[i] / b.at[i]);
}
VEC_INLINE vec_half vec_half_fma(vec_half a, vec_half b, vec_half c)
{
    VEC_EACH(vec_half, VEC_HALF, fma(a.at[i], b.at[i], c.at[i]));
}

#endif

#endif
