#ifndef APP_VALIDATE_H
#define APP_VALIDATE_H

#include <stdint.h>

#include "base/status.h"

#include "app/run.h"
#include "eval/report.h"

/* fmcib-validate: what its parts share. */

struct validate_conf {
    int64_t seed, train_pct, resamples, pictures;
    const char *title, *cohort, *task, *sets, *differences, *metrics;
    const char *class_names, *label;
    int inputs; /* 0 own, 1 published */
    const char *studies, *stages, *pretrain, *patches;
    const char *reference, *gates, *regression, *discrepancies;
};

/* The words of a comma-separated list, blanks around them dropped; at most
 * max, kept in the pool. ERR_CONF names the key. */
status validate_words(struct pool *pool,
                      const char *key,
                      const char *list,
                      const char **word,
                      uint32_t max,
                      uint32_t *n);

/* The feature sets: validate_sets reads the folders of fmcib-search (one per
 * set, "{set}" in input.studies), ranks their test predictions, and fills
 * sets, rows, classes and differences of the report. count [classes]: test
 * rows of each class; mem_free. Same rows in all sets, else ERR_DATA. */
status validate_sets(const struct validate_conf *c,
                     struct report *r,
                     uint32_t **count);

/* What other stages left: identity keys and digests of the folders of
 * input.stages and input.pretrain, and the steps of pretraining. */
status validate_stages(const struct validate_conf *c, struct report *r);

/* The gates: files of input.reference (one, or all YAML of a folder),
 * input.gates, input.regression, input.discrepancies. count: of
 * validate_sets. */
status validate_gates(const struct validate_conf *c,
                      struct report *r,
                      const uint32_t *count);

/* Pictures of the patches of each class; classes by name as in the study. */
status validate_pictures(const struct validate_conf *c,
                         const char *const *class_label,
                         struct report *r);

/* Add a digest, an identity configuration (config.yaml of a folder). */
status validate_digest(struct report *r,
                       const char *stage,
                       const char *what,
                       const char *sha256);
status validate_keys(struct report *r, const char *stage, const char *dump);

#endif
