/* par/par.h for one process without MPI: the calls of a training. */
#include <string.h>

#include "base/mem.h"

#include "par/par.h"

int par_rank(const struct par *p)
{
    (void)p;
    return 0;
}

int par_size(const struct par *p)
{
    (void)p;
    return 1;
}

status par_agree(struct par *p, status so_far)
{
    (void)p;
    return so_far;
}

status par_sum_f64(struct par *p,
                   status so_far,
                   uint32_t shards,
                   const double *rows,
                   size_t len,
                   double *total)
{
    status st = so_far;
    double *scratch = NULL;

    (void)p;
    TRY(st);
    TRY(mem_new(shards * len, sizeof *scratch, &scratch));
    tree_sum_f64(rows, shards, len, scratch, total);
out:
    mem_free(scratch);
    return st;
}

status par_gather_shards(struct par *p,
                         status so_far,
                         uint32_t shards,
                         const void *mine,
                         size_t size,
                         void *all)
{
    (void)p;
    if (so_far == OK)
        memmove(all, mine, shards * size);
    return so_far;
}

/* All shards are here: one node, the sum. */
status par_sum_start(struct par *p,
                     status so_far,
                     uint32_t shards,
                     struct parts parts,
                     size_t len,
                     size_t elem,
                     void *total)
{
    (void)p;
    (void)shards;
    if (so_far == OK) {
        BUG_IF(parts.n != 1);
        memmove(total, parts.at[0].value, len * elem);
    }
    return so_far;
}

status par_sum_poke(struct par *p)
{
    (void)p;
    return OK;
}

status par_sum_end(struct par *p)
{
    (void)p;
    return OK;
}

status par_use_team(struct par *p, struct team *team)
{
    (void)p;
    (void)team;
    return OK;
}

size_t par_parts_memory(const struct par *p, uint32_t shards)
{
    (void)p;
    (void)shards;
    return 0;
}

status par_allgather(struct par *p, const void *mine, size_t size, void *all)
{
    (void)p;
    memmove(all, mine, size);
    return OK;
}
