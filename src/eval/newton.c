/* Newton's method with conjugate gradients and a line search. Decisions are
 * linear in the weights, so a trial step costs no product with the matrix. The
 * preconditioner is the Hessian as if each class had its own: exact in the
 * leading axes of the basis (their cross terms left out), one mean curvature
 * in all other directions. */
#include "eval/newton.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#include "det/math.h"
#include "eval/softmax.h"

enum { STEPS = 200, HALVINGS = 40, TRIALS = 12, CG_MAX = 20000, W = MAT_WIDTH };
static const double GOAL = 1e-10;     /* relative gradient at the end */
static const double ROUNDING = 1e-15; /* of a sum over rows */
static const double ARMIJO = 1e-4;
static const double SLACK = 1e-13;  /* of the objective: its rounding */
static const double FORCING = 0.1;  /* largest relative residual of CG */
static const double NEAR = 1e-4;    /* relative gradient: full steps do */
static const double FLAT = 0.05;    /* slope left by the line search */
static const double LONGEST = 64.0; /* step of the line search */

static double *take(double **at, size_t n)
{
    double *mine = *at;

    *at += n;
    return mine;
}

status newton_new(struct newton *f)
{
    status st = OK;
    size_t axes;
    size_t partial;
    double *at;

    f->panels = f->classes == 2 ? 1 : (f->classes + W - 1) / W;
    f->n_w = (size_t)f->panels * f->rows.m * W;
    f->n_z = (size_t)f->panels * f->rows.n * W;
    axes = (size_t)f->panels * f->basis->r * W;
    partial = pass_partial_len(f->rows.n, f->rows.m, f->panels);
    TRY(mem_new(7 * f->n_w + 5 * f->n_z + f->rows.n + 2 * axes +
                    (size_t)f->panels * 2 * W + partial,
                sizeof(double), &f->memory));
    at = f->memory;
    f->w = take(&at, f->n_w);
    f->grad = take(&at, f->n_w);
    f->step = take(&at, f->n_w);
    f->res = take(&at, f->n_w);
    f->pre = take(&at, f->n_w);
    f->dir = take(&at, f->n_w);
    f->hess = take(&at, f->n_w);
    f->z = take(&at, f->n_z);
    f->zdir = take(&at, f->n_z);
    f->zstep = take(&at, f->n_z);
    f->prob = take(&at, f->n_z);
    f->work = take(&at, f->n_z);
    f->loss_of = take(&at, f->rows.n);
    f->bend = take(&at, axes);
    f->in_axes = take(&at, axes);
    f->bend_rest = take(&at, (size_t)f->panels * W);
    f->bend_free = take(&at, (size_t)f->panels * W);
    f->partial = take(&at, partial);
out:
    return st;
}

void newton_free(struct newton *f)
{
    mem_free(f->memory);
    f->memory = NULL;
}

/* z := decisions of b, each(row), g := A' work. */
static status both_ways(
    struct newton *f, const double *b, double *z, pass_fn *each, double *g)
{
    struct pass p = {.panels = f->panels,
                     .b = b,
                     .z = z,
                     .each = each,
                     .ctx = f,
                     .r = f->work,
                     .g = g,
                     .partial = f->partial};

    f->passes += 2;
    return pass_run(&f->rows, &p);
}

/* ---- sums over weights; the intercepts are not penalised */

static const struct mat_ops *ops(const struct newton *f)
{
    return f->rows.ops;
}

static double dot(const struct newton *f, const double *x, const double *y)
{
    return ops(f)->dot(x, y, f->n_w);
}

static double
dot_penalised(const struct newton *f, const double *x, const double *y)
{
    double sum = 0.0;
    size_t panel = (size_t)f->rows.m * W;

    for (size_t p = 0; p < f->panels; p++)
        sum += ops(f)->dot(x + p * panel + W, y + p * panel + W, panel - W);
    return sum;
}

/* out := c out + x on penalised rows, c out on the intercepts. */
static void add_penalty(const struct newton *f, const double *x, double *out)
{
    size_t panel = (size_t)f->rows.m * W;

    for (size_t p = 0; p < f->panels; p++)
        for (size_t j = p * panel; j < (p + 1) * panel; j++)
            out[j] = f->c * out[j] + (j < p * panel + W ? 0.0 : x[j]);
}

/* ---- the objective */

static double loss_at(const struct newton *f, double t)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < f->rows.n; i++)
        sum += softmax_loss(f, i, t);
    return sum;
}

static void each_row(void *ctx, uint32_t row)
{
    struct newton *f = ctx;

    f->loss_of[row] = softmax_row(f, row);
}

status newton_pass(struct newton *f)
{
    status st = OK;

    TRY(both_ways(f, f->w, f->z, each_row, f->grad));
    f->loss = 0.0;
    for (uint32_t i = 0; i < f->rows.n; i++)
        f->loss += f->loss_of[i];
    f->norm_w = __builtin_sqrt(dot_penalised(f, f->w, f->w));
out:
    return st;
}

/* The reference of the relative gradient is |w|, which C |A' (p - y)| equals
 * at the optimum. */
