#ifndef EVAL_GATE_H
#define EVAL_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"

#include "eval/report.h"

/* Gates: what a run has to hold, each with a verdict and its reason. The rules
 * are written out in validation/README.md. Files come as JSON trees (from
 * YAML); a member that is missing or of the wrong type is ERR_DATA naming file
 * and record. */

struct gate_file {
    struct json *tree;
    const char *name; /* for messages */
};

struct gate_inputs {
    const struct gate_file *reference; /* published figures: files that have
                                          any of "cohorts", "records",
                                          "published" */
    uint32_t n_reference;
    const struct json *gates; /* claims of our own, by cohort */
    const char *gates_name;
    const struct json *regression; /* stored results, NULL: none */
    const char *regression_name;
    bool published;        /* inputs are the published predictions */
    int64_t train_pct;     /* share of the training data used */
    const uint32_t *count; /* [classes] test rows of each class */
};

/* Fill gates, n_skipped and deviations of the report, which has its sets,
 * differences, steps and keys already. */
status gates_evaluate(struct report *r, const struct gate_inputs *in);

/* The list "discrepancies" of a file into the report. */
status gate_discrepancies(struct report *r, const struct gate_file *file);

/* SHA-256 over the identity keys of the report: runs with equal ones should
 * give equal results. */
status gate_configuration(const struct report *r, char hex[SHA256_HEX]);

/* The file gates of kind regression are read from, for storing in results/. */
status gate_regression_yaml(const struct report *r, struct text *out);

#endif
