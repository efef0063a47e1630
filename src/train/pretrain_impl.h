#ifndef TRAIN_PRETRAIN_IMPL_H
#define TRAIN_PRETRAIN_IMPL_H

#include "dev/dev.h"
#include "nn/losses.h"
#include "nn/net.h"
#include "nn/optim.h"
#include "train/batch.h"
#include "train/meet_par.h"
#include "train/pretrain.h"
#include "train/sampler.h"
#include "train/source.h"
#include "train/weights.h"

/* Everything one pretraining holds; shared by the files pretrain*.c and the
 * benchmark of a step. */
struct pretrain {
    const struct pretrain_io *io;
    struct block block; /* local shards */
    uint32_t steps_per_epoch;
    int64_t steps; /* in all */
    int64_t step;  /* done so far */
    struct dev *dev;
    enum dtype dtype;
    struct source *source;
    struct sampler *sampler;
    struct meet_par *meet;
    struct net *net;
    struct optim *optim;
    struct loss *loss;
    struct weights *weights;
    struct batch *batch;
    struct net_conf net_conf;
    struct net_plan plan;
    float *rows_mine;          /* [block.n][views * m][d] embeddings */
    float *rows_all;           /* [V][views * m][d] */
    double *embed;             /* [views][V * m][d] */
    double *d_embed;           /* [block.n][views * m][d] */
    char (*peers)[SHA256_HEX]; /* [ranks] digests */
};

/* Bytes of the plan of one rank. */
struct pretrain_memory {
    size_t net, state, meet, input, gather, total;
};

/* One line of steps.csv. */
struct step_facts {
    double lr, loss, own, other, negative, feature_sd, grad_norm, param_norm;
    char digest[SHA256_HEX];
};

/* Backend, input, plan held against the memory there is, network with its
 * random start. All ranks, same status; pretrain_close in any case. */
status pretrain_open(struct pretrain *p, const struct pretrain_io *io);
void pretrain_close(struct pretrain *p);

/* One step, p->step moves on. All ranks, same status. */
status pretrain_step(struct pretrain *p, struct step_facts *out);

/* Digest of the weights, equal on all ranks or ERR_COMM. All ranks. */
status pretrain_digest(struct pretrain *p, char hex[SHA256_HEX]);

/* Files (rank 0 writes, all ranks call and get the same status). */
status pretrain_save(struct pretrain *p);
status pretrain_save_weights(struct pretrain *p,
                             const char *name,
                             char digest[SHA256_HEX]);
/* Newest checkpoint of the run folder into the net and optimiser; p->step
 * stays 0 when there is none. */
status pretrain_load(struct pretrain *p);
status pretrain_log_start(struct pretrain *p); /* steps.csv up to p->step */
status pretrain_log_step(struct pretrain *p, const struct step_facts *f);

#endif
