#ifndef APP_SEARCH_TUNE_H
#define APP_SEARCH_TUNE_H

#include "app/run.h"
#include "app/search_study.h"

/* A search whose trials are runs of fmcib-finetune, in-process: search.over:
 * finetune. Base settings are a job file of that program (input.job) and keys
 * set over it (job.*); `space` says which identity keys vary. A trial has a
 * folder trials/<number> with what fmcib-finetune makes, and goes on from its
 * checkpoint when the search is resumed. */
struct search_tune {
    const char *job;
    struct conf_map set, space;
    int value; /* enum tune_value */
    int keep;
    int64_t ranks_per_trial, failures;
};
enum tune_value { TUNE_BEST, TUNE_LAST };

extern const struct conf_row search_tune_rows[];
extern const size_t search_tune_rows_n;

/* All ranks, same status. */
status search_tune(struct run *run,
                   const struct search_tune *conf,
                   const struct search_keys *keys,
                   int64_t seed);

#endif
