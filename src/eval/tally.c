/* Metrics from counts of rows by group of equal scores. */
#include <string.h>

#include "base/mem.h"

#include "eval/metrics.h"
#include "eval/scored.h"

status tally_new(const struct scored *s, struct tally *t)
{
    status st = OK;

    *t = (struct tally){0};
    TRY(mem_new((size_t)s->n + 1, sizeof *t->pos, &t->pos));
    TRY(mem_new((size_t)s->n + 1, sizeof *t->neg, &t->neg));
    TRY(mem_new(s->classes, sizeof *t->truth, &t->truth));
    TRY(mem_new(s->classes, sizeof *t->hit, &t->hit));
out:
    if (st != OK)
        tally_free(t);
    return st;
}

void tally_free(struct tally *t)
{
    mem_free(t->pos);
    mem_free(t->neg);
    mem_free(t->truth);
    mem_free(t->hit);
    *t = (struct tally){0};
}

/* Rows of each group of score column `column`, of class `klass` and not. */
void tally_groups(const struct scored *s,
                  const struct rows_of *r,
                  uint32_t column,
                  uint32_t klass,
                  struct tally *t)
{
    const uint32_t *group = s->group + (size_t)column * s->n;

    memset(t->pos, 0, s->groups[column] * sizeof *t->pos);
    memset(t->neg, 0, s->groups[column] * sizeof *t->neg);
    for (uint32_t i = 0; i < r->n; i++) {
        uint32_t row = r->idx ? r->idx[i] : i;

        if ((uint32_t)s->y[row] == klass)
            t->pos[group[row]]++;
        else
            t->neg[group[row]]++;
    }
}

/* Pairs in the right order and half the ties, in integers (Mann, Whitney
 * 1947); NaN when one side is empty. */
double tally_area(const struct tally *t, uint32_t groups)
{
    uint64_t twice = 0;
    uint64_t above = 0;
    uint64_t below = 0;

    for (uint32_t g = 0; g < groups; g++) {
        twice += t->neg[g] * (2 * above + t->pos[g]);
        above += t->pos[g];
        below += t->neg[g];
    }
    if (above == 0 || below == 0)
        return __builtin_nan("");
    return (double)twice / (2.0 * (double)above * (double)below);
}

/* Step sum over thresholds, equal scores enter together; 0 without
 * positives. */
double tally_precision(const struct tally *t, uint32_t groups)
{
    double sum = 0.0;
    uint64_t tp = 0;
    uint64_t all = 0;

    for (uint32_t g = 0; g < groups; g++) {
        tp += t->pos[g];
        all += (uint64_t)t->pos[g] + t->neg[g];
        if (t->pos[g] > 0)
            sum += t->pos[g] * ((double)tp / (double)all);
    }
    return tp > 0 ? sum / (double)tp : 0.0;
}

static double column_auc(const struct scored *s,
                         const struct rows_of *r,
                         uint32_t k,
                         struct tally *t)
{
    tally_groups(s, r, k, k, t);
    return tally_area(t, s->groups[k]);
}

static double column_ap(const struct scored *s,
                        const struct rows_of *r,
                        uint32_t column,
                        uint32_t klass,
                        struct tally *t)
{
    tally_groups(s, r, column, klass, t);
    return tally_precision(t, s->groups[column]);
}

static void
count_classes(const struct scored *s, const struct rows_of *r, struct tally *t)
{
    memset(t->truth, 0, s->classes * sizeof *t->truth);
    memset(t->hit, 0, s->classes * sizeof *t->hit);
    for (uint32_t i = 0; i < r->n; i++) {
        uint32_t row = r->idx ? r->idx[i] : i;

        t->truth[s->y[row]]++;
        t->hit[s->y[row]] += s->pred[row] == (uint32_t)s->y[row];
    }
}

static double
metric_auc(const struct scored *s, const struct rows_of *r, struct tally *t)
{
    double sum = 0.0;

    if (s->classes == 2)
        return column_auc(s, r, 1, t);
    for (uint32_t k = 0; k < s->classes; k++)
        sum += column_auc(s, r, k, t);
    return sum / s->classes;
}

/* One-vs-rest areas by the rows of their class. */
static double metric_auc_weighted(const struct scored *s,
                                  const struct rows_of *r,
                                  struct tally *t)
{
    double sum = 0.0;

