#ifndef EVAL_METRICS_H
#define EVAL_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Metrics of a classifier on a set of rows, and of resamples of these rows.
 * Sorting is done once (struct scored); a metric of a resample then costs
 * O(n). A metric that does not exist on the rows at hand (one class only, no
 * rows) is NaN. */

enum metric {
    METRIC_AUC,       /* two classes: area under the ROC curve of column 1,
                         ties 1/2; more: mean of one-vs-rest areas */
    METRIC_AP,        /* two classes: average precision of column 1 */
    METRIC_MAP,       /* mean one-vs-rest average precision, column = class */
    METRIC_MAP_STUDY, /* as the study pairs them: the i-th class present in
                         the rows with column i */
    METRIC_BA,        /* balanced accuracy of the arg-max class */
    METRIC_ACC,       /* accuracy of the arg-max class */
    METRIC_AUC_WEIGHTED, /* one-vs-rest areas weighted by the class's rows */
    METRIC_AUC_OVO, /* mean over pairs of classes of both directed areas, on
                       the rows of the two (Hand, Till 2001) */
    METRICS
};
/* "auc", "ap", "map", "map_study", "ba", "acc", "auc_weighted", "auc_ovo"; -1
 * when unknown. metric_names: all of them, for messages. */
const char *metric_name(enum metric m);
int metric_find(const char *name);
const char *metric_names(void);
/* The name for people, e.g. "AUC, macro one-vs-rest". */
const char *metric_title(enum metric m, uint32_t classes);

struct scored; /* opaque, read-only after scored_new */

/* y [n] in 0..classes-1, proba [n][classes] (any finite scores; they need not
 * sum to 1), both copied. Ties of the arg-max go to the first column.
 * ERR_DATA: label out of range, classes < 2; ERR_NUMERIC: a score is not
 * finite (row, column). *out is the caller's. Any rank. */
status scored_new(const int32_t *y,
                  const double *proba,
                  uint32_t n,
                  uint32_t classes,
                  struct scored **out);
void scored_free(struct scored *s);
uint32_t scored_rows(const struct scored *s);
uint32_t scored_classes(const struct scored *s);

/* The metric on rows idx[0..n-1] (repeats allowed); idx NULL: all rows. */
status scored_metric(const struct scored *s,
                     enum metric m,
                     const uint32_t *idx,
                     uint32_t n,
                     double *out);

/* One call for two classes: y > 0 is positive, one score per row. NaN when one
 * class is missing (AP: 0 without positives, NaN without rows). ERR_NUMERIC. */
status roc_auc(const int32_t *y, const double *score, uint32_t n, double *out);
status average_precision(const int32_t *y,
                         const double *score,
                         uint32_t n,
                         double *out);
/* Labels against labels: any integers; NaN when n is 0. */
double accuracy(const int32_t *y, const int32_t *pred, uint32_t n);
/* Mean recall over the labels that occur in y. ERR_MEM. */
status balanced_accuracy(const int32_t *y,
                         const int32_t *pred,
                         uint32_t n,
                         double *out);

/* Rows by true (down) and predicted class over the k labels that occur in
 * either, ascending: *label [*k], *count [*k][*k]; mem_free. ERR_MEM. */
status confusion_matrix(const int32_t *y,
                        const int32_t *pred,
                        uint32_t n,
                        int32_t **label,
                        uint32_t **count,
                        uint32_t *k);

/* The same of all classes by the arg-max class: count [classes][classes] of
 * the caller's. */
void scored_confusion(const struct scored *s, uint32_t *count);

/* Points of the ROC curve of one class against the rest, thresholds
 * descending, from (0,0) to (1,1), one per distinct score; *fpr, *tpr [*n],
 * freed with mem_free. ERR_DATA when one side is empty. */
status scored_roc(const struct scored *s,
                  uint32_t class_index,
                  double **fpr,
                  double **tpr,
                  uint32_t *n);

/* Points of the precision-recall curve of one class, thresholds descending,
 * from (0, 1), one per distinct score; arrays [*n], freed with mem_free.
 * ERR_DATA when the class has no row. */
status scored_pr(const struct scored *s,
                 uint32_t class_index,
                 double **recall,
                 double **precision,
                 uint32_t *n);

/* Percentile q in [0, 100], linear interpolation at (n-1) q/100, from the
 * upper end when the fraction is >= 1/2; a NaN anywhere gives NaN. sorted
 * ascending, n >= 1. */
double percentile_sorted(const double *sorted, uint32_t n, double q);

/* ---- bootstrap: resample r draws n rows with replacement from
 * stream_at(seed, STREAM_BOOTSTRAP, what, r), or all resamples from one
 * generator as the study's numpy: RandomState(seed).randint(n, size=n), seed
 * below 2^32, begun anew for each figure. Sets with equal `what` and n are
 * resampled alike, which makes differences paired. */
enum draws { DRAWS_STREAMS, DRAWS_STUDY };
struct bootstrap {
    uint64_t seed;
    uint64_t what;
    uint32_t resamples; /* 1000 in the study */
    enum draws draws;
};

struct interval {
    double value;      /* on all rows, no resampling */
    double mean;       /* of the resamples: the study's point estimate */
    double sd;         /* of the resamples, divisor N-1 */
    double lo;         /* 2.5 percentile */
    double hi;         /* 97.5 percentile */
    double above;      /* share of resamples > 0 (for differences) */
    uint32_t used;     /* resamples with a value */
    uint32_t left_out; /* undefined there (a class missing) */
};

status bootstrap_metric(const struct scored *s,
                        enum metric m,
                        const struct bootstrap *b,
                        struct interval *out);
/* Where the curves of one class against the rest run in the resamples, point
 * by point (vertical averaging; Fawcett 2006): the true positive rate at a
 * false positive rate x (on the upper end of a step, straight between tied
 * thresholds), the precision of the first threshold that reaches a recall x.
 * The first BAND_RESAMPLES resamples at most; those without the class, or with
 * nothing else, are left out. */
enum { BAND_POINTS = 51, BAND_RESAMPLES = 10000 };
struct band {
    double x[BAND_POINTS];                   /* 0 to 1 in equal steps */
    double lo[BAND_POINTS], hi[BAND_POINTS]; /* 2.5 and 97.5 percentile */
    struct interval area; /* AUC or average precision; used 0: no band */
};
status scored_bands(const struct scored *s,
                    uint32_t class_index,
                    const struct bootstrap *b,
                    struct band *roc,
                    struct band *pr);
/* metric(a) - metric(b) on the same rows. ERR_DATA when the rows or their
 * labels differ. */
status bootstrap_difference(const struct scored *a,
                            const struct scored *b,
                            enum metric m,
                            const struct bootstrap *boot,
                            struct interval *out);

#endif
