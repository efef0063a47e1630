#ifndef EVAL_REPORT_H
#define EVAL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"
#include "base/text.h"

#include "eval/agreement.h"
#include "eval/calibration.h"
#include "eval/cox.h"
#include "eval/delong.h"
#include "eval/metrics.h"
#include "eval/permute.h"
#include "eval/report_more.h"
#include "eval/survival.h"

/* What a report holds, as plain data, and its three forms. Nothing in it
 * depends on time, host, paths or ranks; equal results give equal bytes. */

/* Texts that live as long as the report. */
struct pool {
    char **s;
    size_t n, cap;
};
/* A formatted text; NULL and *st = ERR_MEM when there is no memory. */
const char *pool_text(struct pool *p, status *st, const char *fmt, ...)
    FMCIB_PRINTF(3, 4);

struct report_curve { /* ROC of one class */
    double *fpr, *tpr;
    uint32_t n;
};

struct report_pr { /* precision over recall of one class, from recall 0 */
    double *recall, *precision;
    uint32_t n;
};

/* One class against the rest: are the scores of its column frequencies? */
struct report_calibration {
    struct calibration_bin *bin; /* [n], equal widths of 0..1 */
    uint32_t n;                  /* 0: the scores are no probabilities */
    struct calibration of;
};

/* Survival of the two groups of a set: high risk is a score (probability of
 * being alive) below the threshold. */
enum risk { RISK_LOW, RISK_HIGH, RISKS };
struct report_survival {
    double threshold;
    const char *threshold_from;       /* "median of 88 tuning rows" */
    uint32_t tuning_rows;             /* 0: the threshold was given */
    uint32_t n[RISKS], events[RISKS]; /* events as the curves count them */
    struct km km[RISKS]; /* time in years; n 0: nobody in the group */
    struct logrank logrank;
    struct cox_row hr; /* high against low; NaN: see hr_missing */
    struct cox cox;
    const char *hr_missing;   /* why there is no hazard ratio, or "" */
    struct concordance c;     /* of the score with the time, unsplit */
    struct concordance split; /* of the two groups with the time */
};

/* One feature set on the test rows. */
struct report_set {
    const char *name;   /* "pretrained" */
    const char *digest; /* of its study */
    double c;           /* chosen regularisation, NaN when unknown */
    int64_t trials;     /* -1 when unknown */
    double valid;       /* validation score of the choice, NaN */
    const char *valid_name;
    struct interval metric[METRICS];
    struct report_curve *roc; /* [classes], n 0 where undefined */
    struct report_pr *pr;     /* [classes] or NULL, n 0 where undefined */
    struct band *roc_band;    /* [classes] or NULL, area.used 0: none */
    struct band *pr_band;     /* likewise */
    uint32_t *confusion;      /* [classes true][classes taken for] or NULL */
    struct report_calibration *calibration; /* [classes] or NULL */
    struct delong *delong;                  /* two classes, else NULL */
    struct report_survival *survival;       /* NULL without follow-up */
};

struct report_difference {
    uint32_t a, b; /* sets: a - b */
    enum metric metric;
    struct interval v;
    struct permuted permuted;   /* n 0: not done */
    double p;                   /* of them, the one that is corrected; or NaN */
    double p_holm, p_bh;        /* over all differences of the report */
    struct delong_pair *delong; /* AUC of two classes, else NULL */
};

/* Metrics of a set that learned from a share of the training rows. */
struct report_share {
    const char *set;
    double pct; /* 100, 50, 20, 10 */
    struct interval metric[METRICS];
};

/* Two measurements of the same patients. */
struct report_retest {
    const char *set;
    const char *cohort;
    uint32_t targets, values; /* patients; values of each (features) */
    bool has_icc;             /* of the score of the last class */
    struct icc icc;
    bool has_values; /* all values of first against second */
    double rho, rho_p, r2, mse;
};

/* Trials of perturbed seeds; all arrays [trials]. */
struct report_perturbation {
    const char *set;
    uint32_t trials, rows;
    double *auc, *c; /* by trial; c: concordance or NaN */
    double *mse;     /* of features against trial 0, or NULL */
    double mean[3], sd[3], lo[3], hi[3]; /* auc, c, mse: sd divides by n */
};

/* Where the publication disagrees with itself. */
struct report_discrepancy {
    int64_t id;
    const char *what, *where, *consequence;
};

/* Of published figures: reproduced, consistent, differs, not comparable; of
 * all others: pass, fail, not comparable. */
enum verdict {
    GATE_PASS,
    GATE_FAIL,
    GATE_NOT_COMPARABLE,
    GATE_REPRODUCED,
    GATE_CONSISTENT,
    GATE_DIFFERS,
    VERDICTS
};

