#ifndef EVAL_GATE_PART_H
#define EVAL_GATE_PART_H

#include <stdbool.h>

#include "eval/gate.h"

/* Internal to eval/: the parts of gate.c, gate_reference.c, gate_seen.c and
 * gate_own.c. */
status gate_new(struct report *r,
                const char *id,
                const char *kind,
                struct report_gate **out);
status
gate_not_comparable(struct report *r, struct report_gate *g, const char *why);
status gate_text(const struct json *j,
                 const char *key,
                 const char *file,
                 const char **out);
status gate_number(const struct json *j,
                   const char *key,
                   const char *file,
                   double *out);
status gate_metric(const struct json *j, const char *file, enum metric *out);
bool gate_has_metric(const struct report *r, enum metric m);

/* A published figure, as its file has it. */
struct record {
    const char *id, *task, *cohort, *set, *against, *figure, *exact, *source;
    double train_pct, n, trials;
    double value, low, high, p, below, tolerance; /* NaN: has none */
    bool published_only;                          /* "inputs: published" */
};
/* What this run has of it. */
struct seen {
    double value;    /* on all rows, or the mean of trials */
    double mean, sd; /* of resamples; NaN where there are none */
    double lo, hi;   /* NaN: no interval */
    double p;
    uint32_t resamples;
};
/* "" and *out, or why this run has nothing to compare. */
const char *gate_seen(struct report *r,
                      const struct record *c,
                      struct seen *out,
                      status *st);
bool gate_has_figure(const char *name);
const char *gate_title(const struct report *r, const char *figure);
/* Published figures: reproduced, consistent, differs, not comparable. */
status gate_references(struct report *r, const struct gate_inputs *in);

/* Claims of our own, stored results, departures from the published recipe. */
status gate_claims(struct report *r, const struct gate_inputs *in);
status gate_regression(struct report *r, const struct gate_inputs *in);
status gate_deviations(struct report *r, const struct gate_inputs *in);

#endif
