/* Gradients of local shards are folded piece by piece; the nodes of all ranks
 * meet in par, while the network goes on to the next layer. */
#include "train/meet_par.h"

#include "base/mem.h"

#include "nn/fold.h"

struct meet_par {
    struct meet meet;
    struct par *par;
    struct fold **fold; /* [members] */
    int members;
    /* The nodes of this rank: on one rank its sum itself; else one set is
     * filled while the messages of the other are on their way. */
    struct part node[TREE_MAX_DEPTH];
    uint32_t n_nodes;
    char *out[2][TREE_MAX_DEPTH];
    int set;
};

/* Where the nodes of g are put together: one rank has one, the sum. */
static char *const *
nodes_of(const struct meet_par *m, const struct grad *g, char **total)
{
    *total = g->total;
    return par_size(m->par) == 1 ? total : m->out[m->set];
}

static void *grad_push(void *ctx,
                       const struct grad *g,
                       struct grad_piece piece,
                       int member,
                       void *part)
{
    struct meet_par *m = ctx;
    char *total;

    return fold_piece(m->fold[member], g->dev, piece, part,
                      nodes_of(m, g, &total));
}

static status grad_start(void *ctx, status st, const struct grad *g)
{
    struct meet_par *m = ctx;
    struct parts parts = {m->node, m->n_nodes};
    status end = par_sum_end(m->par);
    char *total;
    char *const *value = nodes_of(m, g, &total);

    if (st == OK)
        st = end;
    for (int i = 0; i < m->members; i++)
        fold_reset(m->fold[i]);
    for (uint32_t i = 0; i < m->n_nodes; i++)
        m->node[i].value = value[i];
    m->set = !m->set;
    return par_sum_start(m->par, st, m->meet.shards, parts, g->len,
                         (size_t)dev_facts(g->dev).dtype, g->total);
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

static struct block block_of(const struct par *par, uint32_t shards)
{
    return shard_block(shards, (uint32_t)par_size(par),
                       (uint32_t)par_rank(par));
}

/* Node vectors of a set. */
static uint32_t nodes_out(const struct par *par, uint32_t shards)
{
    struct block b = block_of(par, shards);

    return par_size(par) > 1 ? tree_nodes(shards, b.lo, b.n, NULL) : 0;
}

size_t meet_par_bytes(const struct par *par,
                      int threads,
                      uint32_t shards,
                      size_t max_len,
                      enum dtype dtype)
{
    size_t fold = fold_bytes(shards, block_of(par, shards), GRAD_PIECE, dtype);

    return (size_t)threads * fold +
           (size_t)2 * nodes_out(par, shards) * max_len * (size_t)dtype +
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
    struct block block = block_of(par, shards);

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
    m->members = team_size(team);
    m->n_nodes = tree_nodes(shards, block.lo, block.n, m->node);
    TRY(folds_new(shards, block, dtype, m->members, &m->fold));
    for (uint32_t i = 0; i < nodes_out(par, shards); i++)
        for (int set = 0; set < 2; set++)
            TRY(mem_raw(max_len, (size_t)dtype, &m->out[set][i]));
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
    for (uint32_t i = 0; i < TREE_MAX_DEPTH; i++) {
        mem_free(m->out[0][i]);
        mem_free(m->out[1][i]);
    }
    folds_free(m->fold, m->members);
    mem_free(m);
}
