/* One step: two-loop recursion (Nocedal and Wright 2006, algorithm 7.4) over
 * the stored pairs, then a line search. Where no step is found the pairs are
 * dropped and steepest descent is tried once. */
#include "eval/lbfgs.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#include "eval/wolfe.h"

enum { PAIRS = 10 };
static const double EPS = 2.220446049250313e-16;

struct pair {
    double *s, *y; /* [n_w] step, difference of gradients */
    double sy;
};

struct lbfgs {
    struct newton *f;
    const struct lbfgs_rule *rule;
    double *panel;
    double *memory;
    struct pair pair[PAIRS]; /* oldest first */
    int n;
    double gamma;              /* first guess of the inverse Hessian */
    double *d, *w_old, *g_old; /* [n_w] the newton's own */
    double value;              /* scaled objective at f->w */
};

static double larger(double a, double b)
{
    return a > b ? a : b;
}

static double dot(const struct lbfgs *l, const double *x, const double *y)
{
    return l->f->rows.ops->dot(x, y, l->f->n_w);
}

static void axpy(const struct lbfgs *l, double a, const double *x, double *y)
{
    l->f->rows.ops->axpy(a, x, y, l->f->n_w);
}

/* f->grad, value := scaled objective and gradient at f->w. */
static status evaluate(struct lbfgs *l)
{
    struct newton *f = l->f;
    double scale = l->rule->scale;
    double pull = scale / f->c;
    size_t width = f->rows.width;
    size_t panel = f->n_w / f->panels;
    status st = OK;

    TRY(newton_pass(f));
    for (size_t p = 0; p < f->panels; p++)
        for (size_t j = p * panel; j < (p + 1) * panel; j++)
            f->grad[j] = scale * f->grad[j] +
                         (j < p * panel + width ? 0.0 : pull * f->w[j]);
    l->value = scale * f->loss + 0.5 * pull * f->norm_w * f->norm_w;
    ENSURE(__builtin_isfinite(l->value), ERR_NUMERIC,
           "logistic regression: the loss is not finite (C = %g)", f->c);
out:
    return st;
}

static double largest_of(const double *v, size_t n)
{
    double most = 0.0;

    for (size_t i = 0; i < n; i++)
        most = larger(most, __builtin_fabs(v[i]));
    return most;
}

/* The largest component of the gradient in the features' axes, or one of a few
 * of them if that is above gtol: then it is known without the way back, which
 * costs more than an iteration. */
static double largest(struct lbfgs *l, size_t p)
{
    const struct newton *f = l->f;
    const struct basis *b = f->basis;
    size_t width = f->rows.width;
    size_t whole = b->p * width;
    const double *g = f->grad + p * (f->n_w / f->panels);
    double most = largest_of(g, width);

    if (basis_some_full(b, width, g + width, l->panel))
        most = larger(most, largest_of(l->panel, BASIS_PROBES * width));
    if (most > l->rule->gtol)
        return most;
    memset(l->panel, 0, whole * sizeof *l->panel);
    memcpy(l->panel, g + width, b->q * width * sizeof *g);
    basis_to_full(b, width, l->panel, l->panel + whole);
    return larger(most, largest_of(l->panel, whole));
}

/* Is it at most gtol? It lies between the 2-norm and the 2-norm over the root
 * of the number of components. */
static bool is_flat(struct lbfgs *l)
{
    const struct newton *f = l->f;
    double norm = __builtin_sqrt(dot(l, f->grad, f->grad));
    double most = (double)f->panels * f->rows.width * (f->basis->p + 1.0);

    if (norm <= l->rule->gtol)
        return true;
    if (norm > l->rule->gtol * __builtin_sqrt(most))
        return false;
    for (size_t p = 0; p < f->panels; p++)
        if (largest(l, p) > l->rule->gtol)
            return false;
    return true;
}

/* d := minus the inverse Hessian of the pairs times the gradient. */
static void direction(struct lbfgs *l)
{
    double alpha[PAIRS];
    size_t n = l->f->n_w;

    for (size_t j = 0; j < n; j++)
        l->d[j] = -l->f->grad[j];
    for (int k = l->n - 1; k >= 0; k--) {
        alpha[k] = dot(l, l->pair[k].s, l->d) / l->pair[k].sy;
        axpy(l, -alpha[k], l->pair[k].y, l->d);
    }
    for (size_t j = 0; l->n > 0 && j < n; j++)
        l->d[j] *= l->gamma;
    for (int k = 0; k < l->n; k++) {
        double beta = dot(l, l->pair[k].y, l->d) / l->pair[k].sy;

        axpy(l, alpha[k] - beta, l->pair[k].s, l->d);
    }
}

