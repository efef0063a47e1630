/* Newton's method with conjugate gradients, preconditioned by the diagonal of
 * the Hessian, and step halving. Decisions are linear in the weights, so a
 * trial step costs no product with the matrix. */
#include "eval/newton.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#include "det/math.h"
#include "eval/softmax.h"

enum { STEPS = 200, HALVINGS = 40, CHUNK = 64, CG_MAX = 20000 };
static const double GOAL = 1e-10; /* relative gradient at the end */
static const double ARMIJO = 1e-4;
static const double SLACK = 1e-13;       /* of the objective: its rounding */
static const double FORCING = 0.1;       /* largest relative residual of CG */
static const size_t SMALL_WORK = 200000; /* products too small to share */

static double *take(double **at, size_t n)
{
    double *mine = *at;

    *at += n;
    return mine;
}

status newton_new(struct newton *f)
{
    status st = OK;
    double *at;

    f->width = f->classes == 2 ? 1 : MAT_WIDTH;
    f->panels = f->classes == 2 ? 1 : (f->classes + MAT_WIDTH - 1) / MAT_WIDTH;
    f->n_w = (size_t)f->panels * f->m * f->width;
    f->n_z = (size_t)f->panels * f->n * f->width;
    TRY(mem_new(8 * f->n_w + 5 * f->n_z, sizeof(double), &f->memory));
    at = f->memory;
    f->w = take(&at, f->n_w);
    f->grad = take(&at, f->n_w);
    f->step = take(&at, f->n_w);
    f->res = take(&at, f->n_w);
    f->pre = take(&at, f->n_w);
    f->dir = take(&at, f->n_w);
    f->hess = take(&at, f->n_w);
    f->diag = take(&at, f->n_w);
    f->z = take(&at, f->n_z);
    f->zdir = take(&at, f->n_z);
    f->zstep = take(&at, f->n_z);
    f->prob = take(&at, f->n_z);
    f->work = take(&at, f->n_z);
out:
    return st;
}

void newton_free(struct newton *f)
{
    mem_free(f->memory);
    f->memory = NULL;
}

/* ---- products with the matrix, shared by the team in fixed chunks */

struct product {
    struct newton *f;
    const double *in;
    double *out;
    bool square;
};

static status forward_chunk(void *ctx, size_t item, int member)
{
    struct product *t = ctx;
    struct newton *f = t->f;
    size_t chunks = (f->n + CHUNK - 1) / CHUNK;
    size_t panel = item / chunks;
    size_t lo = item % chunks * CHUNK;
    size_t n = lo + CHUNK < f->n ? CHUNK : f->n - lo;
    const double *b = t->in + panel * f->m * f->width;
    double *z = t->out + (panel * f->n + lo) * f->width;

    (void)member;
    if (f->width == 1) {
        for (size_t i = 0; i < n; i++)
            z[i] = f->ops->dot(f->a + (lo + i) * f->m, b, f->m);
        return OK;
    }
    f->ops->forward(f->a + lo * f->m, f->m, n, f->m, b, z);
    return OK;
}

static status backward_chunk(void *ctx, size_t item, int member)
{
    struct product *t = ctx;
    struct newton *f = t->f;
    size_t chunks = (f->m + CHUNK - 1) / CHUNK;
    size_t panel = item / chunks;
    size_t lo = item % chunks * CHUNK;
    size_t k = lo + CHUNK < f->m ? CHUNK : f->m - lo;
    const double *r = t->in + panel * f->n * f->width;
    double *g = t->out + (panel * f->m + lo) * f->width;
    const struct mat_ops *o = f->ops;

    (void)member;
    memset(g, 0, k * f->width * sizeof *g);
    if (f->width == 1)
        (t->square ? o->backward1_sq : o->backward1)(f->a + lo, f->m, f->n, k,
                                                     r, g);
    else
        (t->square ? o->backward_sq : o->backward)(f->a + lo, f->m, f->n, k, r,
                                                   g);
    return OK;
}

static status share(struct newton *f, size_t items, team_fn *fn, void *ctx)
{
    status st = OK;

    f->passes++;
    if (f->team && (size_t)f->n * f->m * f->width * f->panels > SMALL_WORK)
        return team_run(f->team, items, fn, ctx);
    for (size_t i = 0; i < items; i++)
        TRY(fn(ctx, i, 0));
out:
    return st;
}

static status forward(struct newton *f, const double *w, double *z)
{
    struct product t = {.f = f, .in = w, .out = z};

    return share(f, (size_t)f->panels * ((f->n + CHUNK - 1) / CHUNK),
                 forward_chunk, &t);
}

static status
backward(struct newton *f, const double *r, double *g, bool square)
{
    struct product t = {.f = f, .in = r, .out = g, .square = square};

    return share(f, (size_t)f->panels * ((f->m + CHUNK - 1) / CHUNK),
                 backward_chunk, &t);
}

/* ---- sums over weights; the intercept row is not penalised */

static double dot(const struct newton *f, const double *x, const double *y)
{
    return f->ops->dot(x, y, f->n_w);
}

