#ifndef APP_PREDICTION_H
#define APP_PREDICTION_H

#include <stdint.h>

#include "base/text.h"

#include "app/search_data.h"

/* Predictions in the study's layout: the table's row number and columns
 * (without any that starts with "feature"), its pred_ columns, then
 * conf_scores_class_<k> in order of the classes, pred_class, target. */
struct prediction {
    const struct search_set *set; /* y NULL: no column target */
    uint32_t dim;                 /* pred_ columns to keep: all, or 0 */
    uint32_t classes;
    char *const *class_name;
    const double *proba; /* [rows][classes] */
};

/* Adds the whole table to t. */
void prediction_csv(const struct prediction *p, struct text *t);

#endif
