/* The whole rule of the sum over shards: nodes merge like a binary counter,
 * the left operand first; at the end of the shards a left node without
 * partner takes the place of its parent. */
#include "det/tree.h"

#include <string.h>

#include "base/status.h"

enum { MAX_SHARDS = 1u << 30 };

static uint32_t padded(uint32_t shards)
{
    uint32_t n = 1;

    BUG_IF(shards == 0 || shards > MAX_SHARDS);
    while (n < shards)
        n *= 2;
    return n;
}

static bool is_left(struct part p)
{
    return p.lo % (2 * p.n) == 0;
}

void tree_start(struct tree *t,
                uint32_t shards,
                tree_add_fn *add,
                tree_drop_fn *drop,
                void *ctx)
{
    (void)padded(shards); /* checks */
    memset(t, 0, sizeof *t);
    t->shards = shards;
    t->add = add;
    t->drop = drop;
    t->ctx = ctx;
}

static void merge(struct tree *t)
{
    struct part *left = &t->stack[t->depth - 2];
    struct part *right = &t->stack[t->depth - 1];

    t->add(t->ctx, left->value, right->value);
    if (t->drop)
        t->drop(t->ctx, right->value);
    left->n *= 2;
    t->depth--;
}

void tree_push(struct tree *t, struct part next)
{
    uint32_t whole = padded(t->shards);
    struct part *top = t->depth ? &t->stack[t->depth - 1] : NULL;

    BUG_IF(next.n == 0 || (next.n & (next.n - 1)) != 0);
    BUG_IF(next.lo % next.n != 0 || next.lo >= t->shards || next.n > whole);
    BUG_IF(top && top->lo + top->n != next.lo);
    t->stack[t->depth++] = next;
    for (;;) {
        top = &t->stack[t->depth - 1];
        if (top->n == whole)
            break;
        if (!is_left(*top)) {
            if (t->depth < 2 || top[-1].n != top->n)
                break;
            merge(t);
        } else if (top->lo + top->n >= t->shards) {
            top->n *= 2; /* the sibling is absent */
        } else {
            break;
        }
    }
}

uint32_t tree_nodes(uint32_t shards, uint32_t lo, uint32_t n, struct part *out)
{
    uint32_t whole = padded(shards);
    uint32_t end = lo + n;
    uint32_t count = 0;

    BUG_IF(lo > shards || n > shards - lo);
    if (n == 0)
        return 0;
    if (end == shards)
        end = whole; /* the absent leaves belong to the last block */
    while (lo < end && lo < shards) {
        struct part p = {lo, 1, NULL};

        while (p.n < whole && is_left(p) && lo + 2 * p.n <= end)
            p.n *= 2;
        if (out)
            out[count] = p;
        count++;
        lo += p.n;
    }
    return count;
}

struct rows {
    size_t len;
};

static void add_f64(void *ctx, void *dst, const void *src)
{
    const struct rows *r = ctx;
    double *d = dst;
    const double *s = src;

    for (size_t i = 0; i < r->len; i++)
        d[i] = d[i] + s[i];
}

void tree_sum_f64(const double *rows,
                  uint32_t n_rows,
                  size_t len,
                  double *scratch,
                  double *total)
{
    struct rows ctx = {len};
    struct tree t;

    tree_start(&t, n_rows, add_f64, NULL, &ctx);
    if (len == 0)
        return;
    memcpy(scratch, rows, n_rows * len * sizeof *rows);
    for (uint32_t i = 0; i < n_rows; i++)
        tree_push(&t, (struct part){i, 1, scratch + i * len});
    BUG_IF(t.depth != 1);
    memcpy(total, t.stack[0].value, len * sizeof *total);
}
