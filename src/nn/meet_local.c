/* All shards in one process: the fold ends in one node, which is the sum. */
#include "nn/meet_local.h"

#include <string.h>

#include "base/mem.h"

#include "det/tree.h"
#include "nn/fold.h"

struct meet_local {
    struct meet meet;
    struct fold **fold; /* [members] */
    int members;
    double *scratch; /* [shards][sum_len] */
    size_t sum_len;
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

static void *meet_push(void *ctx,
                       const struct grad *g,
                       struct grad_piece piece,
                       int member,
                       void *part)
{
    struct meet_local *m = ctx;
    char *total = g->total;

    return fold_piece(m->fold[member], g->dev, piece, part, &total);
}

/* The last piece brought the sum to its place. */
static status meet_start(void *ctx, status st, const struct grad *g)
{
    struct meet_local *m = ctx;

    (void)g;
    for (int i = 0; i < m->members; i++)
        fold_reset(m->fold[i]);
    return st;
}

size_t
meet_local_bytes(uint32_t shards, size_t sum_len, enum dtype dtype, int threads)
{
    size_t fold =
        fold_bytes(shards, (struct block){0, shards}, GRAD_PIECE, dtype);

    return (size_t)shards * sum_len * sizeof(double) + (size_t)threads * fold +
           sizeof(struct meet_local);
}

status meet_local_new(uint32_t shards,
                      size_t sum_len,
                      enum dtype dtype,
                      const struct team *team,
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
                            .grad_start = meet_start};
    m->sum_len = sum_len;
    m->members = team ? team_size(team) : 1;
    TRY(mem_new(shards * sum_len, sizeof *m->scratch, &m->scratch));
    TRY(folds_new(shards, (struct block){0, shards}, dtype, m->members,
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
    folds_free(m->fold, m->members);
    mem_free(m->scratch);
    mem_free(m);
}
