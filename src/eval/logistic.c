#include "eval/logistic.h"

#include <string.h>

#include "base/mem.h"

#include "eval/basis.h"
#include "eval/lbfgs.h"
#include "eval/logistic_path.h"
#include "eval/newton.h"
#include "eval/softmax.h"

static const double OPTIMUM = 1e-10; /* relative gradient */

struct logistic {
    struct basis basis;
};

status logistic_prepare(const double *x,
                        uint32_t n,
                        uint32_t p,
                        struct team *team,
                        struct logistic **out)
{
    status st = OK;
    struct logistic *l = NULL;

    TRY(mem_new(1, sizeof *l, &l));
    TRY(basis_make(x, n, p, team, &l->basis));
    *out = l;
    l = NULL;
out:
    mem_free(l);
    return st;
}

void logistic_free(struct logistic *l)
{
    if (!l)
        return;
    basis_clear(&l->basis);
    mem_free(l);
}

void logistic_model_free(struct logistic_model *m)
{
    if (!m)
        return;
    mem_free(m->coef);
    mem_free(m->intercept);
    mem_free(m);
}

static status
model_new(uint32_t p, uint32_t classes, double c, struct logistic_model **out)
{
    status st = OK;
    struct logistic_model *m = NULL;

    TRY(mem_new(1, sizeof *m, &m));
    m->p = p;
    m->classes = classes;
    m->columns = classes == 2 ? 1 : classes;
    m->c = c;
    TRY(mem_new((size_t)m->columns * p, sizeof(double), &m->coef));
    TRY(mem_new(m->columns, sizeof(double), &m->intercept));
    *out = m;
    m = NULL;
out:
    logistic_model_free(m);
    return st;
}

/* The rows of a task, as pointers into the basis. */
struct rows {
    const double **row;
    const double **au;
    uint32_t *len;
    double *tail;
    double *weight;
    int32_t *y;
    uint32_t n;
};

static void rows_clear(struct rows *r)
{
    mem_free(r->row);
    mem_free(r->au);
    mem_free(r->len);
    mem_free(r->tail);
    mem_free(r->weight);
    mem_free(r->y);
}

static status
gather(const struct basis *b, const struct logistic_task *task, struct rows *r)
{
    status st = OK;

    r->n = task->rows ? task->n_rows : b->n;
    TRY(mem_raw(r->n, sizeof *r->row, &r->row));
    TRY(mem_raw(r->n, sizeof *r->au, &r->au));
    TRY(mem_raw(r->n, sizeof *r->len, &r->len));
    TRY(mem_raw(r->n, sizeof *r->tail, &r->tail));
    TRY(mem_raw(r->n, sizeof *r->weight, &r->weight));
    TRY(mem_raw(r->n, sizeof *r->y, &r->y));
    for (uint32_t i = 0; i < r->n; i++) {
        uint32_t row = task->rows ? task->rows[i] : i;

        ENSURE(row < b->n, ERR_DATA, "row %u of %u does not exist", row, b->n);
        r->row[i] = b->row[row];
        r->au[i] = b->au_row[row];
        r->len[i] = b->len[row];
        r->tail[i] = b->tail[row];
        r->y[i] = task->y[row];
    }
out:
    return st;
}

static status check_labels(struct rows *r, const struct logistic_task *task)
{
    status st = OK;
    uint32_t *count = NULL;
    uint32_t present = 0;

    ENSURE(task->c > 0.0 && __builtin_isfinite(task->c), ERR_DATA,
           "C = %g, but it must be positive and finite", task->c);
    ENSURE(task->classes >= 2, ERR_DATA,
           "labels: %u classes, but a classifier needs two or more",
           task->classes);
    for (uint32_t k = 0; task->weight && k < task->classes; k++)
        ENSURE(task->weight[k] > 0.0 && __builtin_isfinite(task->weight[k]),
               ERR_DATA,
               "weight of class %u is %g, but it must be positive and finite",
               k, task->weight[k]);
    TRY(mem_new(task->classes, sizeof *count, &count));
    for (uint32_t i = 0; i < r->n; i++) {
        ENSURE(r->y[i] >= 0 && (uint32_t)r->y[i] < task->classes, ERR_DATA,
               "labels: row %u has class %d, outside 0..%u", i, r->y[i],
               task->classes - 1);
        present += count[r->y[i]]++ == 0;
        r->weight[i] = task->weight ? task->weight[r->y[i]] : 1.0;
    }
    ENSURE(present >= 2, ERR_DATA,
           "labels: the %u rows hold one class only; a classifier needs two",
           r->n);
    for (uint32_t k = 0; k < task->classes; k++)
        ENSURE(count[k] > 0, ERR_DATA,
               "labels: class %u has no rows, so its weights are undefined", k);
out:
    mem_free(count);
    return st;
}

