#ifndef DEV_DEV_H
#define DEV_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "dev/tensor.h"

/* The compute interface: one table of operations on the tensors of ONE shard.
 * Nothing here knows of networks, ranks or files. Backends:
 *   ref    float, plain C, the text of README.md; slow, obvious
 *   ref64  the same source with double elements, for gradient checks
 *   simd   float, same bits as ref, fast; variants avx512, avx2, neon, c
 *          chosen at run time ("simd" takes the best the machine has)
 *   cuda   later, behind this same table
 * All functions on tensors may be called from several threads at once with
 * different outputs; they allocate nothing. Pointers never overlap unless a
 * comment says so. `real` below = element type of the backend. Wrong shapes
 * are programming errors (BUG_IF). */

struct dev;  /* opaque: one backend at work */
struct plan; /* opaque: one prepared convolution, shared by shards */

/* Convolution of `in` (n samples) with o filters of k^3, stride, zero padding
 * pad on each side; out size floor((size + 2 pad - k) / stride) + 1. */
struct conv_desc {
    struct shape in;
    int32_t o, k, stride, pad;
};
struct shape conv_out_shape(const struct conv_desc *desc);

/* A part of a weight gradient: one tap, one block of output channels (number
 * `block`), input channels [c, c + channels), c a multiple of their block. Not
 * for a single input channel. */
struct weight_part {
    int32_t tap, block, c, channels;
};

/* Per-channel coefficients of a norm, doubles, rounded to real once inside. */
struct norm_fwd { /* y = fma(x - mean, scale, shift), then add, then ReLU */
    double mean, scale, shift;
};
struct norm_bwd { /* dx = scale * fma(x - mean, -k1, g - k0) */
    double mean, scale, k0, k1;
};

/* LARS of one tensor (You, Gitman, Ginsburg 2017; spec 6.7), elementwise:
 * d = adapt ? q * fma(wd, p, g) : g;  v = first ? d : fma(mom, v, keep * d);
 * p = fma(-lr, nesterov ? fma(mom, v, d) : v, p). keep is 1 - dampening; plain
 * gradient descent is q = 1. All constants rounded to real once. */
struct lars_desc {
    double lr, momentum, weight_decay, q, keep;
    bool adapt, first, nesterov;
};

/* Adam (Kingma, Ba 2015), elementwise: d = decay ? fma(wd, p, g) : g;
 * m = fma(c1, d - m, m);  s = fma(c2 * d, d, beta2 * s);
 * p = fma(-lr, m / fma(sqrt(s), root, eps), p). c1, c2 are 1 - beta1, 1 -
 * beta2; lr and root hold the corrections of the start. */
struct adam_desc {
    double lr, c1, c2, beta2, root, eps, weight_decay;
    bool decay;
};

struct dev_facts {
    const char *name;    /* "ref", "ref64", "simd" */
    const char *variant; /* "c", "avx2", "avx512", "neon" */
    enum dtype dtype;
};

struct dev_ops {
    const char *name;
    status (*alloc)(struct dev *, size_t bytes, void **out); /* zeroed */
    void (*release)(struct dev *, void *mem);

    /* Plain [n][c][d][h][w] doubles or floats <-> activation tensor. put
     * clears padding lanes. */
    void (*put_f32)(struct dev *, const float *plain, const struct tensor *t);
    void (*get_f32)(struct dev *, const struct tensor *t, float *plain);
    void (*put_f64)(struct dev *, const double *plain, const struct tensor *t);
    void (*get_f64)(struct dev *, const struct tensor *t, double *plain);
    /* Plain weights [o][c][k^3] <-> layout of tensor.h (elements of real). */
    void (*pack)(struct dev *,
                 int32_t o,
                 int32_t c,
                 int32_t k,
                 const void *plain,
                 void *blocked);
    void (*unpack)(struct dev *,
                   int32_t o,
                   int32_t c,
                   int32_t k,
                   const void *blocked,
                   void *plain);

    /* Convolution. bias [o] may be NULL. w_back is the copy for the input
     * gradient, made by conv_turn once per step: weight layout with the roles
     * of o and c exchanged, len weight_len(c, k, o). dw (weight layout) and
     * dbias [o] are overwritten with this shard's gradient, padding zero. A
     * part that is not NULL alone is written, to dw [channel][lane]: the bytes
     * it has in the whole. */
    status (*conv_plan)(struct dev *,
                        const struct conv_desc *,
                        struct plan **out);
    void (*conv_plan_free)(struct plan *);
    void (*conv_turn)(const struct plan *, const void *w, void *w_back);
    void (*conv_fwd)(const struct plan *,
                     const struct tensor *x,
                     const void *w,
                     const void *bias,
                     const struct tensor *y);
    void (*conv_bwd_x)(const struct plan *,
                       const struct tensor *dy,
                       const void *w_back,
                       const struct tensor *dx);
    void (*conv_bwd_w)(const struct plan *,
                       const struct tensor *x,
                       const struct tensor *dy,
                       const struct weight_part *part,
                       void *dw);
    void (*bias_bwd)(struct dev *, const struct tensor *dy, void *dbias);