status newton_evaluate(struct newton *f)
{
    status st = OK;
    double data;

    TRY(newton_pass(f));
    data = f->c * __builtin_sqrt(dot_penalised(f, f->grad, f->grad));
    add_penalty(f, f->w, f->grad);
    f->grad_norm = __builtin_sqrt(dot(f, f->grad, f->grad));
    data = data > f->norm_w ? data : f->norm_w;
    f->grad_rel = f->grad_norm == 0.0 ? 0.0 : f->grad_norm / data;
    ENSURE(__builtin_isfinite(f->loss) && __builtin_isfinite(f->grad_norm),
           ERR_NUMERIC, "logistic regression: the loss is not finite (C = %g)",
           f->c);
out:
    return st;
}

/* Curvature of each class along each axis, in the mean of all other
 * directions, and along its intercept. */
static void curvature(struct newton *f)
{
    uint32_t r = f->basis->r;
    uint32_t others = f->basis->q - r;

    for (uint32_t i = 0; i < f->rows.n; i++)
        softmax_curvature(f, i);
    for (uint32_t p = 0; p < f->panels; p++) {
        const double *work = f->work + (size_t)p * f->rows.n * W;
        double *bend = f->bend + (size_t)p * r * W;
        double rest[W] = {0};
        double alone[W] = {0};

        memset(bend, 0, (size_t)r * W * sizeof *bend);
        ops(f)->backward_sq(f->au, f->rows.n, r, work, bend);
        for (uint32_t i = 0; i < f->rows.n; i++)
            for (uint32_t c = 0; c < W; c++) {
                rest[c] += work[i * W + c] * f->tail[i];
                alone[c] += work[i * W + c];
            }
        for (uint32_t j = 0; j < r * W; j++)
            bend[j] = 1.0 + f->c * bend[j];
        for (uint32_t c = 0; c < W; c++) {
            f->bend_rest[p * W + c] =
                1.0 + (others > 0 ? f->c * rest[c] / others : 0.0);
            alone[c] *= f->c; /* 0: an unused column, or saturated rows */
            f->bend_free[p * W + c] = alone[c] > 0.0 ? alone[c] : 1.0;
        }
    }
}

/* pre := the preconditioner's inverse times res. */
static void precondition(struct newton *f)
{
    const struct basis *b = f->basis;

    for (uint32_t p = 0; p < f->panels; p++) {
        const double *res = f->res + (size_t)p * b->m * W;
        double *pre = f->pre + (size_t)p * b->m * W;
        const double *bend = f->bend + (size_t)p * b->r * W;
        const double *rest = f->bend_rest + (size_t)p * W;
        double *axes = f->in_axes + (size_t)p * b->r * W;

        memset(axes, 0, (size_t)b->r * W * sizeof *axes);
        ops(f)->backward(b->u_row, b->q, b->r, res + W, axes);
        for (uint32_t j = 0; j < b->r * W; j++)
            axes[j] *= 1.0 / bend[j] - 1.0 / rest[j % W];
        ops(f)->forward(b->u_row, b->q, b->r, axes, pre + W);
        for (size_t j = W; j < (size_t)b->m * W; j++)
            pre[j] += res[j] / rest[j % W];
        for (uint32_t c = 0; c < W; c++)
            pre[c] = res[c] / f->bend_free[p * W + c];
    }
}

static void each_hessian(void *ctx, uint32_t row)
{
    softmax_hessian(ctx, row);
}

/* hess := Hessian times dir; zdir := decisions of dir. */
static status hessian(struct newton *f)
{
    status st = OK;

    TRY(both_ways(f, f->dir, f->zdir, each_hessian, f->hess));
    add_penalty(f, f->dir, f->hess);
out:
    return st;
}

/* Relative residual to ask of CG: smaller as the optimum comes near, but not
 * below what the goal needs. */
static double forcing(double rel)
{
    double eta = __builtin_sqrt(rel);
    double enough = 0.3 * GOAL / rel;

    eta = eta < enough ? enough : eta;
    return eta > FORCING ? FORCING : eta;
}

/* step, zstep := Newton direction and its decisions. */
static status newton_direction(struct newton *f)
{
    status st = OK;
    double eta = forcing(f->grad_rel);
    double rho;
    double stop = eta * f->grad_norm;

    memset(f->step, 0, f->n_w * sizeof *f->step);
    memset(f->zstep, 0, f->n_z * sizeof *f->zstep);
    for (size_t i = 0; i < f->n_w; i++)
        f->res[i] = -f->grad[i];
    precondition(f);
    memcpy(f->dir, f->pre, f->n_w * sizeof *f->dir);
    rho = dot(f, f->res, f->pre);
    for (int it = 0; it < CG_MAX; it++) {
        double bend;
        double last = rho;

        TRY(hessian(f));
        bend = dot(f, f->dir, f->hess);
        if (!(bend > 0.0))
            break;
        ops(f)->axpy(rho / bend, f->dir, f->step, f->n_w);
        ops(f)->axpy(rho / bend, f->zdir, f->zstep, f->n_z);
        ops(f)->axpy(-rho / bend, f->hess, f->res, f->n_w);
        if (__builtin_sqrt(dot(f, f->res, f->res)) <= stop)
            break;
        precondition(f);
        rho = dot(f, f->res, f->pre);
        for (size_t i = 0; i < f->n_w; i++)
            f->dir[i] = f->pre[i] + rho / last * f->dir[i];
    }
out:
    return st;
}

