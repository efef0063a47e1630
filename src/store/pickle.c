/* The machine of pickle: a stack of nodes, marks among them, and a memo. */
#include "store/pickle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "store/pickle_op.h"

static const char *const KINDS[] = {"None",
                                    "a boolean",
                                    "an integer",
                                    "a long integer",
                                    "a number",
                                    "a text",
                                    "bytes",
                                    "a list",
                                    "a tuple",
                                    "a dictionary",
                                    "a class or function",
                                    "a tensor",
                                    "a storage",
                                    "a mark"};

const char *pickle_kind_name(const struct pickle_node *n)
{
    return KINDS[n->kind];
}

void pickle_free(struct pickle *p)
{
    mem_free(p->node);
    mem_free(p->item);
    *p = (struct pickle){0};
}

status pickle_take(struct machine *m, size_t n, const unsigned char **out)
{
    status st = OK;

    ENSURE(n <= m->size - m->at, ERR_DATA,
           "%s: byte %zu: %zu bytes are announced, %zu are left (damaged, or "
           "made up)",
           m->where, m->at, n, m->size - m->at);
    *out = m->bytes + m->at;
    m->at += n;
out:
    return st;
}

status pickle_line(struct machine *m, const unsigned char **out, size_t *n)
{
    status st = OK;
    size_t left = m->size - m->at;
    const unsigned char *end =
        left ? memchr(m->bytes + m->at, '\n', left) : NULL;

    ENSURE(end, ERR_DATA, "%s: byte %zu: a line without end", m->where, m->at);
    *out = m->bytes + m->at;
    *n = (size_t)(end - *out);
    m->at += *n + 1;
out:
    return st;
}

status pickle_node_new(struct machine *m, uint8_t kind, uint32_t *out)
{
    status st = OK;
    struct pickle *p = &m->p;

    ENSURE(p->n_nodes < PICKLE_NODES, ERR_DATA,
           "%s: byte %zu: more than %d values; weights need far fewer",
           m->where, m->at, (int)PICKLE_NODES);
    TRY(mem_grow(p->n_nodes + 1, sizeof *p->node, &p->node, &p->cap_nodes));
    p->node[p->n_nodes] = (struct pickle_node){.kind = kind};
    p->node[p->n_nodes].u.i = 0;
    if (kind >= PICKLE_LIST && kind <= PICKLE_DICT)
        p->node[p->n_nodes].u.list.first = PICKLE_END;
    *out = (uint32_t)p->n_nodes++;
out:
    return st;
}

status pickle_push(struct machine *m, uint32_t node)
{
    status st = OK;

    ENSURE(m->depth < PICKLE_NODES, ERR_DATA,
           "%s: byte %zu: more than %d values on the stack", m->where, m->at,
           (int)PICKLE_NODES);
    TRY(mem_grow(m->depth + 1, sizeof *m->stack, &m->stack, &m->cap_stack));
    m->stack[m->depth++] = node;
out:
    return st;
}

status pickle_push_new(struct machine *m, uint8_t kind, struct pickle_node **n)
{
    status st = OK;
    uint32_t at = 0;

    TRY(pickle_node_new(m, kind, &at));
    TRY(pickle_push(m, at));
    *n = &m->p.node[at];
out:
    return st;
}

status pickle_pop(struct machine *m, uint32_t *out)
{
    status st = OK;

    ENSURE(m->depth > 0 && m->stack[m->depth - 1] != m->mark, ERR_DATA,
           "%s: byte %zu: a value is missing on the stack", m->where, m->at);
    *out = m->stack[--m->depth];
out:
    return st;
}

status pickle_to_mark(struct machine *m, size_t *first)
{
    status st = OK;
    size_t i = m->depth;

    while (i > 0 && m->stack[i - 1] != m->mark)
        i--;
    ENSURE(i > 0, ERR_DATA, "%s: byte %zu: no mark on the stack", m->where,
           m->at);
    *first = i;
out:
    return st;
}

status
pickle_put(struct machine *m, uint32_t list, uint32_t key, uint32_t value)
{
    status st = OK;
    struct pickle *p = &m->p;
    struct pickle_node *n = &p->node[list];
    uint32_t at = (uint32_t)p->n_items;

    ENSURE(p->n_items < 2 * (size_t)PICKLE_NODES, ERR_DATA,
           "%s: byte %zu: more than %d items", m->where, m->at,
           2 * (int)PICKLE_NODES);
    TRY(mem_grow(p->n_items + 1, sizeof *p->item, &p->item, &p->cap_items));
    p->item[p->n_items++] =
        (struct pickle_item){.key = key, .value = value, .next = PICKLE_END};
    if (n->n++ == 0)
        n->u.list.first = at;
    else
        p->item[n->u.list.last].next = at;
    n->u.list.last = at;
out:
    return st;
}

