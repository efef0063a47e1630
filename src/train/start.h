#ifndef TRAIN_START_H
#define TRAIN_START_H

#include "base/sha256.h"

#include "train/training.h"

/* The weights a training begins with, of any file train/import.h reads
 * (torch.save, Lightning checkpoints, safetensors, NetCDF of ours): keys
 * start.weights and start.from. Exact: what is missing, unexpected or of
 * another shape is an error that lists names. */

/* Opens start.weights and holds its network against part 0's. Any rank.
 * ERR_CONF: start.from without weights, or the other way; ERR_FILE; ERR_DATA:
 * other network. */
status training_start_open(struct training *t);
/* Its weights into the net, as start.from says; digest: of all weights of the
 * file, "" for a random start. Any rank. */
status training_start(struct training *t, char digest[SHA256_HEX]);

#endif