/* Keeps step d t and the change of the gradient, unless the curvature along
 * it is not safely positive. */
static void keep_pair(struct lbfgs *l, double t, double slope0, double slope)
{
    double sy = (slope - slope0) * t;
    struct pair p = l->pair[l->n == PAIRS ? 0 : l->n];

    if (sy <= EPS * -slope0 * t)
        return;
    if (l->n == PAIRS) {
        memmove(l->pair, l->pair + 1, (PAIRS - 1) * sizeof *l->pair);
        l->n--;
    }
    for (size_t j = 0; j < l->f->n_w; j++) {
        p.s[j] = t * l->d[j];
        p.y[j] = l->f->grad[j] - l->g_old[j];
    }
    p.sy = sy;
    l->gamma = sy / dot(l, p.y, p.y);
    l->pair[l->n++] = p;
}

/* w, gradient and value at the accepted step; false: there is none, and they
 * are what they were. */
static status search(struct lbfgs *l, double first, bool *found)
{
    struct newton *f = l->f;
    size_t size = f->n_w * sizeof(double);
    double before = l->value;
    double slope0 = dot(l, f->grad, l->d);
    double slope = slope0;
    struct wolfe line;
    status st = OK;

    *found = false;
    memcpy(l->w_old, f->w, size);
    memcpy(l->g_old, f->grad, size);
    wolfe_start(&line, before, slope0, first);
    for (uint32_t k = 0; slope0 < 0.0 && k < l->rule->searches; k++) {
        memcpy(f->w, l->w_old, size);
        axpy(l, line.t, l->d, f->w);
        TRY(evaluate(l));
        slope = dot(l, f->grad, l->d);
        if (!wolfe_next(&line, l->value, slope)) {
            *found = true;
            break;
        }
    }
    if (*found) {
        keep_pair(l, line.t, slope0, slope);
        goto out;
    }
    memcpy(f->w, l->w_old, size);
    memcpy(f->grad, l->g_old, size);
    l->value = before;
out:
    return st;
}

static status iterate(struct lbfgs *l, enum lbfgs_end *end)
{
    struct newton *f = l->f;
    status st = OK;
    bool flat;

    TRY(evaluate(l));
    *end = LBFGS_GRADIENT;
    flat = is_flat(l);
    while (!flat) {
        double before = l->value;
        double first = 1.0;
        double size;
        bool found;

        direction(l);
        if (f->steps == 0)
            first = 1.0 / __builtin_sqrt(dot(l, l->d, l->d));
        TRY(search(l, first, &found));
        if (!found && l->n > 0) {
            l->n = 0;
            continue;
        }
        *end = LBFGS_STUCK;
        if (!found)
            break;
        *end = LBFGS_LIMIT;
        if (++f->steps >= l->rule->steps_max)
            break;
        *end = LBFGS_DECREASE;
        size = larger(__builtin_fabs(before), __builtin_fabs(l->value));
        flat = is_flat(l);
        if (!flat && before - l->value <= l->rule->ftol * larger(size, 1.0))
            break;
        *end = LBFGS_GRADIENT;
    }
out:
    return st;
}

status lbfgs_solve(struct newton *f,
                   const struct lbfgs_rule *rule,
                   double *panel,
                   enum lbfgs_end *end)
{
    struct lbfgs l = {.f = f,
                      .rule = rule,
                      .panel = panel,
                      .d = f->step,
                      .w_old = f->res,
                      .g_old = f->pre};
    status st = OK;

    TRY(mem_new((size_t)2 * PAIRS * f->n_w, sizeof(double), &l.memory));
    for (int k = 0; k < PAIRS; k++) {
        l.pair[k].s = l.memory + 2 * (size_t)k * f->n_w;
        l.pair[k].y = l.memory + (2 * (size_t)k + 1) * f->n_w;
    }
    TRY(iterate(&l, end));
    TRY(newton_evaluate(f));
out:
    mem_free(l.memory);
    return st;
}
