#ifndef HPO_STUDY_H
#define HPO_STUDY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "det/digest.h"
#include "hpo/space.h"
#include "hpo/tpe.h"
#include "hpo/trial.h"

/* A search: sampler, schedule and journal joined. One process holds it; who
 * computes trials, and how results come back, is the caller's. */

enum study_sampler { STUDY_TPE, STUDY_RANDOM };

struct study_conf {
    const char *name;
    uint64_t seed; /* lag 0: below 2^32, Optuna's own draws */
    uint32_t trials;
    uint32_t lag;
    enum study_sampler sampler;
    struct tpe_conf tpe;
    const char *data; /* digest of what is learnt from; a resume holds it
                         against the journal's */
};

struct study; /* opaque */

/* Start a journal, or go on with it (resume): every recorded proposal is made
 * again and must be the same bits, so a journal of another seed, lag, space or
 * version is refused with the first difference; trials that were running are
 * run again under their ticket. space must outlive the study. ERR_FILE,
 * ERR_DATA (damaged), ERR_RUN (another study; or resume false and the file is
 * there), ERR_CONF. */
status study_open(const char *path,
                  const struct study_conf *conf,
                  const struct space *space,
                  bool resume,
                  struct study **out);
/* What was not written yet is lost. */
void study_close(struct study *s);

/* Propose and tell whatever the lag allows now and append it to the journal.
 * *done: all trials are told. */
status study_advance(struct study *s, bool *done);

/* A ticket for a worker, with its parameters x [space->n] (lives as long as
 * the study). False: none waits. */
bool study_take(struct study *s,
                int worker,
                uint32_t *ticket,
                const double **x);
/* Its result: COMPLETE with a value (NaN makes it FAIL) or FAIL. False: the
 * ticket has a result already, this one is dropped. */
bool study_result(struct study *s,
                  uint32_t ticket,
                  enum trial_state state,
                  double value);
/* A worker is gone; its ticket waits again. */
void study_lost(struct study *s, int worker);
/* Tickets somebody works on. */
uint32_t study_running(const struct study *s);
/* Results written; the trials [told..] count as RUNNING. */
uint32_t study_told(const struct study *s);
const struct trial *study_trial(const struct study *s, uint32_t t);

/* The best told trial, the earliest of equals. False: none has a value. */
bool study_best(const struct study *s, uint32_t *t);

/* Name, direction, parameters, states and values of the told trials; neither
 * times nor workers. */
void study_digest(const struct study *s, struct digest *d);

#endif
