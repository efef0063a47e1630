#ifndef APP_SEARCH_STUDY_H
#define APP_SEARCH_STUDY_H

#include "base/status.h"
#include "base/text.h"

#include "app/run.h"
#include "conf/conf.h"
#include "hpo/study.h"

/* The keys of a search, whatever its trials compute, and the study made from
 * them. */

enum search_pruner {
    SEARCH_PRUNE_NONE,
    SEARCH_PRUNE_MEDIAN,
    SEARCH_PRUNE_PERCENTILE,
    SEARCH_PRUNE_HALVING,
    SEARCH_PRUNE_HYPERBAND,
    SEARCH_PRUNE_PATIENT,
    SEARCH_PRUNE_THRESHOLD,
    SEARCH_PRUNE_WILCOXON
};

struct search_keys {
    int64_t trials, lag, startup, candidates;
    int sampler, rules, joint;
    const char *grid;
    const char *study, *journal;
    int pruner; /* enum search_pruner */
    double percentile, lower, upper, p, min_delta;
    int64_t prune_startup, min_trials, warmup, interval;
    int64_t min_resource, max_resource, eta, rate, bootstrap;
    int64_t steps, patience;
};
extern const struct conf_row SEARCH_ROWS[];
extern const size_t SEARCH_ROWS_N;

/* What a study refers to besides the space; lives as long as the study. */
struct search_rules {
    struct pruner_conf pruner;
    struct grid_axis *grid; /* [space->n] or NULL */
    double *values;
};
void search_rules_free(struct search_rules *r);

/* Before any data are read. steps: trials report values on their way, which
 * pruners live on; else why not, for the message. ERR_CONF. */
status search_keys_check(const struct search_keys *k, const char *no_steps);

/* Rank 0: the study with its journal, OUT/journal.log unless search.journal
 * names one. data: digest of what is learnt from. space must outlive it.
 * ERR_CONF, and what study_open gives. */
status search_study_open(const struct run *run,
                         const struct search_keys *k,
                         int64_t seed,
                         bool maximise,
                         const char *data,
                         const struct space *space,
                         struct search_rules *rules,
                         struct study **out);

/* The parameters a trial has, as JSON members without braces. */
void search_params(const struct space *space, const double *x, struct text *t);

/* JSON members of study.json: seed, lag, trials, sampler, rules, pruner. */
void search_setting(const struct search_keys *k,
                    int64_t seed,
                    const struct search_rules *rules,
                    struct text *t);

#endif
