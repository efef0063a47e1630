#include "app/search_model.h"

#include <math.h>

#include "base/mem.h"

#include "eval/fold.h"

struct search_model {
    const struct search_data *data;
    struct search_model_conf conf; /* folds 0: there is a validation table */
    struct scaler *scaler;
    double *train; /* [rows][dim] standardised */
    double *val;
    struct logistic *prepared;
    uint32_t *fold;   /* [rows] of the training table */
    uint32_t *inside; /* [folds][rows] rows a fold is fitted on */
    uint32_t *outside;
    uint32_t *n_inside; /* [folds] */
    /* [WEIGHTS_GIVEN][folds + 1] the last fold is all rows; NULL: none */
    struct logistic_path **path;
};

static status
scaled(const struct search_model *m, const struct search_set *set, double **out)
{
    status st = OK;

    TRY(mem_raw((size_t)set->rows * m->data->dim, sizeof **out, out));
    scaler_apply(m->scaler, set->x, set->rows, *out);
out:
    return st;
}

static status make_folds(struct search_model *m)
{
    const struct search_set *train = &m->data->set[SPLIT_TRAIN];
    uint32_t n = train->rows;
    status st = OK;

    ENSURE(n >= m->conf.folds, ERR_DATA,
           "train features: %u rows for %u folds of cross-validation; fewer "
           "search.folds, or a validation table",
           n, m->conf.folds);
    TRY(mem_new(n, sizeof *m->fold, &m->fold));
    TRY(fold_stratified(train->y, n, m->conf.folds, m->fold, NULL));
    TRY(mem_new((size_t)n * m->conf.folds, sizeof *m->inside, &m->inside));
    TRY(mem_new((size_t)n * m->conf.folds, sizeof *m->outside, &m->outside));
    TRY(mem_new(m->conf.folds, sizeof *m->n_inside, &m->n_inside));
    for (uint32_t f = 0; f < m->conf.folds; f++) {
        uint32_t in = 0;
        uint32_t out = 0;
        for (uint32_t r = 0; r < n; r++) {
            size_t at = (size_t)f * n;
            if (m->fold[r] == f)
                m->outside[at + out++] = r;
            else
                m->inside[at + in++] = r;
        }
        m->n_inside[f] = in;
    }
out:
    return st;
}

/* The metric of scores [n][classes]. */
static status score(const struct search_model *m,
                    const int32_t *y,
                    const double *scores,
                    uint32_t n,
                    double *out)
{
    struct scored *s = NULL;
    status st = OK;

    TRY(scored_new(y, scores, n, m->data->classes, &s));
    TRY(scored_metric(s, m->conf.metric, NULL, 0, out));
out:
    scored_free(s);
    return st;
}

/* The objective must exist on the rows it will be taken on: a constant score
 * has one if any has. fold < 0: the validation table. */
static status check_objective(const struct search_model *m,
                              const int32_t *y,
                              uint32_t n,
                              int64_t fold)
{
    double *constant = NULL;
    double v = 0;
    status st = OK;

    TRY(mem_new((size_t)n * m->data->classes, sizeof *constant, &constant));
    TRY(score(m, y, constant, n, &v));
    ENSURE(isfinite(v) || fold >= 0, ERR_DATA,
           "val features: not every class has one of the %u rows, so there is "
           "no %s; another table or another search.objective",
           n, metric_name(m->conf.metric));
    ENSURE(isfinite(v), ERR_DATA,
           "train features: not every class has one of the %u rows of fold "
           "%lld, so there is no %s; fewer search.folds, a validation table "
           "or another search.objective",
           n, (long long)fold, metric_name(m->conf.metric));
out:
    mem_free(constant);
    return st;
}

