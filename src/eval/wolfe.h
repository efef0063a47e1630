#ifndef EVAL_WOLFE_H
#define EVAL_WOLFE_H

#include <stdbool.h>

/* The line search of Moré and Thuente (1994): a step t > 0 along a descent
 * direction with sufficient decrease, f(t) <= f(0) + 1e-3 t f'(0), and small
 * slope, |f'(t)| <= 0.9 |f'(0)|; an interval shorter than a tenth of its upper
 * end is good enough. The constants are those L-BFGS-B gives it. Internal to
 * eval/. */
struct wolfe_end {
    double t, f, slope;
};

struct wolfe {
    double t; /* to try next, then the step taken */
    /* the rest is the search's own */
    double f0, slope0;
    struct wolfe_end best, other; /* ends of the interval */
    double lo, hi;                /* for t */
    double width, width_before;
    bool bracketed;
    bool decreased; /* the modified function is no longer needed */
};

/* t: the first step to try. slope < 0. */
void wolfe_start(struct wolfe *s, double f, double slope, double t);
/* Value and slope at s->t. False: s->t is accepted; true: try the new s->t. */
bool wolfe_next(struct wolfe *s, double f, double slope);

#endif
