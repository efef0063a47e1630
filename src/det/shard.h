#ifndef DET_SHARD_H
#define DET_SHARD_H

#include <stdint.h>

/* Work is cut by virtual shards, never by ranks (DESIGN decision 1). This is
 * the only place that maps between the two. */
struct block {
    uint32_t lo; /* first shard */
    uint32_t n;  /* count, may be 0 */
};

/* The contiguous block of rank `rank` among `ranks`: sizes differ by at most
 * one, the first ranks take the longer ones; more ranks than shards leaves
 * the last ones idle. */
struct block shard_block(uint32_t shards, uint32_t ranks, uint32_t rank);

/* The rank that owns a shard. */
uint32_t shard_owner(uint32_t shards, uint32_t ranks, uint32_t shard);

#endif