/* Weights between the basis and the features, a panel at a time; panel has
 * room for [p + 2 LQ_BLOCK][width]. */
static void start_from(const struct basis *b,
                       const struct logistic_model *m,
                       struct newton *f,
                       double *panel)
{
    uint32_t width = f->rows.width;

    for (uint32_t lo = 0; lo < m->columns; lo += width) {
        uint32_t n = m->columns - lo < width ? m->columns - lo : width;

        memset(panel, 0, (size_t)m->p * width * sizeof *panel);
        for (uint32_t c = 0; c < n; c++)
            for (size_t j = 0; j < m->p; j++)
                panel[j * width + c] = m->coef[(size_t)(lo + c) * m->p + j];
        basis_from_full(b, width, panel, panel + (size_t)m->p * width);
        memcpy(f->w + newton_w(f, 1, lo), panel,
               (size_t)b->q * width * sizeof *panel);
        for (uint32_t c = 0; c < n; c++)
            f->w[newton_w(f, 0, lo + c)] = m->intercept[lo + c];
    }
}

static void bring_home(const struct basis *b,
                       const struct newton *f,
                       struct logistic_model *m,
                       double *panel)
{
    uint32_t width = f->rows.width;
    double centre = 0.0;

    for (uint32_t lo = 0; lo < m->columns; lo += width) {
        uint32_t n = m->columns - lo < width ? m->columns - lo : width;

        memset(panel, 0, (size_t)m->p * width * sizeof *panel);
        memcpy(panel, f->w + newton_w(f, 1, lo),
               (size_t)b->q * width * sizeof *panel);
        basis_to_full(b, width, panel, panel + (size_t)m->p * width);
        for (uint32_t c = 0; c < n; c++)
            for (size_t j = 0; j < m->p; j++)
                m->coef[(size_t)(lo + c) * m->p + j] = panel[j * width + c];
    }
    for (uint32_t k = 0; k < m->columns; k++) {
        m->intercept[k] = f->w[newton_w(f, 0, k)];
        centre += m->intercept[k] / m->columns;
    }
    for (uint32_t k = 0; m->columns > 1 && k < m->columns; k++)
        m->intercept[k] -= centre;
    m->loss_sum = f->loss + f->norm_w * f->norm_w / (2.0 * f->c);
    m->grad_norm = f->grad_norm;
    m->grad_rel = f->grad_rel;
    m->steps = f->steps;
    m->passes = f->passes;
}

static enum logistic_end end_of(enum lbfgs_end end)
{
    static const enum logistic_end same[] = {
        LOGISTIC_GRADIENT, LOGISTIC_DECREASE, LOGISTIC_LIMIT, LOGISTIC_STUCK};

    return same[end];
}

static status solve(struct newton *f,
                    const struct logistic_task *task,
                    double *panel,
                    enum logistic_end *out)
{
    struct lbfgs_rule rule = {.scale = 1.0,
                              .gtol = task->tol > 0.0 ? task->tol : 1e-4,
                              .ftol = 2.2204460492503131e-09, /* of scipy */
                              .searches = 20,
                              .steps_max = 1000};
    enum lbfgs_end end = LBFGS_STUCK;
    status st = OK;

    if (task->rule == LOGISTIC_EXACT) {
        *out = f->goal > OPTIMUM ? LOGISTIC_GRADIENT : LOGISTIC_OPTIMUM;
        return newton_solve(f);
    }
    if (task->rule == LOGISTIC_SKLEARN_1_4) {
        double sum = 0.0;

        for (uint32_t i = 0; i < f->rows.n; i++)
            sum += f->weight[i];
        rule.scale = 1.0 / sum;
        rule.ftol = 64 * 2.220446049250313e-16;
        rule.searches = 50;
    }
    TRY(lbfgs_solve(f, &rule, panel, &end));
    *out = end_of(end);
out:
    return st;
}

