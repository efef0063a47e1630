#include "nn/fold.h"

#include <string.h>

#include "base/mem.h"

enum { LEVELS = TREE_MAX_DEPTH };

struct fold {
    struct tree tree;
    uint32_t shards;
    struct block block;
    enum dtype dtype;
    struct dev *dev; /* of the present vectors */
    size_t max_len;
    size_t len;      /* of the present vectors */
    uint32_t pushed; /* shards of the present sum */
    void *buffer[LEVELS];
    uint32_t n_buffers;
    void *free[LEVELS]; /* a stack */
    uint32_t n_free;
};

static void add(void *ctx, void *dst, const void *src)
{
    const struct fold *f = ctx;

    dev_ops(f->dev)->vec_add(f->dev, dst, src, f->len);
}

/* A merged vector: one of ours is free again, the caller's is his. */
static void drop(void *ctx, void *value)
{
    struct fold *f = ctx;

    for (uint32_t i = 0; i < f->n_buffers; i++)
        if (f->buffer[i] == value)
            f->free[f->n_free++] = value;
}

/* Most nodes the stack ever holds: the binary digits of an aligned block; a
 * block that is not aligned climbs first. */
static uint32_t levels(uint32_t shards, struct block b)
{
    uint32_t most = 0;

    for (uint32_t n = 1; n <= b.n; n++) {
        uint32_t k = tree_nodes(shards, b.lo, n, NULL);

        most = k > most ? k : most;
    }
    return most;
}

size_t fold_bytes(uint32_t shards,
                  struct block block,
                  size_t max_len,
                  enum dtype dtype)
{
    return levels(shards, block) * max_len * (size_t)dtype +
           sizeof(struct fold);
}

status fold_new(uint32_t shards,
                struct block block,
                size_t max_len,
                enum dtype dtype,
                struct fold **out)
{
    struct fold *f = NULL;
    status st = OK;

    TRY(mem_new(1, sizeof *f, &f));
    f->shards = shards;
    f->block = block;
    f->dtype = dtype;
    f->max_len = max_len;
    for (uint32_t n = levels(shards, block); f->n_buffers < n; f->n_buffers++)
        TRY(mem_raw(max_len, (size_t)dtype, &f->buffer[f->n_buffers]));
    fold_reset(f);
    *out = f;
    f = NULL;
out:
    fold_free(f);
    return st;
}

void fold_free(struct fold *f)
{
    if (!f)
        return;
    for (uint32_t i = 0; i < f->n_buffers; i++)
        mem_free(f->buffer[i]);
    mem_free(f);
}

/* The fold's vector `out` for the caller's `in`. */
static void exchange(struct fold *f, const void *out, void *in)
{
    for (uint32_t i = 0; i < f->n_buffers; i++)
        if (f->buffer[i] == out) {
            f->buffer[i] = in;
            return;
        }
    BUG_IF(true);
}

void *fold_push(
    struct fold *f, struct dev *dev, uint32_t shard, void *part, size_t len)
{
    void *other = NULL;

    BUG_IF(len > f->max_len || shard != f->block.lo + f->pushed);
    BUG_IF(f->pushed > 0 && len != f->len);
    f->dev = dev;
    f->len = len;
    f->pushed++;
    /* the tree only reads a right operand; a vector that stays on the stack,
     * where it could become a left one, is kept for another */
    tree_push(&f->tree, (struct part){shard, 1, part});
    if (f->tree.stack[f->tree.depth - 1].value != part)
        return part;
    BUG_IF(f->n_free == 0);
    other = f->free[--f->n_free];
    exchange(f, other, part);
    return other;
}

const struct part *fold_parts(const struct fold *f, uint32_t *n)
{
    *n = f->tree.depth;
    return f->tree.stack;
}

void fold_reset(struct fold *f)
{
    tree_start(&f->tree, f->shards, add, drop, f);
    f->pushed = 0;
    f->n_free = f->n_buffers;
    memcpy(f->free, f->buffer, sizeof f->free);
}

void *fold_piece(struct fold *f,
                 struct dev *dev,
                 struct grad_piece piece,
                 void *part,
                 char *const *nodes)
{
    size_t elem = (size_t)f->dtype;

    part = fold_push(f, dev, piece.shard, part, piece.n);
    if (f->pushed < f->block.n)
        return part;
    for (uint32_t i = 0; i < f->tree.depth; i++)
        memcpy(nodes[i] + piece.at * elem, f->tree.stack[i].value,
               piece.n * elem);
    fold_reset(f);
    return part;
}

status folds_new(uint32_t shards,
                 struct block block,
                 enum dtype dtype,
                 int members,
                 struct fold ***out)
{
    struct fold **f = NULL;
    status st = OK;

    TRY(mem_new((size_t)members, sizeof(struct fold *), &f));
    for (int i = 0; i < members; i++)
        TRY(fold_new(shards, block, GRAD_PIECE, dtype, &f[i]));
    *out = f;
    f = NULL;
out:
    folds_free(f, members);
    return st;
}

void folds_free(struct fold **f, int members)
{
    for (int i = 0; f && i < members; i++)
        fold_free(f[i]);
    mem_free(f);
}
