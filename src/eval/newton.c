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

enum { STEPS = 200, CG_MAX = 20000 };
static const double ROUNDING = 1e-15; /* of a sum over rows */
static const double FORCING = 0.1;    /* largest relative residual of CG */

/* Arrays begin with a cache line. */
static size_t whole_lines(size_t n)
{
    return (n + MAT_WIDTH - 1) / MAT_WIDTH * MAT_WIDTH;
}

static double *take(double **at, size_t n)
{
    double *mine = *at;

    *at += whole_lines(n);
    return mine;
}

status newton_new(struct newton *f)
{
    status st = OK;
    size_t width = f->rows.width;
    size_t axes;
    size_t partial;
    double *at;

    f->panels =
        f->classes == 2 ? 1 : (uint32_t)((f->classes + width - 1) / width);
    f->n_w = f->panels * pass_padded(f->rows.m, f->rows.width) * width;
    f->n_z = width * f->panels * f->rows.n;
    axes = width * f->panels * f->basis->r;
    partial = pass_partial_len(&f->rows, f->panels);
    TRY(mem_new(7 * whole_lines(f->n_w) + 5 * whole_lines(f->n_z) +
                    whole_lines(f->rows.n) + 2 * whole_lines(axes) +
                    2 * whole_lines(f->panels * width) + partial,
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
    f->ease_rest = take(&at, f->panels * width);
    f->ease_free = take(&at, f->panels * width);
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

double
newton_dot_penalised(const struct newton *f, const double *x, const double *y)
{
    double sum = 0.0;
    size_t width = f->rows.width;
    size_t panel = f->n_w / f->panels;

    for (size_t p = 0; p < f->panels; p++)
        sum += ops(f)->dot(x + p * panel + width, y + p * panel + width,
                           panel - width);
    return sum;
}

/* out := c out + x on penalised rows, c out on the intercepts. */
static void add_penalty(const struct newton *f, const double *x, double *out)
{
    size_t width = f->rows.width;
    size_t panel = f->n_w / f->panels;

    for (size_t p = 0; p < f->panels; p++)
        for (size_t j = p * panel; j < (p + 1) * panel; j++)
            out[j] = f->c * out[j] + (j < p * panel + width ? 0.0 : x[j]);
}

/* ---- the objective */

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
    f->norm_w = __builtin_sqrt(newton_dot_penalised(f, f->w, f->w));
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
    data = f->c * __builtin_sqrt(newton_dot_penalised(f, f->grad, f->grad));
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

/* One over the curvature of each class in the mean of the directions outside
 * the axes, and along its intercept. */
static void curvature_rest(struct newton *f, const double *work, size_t p)
{
    uint32_t others = f->basis->q - f->basis->r;
    size_t width = f->rows.width;
    double rest[MAT_WIDTH] = {0};
    double alone[MAT_WIDTH] = {0};

    for (uint32_t i = 0; i < f->rows.n; i++)
        for (size_t c = 0; c < width; c++) {
            rest[c] += work[i * width + c] * f->tail[i];
            alone[c] += work[i * width + c];
        }
    for (size_t c = 0; c < width; c++) {
        f->ease_rest[p * width + c] =
            1.0 / (1.0 + (others > 0 ? f->c * rest[c] / others : 0.0));
        alone[c] *= f->c; /* 0: an unused column, or saturated rows */
        f->ease_free[p * width + c] = alone[c] > 0.0 ? 1.0 / alone[c] : 1.0;
    }
}

/* And along each axis: one over it beyond that of the rest. */
static void curvature(struct newton *f)
{
    uint32_t r = f->basis->r;
    size_t width = f->rows.width;

    for (uint32_t i = 0; i < f->rows.n; i++)
        softmax_curvature(f, i);
    for (size_t p = 0; p < f->panels; p++) {
        const double *work = f->work + p * f->rows.n * width;
        double *bend = f->bend + p * r * width;

        memset(bend, 0, r * width * sizeof *bend);
        (width == 1 ? ops(f)->backward1_sq
                    : ops(f)->backward_sq)(f->au, f->rows.n, r, work, bend);
        curvature_rest(f, work, p);
        for (size_t j = 0; j < r * width; j++)
            bend[j] = 1.0 / (1.0 + f->c * bend[j]) -
                      f->ease_rest[p * width + j % width];
    }
}

/* out [rows][width] += a [width] x, column by column. */
static void add_columns(const struct newton *f,
                        size_t rows,
                        const double *a,
                        const double *x,
                        double *out)
{
    if (f->rows.width == 1) {
        ops(f)->axpy(a[0], x, out, rows);
        return;
    }
    for (size_t j = 0; j < rows * MAT_WIDTH; j += MAT_WIDTH)
        for (size_t c = 0; c < MAT_WIDTH; c++)
            out[j + c] += a[c] * x[j + c];
}

/* pre := u u' res with the axes weighed by bend, with the shape of u that suits
 * the width: long dots of one column, whole panels of eight. */
static void through_axes(const struct newton *f,
                         const double *res,
                         const double *bend,
                         double *axes,
                         double *pre)
{
    const struct basis *b = f->basis;
    size_t width = f->rows.width;
    size_t padded = pass_padded(b->m, f->rows.width);

    if (width == 1) {
        ops(f)->forward1(b->axis_row, b->r, padded, res, axes);
    } else {
        memset(axes, 0, b->r * width * sizeof *axes);
        ops(f)->backward(b->u_row, b->q, b->r, res + width, axes);
    }
    for (size_t j = 0; j < b->r * width; j++)
        axes[j] *= bend[j];
    if (width == 1) {
        memset(pre, 0, padded * sizeof *pre);
        ops(f)->backward1(b->axis_row, b->r, padded, axes, pre);
    } else {
        ops(f)->forward(b->u_row, b->q, b->r, axes, pre + width);
    }
}

/* pre := the preconditioner's inverse times res. */
static void precondition(struct newton *f)
{
    const struct basis *b = f->basis;
    size_t width = f->rows.width;
    size_t panel = f->n_w / f->panels;

    for (size_t p = 0; p < f->panels; p++) {
        const double *res = f->res + p * panel;
        double *pre = f->pre + p * panel;

        through_axes(f, res, f->bend + p * b->r * width,
                     f->in_axes + p * b->r * width, pre);
        add_columns(f, b->q, f->ease_rest + p * width, res + width,
                    pre + width);
        for (size_t c = 0; c < width; c++)
            pre[c] = f->ease_free[p * width + c] * res[c];
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

/* Relative residual to ask of CG: as small as the relative gradient, so that a
 * step loses little of Newton's quadratic convergence (a new start of CG, whose
 * first iterations do least, costs more than going on), but not below what the
 * goal needs. */
static double forcing(double rel, double goal)
{
    double enough = 0.3 * goal / rel;
    double eta = rel < enough ? enough : rel;

    return eta > FORCING ? FORCING : eta;
}

/* step, zstep := Newton direction and its decisions. */
static status newton_direction(struct newton *f)
{
    status st = OK;
    double eta = forcing(f->grad_rel, f->goal);
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

        for (size_t k = 0; k < f->n_z / f->rows.n; k++)
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
    bool found;

    TRY(newton_evaluate(f));
    for (int step = 0; f->grad_rel > f->goal && step < STEPS; step++) {
        curvature(f);
        TRY(newton_direction(f));
        TRY(newton_line_search(f, &found));
        if (!found)
            break;
        f->steps++;
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
    *done = f->grad_rel <= f->goal;
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
    done = rel <= f->goal;
    if (!done)
        TRY(insist(f, &done));
    ENSURE(done, ERR_NUMERIC,
           "logistic regression: relative gradient %.3g after %u Newton steps "
           "(C = %g, %u rows, %u classes), above %g; a smaller C converges",
           rel, f->steps, f->c, f->rows.n, f->classes, f->goal);
out:
    return st;
}
