#ifndef TRAIN_PRETRAIN_IMPL_H
#define TRAIN_PRETRAIN_IMPL_H

#include "train/batch.h"
#include "train/pretrain.h"
#include "train/sampler.h"
#include "train/source.h"

/* Everything one pretraining holds; for pretrain.c and the benchmark of a
 * step. */
struct pretrain {
    struct training t;
    const struct pretrain_io *io;
    struct source *source;
    struct sampler *sampler;
    struct batch *batch;
};

/* Backend, input, plan held against the memory there is, network with its
 * random start. All ranks, same status; pretrain_close in any case. */
status pretrain_open(struct pretrain *p, const struct pretrain_io *io);
void pretrain_close(struct pretrain *p);

/* One step, p->t.step moves on. All ranks, same status. */
status pretrain_step(struct pretrain *p, struct step_facts *out);

#endif
