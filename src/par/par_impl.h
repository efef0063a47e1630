#ifndef PAR_PAR_IMPL_H
#define PAR_PAR_IMPL_H

/* Inside par/ only: what a struct par holds, and the fold of nodes. */

#include <mpi.h>

#include "par/par.h"

enum { LIBRARY_TEXT = 128 };

/* Memory that only grows, so that a step allocates nothing. */
struct grown {
    void *mem;
    size_t size;
};

struct par_sum; /* par_parts.c */

struct par {
    MPI_Comm comm;     /* collectives and slices */
    MPI_Comm messages; /* coordinator and workers */
    int rank;
    int size;
    bool broken; /* MPI failed: nobody knows where the others are */
    bool started;
    struct par *up; /* what it was split off, NULL: the world */
    char library[LIBRARY_TEXT];
    size_t bucket;
    /* par_sum_f64: what the largest call so far needed, same on all ranks */
    size_t small_bytes;
    size_t small_shards;
    struct grown send;
    struct grown recv;
    struct grown nodes;
    /* par_sum_parts */
    struct grown slices;
    struct grown sources;
    struct grown requests;
    struct par_sum *sum; /* the one on its way */
    int *count;          /* [size] */
    int *place;          /* [size] */
    struct par_fold *fold;
};

/* Memory of the sum of long vectors. ERR_MEM. */
status par_parts_new(struct par_sum **out);

/* At least `size` bytes, zeroed when new. ERR_MEM. */
status par_grow(struct grown *g, size_t size);

/* Pass on the failure of rank `from`, whose status is `code`. All ranks. */
status par_share(struct par *p, int from, status code);

/* An MPI call; its error ends in ERR_COMM with MPI's text. */
#define MPI_TRY(p, call, what)                                                 \
    do {                                                                       \
        int mpi_rc_ = (call);                                                  \
        if (mpi_rc_ != MPI_SUCCESS) {                                          \
            st = par_mpi_fail((p), mpi_rc_, __FILE__, __LINE__, (what));       \
            goto out;                                                          \
        }                                                                      \
    } while (0)
status par_mpi_fail(
    struct par *p, int rc, const char *file, int line, const char *what);

/* The number of maximal nodes of rank r's block; out may be NULL. */
uint32_t
par_nodes(const struct par *p, uint32_t shards, int rank, struct part *out);

/* Folding constant inputs block by block, so that sums live in the cache and
 * the inputs stay as they are; the association is det/tree's. */
enum { FOLD_BLOCK = 16384 }; /* bytes */
struct par_fold;             /* opaque: scratch for the open nodes */
status par_fold_new(struct par_fold **out);
/* Fold with all threads of a team from now on; NULL: alone, cannot fail.
 * ERR_MEM. */
status par_fold_team(struct par_fold *f, struct team *team);
void par_fold_free(struct par_fold *f);

/* in [n_in]: nodes by ascending shard without gaps, values [bytes]; what is
 * left on the stack (tree_nodes of their range) goes to out[k] + 0..bytes.
 * elem is 4 (float) or 8 (double). out[k] may be an input only as in
 * par_sum_parts. alone: without the team, which is at work. */
void par_fold_run(struct par_fold *f,
                  bool alone,
                  uint32_t shards,
                  const struct part *in,
                  uint32_t n_in,
                  size_t bytes,
                  size_t elem,
                  char *const *out);

#endif
