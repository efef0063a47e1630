#ifndef HPO_STUDY_H
#define HPO_STUDY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "det/digest.h"
#include "hpo/grid.h"
#include "hpo/pruner.h"
#include "hpo/space.h"
#include "hpo/tpe.h"
#include "hpo/trial.h"

/* A search: sampler, pruner, schedule and journal joined. One process holds
 * it; who computes trials, and how results come back, is the caller's. */

enum study_sampler { STUDY_TPE, STUDY_RANDOM, STUDY_GRID };

struct study_conf {
    const char *name;
    uint64_t seed; /* lag 0, grid: below 2^32, Optuna's own draws */
    uint32_t trials;
    uint32_t lag;
    enum study_sampler sampler;
    struct tpe_conf tpe;
    const struct grid_axis *grid;     /* STUDY_GRID: [space->n] */
    const struct pruner_conf *pruner; /* NULL: none */
    const char *data; /* digest of what is learnt from; a resume holds it
                         against the journal's */
    bool adopt;       /* the journal is there and the study in it was begun by
                         another program (Optuna) or another run: its trials are
                         history, ours come after them. trials counts both */
};

struct study; /* opaque */

/* Start a journal, or go on with it (resume): every recorded proposal is made
 * again and must be the same bits, so a journal of another seed, lag, space or
 * version is refused with the first difference; trials that were running are
 * run again under their ticket. A grid ends when no combination is left. With
 * adopt and not resume every trial that is there is history; those running
 * are told FAIL, for nobody may move them any more. space, conf->pruner and
 * conf->grid must outlive the study. ERR_FILE, ERR_DATA (damaged), ERR_RUN
 * (another study; or resume and adopt false and the file is there), ERR_CONF.
 */
status study_open(const char *path,
                  const struct study_conf *conf,
                  const struct space *space,
                  bool resume,
                  struct study **out);
/* What was not written yet is lost. */
void study_close(struct study *s);

/* Propose and tell whatever the lag allows now and append it to the journal.
 * *done: all trials are told. ERR_RUN: another program wrote to it. */
status study_advance(struct study *s, bool *done);

/* A ticket for a worker, with its parameters x [space->n] (lives as long as
 * the study). False: none waits. */
bool study_take(struct study *s,
                int worker,
                uint32_t *ticket,
                const double **x);
/* A value of a ticket that is computed, at a step that it has not reported
 * yet. *prune: it shall stop, its result is PRUNED. The pruner looks at the
 * results the sampler saw, so its verdict depends on no other worker. The
 * journal gets the reports with the result. ERR_DATA: step reported twice. */
status study_report(
    struct study *s, uint32_t ticket, int64_t step, double value, bool *prune);
/* Its result: COMPLETE with a value (NaN makes it FAIL), PRUNED (its value is
 * its last report) or FAIL. False: the ticket has a result already, this one
 * is dropped. */
bool study_result(struct study *s,
                  uint32_t ticket,
                  enum trial_state state,
                  double value);
/* FAIL with one line that says why; the journal has it as the user attribute
 * fail_reason. Else as study_result. */
bool study_fail(struct study *s, uint32_t ticket, const char *reason);
/* Of a told trial, "" when none was given. */
const char *study_reason(const struct study *s, uint32_t t);
/* A worker is gone; its ticket waits again, its reports are forgotten. */
void study_lost(struct study *s, int worker);
/* Tickets somebody works on. */
uint32_t study_running(const struct study *s);
/* Trials in all: a grid may have fewer than were asked for. */
uint32_t study_trials(const struct study *s);
/* Trials of another program, which come first; they count as told. */
uint32_t study_before(const struct study *s);
/* Results written; the trials [told..] count as RUNNING. */
uint32_t study_told(const struct study *s);
const struct trial *study_trial(const struct study *s, uint32_t t);

/* The best told trial, the earliest of equals; a pruned one is none. False:
 * none has a value. */
bool study_best(const struct study *s, uint32_t *t);

/* Name, direction, parameters, states, values and reports of the told trials;
 * neither times nor workers. */
void study_digest(const struct study *s, struct digest *d);

#endif
