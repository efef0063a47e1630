#ifndef TRAIN_BATCH_H
#define TRAIN_BATCH_H

#include "base/team.h"

#include "det/shard.h"
#include "nn/net.h"
#include "train/sampler.h"
#include "train/source.h"
#include "vol/augment/augment.h"

/* The input of one step: for each local shard m lesions, augmented views of
 * each positive patch and, with two kinds, as many of a negative behind them
 * (spec 4.16): one of its stored ones, or a live one, which is read beside the
 * step before. Views of another size (SwAV's low crops, spec 4.14) are a second
 * part, for a network of their own. The bits depend on seed, epoch, row and
 * view alone. */
struct batch; /* opaque */

struct batch_part {
    uint32_t views; /* of each patch */
    int64_t size;   /* edge of a view in the net; the chain's edge */
    struct augment_chain chain;
};

enum { BATCH_PARTS = 2 };

struct batch_conf {
    uint64_t seed;
    uint32_t items; /* m */
    uint32_t kinds; /* 1: positives; 2: negatives too, with one part */
    uint32_t parts;
    struct batch_part part[BATCH_PARTS];
    /* row of the source behind row i of the sampler; NULL: i itself */
    const uint32_t *pick;
    struct block block; /* local shards */
};

/* source, sampler and team are the caller's and outlive it. ERR_MEM. */
status batch_new(const struct batch_conf *conf,
                 struct source *source,
                 struct sampler *sampler,
                 struct team *team,
                 struct batch **out);
/* Bytes batch_new takes with `threads` threads. */
size_t batch_bytes(const struct batch_conf *conf,
                   const struct source *source,
                   int threads);
/* Fill the inputs of the local shards of each part's net for step `step` of an
 * epoch, as far as they have a batch (sampler_shards). Any rank. ERR_FILE,
 * ERR_DATA, ERR_NUMERIC of the source, ERR_DATA empty patch; names the row. */
status batch_fill(struct batch *b,
                  struct net *const net[],
                  uint32_t epoch,
                  uint32_t step);
void batch_free(struct batch *b);

#endif
