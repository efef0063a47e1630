#ifndef EVAL_GATE_PART_H
#define EVAL_GATE_PART_H

#include <stdbool.h>

#include "eval/gate.h"

/* Internal to eval/: the parts of gate.c and gate_own.c. */
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

/* Claims of our own, stored results, departures from the published recipe. */
status gate_claims(struct report *r, const struct gate_inputs *in);
status gate_regression(struct report *r, const struct gate_inputs *in);
status gate_deviations(struct report *r, const struct gate_inputs *in);

#endif
