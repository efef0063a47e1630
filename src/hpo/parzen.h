#ifndef HPO_PARZEN_H
#define HPO_PARZEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "hpo/draw.h"
#include "hpo/space.h"

/* Parzen estimator: a mixture with one product kernel per observation and one
 * for the prior, the last. Bergstra, Bardenet, Bengio, Kegl 2011, in the form
 * Optuna gives it (spec 1.4 to 1.10). */

/* Whose numbers: Optuna 3.1 (TPE_V31) or the current one (TPE_CURRENT). */
enum tpe_rules { TPE_CURRENT, TPE_V31 };

struct parzen_conf {
    enum tpe_rules rules;
    double prior_weight; /* 1 */
    bool endpoints;      /* outermost points also look at the ends */
    bool clip;           /* narrowest kernel from the number of points */
    bool joint;          /* several parameters at once (multivariate) */
    bool numpy_order;    /* equal points in the order of numpy's argsort */
};
struct parzen_conf parzen_defaults(void);

struct parzen; /* opaque */

/* What is remembered of one numerical parameter from mixture to mixture, by
 * trial number. */
struct parzen_column {
    double *inner; /* value in the inner domain */
    /* the kernel last built there (sigma 0: none) and what belongs to it */
    double *sigma, *log_mass, *factor;
};
/* The same numbers, found faster. */
struct parzen_known {
    const uint32_t *trial;               /* [m] number of an observation */
    const struct parzen_column **column; /* [d], NULL for categoricals */
    const uint32_t *const *order;        /* [d][m] that sorts it, ties by
                                            index; NULL for categoricals */
};

/* obs [m][d] internal values in trial order; params [d]; known may be NULL.
 * ERR_MEM. */
status parzen_new(const struct parzen_conf *conf,
                  const struct space_param *const *params,
                  uint32_t d,
                  const double *obs,
                  uint32_t m,
                  const struct parzen_known *known,
                  struct parzen **out);
void parzen_free(struct parzen *p);

/* Draw n points, x [n][d] internal values: n numbers choose components, then
 * n per parameter (current rules: categoricals first). ERR_MEM. */
status
parzen_sample(const struct parzen *p, struct draw *draw, uint32_t n, double *x);
/* ln density at x [n][d] -> out [n], in the inner domain. ERR_MEM. */
status parzen_log_pdf(const struct parzen *p,
                      const double *x,
                      uint32_t n,
                      double *out);

/* What it is made of, for tests and reports; component 0..m, m = prior. */
uint32_t parzen_components(const struct parzen *p);
double parzen_weight(const struct parzen *p, uint32_t i);
double parzen_mu(const struct parzen *p, uint32_t dim, uint32_t i);
double parzen_sigma(const struct parzen *p, uint32_t dim, uint32_t i);
double
parzen_choice(const struct parzen *p, uint32_t dim, uint32_t i, uint32_t c);

/* Weights of m observations, oldest first, before the prior joins them and
 * the sum is made 1: w [m]. */
void parzen_ramp(uint32_t m, double *w);

#endif
