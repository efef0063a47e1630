#ifndef EVAL_LBFGS_H
#define EVAL_LBFGS_H

#include <stdint.h>

#include "base/status.h"

#include "eval/newton.h"

/* The regularised loss minimised as scikit-learn's lbfgs solver does it, by
 * the iterates of L-BFGS-B without bounds (Byrd, Lu, Nocedal and Zhu 1995;
 * Zhu et al. 1997) with ten pairs and the line search of wolfe.h, so that a
 * run that stops early stops at the same point. L-BFGS does not see rotations
 * of the features, so it works in the basis; only the largest component of the
 * gradient is taken in the features' own axes. Internal to eval/. */
struct lbfgs_rule {
    double scale;       /* of the sum of losses + |w|^2 / (2 C) */
    double gtol;        /* largest component of the scaled gradient */
    double ftol;        /* relative decrease of the scaled objective */
    uint32_t searches;  /* evaluations of a line search */
    uint32_t steps_max; /* iterations */
};

enum lbfgs_end {
    LBFGS_GRADIENT, /* gtol met */
    LBFGS_DECREASE, /* ftol met */
    LBFGS_LIMIT,    /* steps_max */
    LBFGS_STUCK     /* no line search helps */
};

/* From f->w; leaves w, loss, norms and gradients of F as newton_solve does,
 * steps := iterations. panel: room for [p + 2 LQ_BLOCK][8]. ERR_MEM,
 * ERR_NUMERIC. */
status lbfgs_solve(struct newton *f,
                   const struct lbfgs_rule *rule,
                   double *panel,
                   enum lbfgs_end *end);

#endif
