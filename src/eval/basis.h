#ifndef EVAL_BASIS_H
#define EVAL_BASIS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "eval/mat.h"

/* The rows of X [n][p] in an orthonormal basis of their space in which
 * X' X is diagonal to rounding: A = X Q V [n][q], q = min(n, p). A weight
 * vector of the same length and the same decisions is w = Q V v. Q is the
 * identity for n >= p, else a product of n Householder reflectors. */
struct basis {
    const struct mat_ops *ops;
    struct team *team; /* not owned, may be NULL */
    uint32_t n, p, q;
    uint32_t lda;  /* q + 1: the last column of a is 1, for the intercept */
    bool wide;     /* n < p */
    double *a;     /* [n][q + 1] */
    double *vt;    /* [q][q] row j: new axis j in Q's coordinates */
    double *house; /* [n][p] reflector i from column i on; NULL if !wide */
    double *beta;  /* [n] */
};

/* ERR_NUMERIC, ERR_DATA, ERR_MEM as logistic_prepare. Any rank. */
status basis_make(const double *x,
                  uint32_t n,
                  uint32_t p,
                  struct team *team,
                  struct basis *out);
void basis_clear(struct basis *b);

/* w [p] := Q V v, v [q]. */
void basis_to_full(const struct basis *b, const double *v, double *w);
/* v [q] := V' Q' w; w [p] is destroyed. */
void basis_from_full(const struct basis *b, double *w, double *v);

#endif
