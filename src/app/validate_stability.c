/* Test and retest, and trials of moved seeds. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#include "app/validate.h"
#include "det/order.h"

/* ---- pairs of measurements */

/* Rows of two tables (or of one, told apart by "-test" and "-retest" at the
 * end of the id) that are of the same patient. */
struct pairs {
    struct csv *a, *b;        /* b NULL: both in a */
    uint32_t *first, *second; /* [n] rows */
    uint32_t n;
};

static void pairs_free(struct pairs *p)
{
    csv_free(p->a);
    csv_free(p->b);
    mem_free(p->first);
    mem_free(p->second);
    *p = (struct pairs){0};
}

static bool ends(const char *text, const char *end, size_t *stem)
{
    size_t n = strlen(text);
    size_t k = strlen(end);

    *stem = n > k ? n - k : 0;
    return n > k && strcmp(text + *stem, end) == 0;
}

/* Is id the retest of the row's id? With two tables: the same id. */
static bool is_retest(const char *test, const char *other, bool one_table)
{
    size_t a = 0;
    size_t b = 0;

    if (!one_table)
        return strcmp(test, other) == 0;
    return ends(test, "-test", &a) && ends(other, "-retest", &b) && a == b &&
           memcmp(test, other, a) == 0;
}

static status match(struct pairs *p, const char *id)
{
    status st = OK;
    const struct csv *b = p->b ? p->b : p->a;
    uint32_t col_a = 0;
    uint32_t col_b = 0;
    size_t stem;

    TRY(csv_need(p->a, id, &col_a));
    TRY(csv_need(b, id, &col_b));
    TRY(ids_unique(p->a, col_a));
    TRY(ids_unique(b, col_b));
    TRY(mem_new(csv_rows(p->a), sizeof *p->first, &p->first));
    TRY(mem_new(csv_rows(p->a), sizeof *p->second, &p->second));
    for (uint32_t i = 0; i < csv_rows(p->a); i++) {
        const char *name = csv_cell(p->a, i, col_a);
        uint32_t j = 0;

        if (!p->b && ends(name, "-retest", &stem))
            continue;
        while (j < csv_rows(b) &&
               !is_retest(name, csv_cell(b, j, col_b), !p->b))
            j++;
        ENSURE(j < csv_rows(b), ERR_DATA,
               "%s:%u: %s \"%s\" has no second measurement in %s%s",
               csv_path(p->a), csv_line(p->a, i), id, name, csv_path(b),
               p->b ? "" : " (ids end in -test and -retest)");
        p->first[p->n] = i;
        p->second[p->n++] = j;
    }
    ENSURE(
        p->b || csv_rows(b) == 2 * p->n, ERR_DATA,
        "%s: %u rows for %u pairs of -test and -retest; a retest has no test",
        csv_path(b), csv_rows(b), p->n);
    ENSURE(!p->b || csv_rows(b) == p->n, ERR_DATA,
           "%s: %u rows, but %s has %u; the measurements must be of the same "
           "patients",
           csv_path(b), csv_rows(b), csv_path(p->a), p->n);
out:
    return st;
}

/* "one.csv" or "test.csv, retest.csv", with {set}. */
static status pairs_open(const struct validate_conf *c,
                         struct pool *pool,
                         const char *key,
                         const char *list,
                         const char *set,
                         struct pairs *p)
{
    status st = OK;
    const char *word[2];
    const char *path = NULL;
    uint32_t n = 0;

    TRY(validate_words(pool, key, list, word, 2, &n));
    TRY(validate_path(pool, key, word[0], set, 100.0, &path));
    TRY(csv_read(path, &p->a));
    if (n == 2) {
        TRY(validate_path(pool, key, word[1], set, 100.0, &path));
        TRY(csv_read(path, &p->b));
    }
    TRY(match(p, c->retest.id));
out:
    return st;
}

/* ---- test and retest */

/* The last class's probability of the pairs: [n][2]. */
static status pair_scores(const struct pairs *p, double *out)
{
    status st = OK;
    double *a = NULL;
    double *b = NULL;
    uint32_t ka = 0;
    uint32_t kb = 0;

    TRY(table_scores(p->a, &ka, &a));
    TRY(table_scores(p->b ? p->b : p->a, &kb, &b));
    ENSURE(ka == kb, ERR_DATA, "%s: %u score columns, but %u in %s",
           csv_path(p->b), kb, ka, csv_path(p->a));
    for (uint32_t i = 0; i < p->n; i++) {
        out[2 * (size_t)i] = a[(size_t)p->first[i] * ka + ka - 1];
        out[2 * (size_t)i + 1] = b[(size_t)p->second[i] * kb + kb - 1];
    }
out:
    mem_free(a);
    mem_free(b);
    return st;
}

static status retest_scores(const struct validate_conf *c,
                            struct report *r,
                            const char *set,
                            struct report_retest *t)
{
    status st = OK;
    struct pairs p = {0};
    double *score = NULL;

