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

struct space_param {
    const char *name;
    enum space_kind kind;
    bool log;   /* uniform in the logarithm; step 0 (int: 1) */
    double low; /* both ends belong to the range */
    double high;
    double step;                /* 0: continuous; integers >= 1 */
    uint32_t n_choices;         /* categorical */
    const char *const *choices; /* JSON texts: "\"l1\"", "null", "3" */
};

struct space {
    uint32_t n;
    const struct space_param *params; /* names differ */
};

/* Check a parameter and lower `high` to the last value a step reaches (exact
 * in decimal digits, as Optuna does). ERR_CONF says what is wrong. */
status space_param_check(struct space_param *p);
/* Every parameter checked already; names differ. ERR_CONF. */
status space_check(const struct space *s);

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
/* The other way. The parameter owns copies; end with space_param_free.
 * ERR_DATA. */
status space_from_json(const char *name,
                       const struct json *dist,
                       struct space_param *out);
void space_param_free(struct space_param *p);
/* Same class, log, range, step and choices? */
bool space_same(const struct space_param *a, const struct space_param *b);

#endif
