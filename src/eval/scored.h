#ifndef EVAL_SCORED_H
#define EVAL_SCORED_H

#include <stdint.h>

#include "base/status.h"

#include "det/mt19937.h"
#include "eval/metrics.h"

/* Internal to eval/: ranked scores, and the counters a metric needs. */
struct scored {
    uint32_t n, classes;
    int32_t *y;       /* [n] */
    uint32_t *pred;   /* [n] arg-max class */
    uint32_t *group;  /* [classes][n] group of equal scores, best first */
    uint32_t *groups; /* [classes] number of groups */
};

struct rows_of {
    const uint32_t *idx; /* NULL: rows 0..n-1 */
    uint32_t n;
};

struct tally {
    uint32_t *pos, *neg;   /* [n + 1] by group */
    uint32_t *truth, *hit; /* [classes] */
};

/* Where resamples come from (struct bootstrap). */
struct drawing {
    const struct bootstrap *b;
    struct mt19937 mt; /* DRAWS_STUDY */
};
/* ERR_CONF: a seed the study's generator cannot take. */
status drawing_start(const struct bootstrap *b, struct drawing *d);
/* Rows of resample r, in turn from 0. */
void drawing_rows(struct drawing *d, uint32_t r, uint32_t n, uint32_t *idx);
/* Mean, spread and percentiles of the values of `used` resamples. */
status interval_of(const double *value, uint32_t used, struct interval *out);

status tally_new(const struct scored *s, struct tally *t);
void tally_free(struct tally *t);
/* Rows of each group of score column `column`, of class `klass` and not. */
void tally_groups(const struct scored *s,
                  const struct rows_of *r,
                  uint32_t column,
                  uint32_t klass,
                  struct tally *t);
/* Of groups so counted: area under the ROC curve, NaN when one side is empty;
 * average precision, 0 without positives. */
double tally_area(const struct tally *t, uint32_t groups);
double tally_precision(const struct tally *t, uint32_t groups);
/* The metric on some rows; NaN when it does not exist there. */
double tally_metric(const struct scored *s,
                    enum metric m,
                    const struct rows_of *r,
                    struct tally *t);

#endif