    TRY(pairs_open(c, &r->pool, "retest.predictions", c->retest.predictions,
                   set, &p));
    TRY(mem_new(2 * (size_t)p.n, sizeof *score, &score));
    TRY(pair_scores(&p, score));
    TRY(icc_fit(score, p.n, 2, &t->icc));
    t->targets = p.n;
    t->has_icc = true;
out:
    pairs_free(&p);
    mem_free(score);
    return st;
}

/* Is it a column of features, as the linear models take them? */
static bool is_feature(const char *name)
{
    return (strstr(name, "pred") || strstr(name, "feature")) &&
           strcmp(name, "pred_class") != 0;
}

static status feature_columns(const struct csv *t, uint32_t **col, uint32_t *n)
{
    status st = OK;

    TRY(mem_new(csv_cols(t), sizeof **col, col));
    for (uint32_t k = 0; k < csv_cols(t); k++)
        if (is_feature(csv_name(t, k)))
            (*col)[(*n)++] = k;
    ENSURE(*n > 0, ERR_DATA,
           "%s: has no feature: no column with \"pred\" or \"feature\" in its "
           "name",
           csv_path(t));
out:
    return st;
}

/* Rows of features, [n][*dim]. */
static status features_of(const struct csv *t,
                          const uint32_t *row,
                          uint32_t n,
                          double **out,
                          uint32_t *dim)
{
    status st = OK;
    uint32_t *col = NULL;
    double *v = NULL;

    *dim = 0;
    TRY(feature_columns(t, &col, dim));
    TRY(mem_raw((size_t)n * *dim, sizeof *v, &v));
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < *dim; k++)
            TRY(csv_f64(t, row[i], col[k], &v[(size_t)i * *dim + k]));
    *out = v;
    v = NULL;
out:
    mem_free(col);
    mem_free(v);
    return st;
}

static double mean_square(const double *a, const double *b, size_t n)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum / (double)n;
}

static status retest_features(const struct validate_conf *c,
                              struct report *r,
                              const char *set,
                              struct report_retest *t)
{
    status st = OK;
    struct pairs p = {0};
    double *a = NULL;
    double *b = NULL;
    uint32_t dim = 0;
    size_t len;

    TRY(pairs_open(c, &r->pool, "retest.features", c->retest.features, set,
                   &p));
    TRY(features_of(p.a, p.first, p.n, &a, &t->values));
    TRY(features_of(p.b ? p.b : p.a, p.second, p.n, &b, &dim));
    ENSURE(dim == t->values, ERR_DATA, "%s: %u features, but %u in %s",
           csv_path(p.b), dim, t->values, csv_path(p.a));
    len = (size_t)p.n * dim;
    ENSURE(len <= UINT32_MAX, ERR_DATA, "%s: %zu values are too many",
           csv_path(p.a), len);
    TRY(spearman(a, b, (uint32_t)len, &t->rho, &t->rho_p));
    TRY(r_squared(a, b, (uint32_t)len, &t->r2));
    t->mse = mean_square(a, b, len);
    t->targets = p.n;
    t->has_values = true;
out:
    pairs_free(&p);
    mem_free(a);
    mem_free(b);
    return st;
}

/* ---- trials of moved seeds */

/* {trial} replaced; {set} as everywhere. */
static status trial_path(struct pool *pool,
                         const char *key,
                         const char *pattern,
                         const char *set,
                         uint32_t trial,
                         const char **out)
{
    status st = OK;
    const char *hole = strstr(pattern, "{trial}");
    const char *one;

    ENSURE(hole, ERR_CONF,
           "%s: \"%s\" has no {trial}, the place of the trial's number", key,
           pattern);
    one = pool_text(pool, &st, "%.*s%u%s", (int)(hole - pattern), pattern,
                    trial, hole + 7);
    TRY(st);
    TRY(validate_path(pool, key, one, set, 100.0, out));
out:
    return st;
}

static status trial_scores(const struct validate_conf *c,
                           struct report *r,
                           uint32_t trial,
                           struct report_perturbation *out)
{
    status st = OK;
    struct predictions p = {0};
    const char *path = NULL;
    double *score = NULL;
    struct concordance index = {.index = __builtin_nan("")};

    TRY(trial_path(&r->pool, "perturb.predictions", c->perturb.predictions,
                   out->set, trial, &path));
    TRY(predictions_read(c, &r->pool, path, NULL, true, &p));
    if (trial == 0)
        out->rows = p.rows;
    ENSURE(p.rows == out->rows, ERR_DATA,
           "%s: %u rows, but trial 0 has %u; trials are of the same patients",
           path, p.rows, out->rows);
    TRY(scored_metric(p.scored, METRIC_AUC, NULL, 0, &out->auc[trial]));
    if (p.time) {
        TRY(mem_new(p.rows, sizeof *score, &score));
        for (uint32_t i = 0; i < p.rows; i++)
            score[i] = p.proba[(size_t)i * p.classes + p.classes - 1];
        TRY(concordance_index(&(struct survival){p.rows, p.time, p.event},
                              score, &index));
    }
    out->c[trial] = index.index;
out:
    predictions_free(&p);
    mem_free(score);
    return st;
}

