#ifndef PAR_PAR_H
#define PAR_PAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "det/shard.h"
#include "det/tree.h"

/* MPI, and the only folder that sees it. MPI_THREAD_FUNNELED: the main
 * thread alone calls in here. Point-to-point, gather, broadcast and integer
 * reductions only; floats of different shards meet in det/tree. Communicators
 * return errors instead of aborting. */
struct par; /* opaque */

/* Start MPI (once per process). Refuses (ERR_COMM) a launcher that started
 * several singletons: an srun step of several tasks while the MPI size is 1. */
status par_start(int *argc, char ***argv, struct par **out);
/* All ranks. Ends MPI; after an error of MPI itself it ends the job instead,
 * for other ranks may be waiting. After it nothing of par may be called. */
void par_stop(struct par *p);
/* The ranks that name the same group (0 or more), in their order, as a world of
 * their own; its end is par_stop, all its ranks, before p's. All ranks.
 * ERR_MEM, ERR_COMM. */
status par_split(struct par *p, int group, struct par **out);
/* Add with all threads of a team, which outlives p or is taken away by NULL;
 * never while the team is at work, but in par_sum_poke. ERR_MEM. */
status par_use_team(struct par *p, struct team *team);
int par_rank(const struct par *p);
int par_size(const struct par *p);
/* "Open MPI v4.1.4, ..." one line, for the log. */
const char *par_library(const struct par *p);

/* Agree on a status: all ranks return the code of the lowest failing rank,
 * and its text and trail; OK if none failed. Severity is not looked at.
 * STOPPED is a failure here: ask for a stop with par_any. All ranks. */
status par_agree(struct par *p, status so_far);
/* All ranks get true if any rank says true. */
status par_any(struct par *p, bool mine, bool *any);

/* The next three take the caller's state so far: a rank that failed still
 * calls (its values are not read), and all ranks return what par_agree would.
 *
 * Sum of small vectors over shards: rows [block.n][len] of this rank's block
 * (shard_block) of `shards`; total [len], same bytes everywhere; one gather +
 * broadcast. All ranks. ERR_COMM, ERR_MEM, ERR_* of the failing rank. */
status par_sum_f64(struct par *p,
                   status so_far,
                   uint32_t shards,
                   const double *rows,
                   size_t len,
                   double *total);
/* mine [block.n][size] -> all [shards][size], on all ranks; mine may lie in
 * all. All ranks. */
status par_gather_shards(struct par *p,
                         status so_far,
                         uint32_t shards,
                         const void *mine,
                         size_t size,
                         void *all);

/* Nodes of this rank, in ascending order. */
struct parts {
    const struct part *at;
    uint32_t n;
};

/* Long vectors, DESIGN decision 3: elements of float (elem 4) or double (8).
 * parts: this rank's maximal aligned nodes (tree_nodes of its block), each
 * [len]; total [len], same bytes everywhere; it may be the vector of
 * the first part, no other overlap. Buckets of about 32 MB; rank s owns slice s
 * of a bucket, receives all nodes of it, folds them in the tree; then the
 * slices are gathered. All ranks. */
status par_sum_parts(struct par *p,
                     status so_far,
                     uint32_t shards,
                     struct parts parts,
                     size_t len,
                     size_t elem,
                     void *total);

/* The same, while the caller goes on working: the parts and the total are par's
 * until the sum has ended, which the next start and par_sum_end wait for.
 * par_sum_poke takes on what has come, the main thread's alone, any time. Any
 * rank may poke as it likes; the others: all ranks. A sum that fails at its
 * start has not begun; an end is due whatever the start returned. */
status par_sum_start(struct par *p,
                     status so_far,
                     uint32_t shards,
                     struct parts parts,
                     size_t len,
                     size_t elem,
                     void *total);
status par_sum_poke(struct par *p);
status par_sum_end(struct par *p);

/* Bytes of workspace that par_sum_parts keeps on this rank at most, and the
 * size of its buckets (tests make it small; the same on all ranks). */
size_t par_parts_memory(const struct par *p, uint32_t shards);
void par_set_bucket(struct par *p, size_t bytes);

/* Integers and bytes; in and out may be the same. All ranks. */
status par_bcast(struct par *p, void *bytes, size_t size, int root);
status par_max_i64(struct par *p, const int64_t *in, size_t n, int64_t *out);
status par_sum_i64(struct par *p, const int64_t *in, size_t n, int64_t *out);
/* One block of `size` bytes of every rank, by rank, on all ranks; mine may
 * lie in all. */
status par_allgather(struct par *p, const void *mine, size_t size, void *all);
/* Blocks of any size to rank 0: *out (mem_free) holds them by rank, sizes
 * [par_size] their bytes; elsewhere *out = NULL, sizes is not looked at. All
 * ranks. ERR_MEM on all if rank 0 has no room. */
status par_gather_bytes(
    struct par *p, const void *mine, size_t size, char **out, size_t *sizes);
status par_barrier(struct par *p);

/* Coordinator and workers (search): messages of bytes with a tag 0..32767, to
 * another rank. Messages from one rank arrive in the order they were sent.
 * par_recv waits for any rank and tag without burning its core; *buf is grown
 * with mem_grow. */
status par_send(struct par *p, int to, int tag, const void *bytes, size_t size);
status par_recv(
    struct par *p, int *from, int *tag, char **buf, size_t *cap, size_t *size);
/* Is a message waiting? (for a coordinator that also works) */
status par_probe(struct par *p, bool *waiting);

#endif
