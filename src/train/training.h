#ifndef TRAIN_TRAINING_H
#define TRAIN_TRAINING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/team.h"
#include "base/text.h"

#include "dev/dev.h"
#include "nn/net.h"
#include "nn/objective.h"
#include "nn/optim.h"
#include "par/par.h"
#include "train/import.h"
#include "train/meet_par.h"
#include "train/settings.h"
#include "train/weights.h"

/* What every training is: shards in lockstep through a network, a loss over the
 * gathered outputs, an optimiser; checkpoints, one line a step, stop and
 * resume. Pretraining and supervised training hand in their data (hooks). What
 * a training writes into `out`:
 *   steps.csv              one line a step: rate, loss, health, and the SHA-256
 *                          of all weights after it
 *   checkpoint-<step>.nc   weights, state of the optimiser and identity
 *   weights-start.nc       the start (checkpoint.start)
 *   weights.nc             the result
 * Everything in them depends on identity keys and data alone. */

struct training_io {
    const struct train_conf *conf;
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

struct training_result {
    char digest[SHA256_HEX]; /* of weights.nc */
    char *path;              /* mem_free */
};

/* Figures of a step; similarities 0 where the loss has none. */
struct step_facts {
    double lr, loss, own, other, negative, feature_sd, grad_norm, param_norm;
    char digest[SHA256_HEX];
};

/* Bytes of the plan of one rank; input is the caller's. */
struct training_memory {
    size_t net, state, meet, input, gather, total;
};

/* A network of the step and what it gives, on every rank. */
struct training_part {
    struct net_conf conf;
    struct net_plan plan;
    struct net *net;
    float *mine;  /* [block.n][views * m][d] outputs */
    float *all;   /* [V][views * m][d] */
    double *grad; /* [block.n][views * m][d] of the loss by them */
};

enum { TRAINING_PARTS = 2 };

struct training {
    const struct training_io *io;
    const char *name;   /* "pretrain": of the progress bar */
    const char *header; /* of steps.csv */
    struct block block; /* local shards */
    uint32_t steps_per_epoch;
    int64_t steps;          /* in all */
    int64_t step;           /* done so far */
    char input[SHA256_HEX]; /* digest of all that is read; identity of a run */
    struct import *start;   /* start.weights until they are in the net */
    struct dev *dev;
    enum dtype dtype;
    struct meet_par *meet;
    struct net *net; /* of part 0 */
    struct optim *optim;
    struct objective_conf objective_conf;
    struct objective *objective;
    struct weights *weights;
    /* part 1: views of another size (SwAV's low crops), a twin of part 0 */
    struct training_part part[TRAINING_PARTS];
    uint32_t parts;
    /* Outputs are held against the inputs, net_input_error: a shard its own, so
     * nothing is gathered, and there is no objective. */
    bool own_target;
    bool *skip;     /* [slices] without gradient */
    bool evaluated; /* the trunk stays in evaluation mode */
    double *output; /* [views of all parts][V * m][d] */
    /* of objectives that look at what goes into the tail, else NULL */
    float *middle_mine, *middle_all; /* as part 0's outputs */
    double *middle;                  /* [views of part 0][V * m][middle] */
    double *prototypes;              /* weight, then bias; SwAV's queues */
    char (*peers)[SHA256_HEX];       /* [ranks] digests */
    /* best validation so far, in checkpoints when best_step >= 0 */
    int64_t best_step;
    double best;
    bool stop; /* asked for by the hooks, on any rank: end at a checkpoint */
};

/* One step of data: fill the net's inputs, training_step, figures for
 * steps.csv in the order of its header (between step and digest). */
struct training_hooks {
    void *ctx;
    status (*step)(void *ctx, struct step_facts *out);
    /* after the line is written, before a checkpoint; NULL: nothing. All
     * ranks, same status. */
    status (*after)(void *ctx, const struct step_facts *f);
    void (*figures)(const struct step_facts *f, struct text *line);
    /* for the progress bar */
    void (*show)(const struct training *t,
                 const struct step_facts *f,
                 char *line,
                 size_t size);
};

enum { TRAINING_LINE = 160 };

/* In this order: block and backend (any rank); the caller sets parts, their
 * conf, objective_conf (n, d and middle are filled in), steps and input;
 * training_plan; training_make: everything, the net with its random start. Any
 * rank; local status. */
status training_open(struct training *t, const struct training_io *io);
/* Steps of an epoch and, by train.steps or train.epochs, in all. */
void training_set_steps(struct training *t, uint32_t steps_per_epoch);
/* Also checks the learning rates: ERR_CONF. */
status training_plan(struct training *t,
                     size_t input_bytes,
                     struct training_memory *out);
/* ERR_MEM: the plan needs more than there is. */
status training_check_memory(const struct training *t,
                             const struct training_memory *m);
status training_make(struct training *t);
void training_close(struct training *t);
/* Lines of the plan for people. */
void training_plan_lines(const struct training *t,
                         const struct training_memory *m,
                         struct text *lines);

/* Forward, loss, backward, update of a batch of `shards` shards whose inputs
 * are in the net; st: of making them. target as the loss wants it. t->step
 * moves on. All ranks, same status. */
status training_step(struct training *t,
                     status st,
                     uint32_t shards,
                     const double *target,
                     struct step_facts *out);
/* Outputs of a forward pass, all shards, on every rank: part->all. All ranks,
 * same status. */
status
training_gather(struct training *t, struct training_part *part, status st);

/* From the start or the newest checkpoint (io->resume) to the end: OK, with
 * weights.nc; or to a stop: STOPPED, with a checkpoint. All ranks. */
status training_run(struct training *t,
                    const struct training_hooks *hooks,
                    struct training_result *out);

/* Digest of the weights, equal on all ranks or ERR_COMM. All ranks. */
status training_digest(struct training *t, char hex[SHA256_HEX]);

/* n figures of a line of steps.csv, each with its comma. */
void training_figures(struct text *line, const double *v, size_t n);

/* Files (rank 0 writes, all ranks call and get the same status). */
status training_save(struct training *t);
status training_save_weights(struct training *t,
                             const char *name,
                             char digest[SHA256_HEX]);
/* Newest checkpoint of the run folder into the net and optimiser; t->step
 * stays 0 when there is none. */
status training_load(struct training *t);
/* A CSV of the run folder with `header`, cut to `lines` lines; what a killed
 * process wrote beyond its last checkpoint is made again. */
status training_log_start(struct training *t,
                          const char *name,
                          const char *header,
                          int64_t lines);
status training_log(struct training *t, const char *name, const char *line);

#endif
