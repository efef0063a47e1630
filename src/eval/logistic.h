#ifndef EVAL_LOGISTIC_H
#define EVAL_LOGISTIC_H

#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

/* L2-regularised logistic regression, solved to its unique optimum:
 *     F(w, b) = 1/2 sum_k |w_k|^2 + C sum_i loss_i,
 * intercepts b without penalty. Two classes: one weight vector (class 1 is
 * the positive one), log loss. K >= 3 classes: the full softmax with K weight
 * vectors; at the optimum sum_k w_k = 0, intercepts are given centred.
 *
 * When n < p the rows are brought once to X = L Q (Householder, blocked), so
 * that fits work on the triangle L; the leading singular directions are found
 * once too, for a preconditioner. Every C, every fold and every label vector
 * shares that. Each fit is Newton's method with conjugate gradients (Nocedal
 * and Wright 2006, algorithm 7.1) and a line search. All sums have a written
 * order, so the bits do not depend on threads or instruction set. */

struct logistic; /* opaque: the rows in their basis */

/* x [n][p], standardised by the caller, not kept. team may be NULL (one
 * thread); it is used by the fits too, so it must outlive the handle, and fits
 * that share a team must not overlap. ERR_NUMERIC: a value is not finite
 * (names row and column); ERR_DATA: n or p is 0; ERR_MEM. Any rank. */
status logistic_prepare(const double *x,
                        uint32_t n,
                        uint32_t p,
                        struct team *team,
                        struct logistic **out);
void logistic_free(struct logistic *l);

struct logistic_model {
    uint32_t p;
    uint32_t classes;  /* K */
    uint32_t columns;  /* 1 for two classes, else K */
    double *coef;      /* [columns][p] */
    double *intercept; /* [columns] */
    double c;
    double loss_sum;  /* F / C: sum of losses + |w|^2 / (2 C) */
    double grad_norm; /* 2-norm of the gradient of F (w and b) */
    double grad_rel;  /* grad_norm / |w| (C |X' residual| if larger) */
    uint32_t newton;  /* Newton steps */
    uint32_t passes;  /* products with the matrix and its transpose */
};

/* What to fit. Zero-initialise, then set. */
struct logistic_task {
    const int32_t *y;     /* [n] of the prepared rows: 0 .. classes-1 */
    uint32_t classes;     /* >= 2; every class must occur in the rows used */
    double c;             /* > 0 */
    const uint32_t *rows; /* a subset (a fold); NULL: all n rows */
    uint32_t n_rows;
    /* Where to start, same p and classes; NULL: zero. The result depends on
     * it in its last bits only (relative gradient <= 1e-10 either way), so
     * choose it by a rule that does not look at workers or time. */
    const struct logistic_model *warm;
};

/* *out is the caller's. Relative gradient norm <= 1e-10, else ERR_NUMERIC.
 * ERR_DATA: fewer than two classes, a class without rows, a label out of
 * range, C not positive and finite. Any rank. */
status logistic_fit(const struct logistic *l,
                    const struct logistic_task *task,
                    struct logistic_model **out);
void logistic_model_free(struct logistic_model *m);

/* x [n][p] in the coordinates of logistic_prepare. decision [n][columns]:
 * X w + b. proba [n][classes]: logistic or softmax; rows sum to 1. */
void logistic_decision(const struct logistic_model *m,
                       const double *x,
                       uint32_t n,
                       double *decision);
void logistic_proba(const struct logistic_model *m,
                    const double *x,
                    uint32_t n,
                    double *proba);
/* Class of a row of decisions: two classes z > 0; else the first largest. */
int32_t logistic_class(const struct logistic_model *m, const double *decision);

#endif
