#ifndef DEV_REF_REF_H
#define DEV_REF_REF_H

/* lint: part of a file (needs REF_REAL and REF_TAG).
 * The reference backend is built several times from one source: REF_REAL is
 * its element type (float, double), REF_TAG the end of its names. */
#include <math.h>
#include <string.h>

#include "dev/arith.h"
#include "dev/backend.h"
#include "dev/plan.h"

#define REF_PASTE_(a, b) a##_##b
#define REF_PASTE(a, b)  REF_PASTE_(a, b)
#define REF(name)        REF_PASTE(ref_##name, REF_TAG)

typedef REF_REAL real;

/* One rounding, in `real`. */
static inline real real_fma(real a, real b, real c)
{
    return _Generic(a, float : fmaf, double : fma)(a, b, c);
}

static inline real real_sqrt(real a)
{
    return _Generic(a, float : sqrtf, double : sqrt)(a);
}

/* Element of an activation tensor, a row's place in memory being
 * (sample, voxel). */
static inline real *
at(const struct tensor *t, int32_t sample, int32_t c, size_t voxel)
{
    return (real *)t->data + shape_at(t->shape, sample, c, voxel);
}

/* conv.c */
status REF(conv_plan)(struct dev *d,
                      const struct conv_desc *desc,
                      struct plan **out);
void REF(conv_plan_free)(struct plan *p);
void REF(conv_turn)(const struct plan *p, const void *w, void *w_back);
void REF(conv_fwd)(const struct plan *p,
                   const struct tensor *x,
                   const void *w,
                   const void *bias,
                   const struct tensor *y);
void REF(conv_bwd_x)(const struct plan *p,
                     const struct tensor *dy,
                     const void *w_back,
                     const struct tensor *dx);
void REF(conv_bwd_w)(const struct plan *p,
                     const struct tensor *x,
                     const struct tensor *dy,
                     const struct weight_part *part,
                     void *dw);
void REF(bias_bwd)(struct dev *d, const struct tensor *dy, void *dbias);

/* norm.c */
void REF(norm_sums)(struct dev *d,
                    const struct tensor *x,
                    int32_t views,
                    double *sums);
void REF(norm_apply)(struct dev *d,
                     const struct tensor *x,
                     int32_t views,
                     const struct norm_fwd *coef,
                     const struct tensor *add,
                     bool relu,
                     const struct tensor *y);
void REF(norm_bwd_sums)(struct dev *d,
                        const struct tensor *x,
                        const struct tensor *y,
                        int32_t views,
                        const struct norm_fwd *coef,
                        const struct tensor *dy,
                        double *sums);
void REF(norm_bwd_apply)(struct dev *d,
                         const struct tensor *x,
                         const struct tensor *g,
                         int32_t views,
                         const struct norm_bwd *coef,
                         const struct tensor *dx);

/* pool.c */
void REF(pool_fwd)(struct dev *d,
                   const struct tensor *x,
                   int32_t k,
                   int32_t stride,
                   int32_t pad,
                   const struct tensor *y,
                   uint8_t *which);
void REF(pool_bwd)(struct dev *d,
                   const struct tensor *dy,
                   const uint8_t *which,
                   int32_t k,
                   int32_t stride,
                   int32_t pad,
                   const struct tensor *dx);
void REF(mean_fwd)(struct dev *d,
                   const struct tensor *x,
                   const struct tensor *y);
void REF(mean_bwd)(struct dev *d,
                   const struct tensor *dy,
                   const struct tensor *dx);
void REF(subsample)(struct dev *d,
                    const struct tensor *x,
                    int32_t stride,
                    const struct tensor *y);
void REF(relu_fwd)(struct dev *d,
                   const struct tensor *x,
                   const struct tensor *y);
void REF(relu_bwd)(struct dev *d,
                   const struct tensor *y,
                   const struct tensor *dy);
void REF(prelu_fwd)(struct dev *d,
                    const struct tensor *x,
                    const void *slope,
                    const struct tensor *y);
double REF(prelu_bwd)(struct dev *d,
                      const struct tensor *x,
                      const void *slope,
                      const struct tensor *dy,
                      const struct tensor *dx);
void
    REF(add)(struct dev *d, const struct tensor *src, const struct tensor *dst);

/* move.c */
status REF(alloc)(struct dev *d, size_t bytes, void **out);
void REF(release)(struct dev *d, void *mem);
void REF(put_f32)(struct dev *d, const float *plain, const struct tensor *t);
void REF(get_f32)(struct dev *d, const struct tensor *t, float *plain);
void REF(put_f64)(struct dev *d, const double *plain, const struct tensor *t);
void REF(get_f64)(struct dev *d, const struct tensor *t, double *plain);
void REF(pack)(struct dev *d,
               int32_t o,
               int32_t c,
               int32_t k,
               const void *plain,
               void *blocked);
void REF(unpack)(struct dev *d,
                 int32_t o,
                 int32_t c,
                 int32_t k,
                 const void *blocked,
                 void *plain);

/* vec.c */
void REF(vec_add)(struct dev *d, void *dst, const void *src, size_t len);
void REF(vec_scale)(struct dev *d, void *dst, double a, size_t len);
double REF(vec_sumsq)(struct dev *d, const void *x, size_t len);
void REF(vec_lars)(struct dev *d,
                   const struct lars_desc *desc,
                   void *p,
                   const void *g,
                   void *v,
                   size_t len);
void REF(vec_adam)(struct dev *d,
                   const struct adam_desc *desc,
                   void *p,
                   const void *g,
                   void *m,
                   void *s,
                   size_t len);

#endif
