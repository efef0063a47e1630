#ifndef TRAIN_PRETRAIN_H
#define TRAIN_PRETRAIN_H

#include "base/text.h"

#include "train/source.h"
#include "train/training.h"
#include "vol/augment/augment.h"

/* Self-supervised pretraining: every step one batch of V shards, two views of
 * each lesion and, where the loss wants them, of a negative patch; contrastive
 * loss. Files as training.h says. */
struct pretrain_io {
    struct training_io run;
    const struct augment_conf *augment;
    const struct live_conf *live;
    cut_of_fn *cut_of; /* for live negatives */
};

/* The plan of a run as lines for people ("memory: ..."): what it costs and
 * writes. All ranks. Errors as pretrain_run. */
status pretrain_plan(const struct pretrain_io *io, struct text *lines);

/* Train to the end: OK; or to a stop: STOPPED, with a checkpoint. All ranks;
 * same status on all. ERR_CONF, ERR_FILE, ERR_DATA, ERR_MEM (the plan needs
 * more than there is), ERR_RUN (a checkpoint of another identity or input),
 * ERR_NUMERIC (damaged checkpoint, probe, not finite), ERR_COMM (ranks
 * disagree on the weights). */
status pretrain_run(const struct pretrain_io *io, struct training_result *out);

#endif
