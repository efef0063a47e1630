#ifndef NN_MEET_H
#define NN_MEET_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "dev/dev.h"

/* Where shards meet: the network is handed these functions and never sees
 * ranks (DESIGN decisions 3, 4, 13). All ranks call the same functions in the
 * same order. `st` is the caller's state so far: a rank that failed still
 * calls (its values are then ignored), every rank gets the same status back,
 * with the text of the lowest failing rank. Sums are those of det/tree over
 * ALL shards. */
enum { GRAD_PIECE = 4096 }; /* elements of a push, at most: 16 or 32 KB */

/* A gradient vector of len elements of a backend, and where its sum goes. */
struct grad {
    struct dev *dev;
    size_t len;
    void *total;
};

/* Elements [at, at + n) of the vector of a local shard. */
struct grad_piece {
    uint32_t shard;
    size_t at, n;
};

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
    /* Gradient vectors, piece by piece: grad_push once per local shard in
     * ascending order, all by one member of the team; members push different
     * pieces at the same time (local work). `part`, memory of mem_raw with room
     * for GRAD_PIECE elements, is the meeting's from now on; the caller gets
     * the memory to fill next, perhaps the same. When the pieces make up the
     * vectors, all ranks grad_start: the sum is on its way to g->total, which
     * it has reached when all ranks have called grad_end (one for all starts;
     * due whatever they returned). */
    void *(*grad_push)(void *ctx,
                       const struct grad *g,
                       struct grad_piece piece,
                       int member,
                       void *part);
    status (*grad_start)(void *ctx, status st, const struct grad *g);
    status (*grad_end)(void *ctx); /* NULL: no sum outlasts its start */
    /* Between two pieces of local work the main thread, and no other, may take
     * on what has come meanwhile. NULL: there is nothing to. */
    status (*grad_poke)(void *ctx);
};

#endif