    if (s->classes == 2)
        return column_auc(s, r, 1, t);
    count_classes(s, r, t);
    for (uint32_t k = 0; k < s->classes; k++)
        sum += column_auc(s, r, k, t) * ((double)t->truth[k] / r->n);
    return sum;
}

/* Area of column a on the rows of classes a and b. */
static double directed_auc(const struct scored *s,
                           const struct rows_of *r,
                           uint32_t a,
                           uint32_t b,
                           struct tally *t)
{
    const uint32_t *group = s->group + (size_t)a * s->n;

    memset(t->pos, 0, s->groups[a] * sizeof *t->pos);
    memset(t->neg, 0, s->groups[a] * sizeof *t->neg);
    for (uint32_t i = 0; i < r->n; i++) {
        uint32_t row = r->idx ? r->idx[i] : i;

        t->pos[group[row]] += (uint32_t)s->y[row] == a;
        t->neg[group[row]] += (uint32_t)s->y[row] == b;
    }
    return tally_area(t, s->groups[a]);
}

static double
metric_auc_ovo(const struct scored *s, const struct rows_of *r, struct tally *t)
{
    double sum = 0.0;
    uint32_t pairs = 0;

    if (s->classes == 2)
        return column_auc(s, r, 1, t);
    for (uint32_t a = 0; a < s->classes; a++)
        for (uint32_t b = a + 1; b < s->classes; b++) {
            sum += (directed_auc(s, r, a, b, t) + directed_auc(s, r, b, a, t)) /
                   2.0;
            pairs++;
        }
    return sum / pairs;
}

static double
metric_map(const struct scored *s, const struct rows_of *r, struct tally *t)
{
    double sum = 0.0;
    uint32_t present = 0;

    count_classes(s, r, t);
    for (uint32_t k = 0; k < s->classes; k++)
        if (t->truth[k] > 0) {
            sum += column_ap(s, r, k, k, t);
            present++;
        }
    return sum / present;
}

/* The i-th class present with column i. With two classes present there is
 * one binary problem, of the larger class, with column 0; with one class,
 * nothing to find. */
static double metric_map_study(const struct scored *s,
                               const struct rows_of *r,
                               struct tally *t)
{
    double sum = 0.0;
    uint32_t present = 0;
    uint32_t last = 0;

    count_classes(s, r, t);
    for (uint32_t k = 0; k < s->classes; k++)
        if (t->truth[k] > 0) {
            present++;
            last = k;
        }
    if (present == 1)
        return 0.0;
    if (present == 2)
        return column_ap(s, r, 0, last, t);
    for (uint32_t k = 0, column = 0; k < s->classes; k++)
        if (t->truth[k] > 0)
            sum += column_ap(s, r, column++, k, t);
    return sum / present;
}

static double
metric_ba(const struct scored *s, const struct rows_of *r, struct tally *t)
{
    double sum = 0.0;
    uint32_t present = 0;

    count_classes(s, r, t);
    for (uint32_t k = 0; k < s->classes; k++)
        if (t->truth[k] > 0) {
            sum += (double)t->hit[k] / t->truth[k];
            present++;
        }
    return sum / present;
}

static double
metric_acc(const struct scored *s, const struct rows_of *r, struct tally *t)
{
    uint64_t hits = 0;

    count_classes(s, r, t);
    for (uint32_t k = 0; k < s->classes; k++)
        hits += t->hit[k];
    return (double)hits / r->n;
}

double tally_metric(const struct scored *s,
                    enum metric m,
                    const struct rows_of *r,
                    struct tally *t)
{
    if (r->n == 0)
        return __builtin_nan("");
    switch (m) {
    case METRIC_AUC:
        return metric_auc(s, r, t);
    case METRIC_AP:
        return s->classes == 2 ? column_ap(s, r, 1, 1, t) : metric_map(s, r, t);
    case METRIC_MAP:
        return metric_map(s, r, t);
    case METRIC_MAP_STUDY:
        return metric_map_study(s, r, t);
    case METRIC_BA:
        return metric_ba(s, r, t);
    case METRIC_AUC_WEIGHTED:
        return metric_auc_weighted(s, r, t);
    case METRIC_AUC_OVO:
        return metric_auc_ovo(s, r, t);
    default:
        return metric_acc(s, r, t);
    }
}