    /* Norm. views divides n; samples [v*n/views, ...) belong to view v.
     * sums: [views][c][2] = sum x, sum x*x over the view's rows. */
    void (*norm_sums)(struct dev *,
                      const struct tensor *x,
                      int32_t views,
                      double *sums);
    /* y = x normalised with coef [views][c], plus add (or NULL), ReLU if
     * relu. y may be x or add. */
    void (*norm_apply)(struct dev *,
                       const struct tensor *x,
                       int32_t views,
                       const struct norm_fwd *coef,
                       const struct tensor *add,
                       bool relu,
                       const struct tensor *y);
    /* If y (the ReLU's output) is given, first dy := y > 0 ? dy : 0, in
     * place. Then sums [views][c][2] = sum g, sum g*(x - mean), g = dy. */
    void (*norm_bwd_sums)(struct dev *,
                          const struct tensor *x,
                          const struct tensor *y,
                          int32_t views,
                          const struct norm_fwd *coef,
                          const struct tensor *dy,
                          double *sums);
    /* dx from g; dx may be g. */
    void (*norm_bwd_apply)(struct dev *,
                           const struct tensor *x,
                           const struct tensor *g,
                           int32_t views,
                           const struct norm_bwd *coef,
                           const struct tensor *dx);

    /* Max pool k, stride, pad (-inf); which [rows * B per block] keeps the
     * winning tap (first maximum in tap order). dx is overwritten. */
    void (*pool_fwd)(struct dev *,
                     const struct tensor *x,
                     int32_t k,
                     int32_t stride,
                     int32_t pad,
                     const struct tensor *y,
                     uint8_t *which);
    void (*pool_bwd)(struct dev *,
                     const struct tensor *dy,
                     const uint8_t *which,
                     int32_t k,
                     int32_t stride,
                     int32_t pad,
                     const struct tensor *dx);
    /* Mean over voxels: x -> y with d = h = w = 1, and back. */
    void (*mean_fwd)(struct dev *,
                     const struct tensor *x,
                     const struct tensor *y);
    void (*mean_bwd)(struct dev *,
                     const struct tensor *dy,
                     const struct tensor *dx);
    /* Shortcut A: every stride-th voxel, zero channels appended; no gradient
     * (spec 5.1). */
    void (*subsample)(struct dev *,
                      const struct tensor *x,
                      int32_t stride,
                      const struct tensor *y);
    void (*relu_fwd)(struct dev *,
                     const struct tensor *x,
                     const struct tensor *y); /* y may be x */
    void (*relu_bwd)(struct dev *,
                     const struct tensor *y,
                     const struct tensor *dy); /* dy := y > 0 ? dy : 0 */
    /* PReLU with one slope (He, Zhang, Ren, Sun 2015), a real: y = x <= 0 ?
     * slope * x : x; y may be x. Back: dx = x <= 0 ? slope * dy : dy, and the
     * slope's gradient is given, the sum of x * dy where x <= 0. */
    void (*prelu_fwd)(struct dev *,
                      const struct tensor *x,
                      const void *slope,
                      const struct tensor *y);
    double (*prelu_bwd)(struct dev *,
                        const struct tensor *x,
                        const void *slope,
                        const struct tensor *dy,
                        const struct tensor *dx);
    /* dst := dst + src, whole tensor */
    void (*add)(struct dev *,
                const struct tensor *src,
                const struct tensor *dst);

    /* Flat vectors of real. */
    void (*vec_add)(struct dev *, void *dst, const void *src, size_t len);
    void (*vec_scale)(struct dev *, void *dst, double a, size_t len);
    /* Sum of squares of at most VEC_CHUNK elements, in double. */
    double (*vec_sumsq)(struct dev *, const void *x, size_t len);
    void (*vec_lars)(struct dev *,
                     const struct lars_desc *,
                     void *p,
                     const void *g,
                     void *v,
                     size_t len);
    void (*vec_adam)(struct dev *,
                     const struct adam_desc *,
                     void *p,
                     const void *g,
                     void *m,
                     void *s,
                     size_t len);
};

enum { VEC_CHUNK = 65536 };

/* Open a backend by name; variant NULL or "auto" = the best this machine has.
 * ERR_CONF for an unknown name, or a variant this machine cannot run. */
status dev_open(const char *name, const char *variant, struct dev **out);
const struct dev_ops *dev_ops(const struct dev *d);
struct dev_facts dev_facts(const struct dev *d);
void dev_close(struct dev *d);

/* Known-answer test of every kernel on this machine, some milliseconds: a
 * digest over the outputs for inputs from STREAM_PROBE. Float backends must
 * give DEV_PROBE (written down in probe.h). ERR_NUMERIC names the operation
 * that differs. Also refuses rounding modes other than to-nearest and
 * flush-to-zero. */
status dev_probe(struct dev *d, char hex[65]);

#endif
