#ifndef TRAIN_BATCH_H
#define TRAIN_BATCH_H

#include "base/team.h"

#include "det/shard.h"
#include "nn/net.h"
#include "train/sampler.h"
#include "train/source.h"
#include "vol/augment/augment.h"

/* The input of one step: for each local shard m lesions, two views of each
 * positive patch (views 0, 1) and two of one of its stored negatives (views 2,
 * 3), augmented (spec 4.16). The bits depend on seed, epoch and row alone. */
struct batch; /* opaque */

struct batch_conf {
    uint64_t seed;
    uint32_t items; /* m */
    struct augment_conf augment;
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
/* Fill the inputs of the net's local shards for step `step` of an epoch. Any
 * rank. ERR_FILE, ERR_DATA, ERR_NUMERIC of the source, ERR_DATA empty patch. */
status
batch_fill(struct batch *b, struct net *net, uint32_t epoch, uint32_t step);
void batch_free(struct batch *b);

#endif
