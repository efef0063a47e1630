#ifndef NN_MEET_H
#define NN_MEET_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "dev/tensor.h"

/* Where shards meet: the network is handed these functions and never sees
 * ranks (DESIGN decisions 3, 4, 13). All ranks call the same functions in the
 * same order. `st` is the caller's state so far: a rank that failed still
 * calls (its values are then ignored), every rank gets the same status back,
 * with the text of the lowest failing rank. Sums are those of det/tree over
 * ALL shards. */
struct meet {
    void *ctx;
    uint32_t shards;   /* V, of the whole step */
    uint32_t shard_lo; /* first local shard */
    uint32_t shard_n;  /* local shards, may be 0 */

    /* rows [shard_n][len] doubles; total [len], same bytes everywhere. */
    status (*sum)(
        void *ctx, status st, const double *rows, size_t len, double *total);
    /* mine [shard_n][size] bytes; all [shards][size], same everywhere. */
    status (*gather)(
        void *ctx, status st, const void *mine, size_t size, void *all);
    /* Gradient vectors of len elements of dtype: grad_push once per local
     * shard in ascending order (local work; `part` is the caller's again on
     * return), then all ranks grad_total, which writes the sum. */
    void (*grad_push)(void *ctx,
                      uint32_t shard,
                      const void *part,
                      size_t len,
                      enum dtype dtype);
    status (*grad_total)(
        void *ctx, status st, size_t len, enum dtype dtype, void *total);
};

#endif