static status run(struct machine *m)
{
    status st = OK;
    const unsigned char *op = NULL;
    bool done = false;

    TRY(pickle_node_new(m, PICKLE_MARK, &m->mark));
    while (!done) {
        m->op_at = m->at;
        ENSURE(m->at < m->size, ERR_DATA,
               "%s: byte %zu: ends without STOP (cut short?)", m->where, m->at);
        TRY(pickle_take(m, 1, &op));
        TRY(pickle_step(m, *op, &done));
    }
    ENSURE(m->depth == 1 && m->stack[0] != m->mark, ERR_DATA,
           "%s: byte %zu: STOP with %zu values on the stack, 1 is meant",
           m->where, m->op_at, m->depth);
    m->p.top = m->stack[0];
    m->p.used = m->at;
out:
    return st;
}

status pickle_read(const char *where,
                   const unsigned char *bytes,
                   size_t size,
                   const struct pickle_name *names,
                   size_t n_names,
                   struct pickle *out)
{
    status st = OK;
    struct machine m = {.where = where,
                        .bytes = bytes,
                        .size = size,
                        .names = names,
                        .n_names = n_names};

    TRY(run(&m));
    *out = m.p;
    m.p = (struct pickle){0};
out:
    pickle_free(&m.p);
    mem_free(m.stack);
    mem_free(m.memo);
    return st;
}

struct key {
    const struct pickle_node *node;
    uint32_t item;
};

static int by_key(const void *a, const void *b)
{
    const struct key *x = a;
    const struct key *y = b;
    const struct pickle_node *p = x->node;
    const struct pickle_node *q = y->node;
    int c = (p->kind > q->kind) - (p->kind < q->kind);

    if (c == 0 && p->kind == PICKLE_INT)
        c = (p->u.i > q->u.i) - (p->u.i < q->u.i);
    else if (c == 0 && (p->u.s != q->u.s || p->n != q->n)) {
        c = memcmp(p->u.s, q->u.s, p->n < q->n ? p->n : q->n);
        c = c ? c : (p->n > q->n) - (p->n < q->n);
    }
    return c ? c : (x->item > y->item) - (x->item < y->item);
}

static bool same_key(const struct key *a, const struct key *b)
{
    struct key x = {a->node, 0};
    struct key y = {b->node, 0};

    return by_key(&x, &y) == 0;
}

static status collect_keys(const char *where,
                           const struct pickle *p,
                           uint32_t dict,
                           struct key *keys)
{
    status st = OK;
    size_t n = 0;

    for (uint32_t i = p->node[dict].u.list.first; i != PICKLE_END;
         i = p->item[i].next) {
        const struct pickle_node *k = &p->node[p->item[i].key];

        ENSURE(k->kind == PICKLE_TEXT || k->kind == PICKLE_INT, ERR_DATA,
               "%s: a key of a dictionary is %s, a text or an integer is meant",
               where, pickle_kind_name(k));
        ENSURE(k->kind == PICKLE_INT || k->n <= 4096, ERR_DATA,
               "%s: a key of %u bytes", where, k->n);
        keys[n++] = (struct key){k, i};
    }
out:
    return st;
}

status pickle_unique(const char *where, struct pickle *p, uint32_t dict)
{
    status st = OK;
    struct pickle_node *d = &p->node[dict];
    struct key *keys = NULL;
    uint32_t *link = NULL;

    if (d->clean)
        return OK;
    TRY(mem_new(d->n, sizeof *keys, &keys));
    TRY(collect_keys(where, p, dict, keys));
    qsort(keys, d->n, sizeof *keys, by_key);
    for (size_t i = 0; i + 1 < d->n; i++) {
        size_t first = i;

        while (i + 1 < d->n && same_key(&keys[first], &keys[i + 1]))
            i++;
        if (i == first)
            continue;
        p->item[keys[first].item].value = p->item[keys[i].item].value;
        for (size_t k = first + 1; k <= i; k++)
            p->item[keys[k].item].key = PICKLE_END; /* to be unlinked */
    }
    link = &d->u.list.first;
    for (uint32_t i = *link; i != PICKLE_END; i = p->item[i].next) {
        if (p->item[i].key == PICKLE_END) {
            *link = p->item[i].next;
            d->n--;
        } else {
            link = &p->item[i].next;
        }
    }
    d->clean = true;
out:
    mem_free(keys);
    return st;
}
