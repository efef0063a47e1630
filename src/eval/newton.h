#ifndef EVAL_NEWTON_H
#define EVAL_NEWTON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "eval/basis.h"
#include "eval/pass.h"

/* The optimum of the regularised logistic or softmax loss for some rows of a
 * basis. Weights are kept as panels [panels][m][width], row 0 the intercepts
 * (not penalised); unused columns are zero. Two classes have one column, panels
 * of width 1. Internal to eval/. */
struct newton {
    const struct basis *basis; /* axes for the preconditioner */
    struct pass_rows rows;
    const double *const *au; /* [n] the rows in the axes, [r] */
    const double *tail;      /* [n] squared length outside them */
    const int32_t *y;        /* [n] */
    const double *weight;    /* [n] of the rows' losses */
    uint32_t classes;
    uint32_t panels;
    double c;
    double goal; /* relative gradient to reach */

    size_t n_w;     /* panels m width, padded (pass.h) */
    size_t n_z;     /* panels n width */
    double *w;      /* weights: in the start, out the optimum */
    double *memory; /* all below */
    double *grad, *step, *res, *pre, *dir, *hess; /* [n_w] */
    double *z, *zdir, *zstep, *prob, *work;       /* [n_z] */
    double *loss_of;                              /* [n] */
    double *bend, *in_axes;                       /* [panels][r][width] */
    double *ease_rest, *ease_free;                /* [panels][width] */
    double *partial;

    double loss;   /* sum over rows */
    double norm_w; /* 2-norm of the penalised weights */
    double grad_norm, grad_rel;
    uint32_t steps, passes;
};

/* Memory for rows, classes as set; w is zero. ERR_MEM. */
status newton_new(struct newton *f);
void newton_free(struct newton *f);
/* At w: z, prob, work, loss and norm_w; grad := A' work, the gradient of the
 * sum of losses. */
status newton_pass(struct newton *f);
/* newton_pass, then grad, grad_norm and grad_rel of the objective F.
 * ERR_NUMERIC: not finite. */
status newton_evaluate(struct newton *f);
/* Adds a multiple of step, whose decisions are zstep, to w and evaluates there;
 * not *found: not even a tiny one helps, and w is what it was. After
 * newton_evaluate; res is overwritten. ERR_NUMERIC: not finite. */
status newton_line_search(struct newton *f, bool *found);
/* Sum of x y [n_w] over the penalised weights. */
double
newton_dot_penalised(const struct newton *f, const double *x, const double *y);
/* ERR_NUMERIC: relative gradient above the goal when nothing helps any more. */
status newton_solve(struct newton *f);

/* Index of class k of row i in z; of weight j of class k in w, j = 0 the
 * intercept. */
static inline size_t newton_z(const struct newton *f, size_t i, size_t k)
{
    if (f->rows.width == 1)
        return i;
    return ((k / MAT_WIDTH) * f->rows.n + i) * MAT_WIDTH + k % MAT_WIDTH;
}
static inline size_t newton_w(const struct newton *f, size_t j, size_t k)
{
    if (f->rows.width == 1)
        return j;
    return ((k / MAT_WIDTH) * f->rows.m + j) * MAT_WIDTH + k % MAT_WIDTH;
}

#endif