static status check_folds(const struct search_model *m)
{
    const struct search_set *train = &m->data->set[SPLIT_TRAIN];
    int32_t *y = NULL;
    status st = OK;

    TRY(mem_raw(train->rows, sizeof *y, &y));
    for (uint32_t f = 0; f < m->conf.folds; f++) {
        uint32_t n = train->rows - m->n_inside[f];

        for (uint32_t r = 0; r < n; r++)
            y[r] = train->y[m->outside[(size_t)f * train->rows + r]];
        TRY(check_objective(m, y, n, f));
    }
out:
    mem_free(y);
    return st;
}

static uint32_t path_count(const struct search_model *m)
{
    return WEIGHTS_GIVEN * (m->conf.folds + 1);
}

static status make_paths(struct search_model *m)
{
    status st = OK;

    TRY(mem_new(path_count(m), sizeof(struct logistic_path *), &m->path));
    for (uint32_t k = 0; m->conf.path && k < path_count(m); k++)
        TRY(logistic_path_new(&m->path[k]));
out:
    return st;
}

/* A path has one set of weights, and given ones may be others in each trial. */
static struct logistic_path *
path_of(const struct search_model *m, const struct search_point *at, uint32_t f)
{
    if (at->weights == WEIGHTS_GIVEN)
        return NULL;
    return m->path[(uint32_t)at->weights * (m->conf.folds + 1) + f];
}

status search_model_new(const struct search_data *data,
                        const struct search_model_conf *conf,
                        struct team *team,
                        struct search_model **out)
{
    const struct search_set *train = &data->set[SPLIT_TRAIN];
    const struct search_set *val = &data->set[SPLIT_VAL];
    struct search_model *m = NULL;
    status st = OK;

    TRY(mem_new(1, sizeof *m, &m));
    m->data = data;
    m->conf = *conf;
    m->conf.folds = val->rows > 0 ? 0 : conf->folds;
    TRY(scaler_fit(train->x, train->rows, data->dim, &m->scaler));
    TRY(scaled(m, train, &m->train));
    if (val->rows > 0) {
        TRY(check_objective(m, val->y, val->rows, -1));
        TRY(scaled(m, val, &m->val));
    } else {
        TRY(make_folds(m));
        TRY(check_folds(m));
    }
    TRY(make_paths(m));
    TRY(logistic_prepare(m->train, train->rows, data->dim, team, &m->prepared));
    *out = m;
    m = NULL;
out:
    search_model_free(m);
    return st;
}

void search_model_free(struct search_model *m)
{
    if (!m)
        return;
    for (uint32_t k = 0; m->path && k < path_count(m); k++)
        logistic_path_free(m->path[k]);
    mem_free(m->path);
    logistic_free(m->prepared);
    scaler_free(m->scaler);
    mem_free(m->train);
    mem_free(m->val);
    mem_free(m->fold);
    mem_free(m->inside);
    mem_free(m->outside);
    mem_free(m->n_inside);
    mem_free(m);
}

const struct scaler *search_model_scaler(const struct search_model *m)
{
    return m->scaler;
}

static status score_val(const struct search_model *m,
                        const struct search_point *at,
                        double *out)
{
    const struct search_set *val = &m->data->set[SPLIT_VAL];
    struct logistic_model *fit = NULL;
    double *proba = NULL;
    status st = OK;

    TRY(search_model_fit(m, at, &fit));
    TRY(mem_raw((size_t)val->rows * m->data->classes, sizeof *proba, &proba));
    logistic_proba(fit, m->val, val->rows, proba);
    TRY(score(m, val->y, proba, val->rows, out));
out:
    mem_free(proba);
    logistic_model_free(fit);
    return st;
}

/* Scores of the rows a fold was not fitted on. Two classes are ranked by
 * their decision value, which does not saturate as probabilities do. */
static void fold_scores(const struct search_model *m,
                        const struct logistic_model *fit,
                        const double *x,
                        uint32_t n,
                        double *out)
{
    if (m->data->classes > 2) {
        logistic_proba(fit, x, n, out);
        return;
    }
    logistic_decision(fit, x, n, out);
    for (uint32_t r = n; r-- > 0;) {
        double z = out[r];
        out[2 * (size_t)r] = -z;
        out[2 * (size_t)r + 1] = z;
    }
}

