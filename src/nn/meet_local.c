/* A gradient vector that arrives is copied into a free buffer and pushed on
 * the tree's stack; merges run over chunks on the team, the right operand's
 * buffer becomes free again. The stack never holds more than log2(shards) + 1
 * vectors. */
#include "nn/meet_local.h"

#include <string.h>

#include "base/mem.h"

#include "det/tree.h"

enum { CHUNK = 1 << 16, BUFFERS = TREE_MAX_DEPTH + 1 };

struct meet_local {
    struct meet meet;
    struct team *team;
    double *scratch; /* [shards][sum_len] */
    size_t sum_len;
    size_t grad_len;
    enum dtype dtype;
    void *buffer[BUFFERS];
    uint32_t n_buffers;
    void *free[BUFFERS]; /* stack of free buffers */
    uint32_t n_free;
    struct tree tree;
    uint32_t pushed; /* shards of the present vector */
    size_t len;      /* its length */
};

struct addition {
    enum dtype dtype;
    void *dst;
    const void *src;
    size_t len;
};

static status add_chunk(void *ctx, size_t item, int member)
{
    const struct addition *a = ctx;
    size_t lo = item * CHUNK;
    size_t hi = lo + CHUNK < a->len ? lo + CHUNK : a->len;

    (void)member;
    if (a->dtype == DTYPE_F32) {
        float *dst = a->dst;
        const float *src = a->src;

        for (size_t i = lo; i < hi; i++)
            dst[i] = dst[i] + src[i];
    } else {
        double *dst = a->dst;
        const double *src = a->src;

        for (size_t i = lo; i < hi; i++)
            dst[i] = dst[i] + src[i];
    }
    return OK;
}

static void add(void *ctx, void *dst, const void *src)
{
    struct meet_local *m = ctx;
    struct addition a = {m->dtype, dst, src, m->len};
    size_t chunks = (m->len + CHUNK - 1) / CHUNK;

    if (m->team)
        (void)team_run(m->team, chunks, add_chunk, &a);
    else
        for (size_t i = 0; i < chunks; i++)
            (void)add_chunk(&a, i, 0);
}

static void drop(void *ctx, void *value)
{
    struct meet_local *m = ctx;

    m->free[m->n_free++] = value;
}

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

static void meet_push(
    void *ctx, uint32_t shard, const void *part, size_t len, enum dtype dtype)
{
    struct meet_local *m = ctx;
    void *copy = NULL;

    BUG_IF(shard != m->pushed || len > m->grad_len || dtype != m->dtype);
    if (shard == 0) {
        m->len = len;
        tree_start(&m->tree, m->meet.shards, add, drop, m);
    }
    BUG_IF(len != m->len || m->n_free == 0);
    copy = m->free[--m->n_free];
    memcpy(copy, part, len * (size_t)dtype);
    tree_push(&m->tree, (struct part){shard, 1, copy});
    m->pushed++;
}

static status
meet_total(void *ctx, status st, size_t len, enum dtype dtype, void *total)
{
    struct meet_local *m = ctx;

    if (st == OK) {
        BUG_IF(m->pushed != m->meet.shards || len != m->len);
        BUG_IF(dtype != m->dtype || m->tree.depth != 1);
        memcpy(total, m->tree.stack[0].value, len * (size_t)dtype);
    }
    m->pushed = 0;
    m->n_free = m->n_buffers;
    memcpy(m->free, m->buffer, sizeof m->free);
    return st;
}

static uint32_t buffers_needed(uint32_t shards)
{
    uint32_t n = 1;

    while (shards > 1) {
        shards = (shards + 1) / 2;
        n++;
    }
    return n;
}

size_t meet_local_bytes(uint32_t shards,
                        size_t sum_len,
                        size_t grad_len,
                        enum dtype dtype)
{
    return (size_t)shards * sum_len * sizeof(double) +
           buffers_needed(shards) * grad_len * (size_t)dtype +
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
                            .grad_total = meet_total};
    m->team = team;
    m->sum_len = sum_len;
    m->grad_len = grad_len;
    m->dtype = dtype;
    TRY(mem_new(shards * sum_len, sizeof *m->scratch, &m->scratch));
    for (uint32_t i = 0; i < buffers_needed(shards); i++) {
        TRY(mem_raw(grad_len, (size_t)dtype, &m->buffer[i]));
        m->n_buffers++;
    }
    m->n_free = m->n_buffers;
    memcpy(m->free, m->buffer, sizeof m->free);
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
    for (uint32_t i = 0; i < m->n_buffers; i++)
        mem_free(m->buffer[i]);
    mem_free(m->scratch);
    mem_free(m);
}
