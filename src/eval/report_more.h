#ifndef EVAL_REPORT_MORE_H
#define EVAL_REPORT_MORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parts of a report beside the figures: the searches, maps of features, the
 * state of the data. Texts are in the report's pool. */

/* The trials of one search. */
enum report_state { TRIAL_DONE, TRIAL_CUT, TRIAL_BROKEN };
struct report_param {
    const char *name;
    double *x;         /* [n]; of words: their number; NaN: not set */
    bool words;        /* a choice among words */
    double importance; /* eval/importance.h, NaN: cannot be told */
};
struct report_search {
    const char *set;       /* of features, or the stage */
    const char *objective; /* "auc" */
    bool minimise;
    uint32_t n;
    enum report_state *state; /* [n] */
    double *value;            /* [n]; NaN: none */
    struct report_param *param;
    size_t n_params, cap_params;
};

/* Test rows in the plane. */
struct report_map {
    const char *set;
    bool tsne;         /* else principal components */
    uint32_t n, rows;  /* drawn, of all */
    double *xy;        /* [n][2] */
    int32_t *y;        /* [n] class */
    double share[2];   /* of the variance (PCA) */
    double perplexity; /* t-SNE */
    double divergence; /* nats (t-SNE) */
    double trust;      /* trustworthiness in `neighbours` */
    uint32_t neighbours;
    uint32_t steps;
};

/* What fmcib-data verify found of a data set or model. */
struct report_source {
    const char *id;                                 /* of the manifest */
    uint64_t ok, wrong, missing, unknown, unproven; /* files */
    const char *worst; /* the first file that is wrong or missing, and why */
};

#endif