/* The fit on the training rows of a fold, all with conf.folds. */
static status fit_rows(const struct search_model *m,
                       const struct search_point *at,
                       uint32_t f,
                       struct logistic_model **out)
{
    const struct search_set *train = &m->data->set[SPLIT_TRAIN];
    bool all = f == m->conf.folds;
    const uint32_t *rows = all ? NULL : m->inside + (size_t)f * train->rows;
    uint32_t n = all ? train->rows : m->n_inside[f];
    struct logistic_task task = {.y = train->y,
                                 .classes = m->data->classes,
                                 .c = at->c,
                                 .rows = rows,
                                 .n_rows = n,
                                 .rule = m->conf.rule,
                                 .goal = m->conf.goal,
                                 .path = path_of(m, at, f)};
    double *own = NULL;
    status st = OK;

    if (at->weights == WEIGHTS_GIVEN && isnan(at->weight)) {
        task.weight = m->conf.weight;
    } else if (at->weights != WEIGHTS_NONE) {
        TRY(mem_new(task.classes, sizeof *own, &own));
        for (uint32_t c = 0; c < task.classes; c++)
            own[c] = c + 1 < task.classes ? 1 : at->weight;
        if (at->weights == WEIGHTS_BALANCED)
            logistic_balanced(train->y, rows, n, task.classes, own);
        task.weight = own;
    }
    TRY(logistic_fit(m->prepared, &task, out));
out:
    mem_free(own);
    return st;
}

static status score_fold(const struct search_model *m,
                         const struct search_point *point,
                         uint32_t f,
                         double *out)
{
    const struct search_set *train = &m->data->set[SPLIT_TRAIN];
    uint32_t dim = m->data->dim;
    size_t at = (size_t)f * train->rows;
    uint32_t n = train->rows - m->n_inside[f];
    struct logistic_model *fit = NULL;
    double *x = NULL;
    double *s = NULL;
    int32_t *y = NULL;
    status st = OK;

    TRY(fit_rows(m, point, f, &fit));
    TRY(mem_raw((size_t)n * dim, sizeof *x, &x));
    TRY(mem_raw((size_t)n * m->data->classes, sizeof *s, &s));
    TRY(mem_raw(n, sizeof *y, &y));
    for (uint32_t r = 0; r < n; r++) {
        uint32_t row = m->outside[at + r];
        y[r] = train->y[row];
        for (uint32_t j = 0; j < dim; j++)
            x[(size_t)r * dim + j] = m->train[(size_t)row * dim + j];
    }
    fold_scores(m, fit, x, n, s);
    TRY(score(m, y, s, n, out));
out:
    mem_free(y);
    mem_free(s);
    mem_free(x);
    logistic_model_free(fit);
    return st;
}

status search_model_score(const struct search_model *m,
                          const struct search_point *at,
                          search_fold_fn *each,
                          void *ctx,
                          double *out)
{
    double sum = 0;
    double one = 0;
    bool stop = false;
    status st = OK;

    if (m->conf.folds == 0)
        return score_val(m, at, out);
    for (uint32_t f = 0; f < m->conf.folds && !stop; f++) {
        TRY(score_fold(m, at, f, &one));
        sum += one;
        if (each)
            TRY(each(ctx, f, one, &stop));
    }
    *out = stop ? (double)NAN : sum / m->conf.folds;
out:
    return st;
}

status search_model_fit(const struct search_model *m,
                        const struct search_point *at,
                        struct logistic_model **out)
{
    return fit_rows(m, at, m->conf.folds, out);
}

status search_model_proba(const struct search_model *m,
                          const struct logistic_model *fit,
                          const struct search_set *set,
                          double **proba)
{
    double *x = NULL;
    status st = OK;

    TRY(scaled(m, set, &x));
    TRY(mem_raw((size_t)set->rows * m->data->classes, sizeof **proba, proba));
    logistic_proba(fit, x, set->rows, *proba);
out:
    mem_free(x);
    return st;
}
