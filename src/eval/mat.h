#ifndef EVAL_MAT_H
#define EVAL_MAT_H

#include <stddef.h>

/* The few products of the linear models, each with a written order of
 * additions; one source compiled for several instruction sets, all with the
 * same bits (no fused operations, lanes are elements of the result). A panel
 * is a matrix of MAT_WIDTH columns stored by rows, [rows][8]. */
enum { MAT_WIDTH = 8 };

struct mat_ops {
    const char *name;
    /* z [n][8] := a [n][k] b [k][8]; chain over k ascending from 0. */
    void (*forward)(const double *a,
                    size_t lda,
                    size_t n,
                    size_t k,
                    const double *b,
                    double *z);
    /* g [k][8] += a' r, a [n][k], r [n][8]; chain over n ascending. */
    void (*backward)(const double *a,
                     size_t lda,
                     size_t n,
                     size_t k,
                     const double *r,
                     double *g);
    /* The same with the squares of a. */
    void (*backward_sq)(const double *a,
                        size_t lda,
                        size_t n,
                        size_t k,
                        const double *r,
                        double *g);
    /* The same for one column: g [k] += a' r, r [n]; and with squares. */
    void (*backward1)(const double *a,
                      size_t lda,
                      size_t n,
                      size_t k,
                      const double *r,
                      double *g);
    void (*backward1_sq)(const double *a,
                         size_t lda,
                         size_t n,
                         size_t k,
                         const double *r,
                         double *g);
    /* Sum of x[i] y[i]: lane i mod 32, lanes ascending; then lanes l and l+16,
     * l+8, l+4, l+2, l+1 are added. */
    double (*dot)(const double *x, const double *y, size_t n);
    /* y := y + a x. */
    void (*axpy)(double a, const double *x, double *y, size_t n);
    /* y := (y + a x) + b z. */
    void (*axpy2)(double a,
                  const double *x,
                  double b,
                  const double *z,
                  double *y,
                  size_t n);
    /* Plane rotation of rows: (x, y) := (c x + s y, c y - s x). */
    void (*rotate)(double c, double s, double *x, double *y, size_t n);
};

/* The best table for this machine. Level 0 is plain C, 1 AVX2, 2 AVX-512 (x86
 * only); NULL when this machine cannot run it. */
const struct mat_ops *mat_ops(void);
const struct mat_ops *mat_ops_level(int level);

#endif
