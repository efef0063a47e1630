/* Scores are ranked once: each row has, per class, the number of its group of
 * equal scores, best first. A resample then only counts groups. */
#include "eval/metrics.h"

#include <string.h>

#include "base/mem.h"

#include "det/order.h"
#include "eval/scored.h"

static const char *const NAMES[METRICS] = {
    "auc", "ap", "map", "map_study", "ba", "acc", "auc_weighted", "auc_ovo"};

const char *metric_name(enum metric m)
{
    BUG_IF((unsigned)m >= METRICS);
    return NAMES[m];
}

int metric_find(const char *name)
{
    for (int m = 0; m < METRICS; m++)
        if (strcmp(name, NAMES[m]) == 0)
            return m;
    return -1;
}

const char *metric_names(void)
{
    return "auc, ap, map, map_study, ba, acc, auc_weighted, auc_ovo";
}

const char *metric_title(enum metric m, uint32_t classes)
{
    switch (m) {
    case METRIC_AUC:
        return classes == 2 ? "ROC AUC" : "ROC AUC, macro one-vs-rest";
    case METRIC_AP:
        return classes == 2 ? "average precision"
                            : "average precision, mean over classes";
    case METRIC_MAP:
        return "mAP";
    case METRIC_MAP_STUDY:
        return "mAP, paired as in the study";
    case METRIC_BA:
        return "balanced accuracy";
    case METRIC_AUC_WEIGHTED:
        return "ROC AUC, one-vs-rest by prevalence";
    case METRIC_AUC_OVO:
        return "ROC AUC, one-vs-one";
    default:
        return "accuracy";
    }
}

void scored_free(struct scored *s)
{
    if (!s)
        return;
    mem_free(s->y);
    mem_free(s->pred);
    mem_free(s->group);
    mem_free(s->groups);
    mem_free(s);
}

uint32_t scored_rows(const struct scored *s)
{
    return s->n;
}

uint32_t scored_classes(const struct scored *s)
{
    return s->classes;
}

/* group [n] := number of the row's group of equal scores, best first. */
static uint32_t
rank_groups(const double *score, uint32_t n, uint32_t *order, uint32_t *group)
{
    uint32_t g = 0;

    order_f64_desc(score, n, order);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0 && score[order[i]] != score[order[i - 1]])
            g++;
        group[order[i]] = g;
    }
    return n > 0 ? g + 1 : 0;
}

static status
check(const int32_t *y, const double *proba, uint32_t n, uint32_t classes)
{
    status st = OK;

    ENSURE(classes >= 2, ERR_DATA, "scores of %u classes; two or more needed",
           classes);
    for (uint32_t i = 0; i < n; i++) {
        ENSURE(y[i] >= 0 && (uint32_t)y[i] < classes, ERR_DATA,
               "labels: row %u has class %d, outside 0..%u", i, y[i],
               classes - 1);
        for (uint32_t k = 0; k < classes; k++)
            ENSURE(__builtin_isfinite(proba[(size_t)i * classes + k]),
                   ERR_NUMERIC, "scores: row %u, class %u is not finite", i, k);
    }
out:
    return st;
}

status scored_new(const int32_t *y,
                  const double *proba,
                  uint32_t n,
                  uint32_t classes,
                  struct scored **out)
{
    status st = OK;
    struct scored *s = NULL;
    double *column = NULL;
    uint32_t *order = NULL;

    TRY(check(y, proba, n, classes));
    TRY(mem_new(1, sizeof *s, &s));
    s->n = n;
    s->classes = classes;
    TRY(mem_new(n, sizeof *s->y, &s->y));
    TRY(mem_new(n, sizeof *s->pred, &s->pred));
    TRY(mem_new((size_t)n * classes, sizeof *s->group, &s->group));
    TRY(mem_new(classes, sizeof *s->groups, &s->groups));
    TRY(mem_raw(n, sizeof *column, &column));
    TRY(mem_raw(n, sizeof *order, &order));
    if (n > 0)
        memcpy(s->y, y, n * sizeof *y);
    for (uint32_t i = 0; i < n; i++) {
        const double *row = proba + (size_t)i * classes;

        for (uint32_t k = 1; k < classes; k++)
            if (row[k] > row[s->pred[i]])
                s->pred[i] = k;
    }
    for (uint32_t k = 0; k < classes; k++) {
        for (uint32_t i = 0; i < n; i++)
            column[i] = proba[(size_t)i * classes + k];
        s->groups[k] = rank_groups(column, n, order, s->group + (size_t)k * n);
    }
    *out = s;
    s = NULL;
out:
    scored_free(s);
    mem_free(column);
    mem_free(order);
    return st;
}

status scored_metric(const struct scored *s,
                     enum metric m,
                     const uint32_t *idx,
                     uint32_t n,
                     double *out)
{
    status st = OK;
    struct tally t = {0};
    struct rows_of r = {.idx = idx, .n = idx ? n : s->n};

    for (uint32_t i = 0; idx && i < n; i++)
        ENSURE(idx[i] < s->n, ERR_DATA, "row %u of %u does not exist", idx[i],
               s->n);
    TRY(tally_new(s, &t));
    *out = tally_metric(s, m, &r, &t);
out:
    tally_free(&t);
    return st;
}

