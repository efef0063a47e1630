#ifndef APP_SEARCH_WRITE_H
#define APP_SEARCH_WRITE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"

#include "app/run.h"
#include "app/search_data.h"
#include "app/search_model.h"
#include "hpo/study.h"

/* What a finished search leaves in its run folder. A file that is there
 * already (a resume after the end) must hold the same, ERR_RUN. */

struct search_result {
    struct run *run;
    const struct search_data *data;
    const struct search_model *model;
    const struct study *study;
    const struct space *space;
    const struct logistic_model *fit; /* the best, on training rows */
    uint32_t best;                    /* trial */
    double *proba[SPLITS];            /* [rows][classes], NULL without rows */
    enum metric objective;
    uint32_t folds;      /* 0: scored on the validation table */
    const char *setting; /* JSON members: seed, lag, sampler, ... */
    const struct search_input *input;
    bool features; /* keep the pred_ columns */
};

/* {"C": ...}, and what else is searched; best_params.json. */
status search_write_best(const struct search_result *r);
/* Scaler and coefficients; model.nc, and the same as model.json. */
status search_write_model(const struct search_result *r);
/* val_results.csv, test_results.csv (prediction.h). */
status search_write_predictions(const struct search_result *r,
                                enum search_split split);
/* Everything as one document; study.json. digest: of trials, model and
 * predictions, not of times and workers; *path is the caller's. */
status search_write_study(const struct search_result *r,
                          char digest[SHA256_HEX],
                          char **path);

#endif
