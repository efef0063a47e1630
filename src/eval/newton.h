#ifndef EVAL_NEWTON_H
#define EVAL_NEWTON_H

#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "eval/mat.h"

/* The optimum of the regularised logistic or softmax loss for rows a [n][m]
 * whose last column is 1 (its weights, the intercepts, are not penalised).
 * Weights are kept as panels [panels][m][width]: width 1 for two classes,
 * else 8 with unused columns zero. Internal to eval/. */
struct newton {
    const struct mat_ops *ops;
    struct team *team; /* may be NULL */
    const double *a;   /* [n][m] */
    const int32_t *y;  /* [n] */
    uint32_t n, m;
    uint32_t classes;
    uint32_t width, panels;
    double c;

    size_t n_w;     /* panels m width */
    size_t n_z;     /* panels n width */
    double *w;      /* weights: in the start, out the optimum */
    double *memory; /* all below */
    double *grad, *step, *res, *pre, *dir, *hess, *diag; /* [n_w] */
    double *z, *zdir, *zstep, *prob, *work;              /* [n_z] */

    double loss;   /* sum over rows */
    double norm_w; /* 2-norm of the penalised weights */
    double grad_norm, grad_rel;
    uint32_t steps, passes;
};

/* Memory for n, m, classes as set; w is zero. ERR_MEM. */
status newton_new(struct newton *f);
void newton_free(struct newton *f);
/* ERR_NUMERIC: relative gradient above 1e-10 when nothing helps any more. */
status newton_solve(struct newton *f);

/* Index of class k of row i in z, of weight j of class k in w. */
static inline size_t newton_z(const struct newton *f, size_t i, size_t k)
{
    return ((k / f->width) * f->n + i) * f->width + k % f->width;
}
static inline size_t newton_w(const struct newton *f, size_t j, size_t k)
{
    return ((k / f->width) * f->m + j) * f->width + k % f->width;
}

#endif
