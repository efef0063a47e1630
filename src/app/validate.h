#ifndef APP_VALIDATE_H
#define APP_VALIDATE_H

#include <stdint.h>

#include "base/csv.h"
#include "base/json.h"
#include "base/status.h"

#include "app/run.h"
#include "eval/report.h"

/* fmcib-validate: what its parts share. */

enum validate_maps { MAP_NONE, MAP_PCA, MAP_TSNE, MAP_BOTH };

struct validate_conf {
    int64_t seed, train_pct, resamples, permutations, pictures;
    const char *title, *cohort, *task, *sets, *differences, *metrics;
    const char *class_names, *label, *labels, *id;
    struct conf_list percents;
    int inputs; /* 0 own, 1 published */
    int draws;  /* enum draws */
    int test;   /* 0 two_sided, 1 study */
    const char *studies, *predictions, *stages, *pretrain, *patches;
    struct team *team; /* of the run; no key */
    const char *verified, *effects;
    int map; /* enum validate_maps */
    int64_t perplexity;
    const char *reference, *gates, *regression, *discrepancies;
    struct {
        const char *time, *event, *list, *tuning, *threshold;
        double label_years, censor_years, days_per_year;
        bool keep_unknown;
        int ties; /* enum cox_ties */
    } survival;
    struct {
        const char *predictions, *features, *cohort, *id;
    } retest;
    struct {
        int64_t trials;
        const char *predictions, *features;
    } perturb;
};

/* The keys, to fill c. */
struct conf_table validate_table(struct validate_conf *c);

enum { VALIDATE_SETS_MAX = 16, VALIDATE_CLASSES_MAX = 64 };

/* The words of a comma-separated list, blanks around them dropped; at most
 * max, kept in the pool. ERR_CONF names the key. */
status validate_words(struct pool *pool,
                      const char *key,
                      const char *list,
                      const char **word,
                      uint32_t max,
                      uint32_t *n);

/* pattern with {set} replaced by set and {pct} by "" (100) or "_<p>_percent",
 * in the pool; ERR_CONF when {set} is missing and sets differ by it (need). */
status validate_path(struct pool *pool,
                     const char *key,
                     const char *pattern,
                     const char *set,
                     double pct,
                     const char **out);

/* ---- one table of predictions */

struct predictions {
    struct csv *table;
    uint32_t rows, classes;
    uint32_t *at; /* [rows] row in the table */
    int32_t *y;
    double *proba;      /* [rows][classes] */
    double *time;       /* [rows] days; NULL without survival.time */
    int32_t *event;     /* [rows] 1 died */
    uint32_t left_out;  /* rows without a known state */
    const char **label; /* [classes], in the pool */
    struct scored *scored;
};

/* A table in the study's layout: conf_scores_class_0.. (missing ones are zero)
 * or outputs pred_0.. (one: sigmoid, several: soft-max), and the class in
 * "target" or validate.label, or by survival.label_years. labels: the texts of
 * the classes in the order of the columns (study.json), NULL: validate.labels,
 * or the distinct ones in ascending order. keep_unknown: keep patients censored
 * before survival.label_years. ERR_DATA names file, line and column. */
status predictions_read(const struct validate_conf *c,
                        struct pool *pool,
                        const char *path,
                        const struct json *labels,
                        bool keep_unknown,
                        struct predictions *out);
/* The scores alone, for tuning tables: [*rows][*classes], mem_free. */
status predictions_scores(const char *path,
                          double **proba,
                          uint32_t *rows,
                          uint32_t *classes);
/* The scores of a table that is open; classes 0: as many as there are. */
status table_scores(const struct csv *t, uint32_t *classes, double **proba);
void predictions_free(struct predictions *p);

/* Times and events of the rows of a table, from itself or from survival.list,
 * joined by validate.id. time, event [csv_rows]. */
status follow_up_read(const struct validate_conf *c,
                      const struct csv *t,
                      double *time,
                      int32_t *event);

/* Is a column of the table named so there? ERR_DATA when a value of it stands
 * there twice. */
status ids_unique(const struct csv *t, uint32_t col);

/* ---- into the report */

/* The feature sets: validate_sets reads the folders of fmcib-search (one per
 * set, "{set}" in input.studies) or tables (input.predictions), ranks their
 * test predictions, and fills sets, rows, classes, differences and shares of
 * the report. count [classes]: test rows of each class; mem_free. Same rows in
 * all sets, else ERR_DATA. */
status validate_sets(const struct validate_conf *c,
                     struct report *r,
                     uint32_t **count);

/* The resamples of all metrics of a report. */
struct bootstrap validate_bootstrap(const struct validate_conf *c);
/* What stands beside the metrics of one set: DeLong, curves and their bands,
 * confusion, calibration. */
status validate_extras(const struct validate_conf *c,
                       const struct predictions *p,
                       struct report_set *s);
/* Groups, curves and tests of survival; set names the tuning table. */
status validate_survival(const struct validate_conf *c,
                         struct report *r,
                         const struct predictions *p,
                         struct report_set *s);
/* In words, for the report. */
status validate_survival_rules(const struct validate_conf *c, struct report *r);
/* Permutation tests, DeLong and correction of the differences [n_differences]
 * of r; p [sets]. */
status validate_tests(const struct validate_conf *c,
                      struct report *r,
                      const struct predictions *p);
/* retest.*, perturb.*: for each set of the report. */
status validate_stability(const struct validate_conf *c, struct report *r);

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

/* The trials of a study (study.json) of a set, for its history. */
status
validate_search(struct report *r, const char *set, const struct json *study);

/* Maps of the features beside the predictions of a set (columns pred_0, ...;
 * nothing without them). */
status validate_map(const struct validate_conf *c,
                    struct report *r,
                    const char *set,
                    const struct predictions *p);

/* Answers of fmcib-data verify (input.verified); measured effects of the
 * departures the report has (input.effects). */
status validate_sources(const struct validate_conf *c, struct report *r);
status validate_effects(const struct validate_conf *c, struct report *r);

/* Add a digest, an identity configuration (config.yaml of a folder). */
status validate_digest(struct report *r,
                       const char *stage,
                       const char *what,
                       const char *sha256);
status validate_keys(struct report *r, const char *stage, const char *dump);

#endif
