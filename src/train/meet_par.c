/* Gradients of local shards are folded as they come; the nodes of all ranks
 * meet in par. */
#include "train/meet_par.h"

#include "base/mem.h"

#include "nn/fold.h"

struct meet_par {
    struct meet meet;
    struct par *par;
    struct fold *fold;
};

static void grad_push(
    void *ctx, uint32_t shard, const void *part, size_t len, enum dtype dtype)
{
    struct meet_par *m = ctx;

    (void)dtype; /* the fold's */
    fold_push(m->fold, shard, part, len);
}

static status
grad_total(void *ctx, status st, size_t len, enum dtype dtype, void *total)
{
    struct meet_par *m = ctx;
    struct parts parts = {NULL, 0};

    parts.at = fold_parts(m->fold, &parts.n);
    st = par_sum_parts(m->par, st, m->meet.shards, parts, len, (size_t)dtype,
                       total);
    fold_reset(m->fold);
    return st;
}

static status
sum(void *ctx, status st, const double *rows, size_t len, double *total)
{
    struct meet_par *m = ctx;

    return par_sum_f64(m->par, st, m->meet.shards, rows, len, total);
}

static status
gather(void *ctx, status st, const void *mine, size_t size, void *all)
{
    struct meet_par *m = ctx;

    return par_gather_shards(m->par, st, m->meet.shards, mine, size, all);
}

status meet_par_new(struct par *par,
                    struct team *team,
                    uint32_t shards,
                    size_t max_len,
                    enum dtype dtype,
                    struct meet_par **out)
{
    status st = OK;
    struct meet_par *m = NULL;
    struct block block =
        shard_block(shards, (uint32_t)par_size(par), (uint32_t)par_rank(par));

    TRY(mem_new(1, sizeof *m, &m));
    m->par = par;
    m->meet = (struct meet){.ctx = m,
                            .shards = shards,
                            .shard_lo = block.lo,
                            .shard_n = block.n,
                            .sum = sum,
                            .gather = gather,
                            .grad_push = grad_push,
                            .grad_total = grad_total};
    TRY(fold_new(shards, block, max_len, dtype, team, &m->fold));
    *out = m;
    m = NULL;
out:
    meet_par_free(m);
    return st;
}

const struct meet *meet_par_meet(const struct meet_par *m)
{
    return &m->meet;
}

void meet_par_free(struct meet_par *m)
{
    if (!m)
        return;
    fold_free(m->fold);
    mem_free(m);
}
