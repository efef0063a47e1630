#ifndef EVAL_REPORT_H
#define EVAL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"
#include "base/text.h"

#include "eval/metrics.h"

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
};

struct report_difference {
    uint32_t a, b; /* sets: a - b */
    enum metric metric;
    struct interval v;
};

enum verdict { GATE_PASS, GATE_FAIL, GATE_NOT_COMPARABLE };

struct report_gate {
    const char *id;
    const char *kind; /* reference, difference, value, health, regression */
    const char *what; /* "AUC, pretrained - random" */
    const char *seen; /* what this run has, "" when it has not */
    const char *want; /* the bound */
    const char *why;  /* reason of "not comparable", or of the gate */
    const char *source;
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
};

struct report_deviation {
    const char *key;
    const char *here;
    const char *published;
    const char *source;
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

/* Results as JSON (metrics, gates, digests, identity keys, deviations), and
 * the digest over exactly these bytes: the report's content digest. */
status report_results(const struct report *r,
                      struct text *json,
                      char digest[SHA256_HEX]);
/* report.json: results, their digest, software. */
status report_json(const struct report *r, struct text *out);
/* report.html: self-contained, no script, no outside reference. */
status report_html(const struct report *r, struct text *out);
/* For the terminal, width 78. */
status report_terminal(const struct report *r, struct text *out);

#endif
