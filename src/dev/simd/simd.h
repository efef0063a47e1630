#ifndef DEV_SIMD_SIMD_H
#define DEV_SIMD_SIMD_H

/* The fast backend is built once per instruction set: SIMD_TAG ends its names
 * (c, avx2, avx512, neon), SIMD_NEXT is the table for channel blocks narrower
 * than a vector: avx512 -> avx2 -> ref, neon -> ref. */
#include <string.h>

#include "dev/arith.h"
#include "dev/backend.h"
#include "dev/plan.h"
#include "dev/simd/vec.h"

#define SIMD_PASTE_(a, b) a##_##b
#define SIMD_PASTE(a, b)  SIMD_PASTE_(a, b)
#define SIMD(name)        SIMD_PASTE(simd_##name, SIMD_TAG)

/* Rows of a tile with one and with two vectors a row: as many accumulators as
 * the vector registers hold, as many addresses as the others hold. */
#if defined(__AVX512F__)
enum { ROWS_ONE = 12, ROWS_TWO = 8 };
#elif defined(__AVX2__) || defined(SIMD_NEON)
enum { ROWS_ONE = 8, ROWS_TWO = 6 };
#else
enum { ROWS_ONE = 4, ROWS_TWO = 4 };
#endif
enum { ROWS_MAX = 12 };

/* Two vectors a row where a block holds them: tiles are wide as this. */
VEC_INLINE int tile_vecs(int32_t lanes)
{
    return lanes >= 2 * VEC ? 2 : 1;
}

/* Memory of a channel block, and how many of its lanes carry data. */
VEC_INLINE float *block_at(const struct tensor *t, int32_t block)
{
    return (float *)t->data + (size_t)block * shape_plane(t->shape) *
                                  (size_t)shape_block(t->shape.c);
}
VEC_INLINE int32_t block_count(int32_t c)
{
    return (c + shape_block(c) - 1) / shape_block(c);
}
VEC_INLINE int32_t block_used(int32_t c, int32_t block)
{
    int32_t left = c - block * shape_block(c);
    return left < shape_block(c) ? left : shape_block(c);
}

/* conv_plan.c */
status SIMD(conv_plan)(struct dev *d,
                       const struct conv_desc *desc,
                       struct plan **out);
void SIMD(conv_plan_free)(struct plan *p);
void SIMD(conv_turn)(const struct plan *p, const void *w, void *w_back);
/* conv_rows.c */
void SIMD(conv_fwd)(const struct plan *p,
                    const struct tensor *x,
                    const void *w,
                    const void *bias,
                    const struct tensor *y);
void SIMD(conv_bwd_x)(const struct plan *p,
                      const struct tensor *dy,
                      const void *w_back,
                      const struct tensor *dx);
/* conv_weights.c */
void SIMD(conv_bwd_w)(const struct plan *p,
                      const struct tensor *x,
                      const struct tensor *dy,
                      const struct weight_part *part,
                      void *dw);
void SIMD(bias_bwd)(struct dev *d, const struct tensor *dy, void *dbias);
/* conv_stem.c: one input channel */
void SIMD(stem_fwd)(const struct plan *p,
                    const struct tensor *x,
                    const float *w,
                    const struct tensor *y);
void SIMD(stem_bwd_w)(const struct plan *p,
                      const struct tensor *x,
                      const struct tensor *dy,
                      float *dw);

/* norm.c */
void SIMD(norm_sums)(struct dev *d,
                     const struct tensor *x,
                     int32_t views,
                     double *sums);
void SIMD(norm_apply)(struct dev *d,
                      const struct tensor *x,
                      int32_t views,
                      const struct norm_fwd *coef,
                      const struct tensor *add,
                      bool relu,
                      const struct tensor *y);
void SIMD(norm_bwd_sums)(struct dev *d,
                         const struct tensor *x,
                         const struct tensor *y,
                         int32_t views,
                         const struct norm_fwd *coef,
                         const struct tensor *dy,
                         double *sums);
void SIMD(norm_bwd_apply)(struct dev *d,
                          const struct tensor *x,
                          const struct tensor *g,
                          int32_t views,
                          const struct norm_bwd *coef,
                          const struct tensor *dx);

/* pool.c */
void SIMD(pool_fwd)(struct dev *d,
                    const struct tensor *x,
                    int32_t k,
                    int32_t stride,
                    int32_t pad,
                    const struct tensor *y,
                    uint8_t *which);
void SIMD(pool_bwd)(struct dev *d,
                    const struct tensor *dy,
                    const uint8_t *which,
                    int32_t k,
                    int32_t stride,
                    int32_t pad,
                    const struct tensor *dx);
void SIMD(mean_fwd)(struct dev *d,
                    const struct tensor *x,
                    const struct tensor *y);
void SIMD(mean_bwd)(struct dev *d,
                    const struct tensor *dy,
                    const struct tensor *dx);

/* prelu.c */
void SIMD(prelu_fwd)(struct dev *d,
                     const struct tensor *x,
                     const void *slope,
                     const struct tensor *y);
double SIMD(prelu_bwd)(struct dev *d,
                       const struct tensor *x,
                       const void *slope,
                       const struct tensor *dy,
                       const struct tensor *dx);

/* flat.c */
void SIMD(relu_fwd)(struct dev *d,
                    const struct tensor *x,
                    const struct tensor *y);
void SIMD(relu_bwd)(struct dev *d,
                    const struct tensor *y,
                    const struct tensor *dy);
void SIMD(add)(struct dev *d,
               const struct tensor *src,
               const struct tensor *dst);
void SIMD(vec_add)(struct dev *d, void *dst, const void *src, size_t len);
void SIMD(vec_scale)(struct dev *d, void *dst, double a, size_t len);
double SIMD(vec_sumsq)(struct dev *d, const void *x, size_t len);
void SIMD(vec_lars)(struct dev *d,
                    const struct lars_desc *desc,
                    void *p,
                    const void *g,
                    void *v,
                    size_t len);
void SIMD(vec_adam)(struct dev *d,
                    const struct adam_desc *desc,
                    void *p,
                    const void *g,
                    void *m,
                    void *s,
                    size_t len);

#endif
