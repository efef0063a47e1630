#ifndef HPO_PRUNER_H
#define HPO_PRUNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

#include "hpo/trial.h"

/* Shall a trial stop early? Asked after each of its reports; the rules are
 * Optuna's, the same from 3.1 to 5.0 (spec 1.13). A pruner sees the trials the
 * sampler sees and nothing else. */
enum pruner_kind {
    PRUNER_NONE,
    PRUNER_PERCENTILE, /* worse than a percentile of complete trials at the
                          same step; 50: Optuna's MedianPruner */
    PRUNER_HALVING,    /* asynchronous successive halving (Li et al. 2020) */
    PRUNER_HYPERBAND,  /* brackets of halving (Li et al. 2018) */
    PRUNER_THRESHOLD,  /* outside [lower, upper] */
    PRUNER_WILCOXON    /* signed ranks against the best trial's steps */
};

/* A key that its kind does not name is not read. */
struct pruner_conf {
    enum pruner_kind kind;
    bool maximise;
    /* percentile */
    double percentile;  /* 0 .. 100, of the good side */
    uint32_t n_startup; /* complete trials before it prunes */
    uint32_t n_min;     /* complete trials with a value at the step */
    /* percentile, threshold */
    int64_t warmup;   /* steps below it are never pruned */
    int64_t interval; /* asked once in so many steps */
    /* halving, hyperband */
    int64_t min_resource; /* 0 (halving): a hundredth of the first complete
                             trials' last step, then fixed */
    int64_t max_resource; /* hyperband; 0: the first complete trials' last
                             step + 1, then fixed */
    int64_t eta;
    int64_t rate;      /* halving: rungs left out at the start */
    size_t bootstrap;  /* trials a rung must have before it promotes */
    const char *study; /* hyperband: its name decides the brackets */
    /* threshold; NaN is pruned */
    double lower, upper;
    /* Wilcoxon */
    double p;         /* pruned below it */
    uint32_t n_steps; /* common steps before it prunes, at least 2 */
    /* any kind: pruned only if besides the last patience + 1 reports brought
     * no value better by min_delta than those before; with PRUNER_NONE that
     * alone decides. patience -1: not asked */
    int64_t patience;
    double min_delta;
};
/* Optuna's defaults. */
struct pruner_conf pruner_defaults(enum pruner_kind kind);
/* ERR_CONF names the key. */
status pruner_check(const struct pruner_conf *conf);

/* "percentile 50, startup 5, ...": kind and the keys it reads, for records. */
void pruner_text(const struct pruner_conf *conf, struct text *out);

enum { PRUNER_BRACKETS = 64 };
struct pruner {
    struct pruner_conf conf;
    int64_t min_resource; /* 0: undecided */
    uint32_t brackets;    /* 0: undecided */
    uint64_t budget[PRUNER_BRACKETS];
};
/* Checks the configuration. */
status pruner_start(const struct pruner_conf *conf, struct pruner *out);

/* Fix what is undecided, if trials [n] allow it: halving's least resource,
 * hyperband's brackets. pruner_ask does so by itself. */
void pruner_decide(struct pruner *p, const struct trial *trials, uint32_t n);
/* Nothing is left to be decided. */
bool pruner_is_decided(const struct pruner *p);

struct pruner_verdict {
    bool prune;
    uint32_t new_rungs; /* to be recorded for the trial, each with the value
                           of its last step */
};
/* The trial numbered `at` of trials [n] has just reported (steps in any order,
 * no step twice). May fix what the pruner left undecided. ERR_MEM. */
status pruner_ask(struct pruner *p,
                  const struct trial *trials,
                  uint32_t n,
                  uint32_t at,
                  struct pruner_verdict *out);

/* The bracket of a trial; 0 while undecided or for other kinds. The sampler of
 * Optuna 3.1 sees only trials of its bracket. */
uint32_t pruner_bracket(const struct pruner *p, uint32_t number);

#endif
