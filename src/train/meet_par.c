/* Gradients of local shards are folded as they come: the stack of det/tree
 * holds at most one vector a level. A pushed vector that merges at once is
 * never copied. */
#include "train/meet_par.h"

#include <string.h>

#include "base/mem.h"

#include "det/tree.h"

struct meet_par {
    struct meet meet;
    struct par *par;
    struct team *team;
    struct block block;
    struct tree tree;
    bool open;  /* a vector is being summed */
    size_t len; /* of the vector being summed */
    enum dtype dtype;
    size_t max_bytes; /* of one buffer */
    void *free_list[TREE_MAX_DEPTH];
    uint32_t n_free;
    void *memory;
    size_t bytes; /* of memory */
};

/* Adds are cut into pieces of this many bytes for the team. */
enum { PIECE = 1 << 20 };

struct add_job {
    char *dst;
    const char *src;
    size_t bytes;
    enum dtype dtype;
};

static status add_piece(void *ctx, size_t item, int member)
{
    const struct add_job *j = ctx;
    size_t lo = item * PIECE;
    size_t n = j->bytes - lo < PIECE ? j->bytes - lo : PIECE;

    (void)member;
    if (j->dtype == DTYPE_F32) {
        float *d = (float *)(void *)(j->dst + lo);
        const float *s = (const float *)(const void *)(j->src + lo);

        for (size_t i = 0; i < n / sizeof *d; i++)
            d[i] = d[i] + s[i];
    } else {
        double *d = (double *)(void *)(j->dst + lo);
        const double *s = (const double *)(const void *)(j->src + lo);

        for (size_t i = 0; i < n / sizeof *d; i++)
            d[i] = d[i] + s[i];
    }
    return OK;
}

static void add_vectors(void *ctx, void *dst, const void *src)
{
    struct meet_par *m = ctx;
    struct add_job job = {dst, src, m->len * (size_t)m->dtype, m->dtype};

    BUG_IF(team_run(m->team, (job.bytes + PIECE - 1) / PIECE, add_piece,
                    &job) != OK);
}

static bool is_ours(const struct meet_par *m, const void *p)
{
    const char *c = p;
    const char *base = m->memory;

    return c >= base && c < base + m->bytes;
}

static void give_back(void *ctx, void *value)
{
    struct meet_par *m = ctx;

    if (is_ours(m, value))
        m->free_list[m->n_free++] = value;
}

static void grad_push(
    void *ctx, uint32_t shard, const void *part, size_t len, enum dtype dtype)
{
    struct meet_par *m = ctx;
    struct part *top;
    void *copy;

    BUG_IF(len * (size_t)dtype > m->max_bytes);
    if (!m->open) {
        tree_start(&m->tree, m->meet.shards, add_vectors, give_back, m);
        m->open = true;
        m->len = len;
        m->dtype = dtype;
    }
    BUG_IF(len != m->len || dtype != m->dtype);
    tree_push(&m->tree, (struct part){shard, 1, (void *)(uintptr_t)part});
    top = &m->tree.stack[m->tree.depth - 1];
    if (top->value != part)
        return;
    BUG_IF(m->n_free == 0);
    copy = m->free_list[--m->n_free];
    memcpy(copy, part, len * (size_t)dtype);
    top->value = copy;
}

static status
grad_total(void *ctx, status st, size_t len, enum dtype dtype, void *total)
{
    struct meet_par *m = ctx;
    uint32_t n = m->open ? m->tree.depth : 0;

    st = par_sum_parts(m->par, st, m->meet.shards, m->tree.stack, n, len,
                       (size_t)dtype, total);
    for (uint32_t i = 0; i < n; i++)
        give_back(m, m->tree.stack[i].value);
    m->open = false;
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

/* Levels of the stack of a block of n shards, plus one for the leaf. */
static uint32_t levels(uint32_t n)
{
    uint32_t k = 2;

    if (n == 0)
        return 0;
    while (n > 1) {
        n >>= 1;
        k += 2; /* a block that is not aligned climbs up and down */
    }
    return k < TREE_MAX_DEPTH ? k : TREE_MAX_DEPTH;
}

size_t meet_par_bytes(uint32_t shard_n, size_t max_len, enum dtype dtype)
{
    return levels(shard_n) * max_len * (size_t)dtype;
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
    uint32_t k;

    TRY(mem_new(1, sizeof *m, &m));
    m->par = par;
    m->team = team;
    m->block =
        shard_block(shards, (uint32_t)par_size(par), (uint32_t)par_rank(par));
    m->max_bytes = max_len * (size_t)dtype;
    k = levels(m->block.n);
    m->bytes = k * m->max_bytes;
    TRY(mem_raw(k, m->max_bytes, &m->memory));
    for (uint32_t i = 0; i < k; i++)
        m->free_list[m->n_free++] = (char *)m->memory + i * m->max_bytes;
    m->meet = (struct meet){.ctx = m,
                            .shards = shards,
                            .shard_lo = m->block.lo,
                            .shard_n = m->block.n,
                            .sum = sum,
                            .gather = gather,
                            .grad_push = grad_push,
                            .grad_total = grad_total};
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
    mem_free(m->memory);
    mem_free(m);
}
