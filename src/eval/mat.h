#ifndef EVAL_MAT_H
#define EVAL_MAT_H

#include <stddef.h>

/* The few products of the linear models, each with a written order of
 * additions; one source compiled for several instruction sets, all with the
 * same bits (lanes are elements of the result). A panel is a matrix of
 * MAT_WIDTH columns stored by rows, [rows][8]; a matrix is an array of
 * pointers to its rows, so that a subset of rows needs no copy. */
enum { MAT_WIDTH = 8 };

struct mat_ops {
    const char *name;
    /* z [n][8] := a [n][k] b [k][8]; chain of fused multiply-adds over k
     * ascending from +0. */
    void (*forward)(
        const double *const *a, size_t n, size_t k, const double *b, double *z);
    /* g [k][8] += a' r, a [n][k], r [n][8]; the same chain over n ascending
     * from g. */
    void (*backward)(
        const double *const *a, size_t n, size_t k, const double *r, double *g);
    /* The same with the (rounded) squares of a. */
    void (*backward_sq)(
        const double *const *a, size_t n, size_t k, const double *r, double *g);
    /* The same for one column, z [n], r [n], g [k]. forward1: lane j mod 8 is a
     * chain of fused multiply-adds over j ascending from +0; then lanes l and
     * l+4, l+2, l+1 are added. */
    void (*forward1)(
        const double *const *a, size_t n, size_t k, const double *b, double *z);
    void (*backward1)(
        const double *const *a, size_t n, size_t k, const double *r, double *g);
    void (*backward1_sq)(
        const double *const *a, size_t n, size_t k, const double *r, double *g);
    /* y [len] -= sum over j of w[j] v_j [len], j < k ascending, fused, for
     * `n` rows y with weights w [n][k]. */
    void (*update)(double *const *y,
                   size_t n,
                   size_t len,
                   const double *const *v,
                   size_t k,
                   const double *w);
    /* Sum of x[i] y[i]: lane i mod 32, lanes ascending; then lanes l and l+16,
     * l+8, l+4, l+2, l+1 are added. Products are rounded. */
    double (*dot)(const double *x, const double *y, size_t n);
    /* y := y + a x, products rounded. */
    void (*axpy)(double a, const double *x, double *y, size_t n);
};

/* forward and backward for panels of `width` columns: MAT_WIDTH or 1. */
static inline void mat_forward(const struct mat_ops *o,
                               size_t width,
                               const double *const *a,
                               size_t n,
                               size_t k,
                               const double *b,
                               double *z)
{
    (width == 1 ? o->forward1 : o->forward)(a, n, k, b, z);
}
static inline void mat_backward(const struct mat_ops *o,
                                size_t width,
                                const double *const *a,
                                size_t n,
                                size_t k,
                                const double *r,
                                double *g)
{
    (width == 1 ? o->backward1 : o->backward)(a, n, k, r, g);
}

/* The best table for this machine. Level 0 is plain C, 1 AVX2, 2 AVX-512 (x86
 * only); NULL when this machine cannot run it. */
const struct mat_ops *mat_ops(void);
const struct mat_ops *mat_ops_level(int level);

#endif