status scored_roc(const struct scored *s,
                  uint32_t class_index,
                  double **fpr,
                  double **tpr,
                  uint32_t *n)
{
    status st = OK;
    struct tally t = {0};
    struct rows_of r = {.n = s->n};
    double *x = NULL;
    double *y = NULL;
    double pos = 0.0;
    double neg = 0.0;
    uint32_t groups;

    ENSURE(class_index < s->classes, ERR_DATA, "class %u of %u does not exist",
           class_index, s->classes);
    groups = s->groups[class_index];
    TRY(tally_new(s, &t));
    TRY(mem_new((size_t)groups + 1, sizeof *x, &x));
    TRY(mem_new((size_t)groups + 1, sizeof *y, &y));
    tally_groups(s, &r, class_index, class_index, &t);
    for (uint32_t g = 0; g < groups; g++) {
        x[g + 1] = (neg += t.neg[g]);
        y[g + 1] = (pos += t.pos[g]);
    }
    ENSURE(pos > 0.0 && neg > 0.0, ERR_DATA,
           "ROC curve of class %u: %g rows of it, %g of others", class_index,
           pos, neg);
    for (uint32_t g = 0; g <= groups; g++) {
        x[g] /= neg;
        y[g] /= pos;
    }
    *fpr = x;
    *tpr = y;
    *n = groups + 1;
    x = y = NULL;
out:
    tally_free(&t);
    mem_free(x);
    mem_free(y);
    return st;
}

status scored_pr(const struct scored *s,
                 uint32_t class_index,
                 double **recall,
                 double **precision,
                 uint32_t *n)
{
    status st = OK;
    struct tally t = {0};
    struct rows_of r = {.n = s->n};
    double *x = NULL;
    double *y = NULL;
    double pos = 0.0;
    double all = 0.0;
    uint32_t groups;

    ENSURE(class_index < s->classes, ERR_DATA, "class %u of %u does not exist",
           class_index, s->classes);
    groups = s->groups[class_index];
    TRY(tally_new(s, &t));
    TRY(mem_new((size_t)groups + 1, sizeof *x, &x));
    TRY(mem_new((size_t)groups + 1, sizeof *y, &y));
    tally_groups(s, &r, class_index, class_index, &t);
    y[0] = 1.0;
    for (uint32_t g = 0; g < groups; g++) {
        all += (double)t.pos[g] + t.neg[g];
        x[g + 1] = (pos += t.pos[g]);
        y[g + 1] = pos / all;
    }
    ENSURE(pos > 0.0, ERR_DATA, "precision of class %u: no row of it",
           class_index);
    for (uint32_t g = 0; g <= groups; g++)
        x[g] /= pos;
    *recall = x;
    *precision = y;
    *n = groups + 1;
    x = y = NULL;
out:
    tally_free(&t);
    mem_free(x);
    mem_free(y);
    return st;
}

/* Two columns from one score, larger = class 1. */
static status two_columns(const int32_t *y,
                          const double *score,
                          uint32_t n,
                          enum metric m,
                          double *out)
{
    status st = OK;
    struct scored *s = NULL;
    double *proba = NULL;
    int32_t *label = NULL;

    TRY(mem_new((size_t)n * 2, sizeof *proba, &proba));
    TRY(mem_new(n, sizeof *label, &label));
    for (uint32_t i = 0; i < n; i++) {
        proba[2 * (size_t)i + 1] = score[i];
        label[i] = y[i] > 0;
    }
    TRY(scored_new(label, proba, n, 2, &s));
    TRY(scored_metric(s, m, NULL, 0, out));
out:
    scored_free(s);
    mem_free(proba);
    mem_free(label);
    return st;
}

status roc_auc(const int32_t *y, const double *score, uint32_t n, double *out)
{
    return two_columns(y, score, n, METRIC_AUC, out);
}

status average_precision(const int32_t *y,
                         const double *score,
                         uint32_t n,
                         double *out)
{
    return two_columns(y, score, n, METRIC_AP, out);
}

double accuracy(const int32_t *y, const int32_t *pred, uint32_t n)
{
    uint32_t hits = 0;

    for (uint32_t i = 0; i < n; i++)
        hits += y[i] == pred[i];
    return n > 0 ? (double)hits / n : __builtin_nan("");
}

status balanced_accuracy(const int32_t *y,
                         const int32_t *pred,
                         uint32_t n,
                         double *out)
{
    status st = OK;
    double *key = NULL;
    uint32_t *order = NULL;
    double sum = 0.0;
    uint32_t classes = 0;

    TRY(mem_new(n, sizeof *key, &key));
    TRY(mem_new(n, sizeof *order, &order));
    for (uint32_t i = 0; i < n; i++)
        key[i] = y[i];
    order_f64(key, n, order);
    for (uint32_t lo = 0, hi = 0; lo < n; lo = hi) {
        uint32_t hits = 0;

        for (; hi < n && y[order[hi]] == y[order[lo]]; hi++)
            hits += pred[order[hi]] == y[order[hi]];
        sum += (double)hits / (hi - lo);
        classes++;
    }
    *out = classes > 0 ? sum / classes : __builtin_nan("");
out:
    mem_free(key);
    mem_free(order);
    return st;
}
