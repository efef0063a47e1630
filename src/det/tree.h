#ifndef DET_TREE_H
#define DET_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The fixed tree over virtual shards, the only place where numbers of
 * different shards are added (DESIGN decision 3). The shard count is thought
 * of as padded to a power of two with absent leaves; an absent sibling passes
 * its partner up unchanged (never "+ 0"). A node covers the aligned range
 * [lo, lo + n), n a power of two; its value is left + right. The association
 * is fixed, so any rank may evaluate any node. */

enum { TREE_MAX_DEPTH = 34 };

struct part {
    uint32_t lo; /* first shard of the node, a multiple of n */
    uint32_t n;  /* size of the aligned range, a power of two */
    void *value; /* [len] elements, the owner's memory */
};

/* dst[i] = dst[i] + src[i]; dst is the left operand. ctx says what the
 * elements are (float, double, ...) and how long the vectors are. */
typedef void tree_add_fn(void *ctx, void *dst, const void *src);
/* A vector that a merge has freed (the right one) goes back to its owner. */
typedef void tree_drop_fn(void *ctx, void *value);

/* A stack of nodes, shards pushed in ascending order and without gaps. */
struct tree {
    uint32_t shards;
    uint32_t depth;
    struct part stack[TREE_MAX_DEPTH];
    tree_add_fn *add;
    tree_drop_fn *drop; /* may be NULL */
    void *ctx;
};

void tree_start(struct tree *t,
                uint32_t shards,
                tree_add_fn *add,
                tree_drop_fn *drop,
                void *ctx);
/* Push the next node (a leaf has n = 1) and merge as far as possible. When
 * the last shard is in, absent siblings are skipped and one node is left. */
void tree_push(struct tree *t, struct part next);

/* How many maximal aligned nodes the block [lo, lo + n) of `shards` has, and
 * which: what a rank sends. out may be NULL. */
uint32_t tree_nodes(uint32_t shards, uint32_t lo, uint32_t n, struct part *out);

/* Reference form for small vectors: rows [n_rows][len] doubles, row i is leaf
 * i of n_rows leaves; total [len]. n_rows >= 1. scratch [n_rows][len] is
 * overwritten. */
void tree_sum_f64(const double *rows,
                  uint32_t n_rows,
                  size_t len,
                  double *scratch,
                  double *total);

#endif
