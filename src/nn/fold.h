#ifndef NN_FOLD_H
#define NN_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "det/shard.h"
#include "det/tree.h"
#include "dev/tensor.h"

/* Long vectors of a block of shards, folded in the fixed tree as they come:
 * at most one vector a level is held. Nothing is allocated after fold_new. */
struct fold; /* opaque */

/* Room for the nodes of `block` of `shards` with vectors of at most max_len
 * elements of dtype. team (may be NULL) does the additions. ERR_MEM. */
status fold_new(uint32_t shards,
                struct block block,
                size_t max_len,
                enum dtype dtype,
                struct team *team,
                struct fold **out);
void fold_free(struct fold *f);
/* Bytes fold_new takes. */
size_t fold_bytes(uint32_t shards,
                  struct block block,
                  size_t max_len,
                  enum dtype dtype);

/* The vector of the next shard of the block, ascending; all of one sum have the
 * same len. `part` is memory of mem_raw with room for max_len: it is the fold's
 * if it stays, and the caller owns what is returned instead. */
void *fold_push(struct fold *f, uint32_t shard, void *part, size_t len);
/* The nodes so far: the block's maximal aligned ones once all are pushed. */
const struct part *fold_parts(const struct fold *f, uint32_t *n);
/* Take node i's vector away before the next fold_reset; `spare` (as a part) is
 * the fold's instead. */
void *fold_take(struct fold *f, uint32_t i, void *spare);
/* Forget them: the next push begins another sum. */
void fold_reset(struct fold *f);

#endif
