/* Small sums and gathers over shards. */
#include <limits.h>
#include <string.h>

#include "base/mem.h"

#include "par/par_impl.h"

uint32_t
par_nodes(const struct par *p, uint32_t shards, int rank, struct part *out)
{
    struct block b = shard_block(shards, (uint32_t)p->size, (uint32_t)rank);

    return tree_nodes(shards, b.lo, b.n, out);
}

/* In front of every rank's nodes, and of the total. */
struct head {
    int32_t code;
    int32_t rank;
};

/* Bytes of each rank's message and where it lands on rank 0. */
static size_t layout(struct par *p, uint32_t shards, size_t bytes)
{
    size_t at = 0;

    for (int r = 0; r < p->size; r++) {
        size_t n = sizeof(struct head) + par_nodes(p, shards, r, NULL) * bytes;

        p->count[r] = n > INT_MAX ? INT_MAX : (int)n;
        p->place[r] = at > INT_MAX ? INT_MAX : (int)at;
        at += n;
    }
    return at;
}

/* Whether to grow is decided by what all ranks know, so that they agree on
 * the outcome together. */
static status room(struct par *p, status mine, uint32_t shards, size_t whole)
{
    status st = OK;

    ENSURE(whole <= INT_MAX, ERR_COMM,
           "%zu bytes are too much for a small sum over shards", whole);
    if (whole <= p->small_bytes && shards <= p->small_shards)
        return OK;
    st = par_grow(&p->send, whole);
    if (st == OK && p->rank == 0)
        st = par_grow(&p->recv, whole);
    if (st == OK)
        st = par_grow(&p->nodes, shards * sizeof(struct part));
    p->small_bytes = 0;
    p->small_shards = 0;
    TRY(par_agree(p, mine != OK ? mine : st));
    p->small_bytes = whole;
    p->small_shards = shards;
out:
    return st;
}

/* This rank's rows as the maximal nodes of its block, one after another. */
static void fold_rows(
    struct par *p, uint32_t shards, const double *rows, size_t len, char *to)
{
    struct block b = shard_block(shards, (uint32_t)p->size, (uint32_t)p->rank);
    struct part *leaf = p->nodes.mem;
    char *out[TREE_MAX_DEPTH];
    uint32_t n = tree_nodes(shards, b.lo, b.n, NULL);

    for (uint32_t i = 0; i < b.n; i++) {
        const double *row = rows + i * len;

        leaf[i] = (struct part){b.lo + i, 1, NULL};
        memcpy(&leaf[i].value, &row, sizeof row); /* the fold only reads */
    }
    for (uint32_t k = 0; k < n; k++)
        out[k] = to + k * len * sizeof *rows;
    par_fold_run(p->fold, false, shards, leaf, b.n, len * sizeof *rows,
                 sizeof *rows, out);
}

/* Rank 0: the total, or the lowest rank that failed. */
static struct head
fold_all(struct par *p, uint32_t shards, size_t bytes, char *total)
{
    struct head h = {OK, 0};
    struct part *node = p->nodes.mem;
    uint32_t n = 0;

    for (int r = 0; r < p->size; r++) {
        char *at = (char *)p->recv.mem + p->place[r];
        uint32_t k;

        memcpy(&h, at, sizeof h);
        if (h.code != OK)
            return h;
        k = par_nodes(p, shards, r, node + n);
        for (uint32_t i = 0; i < k; i++)
            node[n + i].value = at + sizeof h + i * bytes;
        n += k;
    }
    par_fold_run(p->fold, false, shards, node, n, bytes, sizeof(double),
                 &total);
    return h;
}

status par_sum_f64(struct par *p,
                   status so_far,
                   uint32_t shards,
                   const double *rows,
                   size_t len,
                   double *total)
{
    status st = OK;
    size_t bytes = len * sizeof *rows;
    struct head h = {(int32_t)so_far, (int32_t)p->rank};
    char *message;

    BUG_IF(shards == 0);
    TRY(room(p, so_far, shards, layout(p, shards, bytes)));
    if (p->size == 1) {
        if (so_far == OK)
            fold_rows(p, shards, rows, len, (char *)total);
        return so_far;
    }
    message = p->send.mem;
    memcpy(message, &h, sizeof h);
    if (so_far == OK)
        fold_rows(p, shards, rows, len, message + sizeof h);
    MPI_TRY(p,
            MPI_Gatherv(message, p->count[p->rank], MPI_BYTE, p->recv.mem,
                        p->count, p->place, MPI_BYTE, 0, p->comm),
            "sum over shards");
    if (p->rank == 0) {
        h = fold_all(p, shards, bytes, message + sizeof h);
        memcpy(message, &h, sizeof h);
    }
    MPI_TRY(p,
            MPI_Bcast(message, (int)(sizeof h + bytes), MPI_BYTE, 0, p->comm),
            "sum over shards");
    memcpy(&h, message, sizeof h);
    if (h.code != OK)
        TRY(par_share(p, h.rank, (status)h.code));
    if (len > 0)
        memcpy(total, message + sizeof h, bytes);
out:
    return st;
}

status par_gather_shards(struct par *p,
                         status so_far,
                         uint32_t shards,
                         const void *mine,
                         size_t size,
                         void *all)
{
    status st = OK;
    MPI_Datatype row = MPI_DATATYPE_NULL;
    struct block b = shard_block(shards, (uint32_t)p->size, (uint32_t)p->rank);

    TRY(par_agree(p, so_far));
    if (size == 0 || shards == 0)
        return OK;
    if (b.n > 0)
        memmove((char *)all + b.lo * size, mine, b.n * size);
    if (p->size == 1)
        return OK;
    BUG_IF(size > INT_MAX);
    for (int r = 0; r < p->size; r++) {
        b = shard_block(shards, (uint32_t)p->size, (uint32_t)r);
        p->count[r] = (int)b.n;
        p->place[r] = (int)b.lo;
    }
    MPI_TRY(p, MPI_Type_contiguous((int)size, MPI_BYTE, &row), "gather");
    MPI_TRY(p, MPI_Type_commit(&row), "gather");
    MPI_TRY(p,
            MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, all, p->count,
                           p->place, row, p->comm),
            "gather by shard");
out:
    if (row != MPI_DATATYPE_NULL)
        (void)MPI_Type_free(&row);
    return st;
}