/* The objective along the step: w + t step. */
struct line {
    double ww, ws, ss; /* of the penalised weights */
    double now;        /* objective at t = 0 */
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
static double exact_step(const struct newton *f, const struct line *l)
{
    double lo = 0.0;
    double hi = LONGEST;
    double t = 1.0;
    double bend;
    double first = slope_at(f, l, 0.0, &bend);

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

/* Moves w; false when not even a tiny step helps. */
static bool line_search(struct newton *f)
{
    double slope = dot(f, f->grad, f->step);
    struct line l = {.ww = f->norm_w * f->norm_w,
                     .ws = dot_penalised(f, f->w, f->step),
                     .ss = dot_penalised(f, f->step, f->step)};
    double t = f->grad_rel > NEAR ? exact_step(f, &l) : 1.0;

    l.now = 0.5 * l.ww + f->c * f->loss;
    for (int h = 0; h < HALVINGS; h++) {
        if (value_at(f, &l, t) <= l.now + ARMIJO * t * slope + SLACK * l.now) {
            ops(f)->axpy(t, f->step, f->w, f->n_w);
            return true;
        }
        t *= 0.5;
    }
    return false;
}

/* *yes: is the gradient nothing but the rounding of its sums? Then no step
 * helps, however small the weights are that it is usually held against; it is
 * held against what the sums add. */
static status at_rounding(struct newton *f, bool *yes)
{
    status st = OK;
    double size = 0.0;

    TRY(newton_evaluate(f)); /* a failed step left its mark on work */
    for (uint32_t i = 0; i < f->rows.n; i++) {
        const double *a = f->rows.row[i];
        double off = 0.0;

        for (uint32_t k = 0; k < f->panels * W; k++)
            off += __builtin_fabs(f->work[newton_z(f, i, k)]);
        size += f->c * off * __builtin_sqrt(ops(f)->dot(a, a, f->rows.len[i]));
    }
    *yes = f->grad_norm <= ROUNDING * size;
    if (*yes)
        f->grad_rel = f->grad_norm / size;
out:
    return st;
}

/* Intercepts of the classes' shares, weights zero: the optimum when the
 * features tell nothing. */
static status try_shares(struct newton *f)
{
    double share[2] = {0.0, 0.0};

    memset(f->w, 0, f->n_w * sizeof *f->w);
    for (uint32_t k = 0; k < f->classes; k++) {
        share[k % 2] = 0.0;
        for (uint32_t i = 0; i < f->rows.n; i++)
            share[k % 2] += f->y[i] == (int32_t)k ? f->weight[i] : 0.0;
        if (f->classes > 2)
            f->w[newton_w(f, 0, k)] = det_log(share[k % 2]);
    }
    if (f->classes == 2)
        f->w[newton_w(f, 0, 0)] = det_log(share[1] / share[0]);
    return newton_evaluate(f);
}

/* Newton's method from f->w until the goal is met or no step helps. */
static status descend(struct newton *f)
{
    status st = OK;

    TRY(newton_evaluate(f));
    for (int step = 0; f->grad_rel > GOAL && step < STEPS; step++) {
        curvature(f);
        TRY(newton_direction(f));
        if (!line_search(f))
            break;
        f->steps++;
        TRY(newton_evaluate(f));
    }
out:
    return st;
}

/* What the plain method cannot do: few directions and a large C, where the
 * first steps from zero go astray (so C is raised by and by), and features
 * without information. */
static status insist(struct newton *f, bool *done)
{
    static const double part[] = {1e-4, 1e-3, 1e-2, 1e-1, 1.0};
    status st = OK;
    double c = f->c;

    TRY(at_rounding(f, done));
    if (!*done) {
        TRY(try_shares(f));
        TRY(at_rounding(f, done));
    }
    if (*done)
        goto out;
    memset(f->w, 0, f->n_w * sizeof *f->w);
    for (int k = 0; k < 5; k++) {
        f->c = part[k] * c;
        TRY(descend(f));
    }
    *done = f->grad_rel <= GOAL;
    if (!*done)
        TRY(at_rounding(f, done));
out:
    return st;
}

status newton_solve(struct newton *f)
{
    status st = OK;
    bool done;
    double rel;

    TRY(descend(f));
    rel = f->grad_rel;
    done = rel <= GOAL;
    if (!done)
        TRY(insist(f, &done));
    ENSURE(done, ERR_NUMERIC,
           "logistic regression: relative gradient %.3g after %u Newton steps "
           "(C = %g, %u rows, %u classes), above %g; a smaller C converges",
           rel, f->steps, f->c, f->rows.n, f->classes, GOAL);
out:
    return st;
}
