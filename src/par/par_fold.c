#include <string.h>

#include "base/mem.h"

#include "par/par_impl.h"

enum { FOLD_ITEM = 16 * FOLD_BLOCK }; /* of the team */

/* An open node: its value so far is an input or one of the slots. */
struct open_node {
    const char *value;
    int slot; /* -1: an input */
};

struct folder { /* of one member */
    struct tree tree;
    size_t bytes; /* of the present block */
    size_t elem;
    int free_slot[TREE_MAX_DEPTH + 1];
    int n_free;
    struct open_node node[TREE_MAX_DEPTH + 1];
    char *slots; /* [TREE_MAX_DEPTH + 1][FOLD_BLOCK] */
};

struct par_fold {
    struct folder *of; /* [members] */
    int members;
    struct team *team; /* NULL: the main thread alone */
};

static void free_folders(struct folder *of, int members)
{
    for (int i = 0; of && i < members; i++)
        mem_free(of[i].slots);
    mem_free(of);
}

static status set_members(struct par_fold *f, int members)
{
    status st = OK;
    struct folder *of = NULL;

    TRY(mem_new((size_t)members, sizeof *of, &of));
    for (int i = 0; i < members; i++)
        TRY(mem_new(TREE_MAX_DEPTH + 1, FOLD_BLOCK, &of[i].slots));
    free_folders(f->of, f->members);
    f->of = of;
    f->members = members;
    of = NULL;
out:
    free_folders(of, members);
    return st;
}

status par_fold_team(struct par_fold *f, struct team *team)
{
    status st = OK;

    f->team = NULL;
    if (team && team_size(team) > f->members)
        TRY(set_members(f, team_size(team)));
    f->team = team;
out:
    return st;
}

status par_fold_new(struct par_fold **out)
{
    status st = OK;
    struct par_fold *f = NULL;

    TRY(mem_new(1, sizeof *f, &f));
    TRY(set_members(f, 1));
    *out = f;
    f = NULL;
out:
    par_fold_free(f);
    return st;
}

void par_fold_free(struct par_fold *f)
{
    if (!f)
        return;
    free_folders(f->of, f->members);
    mem_free(f);
}

static void add_f32(float *restrict out,
                    const float *restrict a,
                    const float *restrict b,
                    size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] + b[i];
}

static void add_f64(double *restrict out,
                    const double *restrict a,
                    const double *restrict b,
                    size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = a[i] + b[i];
}

static void add_to_f32(float *restrict out, const float *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = out[i] + b[i];
}

static void add_to_f64(double *restrict out, const double *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = out[i] + b[i];
}

static void add(struct folder *f, char *out, const char *a, const char *b)
{
    size_t n = f->bytes / f->elem;

    if (f->elem == sizeof(float)) {
        if (a == out)
            add_to_f32((void *)out, (const void *)b, n);
        else
            add_f32((void *)out, (const void *)a, (const void *)b, n);
    } else {
        if (a == out)
            add_to_f64((void *)out, (const void *)b, n);
        else
            add_f64((void *)out, (const void *)a, (const void *)b, n);
    }
}

/* tree_add_fn; the operands are open nodes. */
static void add_nodes(void *ctx, void *dst, const void *src)
{
    struct folder *f = ctx;
    struct open_node *left = dst;
    const struct open_node *right = src;
    char *out;

    if (left->slot < 0) {
        BUG_IF(f->n_free == 0);
        left->slot = f->free_slot[--f->n_free];
        out = f->slots + (size_t)left->slot * FOLD_BLOCK;
    } else {
        out = f->slots + (size_t)left->slot * FOLD_BLOCK;
    }
    add(f, out, left->value, right->value);
    left->value = out;
}

static void drop_node(void *ctx, void *value)
{
    struct folder *f = ctx;
    const struct open_node *n = value;

    if (n->slot >= 0)
        f->free_slot[f->n_free++] = n->slot;
}

static void fold_block(struct folder *f,
                       uint32_t shards,
                       const struct part *in,
                       uint32_t n_in,
                       size_t at,
                       char *const *out)
{
    f->n_free = 0;
    for (int i = TREE_MAX_DEPTH; i >= 0; i--)
        f->free_slot[f->n_free++] = i;
    tree_start(&f->tree, shards, add_nodes, drop_node, f);
    for (uint32_t i = 0; i < n_in; i++) {
        /* the stack never skips a place, so its depth names a free one */
        struct open_node *n = &f->node[f->tree.depth];
        struct part p = in[i];

        n->value = (const char *)p.value + at;
        n->slot = -1;
        p.value = n;
        tree_push(&f->tree, p);
    }
    for (uint32_t k = 0; k < f->tree.depth; k++) {
        const struct open_node *n = f->tree.stack[k].value;

        if (n->value != out[k] + at)
            memcpy(out[k] + at, n->value, f->bytes);
    }
}

/* A fold as its items see it: each a few blocks. */
struct work {
    struct par_fold *f;
    uint32_t shards;
    const struct part *in;
    uint32_t n_in;
    size_t bytes, elem;
    char *const *out;
};

static status fold_item(void *ctx, size_t item, int member)
{
    const struct work *w = ctx;
    struct folder *f = &w->f->of[member];
    size_t lo = item * FOLD_ITEM;
    size_t hi = lo + FOLD_ITEM < w->bytes ? lo + FOLD_ITEM : w->bytes;

    f->elem = w->elem;
    if (w->n_in == 1) {
        memcpy(w->out[0] + lo, (const char *)w->in[0].value + lo, hi - lo);
        return OK;
    }
    for (size_t at = lo; at < hi; at += FOLD_BLOCK) {
        f->bytes = hi - at < FOLD_BLOCK ? hi - at : FOLD_BLOCK;
        fold_block(f, w->shards, w->in, w->n_in, at, w->out);
    }
    return OK;
}

void par_fold_run(struct par_fold *f,
                  bool alone,
                  uint32_t shards,
                  const struct part *in,
                  uint32_t n_in,
                  size_t bytes,
                  size_t elem,
                  char *const *out)
{
    struct work w = {f, shards, in, n_in, bytes, elem, out};
    size_t items = (bytes + FOLD_ITEM - 1) / FOLD_ITEM;

    BUG_IF(elem != sizeof(float) && elem != sizeof(double));
    if (n_in == 0 || (n_in == 1 && out[0] == (const char *)in[0].value))
        return;
    if (f->team && !alone && items > 1)
        (void)team_run(f->team, items, fold_item, &w); /* cannot fail */
    else
        for (size_t i = 0; i < items; i++)
            (void)fold_item(&w, i, 0);
}
