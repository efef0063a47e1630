/* Gradients of local shards are folded as they come; the nodes of all ranks
 * meet in par, while the network goes on to the next layer. */
#include "train/meet_par.h"

#include "base/mem.h"

#include "nn/fold.h"

struct meet_par {
    struct meet meet;
    struct par *par;
    struct fold *fold;
    /* nodes whose messages are on their way while the fold takes the next */
    struct part node[TREE_MAX_DEPTH];
    void *out[TREE_MAX_DEPTH];
    uint32_t n_out; /* 0 on one rank: its sums are there at once */
};

static void *
grad_push(void *ctx, uint32_t shard, void *part, size_t len, enum dtype dtype)
{
    struct meet_par *m = ctx;

    (void)dtype; /* the fold's */
    return fold_push(m->fold, shard, part, len);
}

static status
grad_start(void *ctx, status st, size_t len, enum dtype dtype, void *total)
{
    struct meet_par *m = ctx;
    struct parts parts = {NULL, 0};
    status end = par_sum_end(m->par);

    if (st == OK)
        st = end;
    parts.at = fold_parts(m->fold, &parts.n);
    if (m->n_out > 0 && st == OK) {
        BUG_IF(parts.n > m->n_out);
        for (uint32_t i = 0; i < parts.n; i++) {
            m->node[i] = parts.at[i];
            m->out[i] = fold_take(m->fold, i, m->out[i]);
            m->node[i].value = m->out[i];
        }
        parts.at = m->node;
    }
    st = par_sum_start(m->par, st, m->meet.shards, parts, len, (size_t)dtype,
                       total);
    fold_reset(m->fold);
    return st;
}

static status grad_end(void *ctx)
{
    struct meet_par *m = ctx;

    return par_sum_end(m->par);
}

static status grad_poke(void *ctx)
{
    struct meet_par *m = ctx;

    return par_sum_poke(m->par);
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

static uint32_t nodes_out(const struct par *par, uint32_t shards)
{
    struct block b =
        shard_block(shards, (uint32_t)par_size(par), (uint32_t)par_rank(par));

    return par_size(par) > 1 ? tree_nodes(shards, b.lo, b.n, NULL) : 0;
}

size_t meet_par_bytes(const struct par *par,
                      uint32_t shards,
                      size_t max_len,
                      enum dtype dtype)
{
    struct block b =
        shard_block(shards, (uint32_t)par_size(par), (uint32_t)par_rank(par));

    return fold_bytes(shards, b, max_len, dtype) +
           nodes_out(par, shards) * max_len * (size_t)dtype +
           par_parts_memory(par, shards);
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
                            .grad_start = grad_start,
                            .grad_end = grad_end,
                            .grad_poke = grad_poke};
    TRY(fold_new(shards, block, max_len, dtype, team, &m->fold));
    for (uint32_t n = nodes_out(par, shards); m->n_out < n; m->n_out++)
        TRY(mem_raw(max_len, (size_t)dtype, &m->out[m->n_out]));
    TRY(par_use_team(par, team));
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
    (void)par_use_team(m->par, NULL); /* cannot fail */
    for (uint32_t i = 0; i < m->n_out; i++)
        mem_free(m->out[i]);
    fold_free(m->fold);
    mem_free(m);
}
