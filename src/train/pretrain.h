#ifndef TRAIN_PRETRAIN_H
#define TRAIN_PRETRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/team.h"
#include "base/text.h"

#include "par/par.h"
#include "train/settings.h"

/* Self-supervised pretraining: every step one batch of V shards, contrastive
 * loss with negative patches, LARS. What it writes into `out`:
 *   steps.csv              one line a step: rates, loss, health, and the
 *                          SHA-256 of all weights after the step
 *   checkpoint-<step>.nc   weights, momentum and identity
 *   weights-start.nc       the random start (checkpoint.start)
 *   weights.nc             the result
 * Everything in them depends on identity keys and data alone. */
struct pretrain_io {
    const struct train_conf *conf;
    const struct augment_conf *augment;
    const struct compute_conf *compute;
    struct par *par;
    struct team *team;
    const char *out;
    const char *run_id;   /* of the identity configuration */
    const char *identity; /* its canonical dump */
    bool resume;
    bool quiet;
    int64_t stop_after;        /* checkpoint and stop after this step, -1 */
    bool (*stop_wanted)(void); /* has a signal asked for a stop? */
};

struct pretrain_result {
    char digest[SHA256_HEX]; /* of weights.nc */
    char *path;              /* mem_free */
};

/* The plan of a run as lines for people ("memory: ..."): what it costs and
 * writes. All ranks. Errors as pretrain_run. */
status pretrain_plan(const struct pretrain_io *io, struct text *lines);

/* Train to the end: OK; or to a stop: STOPPED, with a checkpoint. All ranks;
 * same status on all. ERR_CONF, ERR_FILE, ERR_DATA, ERR_MEM (the plan needs
 * more than there is), ERR_RUN (a checkpoint of another identity or input),
 * ERR_NUMERIC (damaged checkpoint, probe, not finite), ERR_COMM (ranks
 * disagree on the weights). */
status pretrain_run(const struct pretrain_io *io, struct pretrain_result *out);

#endif
