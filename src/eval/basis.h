#ifndef EVAL_BASIS_H
#define EVAL_BASIS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "eval/lq.h"
#include "eval/mat.h"

/* The rows of X [n][p] in an orthonormal basis of their space: A = (1, L) for
 * n < p, where X = L Q, else A = (1, X); q = min(n, p). A weight vector of the
 * same length and the same decisions is w = Q' v. Beside it the r leading
 * right singular vectors of A without its first column, by subspace iteration
 * (Halko, Martinsson and Tropp 2011, algorithm 4.4): where most of the
 * curvature lies, so that a solver can be preconditioned. Internal to
 * eval/. */
struct basis {
    const struct mat_ops *ops;
    struct team *team; /* not owned, may be NULL */
    uint32_t n, p, q;
    uint32_t m; /* q + 1; column 0 of A is 1, for the intercept */
    bool wide;  /* n < p */
    double *a;
    const double **row; /* [n], each [m] */
    uint32_t *len;      /* [n] columns of row i from len[i] on are zero */
    struct lq lq;       /* if wide */
    double *probe;      /* [BASIS_PROBES][q] some columns of Q, if wide */
    const double **probe_row;
    uint32_t r; /* at most BASIS_AXES, and q */
    double *u;  /* [q][r] orthonormal columns (or zero ones) */
    const double **u_row;
    double *axis; /* its transpose for columns of weights: [r], each [m] and on
                   * to whole lines, zero there and in the intercept's place */
    const double **axis_row;
    double *au; /* [n][r] */
    const double **au_row;
    double *tail; /* [n] squared length of row i outside the axes */
};

enum { BASIS_AXES_LEAST = 32, BASIS_AXES = 128, BASIS_PROBES = 64 };

/* ERR_NUMERIC, ERR_DATA, ERR_MEM as logistic_prepare. Any rank. */
status basis_make(const double *x,
                  uint32_t n,
                  uint32_t p,
                  struct team *team,
                  struct basis *out);
void basis_clear(struct basis *b);

/* Panels of weight vectors in place, [p][width], eight or one: (v; 0) to
 * w = Q' v and back, v = Q w. scratch [2 LQ_BLOCK][width]. */
void basis_to_full(const struct basis *b,
                   size_t width,
                   double *panel,
                   double *scratch);
/* BASIS_PROBES of the elements that basis_to_full would give v [q][width]:
 * out [BASIS_PROBES][width]. Returns false, and none, if there are no cheaper
 * ones than all. */
bool basis_some_full(const struct basis *b,
                     size_t width,
                     const double *v,
                     double *out);
void basis_from_full(const struct basis *b,
                     size_t width,
                     double *panel,
                     double *scratch);

#endif
