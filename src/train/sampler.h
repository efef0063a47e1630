#ifndef TRAIN_SAMPLER_H
#define TRAIN_SAMPLER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* Which row of the list is which item of which step (spec 6.9): every epoch
 * the list is shuffled anew (STREAM_SAMPLER, epoch), padded with its own
 * beginning to a multiple of the groups, and group g takes every groups-th
 * entry from g on. What does not fill a batch at the end of an epoch is
 * dropped; or, without groups and with keep_last, it makes a batch of as many
 * shards as it fills. A group is a block of consecutive shards (DESIGN decision
 * 11). */
struct sampler_conf {
    uint64_t seed;
    uint32_t rows;   /* of the list, >= 1 */
    uint32_t shards; /* V, a multiple of groups */
    uint32_t items;  /* m, of a shard */
    uint32_t groups; /* G */
    bool keep_last;  /* groups 1 only */
};

struct sampler; /* opaque: the order of one epoch at a time */

/* ERR_CONF: V not divisible by groups; groups with keep_last. ERR_DATA: the
 * list is shorter than a batch. */
status sampler_new(const struct sampler_conf *conf, struct sampler **out);
uint32_t sampler_steps(const struct sampler *s); /* of an epoch */
/* Shards with a batch in step `step` of an epoch: V, or fewer in the last. */
uint32_t sampler_shards(const struct sampler *s, uint32_t step);
/* rows [items] of one shard in step `step` of epoch `epoch` (0-based). */
void sampler_rows(struct sampler *s,
                  uint32_t epoch,
                  uint32_t step,
                  uint32_t shard,
                  uint32_t *rows);
void sampler_free(struct sampler *s);

#endif
