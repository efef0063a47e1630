/* All shards in one process: the fold ends in one node, which is the sum. */
#include "nn/meet_local.h"

#include <string.h>

#include "base/mem.h"

#include "det/tree.h"
#include "nn/fold.h"

struct meet_local {
    struct meet meet;
    struct fold *fold;
    double *scratch; /* [shards][sum_len] */
    size_t sum_len;
    enum dtype dtype;
};

static status
meet_sum(void *ctx, status st, const double *rows, size_t len, double *total)
{
    struct meet_local *m = ctx;

    if (st != OK)
        return st;
    BUG_IF(len > m->sum_len);
    tree_sum_f64(rows, m->meet.shards, len, m->scratch, total);
    return OK;
}

static status
meet_gather(void *ctx, status st, const void *mine, size_t size, void *all)
{
    struct meet_local *m = ctx;

    if (st == OK)
        memcpy(all, mine, size * m->meet.shards);
    return st;
}

static void *
meet_push(void *ctx, uint32_t shard, void *part, size_t len, enum dtype dtype)
{
    struct meet_local *m = ctx;

    BUG_IF(dtype != m->dtype);
    return fold_push(m->fold, shard, part, len);
}

static status
meet_total(void *ctx, status st, size_t len, enum dtype dtype, void *total)
{
    struct meet_local *m = ctx;
    uint32_t n = 0;
    const struct part *node = fold_parts(m->fold, &n);

    if (st == OK) {
        BUG_IF(dtype != m->dtype || n != 1);
        memcpy(total, node->value, len * (size_t)dtype);
    }
    fold_reset(m->fold);
    return st;
}

size_t meet_local_bytes(uint32_t shards,
                        size_t sum_len,
                        size_t grad_len,
                        enum dtype dtype)
{
    return (size_t)shards * sum_len * sizeof(double) +
           fold_bytes(shards, (struct block){0, shards}, grad_len, dtype) +
           sizeof(struct meet_local);
}

status meet_local_new(uint32_t shards,
                      size_t sum_len,
                      size_t grad_len,
                      enum dtype dtype,
                      struct team *team,
                      struct meet_local **out)
{
    struct meet_local *m = NULL;
    status st = OK;

    BUG_IF(shards == 0);
    TRY(mem_new(1, sizeof *m, &m));
    m->meet = (struct meet){.ctx = m,
                            .shards = shards,
                            .shard_lo = 0,
                            .shard_n = shards,
                            .sum = meet_sum,
                            .gather = meet_gather,
                            .grad_push = meet_push,
                            .grad_start = meet_total};
    m->sum_len = sum_len;
    m->dtype = dtype;
    TRY(mem_new(shards * sum_len, sizeof *m->scratch, &m->scratch));
    TRY(fold_new(shards, (struct block){0, shards}, grad_len, dtype, team,
                 &m->fold));
    *out = m;
    m = NULL;
out:
    meet_local_free(m);
    return st;
}

const struct meet *meet_local_get(const struct meet_local *m)
{
    return &m->meet;
}

void meet_local_free(struct meet_local *m)
{
    if (!m)
        return;
    fold_free(m->fold);
    mem_free(m->scratch);
    mem_free(m);
}
