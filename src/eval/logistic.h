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

/* Where a fit ends. scikit-learn's lbfgs solver is reproduced step by step
 * with the study's settings (tol 1e-4, 1000 iterations, from zero), because
 * it stops before the optimum: up to release 1.3 on the largest component of
 * the gradient of sum of losses + |w|^2 / (2 C), from 1.4 on of that divided
 * by the sum of the rows' weights, so n times earlier. */
enum logistic_rule {
    LOGISTIC_EXACT,       /* the optimum */
    LOGISTIC_SKLEARN_1_3, /* 1.3 and before */
    LOGISTIC_SKLEARN_1_4  /* 1.4 and later */
};

enum logistic_end {
    LOGISTIC_OPTIMUM,  /* relative gradient <= 1e-10 */
    LOGISTIC_GRADIENT, /* the rule's tolerance, or goal, of the gradient */
    LOGISTIC_DECREASE, /* the objective hardly fell any more */
    LOGISTIC_LIMIT,    /* too many iterations (scikit-learn warns) */
    LOGISTIC_STUCK     /* no line search helped (scikit-learn warns) */
};
/* "optimum", "gradient", "decrease", "limit", "stuck". */
const char *logistic_end_name(enum logistic_end end);

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
    double loss_sum;  /* F / C: weighted sum of losses + |w|^2 / (2 C) */
    double grad_norm; /* 2-norm of the gradient of F (w and b) */
    double grad_rel;  /* grad_norm / |w| (C |X' residual| if larger) */
    enum logistic_end end;
    uint32_t steps;  /* Newton steps, or iterations of L-BFGS */
    uint32_t passes; /* products with the matrix and its transpose */
};

/* What to fit. Zero-initialise, then set. */
struct logistic_task {
    const int32_t *y;     /* [n] of the prepared rows: 0 .. classes-1 */
    uint32_t classes;     /* >= 2; every class must occur in the rows used */
    double c;             /* > 0 */
    const uint32_t *rows; /* a subset (a fold); NULL: all n rows */
    uint32_t n_rows;
    enum logistic_rule rule;
    double tol;           /* of scikit-learn's rules; 0: 1e-4 */
    double goal;          /* LOGISTIC_EXACT: relative gradient; 0: 1e-10 */
    const double *weight; /* [classes] of the losses, > 0; NULL: all 1 */
    /* Where to start, same p and classes; NULL: zero. The result depends on
     * it in its last bits only (relative gradient <= 1e-10 either way), so
     * choose it by a rule that does not look at workers or time. */
    const struct logistic_model *warm;
    /* Instead of warm, LOGISTIC_EXACT only: the start is a function of the
     * rows, labels and weights, not of the fits before it. */
    struct logistic_path *path;
};

/* Warm starts along C, for many fits of the same rows, labels and weights: a
 * path of rough optima at powers of two of C, prolonged when a fit needs it,
 * and each fit begins between its neighbours. Fits that share a path must not
 * overlap. ERR_MEM. */
struct logistic_path; /* opaque */
status logistic_path_new(struct logistic_path **out);
void logistic_path_free(struct logistic_path *p);

/* *out is the caller's. LOGISTIC_EXACT: relative gradient norm <= goal, else
 * ERR_NUMERIC. ERR_DATA: fewer than two classes, a class without rows, a label
 * out of range, C or a weight not positive and finite. Any rank. */
status logistic_fit(const struct logistic *l,
                    const struct logistic_task *task,
                    struct logistic_model **out);
void logistic_model_free(struct logistic_model *m);

/* weight [classes] := n / (classes * rows of the class), scikit-learn's
 * "balanced"; a class without rows gets 0. rows as in a task. */
void logistic_balanced(const int32_t *y,
                       const uint32_t *rows,
                       uint32_t n,
                       uint32_t classes,
                       double *weight);

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