struct report_gate {
    const char *id;
    const char *kind; /* reference, difference, value, health, regression */
    const char *what; /* "AUC, pretrained - random" */
    const char *seen; /* what this run has, "" when it has not */
    const char *want; /* the bound */
    const char *why;  /* reason of "not comparable", or of the gate */
    const char *source;
    const char *rule; /* what decides, in words */
    bool numbers;     /* the next two are there: value, low, high, NaN: none */
    double ours[3], theirs[3];
    enum verdict verdict;
};

/* Steps of pretraining; all arrays [n]. */
enum health {
    HEALTH_LOSS,
    HEALTH_OWN,
    HEALTH_OTHER,
    HEALTH_NEGATIVE,
    HEALTH_FEATURE_SD,
    HEALTH_LR,
    HEALTHS
};
struct report_steps {
    uint32_t n;
    double *step;
    double *v[HEALTHS];
};

struct report_patch {
    const char *label; /* class */
    const char *row;   /* "row 12" */
    uint32_t width, height;
    uint8_t *pixels; /* [height][width] grey */
};

struct report_digest {
    const char *stage; /* "pretraining" */
    const char *what;  /* "weights after step 180" */
    const char *sha256;
};

struct report_key {
    const char *stage;
    const char *key;
    const char *value;
    bool identity;
};

struct report_library {
    const char *name;
    const char *version;
    const char *role; /* "reads and writes stores" */
    bool moves;       /* another version may move a byte of a result */
};

struct report_deviation {
    const char *key;
    const char *here;
    const char *published;
    const char *source;
    const char *effect; /* as measured, "" when it was not */
};

struct report {
    struct pool pool;
    const char *title;
    const char *cohort;
    const char *task;
    uint32_t rows, classes;
    const char **class_name; /* [classes] */
    uint64_t seed;
    uint32_t resamples;
    enum metric *metric; /* the metrics shown, the first is the main one */
    uint32_t n_metrics;
    struct report_set *set;
    size_t n_sets, cap_sets;
    struct report_difference *difference;
    size_t n_differences, cap_differences;
    struct report_gate *gate;
    size_t n_gates, cap_gates;
    size_t n_skipped; /* published figures of other cohorts, not listed */
    struct report_steps steps;
    struct report_patch *patch;
    size_t n_patches, cap_patches;
    struct report_digest *digest;
    size_t n_digests, cap_digests;
    struct report_key *key;
    size_t n_keys, cap_keys;
    struct report_library *library;
    size_t n_libraries, cap_libraries;
    struct report_deviation *deviation;
    size_t n_deviations, cap_deviations;
    const char *draws; /* whose bootstrap: "streams", "study" */
    const char *test;  /* which p is corrected: "two_sided", "study" */
    struct report_share *share;
    size_t n_shares, cap_shares;
    struct report_retest *retest;
    size_t n_retests, cap_retests;
    struct report_perturbation *perturbation;
    size_t n_perturbations, cap_perturbations;
    struct report_discrepancy *discrepancy;
    size_t n_discrepancies, cap_discrepancies;
    const char *survival_rules; /* "" without follow-up */
    struct report_search *search;
    size_t n_searches, cap_searches;
    struct report_map *map;
    size_t n_maps, cap_maps;
    struct report_source *source;
    size_t n_sources, cap_sources;
    uint32_t left_out; /* rows without a known 2-year state */
};

/* One more element of a list, zeroed; *out points at it until the next. */
status report_add(void *list, size_t *n, size_t *cap, size_t size, void *out);
#define REPORT_ADD(r, list, count, room, out)                                  \
    report_add(&(r)->list, &(r)->count, &(r)->room, sizeof *(r)->list, out)

void report_free(struct report *r);

/* Index of a set by name, -1 when it is not there. */
int report_find(const struct report *r, const char *name);
size_t report_count(const struct report *r, enum verdict v);
const char *verdict_text(enum verdict v); /* "pass", "fail", ... */
/* Gates that make the exit status 11: failed, or differing. */
size_t report_failed(const struct report *r);

/* Results as JSON (metrics, gates, digests, identity keys, deviations), and
 * the digest over exactly these bytes: the report's content digest. */
status report_results(const struct report *r,
                      struct text *json,
                      char digest[SHA256_HEX]);
/* report.json: results, their digest, the parts that may move it. */
status report_json(const struct report *r, struct text *out);
/* software.json: every part with its version. */
status report_software(const struct report *r, struct text *out);
/* report.html: self-contained, no script, no outside reference. */
status report_html(const struct report *r, struct text *out);
/* For the terminal, width 78. */
status report_terminal(const struct report *r, struct text *out);

#endif