static double
dot_penalised(const struct newton *f, const double *x, const double *y)
{
    double sum = 0.0;
    size_t used = (size_t)(f->m - 1) * f->width;

    for (size_t p = 0; p < f->panels; p++) {
        size_t at = p * f->m * f->width;

        sum += f->ops->dot(x + at, y + at, used);
    }
    return sum;
}

/* out := c out + x on penalised rows, c out on the intercept row. */
static void add_penalty(const struct newton *f, const double *x, double *out)
{
    size_t used = (size_t)(f->m - 1) * f->width;

    for (size_t p = 0; p < f->panels; p++) {
        size_t at = p * f->m * f->width;

        for (size_t j = 0; j < (size_t)f->m * f->width; j++) {
            out[at + j] *= f->c;
            if (j < used)
                out[at + j] += x[at + j];
        }
    }
}

/* ---- the objective */

static double loss_at(const struct newton *f, double t)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < f->n; i++)
        sum += softmax_loss(f, i, t);
    return sum;
}

/* Loss, probabilities and gradient at w. The reference of the relative
 * gradient is |w|, which C |A' (p - y)| equals at the optimum. */
static status evaluate(struct newton *f)
{
    status st = OK;
    double data;

    TRY(forward(f, f->w, f->z));
    f->loss = 0.0;
    for (uint32_t i = 0; i < f->n; i++)
        f->loss += softmax_row(f, i);
    TRY(backward(f, f->work, f->grad, false));
    data = f->c * __builtin_sqrt(dot_penalised(f, f->grad, f->grad));
    f->norm_w = __builtin_sqrt(dot_penalised(f, f->w, f->w));
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

static status curvature(struct newton *f)
{
    status st = OK;

    for (uint32_t i = 0; i < f->n; i++)
        softmax_curvature(f, i);
    TRY(backward(f, f->work, f->diag, true));
    for (size_t i = 0; i < f->n_w; i++)
        f->pre[i] = 1.0;
    add_penalty(f, f->pre, f->diag);
    for (size_t i = 0; i < f->n_w; i++) /* unused columns, saturated rows */
        f->diag[i] = f->diag[i] > 0.0 ? f->diag[i] : 1.0;
out:
    return st;
}

/* hess := Hessian times dir; zdir := decisions of dir. */
static status hessian(struct newton *f)
{
    status st = OK;

    TRY(forward(f, f->dir, f->zdir));
    for (uint32_t i = 0; i < f->n; i++)
        softmax_hessian(f, i);
    TRY(backward(f, f->work, f->hess, false));
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
    for (size_t i = 0; i < f->n_w; i++) {
        f->res[i] = -f->grad[i];
        f->pre[i] = f->res[i] / f->diag[i];
        f->dir[i] = f->pre[i];
    }
    rho = dot(f, f->res, f->pre);
    for (int it = 0; it < CG_MAX; it++) {
        double bend;
        double last = rho;

        TRY(hessian(f));
        bend = dot(f, f->dir, f->hess);
        if (!(bend > 0.0))
            break;
        f->ops->axpy(rho / bend, f->dir, f->step, f->n_w);
        f->ops->axpy(rho / bend, f->zdir, f->zstep, f->n_z);
        f->ops->axpy(-rho / bend, f->hess, f->res, f->n_w);
        if (__builtin_sqrt(dot(f, f->res, f->res)) <= stop)
            break;
        for (size_t i = 0; i < f->n_w; i++)
            f->pre[i] = f->res[i] / f->diag[i];
        rho = dot(f, f->res, f->pre);
        for (size_t i = 0; i < f->n_w; i++)
            f->dir[i] = f->pre[i] + rho / last * f->dir[i];
    }
out:
    return st;
}

/* Step halving (Armijo); false when not even a tiny step helps. */
static bool line_search(struct newton *f)
{
    double slope = dot(f, f->grad, f->step);
    double ww = f->norm_w * f->norm_w;
    double ws = dot_penalised(f, f->w, f->step);
    double ss = dot_penalised(f, f->step, f->step);
    double now = 0.5 * ww + f->c * f->loss;
    double t = 1.0;

    for (int h = 0; h < HALVINGS; h++) {
        double then =
            0.5 * (ww + 2.0 * t * ws + t * t * ss) + f->c * loss_at(f, t);

        if (then <= now + ARMIJO * t * slope + SLACK * now) {
            f->ops->axpy(t, f->step, f->w, f->n_w);
            return true;
        }
        t *= 0.5;
    }
    return false;
}

status newton_solve(struct newton *f)
{
    status st = OK;

    TRY(evaluate(f));
    while (f->grad_rel > GOAL && f->steps < STEPS) {
        TRY(curvature(f));
        TRY(newton_direction(f));
        if (!line_search(f))
            break;
        f->steps++;
        TRY(evaluate(f));
    }
    ENSURE(f->grad_rel <= GOAL, ERR_NUMERIC,
           "logistic regression: relative gradient %.3g after %u Newton steps "
           "(C = %g, %u rows, %u classes), above %g; a smaller C converges",
           f->grad_rel, f->steps, f->c, f->n, f->classes, GOAL);
out:
    return st;
}
