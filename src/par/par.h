#ifndef PAR_PAR_H
#define PAR_PAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "det/shard.h"
#include "det/tree.h"

/* MPI, and the only folder that sees it. MPI_THREAD_FUNNELED: the main
 * thread alone calls in here. Point-to-point, gather, broadcast and integer
 * reductions only; floats of different shards meet in det/tree. Communicators
 * return errors instead of aborting. */
struct par; /* opaque */

/* Start MPI (once per process). Refuses (ERR_COMM) a launcher that started
 * several singletons: SLURM_NTASKS > 1 while the MPI size is 1. */
status par_start(int *argc, char ***argv, struct par **out);
/* All ranks. Ends MPI. After it nothing of par may be called. */
void par_stop(struct par *p);
int par_rank(const struct par *p);
int par_size(const struct par *p);
/* "Open MPI v4.1.4, ..." one line, for the log. */
const char *par_library(const struct par *p);

/* Agree on a status: all ranks return the code of the lowest failing rank,
 * and its text; OK if none failed. Highest severity is not looked at. STOPPED
 * is a failure here: ask for a stop with par_stop_vote. All ranks. */
status par_agree(struct par *p, status st);
/* All ranks get true if any rank says true. */
status par_any(struct par *p, bool mine, bool *any);

/* Sum of small vectors over shards: rows [block.n][len] of this rank's block
 * of `shards`; total [len], same bytes everywhere; one gather + broadcast.
 * st: see nn/meet.h. All ranks. ERR_COMM, ERR_* of the failing rank. */
status par_sum_f64(struct par *p,
                   status st,
                   uint32_t shards,
                   const double *rows,
                   size_t len,
                   double *total);
/* mine [block.n][size] -> all [shards][size], on all ranks. All ranks. */
status par_gather_shards(struct par *p,
                         status st,
                         uint32_t shards,
                         const void *mine,
                         size_t size,
                         void *all);

/* Long vectors, DESIGN decision 3: elements of float (elem 4) or double (8).
 * parts: this rank's maximal aligned nodes by ascending shard (tree_nodes),
 * each [len]; total [len], same bytes everywhere. Buckets of about 32 MB;
 * rank s owns slice s of a bucket, receives all nodes of it, folds them in
 * the tree; then the slices are gathered. All ranks. */
status par_sum_parts(struct par *p,
                     status st,
                     uint32_t shards,
                     const struct part *parts,
                     uint32_t n_parts,
                     size_t len,
                     size_t elem,
                     void *total);

/* Integers and bytes. All ranks. */
status par_bcast(struct par *p, void *bytes, size_t size, int root);
status par_max_i64(struct par *p, const int64_t *in, size_t n, int64_t *out);
status par_sum_i64(struct par *p, const int64_t *in, size_t n, int64_t *out);
/* One block of `size` bytes of every rank, by rank, on all ranks. */
status par_allgather(struct par *p, const void *mine, size_t size, void *all);
/* Blocks of any size to rank 0: *out (mem_free) holds them by rank, sizes
 * [par_size]; NULL elsewhere. All ranks. */
status par_gather_bytes(
    struct par *p, const void *mine, size_t size, char **out, size_t *sizes);
status par_barrier(struct par *p);

/* Coordinator and workers (search): messages of bytes with a small tag.
 * par_recv waits for any rank and tag; *buf is grown with mem_grow. */
status par_send(struct par *p, int to, int tag, const void *bytes, size_t size);
status par_recv(
    struct par *p, int *from, int *tag, char **buf, size_t *cap, size_t *size);
/* Is a message waiting? (for a coordinator that also works) */
status par_probe(struct par *p, bool *waiting);

#endif
