#ifndef APP_SEARCH_TUNE_IMPL_H
#define APP_SEARCH_TUNE_IMPL_H

#include "app/search_groups.h"
#include "app/search_space.h"
#include "app/search_tune.h"
#include "app/tune_job.h"

/* Settings of fmcib-finetune. */
struct tune_settings {
    struct tune_job job;
    struct conf *conf; /* owns the texts of job */
    struct text identity;
    char run_id[SHA256_HEX]; /* as of fmcib-finetune with these settings */
};

struct tuning {
    struct run *run;
    const struct search_tune *conf;
    const struct search_keys *keys;
    struct par *group;
    struct key_space *space;
    struct tune_settings base;
    char data[SHA256_HEX]; /* of base settings and all that is read */
    int64_t best;          /* trial whose weights are kept, -1: none yet */
};

/* ---- search_settings.c. Any rank. ---- */

/* Base settings, or with x [space.n] those of a trial; ERR_CONF, ERR_FILE;
 * ERR_RUN: the job file has changed meanwhile. */
status tune_settings_load(const struct tuning *t,
                          const double *x,
                          struct tune_settings *out);
void tune_settings_free(struct tune_settings *s);
/* Is a smaller value the better one? */
bool tune_minimises(const struct tune_settings *s);
const char *tune_metric(const struct tune_settings *s);

/* ---- search_trial.c ---- */

/* trials/<number> of the run folder; mem_free. */
status tune_folder(const struct tuning *t, uint32_t trial, char **out);
/* Weights that a trial's value belongs to, in its folder. */
const char *tune_weights_name(const struct tuning *t);
/* group_fn; ctx: struct tuning. */
status tune_trial(void *ctx,
                  struct groups *g,
                  uint32_t ticket,
                  const double *x,
                  struct group_result *out);
/* The best told trial that was trained here (not one of an earlier journal,
 * which has no weights). False: none has a value. */
bool tune_best(const struct tuning *t, const struct study *s, uint32_t *best);
/* Removes what no resume and no result needs any more of a told trial. */
status tune_told(void *ctx, const struct study *s, uint32_t trial);

/* ---- search_tune_write.c ---- */

/* Of a search that is done: predictions of the best trial, its weights and
 * settings, tables. study, rules: rank 0. All ranks, same status. */
status tune_publish(struct tuning *t,
                    const struct study *study,
                    const struct search_rules *rules,
                    int64_t seed);

#endif