status logistic_fit(const struct logistic *l,
                    const struct logistic_task *task,
                    struct logistic_model **out)
{
    status st = OK;
    const struct basis *b = &l->basis;
    struct rows rows = {0};
    struct newton f = {0};
    struct logistic_model *m = NULL;
    double *panel = NULL;

    TRY(gather(b, task, &rows));
    TRY(check_labels(&rows, task));
    f = (struct newton){.basis = b,
                        .rows = {b->ops, b->team, rows.row, rows.len, rows.n,
                                 b->m, task->classes == 2 ? 1 : MAT_WIDTH},
                        .au = rows.au,
                        .tail = rows.tail,
                        .y = rows.y,
                        .weight = rows.weight,
                        .classes = task->classes,
                        .c = task->c,
                        .goal = task->goal > 0.0 ? task->goal : OPTIMUM};
    TRY(newton_new(&f));
    TRY(model_new(b->p, task->classes, task->c, &m));
    TRY(mem_raw(((size_t)b->p + 2 * (size_t)LQ_BLOCK) * f.rows.width,
                sizeof *panel, &panel));
    if (task->warm) {
        ENSURE(task->warm->p == b->p && task->warm->classes == task->classes,
               ERR_DATA, "warm start of %u features, %u classes; here %u, %u",
               task->warm->p, task->warm->classes, b->p, task->classes);
        start_from(b, task->warm, &f, panel);
    }
    if (task->path && task->rule == LOGISTIC_EXACT)
        TRY(logistic_path_start(task->path, &f));
    TRY(solve(&f, task, panel, &m->end));
    bring_home(b, &f, m, panel);
    *out = m;
    m = NULL;
out:
    newton_free(&f);
    logistic_model_free(m);
    rows_clear(&rows);
    mem_free(panel);
    return st;
}

void logistic_balanced(const int32_t *y,
                       const uint32_t *rows,
                       uint32_t n,
                       uint32_t classes,
                       double *weight)
{
    for (uint32_t k = 0; k < classes; k++)
        weight[k] = 0.0;
    for (uint32_t i = 0; i < n; i++)
        weight[y[rows ? rows[i] : i]] += 1.0;
    for (uint32_t k = 0; k < classes; k++)
        if (weight[k] > 0.0)
            weight[k] = n / (classes * weight[k]);
}

const char *logistic_end_name(enum logistic_end end)
{
    static const char *const name[] = {"optimum", "gradient", "decrease",
                                       "limit", "stuck"};

    return name[end];
}

void logistic_decision(const struct logistic_model *m,
                       const double *x,
                       uint32_t n,
                       double *decision)
{
    const struct mat_ops *ops = mat_ops();

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < m->columns; k++)
            decision[i * m->columns + k] =
                ops->dot(x + i * m->p, m->coef + k * m->p, m->p) +
                m->intercept[k];
}

void logistic_proba(const struct logistic_model *m,
                    const double *x,
                    uint32_t n,
                    double *proba)
{
    const struct mat_ops *ops = mat_ops();

    for (size_t i = 0; i < n; i++) {
        double *row = proba + i * m->classes;

        /* Decisions lie where the probabilities will be: softmax_proba reads
         * column k before it writes column k. */
        for (size_t k = 0; k < m->columns; k++)
            row[k] = ops->dot(x + i * m->p, m->coef + k * m->p, m->p) +
                     m->intercept[k];
        if (m->columns == 1) {
            double z = row[0];

            softmax_proba(&z, 1, row);
        } else {
            softmax_proba(row, m->columns, row);
        }
    }
}

int32_t logistic_class(const struct logistic_model *m, const double *decision)
{
    uint32_t best = 0;

    if (m->columns == 1)
        return decision[0] > 0.0;
    for (uint32_t k = 1; k < m->columns; k++)
        if (decision[k] > decision[best])
            best = k;
    return (int32_t)best;
}
