#ifndef HPO_SPACE_H
#define HPO_SPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"
#include "base/text.h"

/* The parameters a search varies. Values are "internal" as in Optuna's files:
 * a double for floats and integers, the index of the choice for categoricals.
 */
enum space_kind { SPACE_FLOAT, SPACE_INT, SPACE_CATEGORICAL };

/* A condition: another parameter has one of some values. */
struct space_when {
    uint32_t parent; /* index in the space, below that of the parameter */
    uint32_t n;
    const double *values; /* internal */
};

struct space_param {
    const char *name;
    enum space_kind kind;
    bool log;   /* uniform in the logarithm; step 0 (int: 1) */
    double low; /* both ends belong to the range */
    double high;
    double step;                /* 0: continuous; integers >= 1 */
    uint32_t n_choices;         /* categorical */
    const char *const *choices; /* JSON texts: "\"l1\"", "null", "3" */
    uint32_t n_when;            /* exists where all hold; 0: always */
    const struct space_when *when;
};

struct space {
    uint32_t n;
    const struct space_param *params; /* names differ */
};

/* Check a parameter and lower `high` to the last value a step reaches (exact
 * in decimal digits, as Optuna does). ERR_CONF says what is wrong. */
status space_param_check(struct space_param *p);
/* Every parameter checked already; names differ, conditions are on earlier
 * ones that can have the value. ERR_CONF. */
status space_check(const struct space *s);

/* Index of the parameter, s->n when there is none. */
uint32_t space_find(const struct space *s, const char *name);
/* Is x a value of the parameter? */
bool space_takes(const struct space_param *p, double x);
/* Does parameter p exist in a trial whose earlier ones are x (NaN: not there)?
 * What a condition looks at must exist itself. */
bool space_exists(const struct space *s, uint32_t p, const double *x);

/* Only one value possible: taken without a random number. */
bool space_is_single(const struct space_param *p);

/* Ends and bin width of the domain the Parzen estimator works in (spec 1.5):
 * logarithms taken, half a step added at both ends; *q 0 = continuous. */
void space_domain(const struct space_param *p,
                  double *low,
                  double *high,
                  double *q);
/* An internal value in that domain. */
double space_inner(const struct space_param *p, double x);

/* Optuna's text of the distribution ({"name": ..., "attributes": ...}). */
void space_text(const struct space_param *p, struct text *out);
/* The internal value of what Optuna's user sees (a number, a choice); whether
 * it lies in the range is not asked. ERR_DATA: no such value. */
status
space_value(const struct space_param *p, const struct json *v, double *x);
/* A distribution read back. The parameter owns copies; end with
 * space_param_free. ERR_DATA. */
status space_from_json(const char *name,
                       const struct json *dist,
                       struct space_param *out);
void space_param_free(struct space_param *p);
/* Same class, log, range, step and choices? */
bool space_same(const struct space_param *a, const struct space_param *b);

#endif
