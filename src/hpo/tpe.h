#ifndef HPO_TPE_H
#define HPO_TPE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "hpo/parzen.h"
#include "hpo/space.h"
#include "hpo/trial.h"

/* Tree-structured Parzen estimator, equal to Optuna's TPESampler (spec 1). */
struct tpe_conf {
    struct parzen_conf parzen;
    uint32_t n_startup;    /* 10: random until so many are finished */
    uint32_t n_candidates; /* 24 */
    bool maximise;
    bool liar;         /* running trials count as bad ones */
    bool multivariate; /* one joint kernel over the shared parameters */
    bool group;        /* multivariate: one per group seen together */
};
/* Optuna's current defaults for one objective. */
struct tpe_conf tpe_defaults(void);

/* Where the numbers come from: Optuna's two generators, both of one seed. */
struct tpe_rng {
    struct draw start; /* random trials */
    struct draw model;
};
/* Sequential draws as Optuna's (lag 0): mt [2] is the caller's memory. */
void tpe_rng_sequential(struct tpe_rng *r, uint32_t seed, struct mt19937 *mt);
/* A ticket's own numbers (lag > 0); part 0 is the search itself. */
void tpe_rng_ticket(struct tpe_rng *r,
                    uint64_t seed,
                    uint64_t part,
                    uint64_t ticket);

/* min(ceil(n / 10), 25) trials of n are the good ones. */
uint32_t tpe_gamma(uint32_t n);
/* min(ceil(sqrt(n) / 4), 25), hyperopt's preset. */
uint32_t tpe_gamma_hyperopt(uint32_t n);

/* Visible trials (finished, and running ones under the liar) split into the
 * `most` best and the rest, both in trial order: numbers of trials. below and
 * above [n] are the caller's. ERR_MEM. */
struct tpe_split {
    uint32_t n_below, n_above;
    uint32_t *below, *above;
};
status tpe_split(const struct tpe_conf *conf,
                 const struct trial *trials,
                 uint32_t n,
                 uint32_t most,
                 struct tpe_split *out);
/* COMPLETE and PRUNED trials. */
uint32_t tpe_finished(const struct trial *trials, uint32_t n);

/* What is remembered from proposal to proposal of one list of trials, which
 * only grows and whose parameters stay: their values sorted, the kernels built
 * at them. Proposals are the same without it, and slower. */
struct tpe_memo; /* opaque */
status tpe_memo_new(const struct space *space, struct tpe_memo **out);
void tpe_memo_free(struct tpe_memo *m);

/* What a proposal may look at: the trials before it, by number. */
struct tpe_past {
    const struct space *space;
    const struct trial *trials; /* [n] */
    uint32_t n;
    struct tpe_memo *memo; /* of these trials; may be NULL */
    const double *fixed;   /* [space->n] what the proposal has anyhow, NaN: not
                              fixed; may be NULL */
};

/* Propose a trial: x [space->n], NaN where a condition leaves the parameter
 * out. Uses the numbers of rng in Optuna's order: the parameters shared by all
 * finished trials together (multivariate), then the others one by one in the
 * order of the space. ERR_MEM. */
status tpe_suggest(const struct tpe_conf *conf,
                   const struct tpe_past *past,
                   struct tpe_rng *rng,
                   double *x);

/* Its two halves, for spaces in which one value decides what is asked next:
 * the joint part at the start of the trial (x [space->n], NaN where there is
 * none), and one parameter when it is asked for. ERR_MEM. */
status tpe_relative(const struct tpe_conf *conf,
                    const struct tpe_past *past,
                    struct tpe_rng *rng,
                    double *x);
status tpe_independent(const struct tpe_conf *conf,
                       const struct tpe_past *past,
                       uint32_t param,
                       struct tpe_rng *rng,
                       double *x);

/* One parameter from the model, whatever the number of trials, with all that
 * led to it: candidates, log_l, log_g [n_candidates]. why may be NULL. */
struct tpe_why {
    uint32_t best;
    double *candidates, *log_l, *log_g;
};
status tpe_suggest_one(const struct tpe_conf *conf,
                       const struct tpe_past *past,
                       uint32_t param,
                       struct draw *draw,
                       double *x,
                       struct tpe_why *why);

/* Uniform draw of one parameter, as Optuna's RandomSampler. */
double tpe_random(enum tpe_rules rules,
                  const struct space_param *p,
                  struct draw *draw);

#endif
