/* The line search of Newton's method. Decisions are linear in the weights, so a
 * trial step costs no product with the matrix. */
#include <string.h>

#include "eval/newton.h"
#include "eval/softmax.h"

enum { HALVINGS = 40, TRIALS = 12 };
static const double ARMIJO = 1e-4;
static const double SLACK = 1e-13;  /* of the objective: its rounding */
static const double NEAR = 1e-4;    /* relative gradient: full steps do */
static const double FLAT = 0.05;    /* slope left by the line search */
static const double LONGEST = 64.0; /* step of the line search */

static double loss_at(const struct newton *f, double t)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < f->rows.n; i++)
        sum += softmax_loss(f, i, t);
    return sum;
}

/* The objective along the step: w + t step. */
struct line {
    double ww, ws, ss; /* of the penalised weights */
    double now;        /* objective at t = 0, and its rounding */
};

static double value_at(const struct newton *f, const struct line *l, double t)
{
    return 0.5 * (l->ww + 2.0 * t * l->ws + t * t * l->ss) +
           f->c * loss_at(f, t);
}

static double
slope_at(const struct newton *f, const struct line *l, double t, double *bend)
{
    double slope = 0.0;
    double curve = 0.0;

    for (uint32_t i = 0; i < f->rows.n; i++)
        softmax_slope(f, i, t, &slope, &curve);
    *bend = l->ss + f->c * curve;
    return l->ws + t * l->ss + f->c * slope;
}

/* A t near the minimum along the step: Newton's method on the slope, which
 * grows with t, inside a bracket. Far from the optimum a full step is often
 * many times too short, since losses fall off exponentially. */
static double
exact_step(const struct newton *f, const struct line *l, double first)
{
    double lo = 0.0;
    double hi = LONGEST;
    double t = 1.0;
    double bend;

    for (int trial = 0; trial < TRIALS; trial++) {
        double slope = slope_at(f, l, t, &bend);
        double next = t - slope / bend;

        if (__builtin_fabs(slope) <= FLAT * __builtin_fabs(first))
            break;
        lo = slope < 0.0 ? t : lo;
        hi = slope < 0.0 ? hi : t;
        if (!(next > lo && next < hi))
            next = hi == LONGEST ? 4.0 * t : 0.5 * (lo + hi);
        t = next < LONGEST ? next : LONGEST;
    }
    return t;
}

/* w and all that newton_evaluate fills := those at w + t step. */
static status step_by(struct newton *f, double t)
{
    f->rows.ops->axpy(t, f->step, f->w, f->n_w);
    return newton_evaluate(f);
}

/* The first t nearly always does, and its objective comes with the evaluation
 * that follows anyway. */
static status try_first(struct newton *f, double t, double bound, bool *found)
{
    status st;

    memcpy(f->res, f->w, f->n_w * sizeof *f->w);
    st = step_by(f, t);
    *found = st == OK && 0.5 * f->norm_w * f->norm_w + f->c * f->loss <= bound;
    if (*found || (st != OK && st != ERR_NUMERIC))
        return st;
    memcpy(f->w, f->res, f->n_w * sizeof *f->w);
    return newton_evaluate(f);
}

status newton_line_search(struct newton *f, bool *found)
{
    status st = OK;
    double slope = f->rows.ops->dot(f->grad, f->step, f->n_w);
    struct line l = {.ww = f->norm_w * f->norm_w,
                     .ws = newton_dot_penalised(f, f->w, f->step),
                     .ss = newton_dot_penalised(f, f->step, f->step)};
    double t = f->grad_rel > NEAR ? exact_step(f, &l, slope) : 1.0;

    l.now = (0.5 * l.ww + f->c * f->loss) * (1.0 + SLACK);
    TRY(try_first(f, t, l.now + ARMIJO * t * slope, found));
    for (int h = 0; !*found && h < HALVINGS; h++) {
        *found = value_at(f, &l, t) <= l.now + ARMIJO * t * slope;
        if (*found)
            TRY(step_by(f, t));
        t *= 0.5;
    }
out:
    return st;
}
