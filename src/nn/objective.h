#ifndef NN_OBJECTIVE_H
#define NN_OBJECTIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "nn/losses.h"

/* What a training minimises: a loss over the outputs of a step, with the memory
 * some losses keep between steps. By the name of the loss:
 *   ntxent_bank  a bank of loss.queue vectors: view 1 of the steps before,
 *                normalised
 *   nnclr, nnclr_gather, nnclr_bank  of two views the projections (middle) and
 *                predictions (output); a projection's neighbour in a bank of
 *                `bank` projections of view 1 is what its prediction is held
 *                against (spec 6.4). nnclr_bank: a second bank of loss.queue
 *                vectors, which never changes (spec 6.3)
 *   swav         a queue of loss.queue features (middle) of each high crop,
 *                whose scores join the codes from epoch queue_epoch on, once
 *                it was filled (spec 6.5)
 *   others       none
 * Banks are the groups' own, alike on every rank, and go into checkpoints. */

struct objective_conf {
    struct loss_conf loss;
    uint32_t middle; /* width of middle */
    uint32_t bank;
    bool shared; /* banks of all groups are group 0's (bank.h) */
    int64_t queue_epoch;
    uint64_t seed; /* of the banks' start */
};

struct objective_in {
    const double *output; /* [views][n][d] of the network */
    const double *middle; /* nnclr: [2][n][middle]; swav: [high][n][middle] */
    uint32_t n;
    int64_t epoch;
    const double *target; /* as struct loss_in */
    /* swav with a queue: weight [d][middle] and bias [d] of the prototypes */
    const double *weight, *bias;
};

struct objective; /* opaque */

/* Everything is allocated here. ERR_CONF, ERR_MEM. */
status objective_new(const struct objective_conf *conf,
                     struct team *team,
                     struct objective **out);
void objective_free(struct objective *o);
/* Bytes objective_new takes, but for what is small. */
size_t objective_bytes(const struct objective_conf *conf);
/* Views of the network it takes: two for nnclr. */
uint32_t objective_views(const struct objective *o);
/* Does it look at in.middle (and, swav, at the prototypes)? */
bool objective_needs_middle(const struct objective *o);
/* As loss_run; out->grad [views][n][d] is by the network's outputs. The banks
 * move on. */
status objective_run(struct objective *o,
                     const struct objective_in *in,
                     struct loss_out *out);

/* Part i of what it keeps between steps, false after the last: doubles (f64) or
 * whole numbers (i64). */
struct objective_part {
    char name[32]; /* in checkpoints */
    double *f64;
    int64_t *i64;
    size_t n;
};
bool objective_part(struct objective *o, size_t i, struct objective_part *out);

/* The banks, for tests: bank i of objective_new's order, NULL behind them. */
struct bank *objective_bank(struct objective *o, size_t i);

#endif