static status trial_features(const struct validate_conf *c,
                             struct report *r,
                             uint32_t trial,
                             const char *set,
                             double **out,
                             size_t *len)
{
    status st = OK;
    const char *path = NULL;
    struct csv *t = NULL;
    uint32_t *row = NULL;
    uint32_t dim = 0;

    TRY(trial_path(&r->pool, "perturb.features", c->perturb.features, set,
                   trial, &path));
    TRY(csv_read(path, &t));
    TRY(mem_new(csv_rows(t), sizeof *row, &row));
    for (uint32_t i = 0; i < csv_rows(t); i++)
        row[i] = i;
    TRY(features_of(t, row, csv_rows(t), out, &dim));
    *len = (size_t)csv_rows(t) * dim;
out:
    csv_free(t);
    mem_free(row);
    return st;
}

/* Mean squared change of the features against trial 0; mse[0] is NaN. */
static status features_change(const struct validate_conf *c,
                              struct report *r,
                              struct report_perturbation *out)
{
    status st = OK;
    double *zero = NULL;
    double *here = NULL;
    size_t len = 0;
    size_t now = 0;

    TRY(mem_new(out->trials, sizeof *out->mse, &out->mse));
    TRY(trial_features(c, r, 0, out->set, &zero, &len));
    out->mse[0] = __builtin_nan("");
    for (uint32_t k = 1; k < out->trials; k++) {
        TRY(trial_features(c, r, k, out->set, &here, &now));
        ENSURE(now == len, ERR_DATA,
               "perturb.features: trial %u has %zu values, trial 0 has %zu", k,
               now, len);
        out->mse[k] = mean_square(zero, here, len);
        mem_free(here);
        here = NULL;
    }
out:
    mem_free(zero);
    mem_free(here);
    return st;
}

/* Mean, population deviation (as the study's) and range of those that are
 * numbers; NaN without any. */
static void spread(const double *v,
                   uint32_t n,
                   uint32_t which,
                   struct report_perturbation *out)
{
    double none = __builtin_nan("");
    double sum = 0.0;
    double squares = 0.0;
    uint32_t used = 0;

    out->mean[which] = out->sd[which] = out->lo[which] = out->hi[which] = none;
    for (uint32_t i = 0; v && i < n; i++) {
        if (__builtin_isnan(v[i]))
            continue;
        out->lo[which] = used && out->lo[which] < v[i] ? out->lo[which] : v[i];
        out->hi[which] = used && out->hi[which] > v[i] ? out->hi[which] : v[i];
        sum += v[i];
        used++;
    }
    if (used == 0)
        return;
    out->mean[which] = sum / used;
    for (uint32_t i = 0; i < n; i++)
        if (!__builtin_isnan(v[i]))
            squares += (v[i] - out->mean[which]) * (v[i] - out->mean[which]);
    out->sd[which] = __builtin_sqrt(squares / used);
}

static status
perturbed(const struct validate_conf *c, struct report *r, const char *set)
{
    status st = OK;
    struct report_perturbation *p = NULL;

    TRY(REPORT_ADD(r, perturbation, n_perturbations, cap_perturbations, &p));
    p->set = set;
    p->trials = (uint32_t)c->perturb.trials;
    TRY(mem_new(p->trials, sizeof *p->auc, &p->auc));
    TRY(mem_new(p->trials, sizeof *p->c, &p->c));
    for (uint32_t k = 0; k < p->trials; k++)
        TRY(trial_scores(c, r, k, p));
    if (*c->perturb.features)
        TRY(features_change(c, r, p));
    spread(p->auc, p->trials, 0, p);
    spread(p->c, p->trials, 1, p);
    spread(p->mse, p->trials, 2, p);
out:
    return st;
}

static status
of_set(const struct validate_conf *c, struct report *r, const char *set)
{
    status st = OK;
    struct report_retest *t = NULL;

    if (*c->retest.predictions || *c->retest.features) {
        TRY(REPORT_ADD(r, retest, n_retests, cap_retests, &t));
        t->set = set;
        t->cohort = c->retest.cohort;
        if (*c->retest.predictions)
            TRY(retest_scores(c, r, set, t));
        if (*c->retest.features)
            TRY(retest_features(c, r, set, t));
    }
    if (c->perturb.trials > 0)
        TRY(perturbed(c, r, set));
out:
    return st;
}

status validate_stability(const struct validate_conf *c, struct report *r)
{
    status st = OK;

    ENSURE(c->perturb.trials == 0 || *c->perturb.predictions, ERR_CONF,
           "perturb.trials: needs perturb.predictions, the table of a trial "
           "with {set} and {trial}");
    for (size_t i = 0; i < r->n_sets; i++)
        TRY(of_set(c, r, r->set[i].name));
out:
    return st;
}
