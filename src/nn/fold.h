#ifndef NN_FOLD_H
#define NN_FOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "det/shard.h"
#include "det/tree.h"
#include "dev/dev.h"
#include "nn/meet.h"

/* Vectors of a block of shards, folded in the fixed tree as they come: at most
 * one vector a level is held. Nothing is allocated after fold_new. */
struct fold; /* opaque */

/* Room for the nodes of `block` of `shards` with vectors of at most max_len
 * elements of dtype. ERR_MEM. */
status fold_new(uint32_t shards,
                struct block block,
                size_t max_len,
                enum dtype dtype,
                struct fold **out);
void fold_free(struct fold *f);
/* Bytes fold_new takes. */
size_t fold_bytes(uint32_t shards,
                  struct block block,
                  size_t max_len,
                  enum dtype dtype);

/* The vector of the next shard of the block, ascending; all of one sum have the
 * same len. `part` is memory of mem_raw with room for max_len: it is the fold's
 * if it stays, and the caller owns what is returned instead. dev adds. */
void *fold_push(
    struct fold *f, struct dev *dev, uint32_t shard, void *part, size_t len);
/* The nodes so far: the block's maximal aligned ones once all are pushed. */
const struct part *fold_parts(const struct fold *f, uint32_t *n);
/* Forget them: the next push begins another sum. */
void fold_reset(struct fold *f);

/* The same, a piece of a long vector: with its last shard the values of the
 * nodes go to their places in the long ones, and the fold is empty again. */
void *fold_piece(struct fold *f,
                 struct dev *dev,
                 struct grad_piece piece,
                 void *part,
                 char *const *nodes);

/* One fold for each member of a team, with max_len GRAD_PIECE. ERR_MEM. */
status folds_new(uint32_t shards,
                 struct block block,
                 enum dtype dtype,
                 int members,
                 struct fold ***out);
void folds_free(struct fold **f, int members);

#endif
