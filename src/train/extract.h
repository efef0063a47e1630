#ifndef TRAIN_EXTRACT_H
#define TRAIN_EXTRACT_H

#include "base/sha256.h"
#include "base/status.h"
#include "base/team.h"

#include "par/par.h"
#include "store/feature.h"
#include "train/settings.h"
#include "train/source.h"

/* Features of patches: the trunk of a network in evaluation mode (running
 * statistics), so a row's features depend on its patch and the weights alone;
 * ranks, threads and batch are placement. */
struct extract_io {
    const char *weights; /* weights.nc of pretraining */
    struct source *source;
    const struct compute_conf *compute;
    struct par *par;
    struct team *team;
    uint32_t batch; /* patches a thread takes at once */
    bool quiet;
};

/* Features of all rows with the list's columns; on rank 0 in *out
 * (features_free), NULL on the others. All ranks, same status. ERR_FILE,
 * ERR_DATA, ERR_NUMERIC (damaged weights, features not finite, probe),
 * ERR_MEM. */
status extract_run(const struct extract_io *io, struct features **out);

#endif
