#ifndef APP_SEARCH_MODEL_H
#define APP_SEARCH_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "app/search_data.h"
#include "eval/logistic.h"
#include "eval/metrics.h"
#include "eval/scaler.h"

/* What a trial computes: a standardised, L2-regularised logistic regression
 * with the C of the trial, scored on the validation table, or, without one, by
 * stratified cross-validation on the training table (the scaler is fitted on
 * all of it, as the study does). */
struct search_model; /* opaque */

enum search_weights { WEIGHTS_NONE, WEIGHTS_BALANCED, WEIGHTS_GIVEN };

/* What a trial varies. */
struct search_point {
    double c;
    int weights;   /* enum search_weights */
    double weight; /* WEIGHTS_GIVEN: of the last class, the others 1; NaN: the
                      model's conf->weight */
};

struct search_model_conf {
    enum metric metric;
    uint32_t folds; /* without a validation table */
    enum logistic_rule rule;
    double goal; /* relative gradient of LOGISTIC_EXACT */
    bool path; /* fits begin on a path along C, not at zero, unless weights are
                  given */
    const double *weight; /* [classes] of given weights, or NULL */
};

/* team is used by every fit. data and conf->weight must outlive it. ERR_DATA: a
 * class too small for the folds, a metric that does not exist on the validation
 * rows; ERR_NUMERIC, ERR_MEM. Any rank. */
status search_model_new(const struct search_data *data,
                        const struct search_model_conf *conf,
                        struct team *team,
                        struct search_model **out);
void search_model_free(struct search_model *m);
const struct scaler *search_model_scaler(const struct search_model *m);

/* Told the score of each fold; *stop: enough is known. */
typedef status
search_fold_fn(void *ctx, uint32_t fold, double score, bool *stop);
/* The objective at a point; NaN where a fold has none. each (may be NULL) hears
 * of every fold of a cross-validation; where it stops, *out is NaN.
 * ERR_NUMERIC: no fit; what each returns. */
status search_model_score(const struct search_model *m,
                          const struct search_point *at,
                          search_fold_fn *each,
                          void *ctx,
                          double *out);

/* The model there, fitted on all training rows. *out: logistic_model_free. */
status search_model_fit(const struct search_model *m,
                        const struct search_point *at,
                        struct logistic_model **out);
/* proba [rows][classes] of a set; mem_free. */
status search_model_proba(const struct search_model *m,
                          const struct logistic_model *fit,
                          const struct search_set *set,
                          double **proba);

#endif
