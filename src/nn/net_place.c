/* Who lives when, and where. Everything a shard holds (activations, winners of
 * the pool, gradients) is a store with a first and a last moment of the walk
 * forward and back; stores that never live together may share memory. Stores
 * are placed largest first at the lowest free offset: not the least memory
 * possible (that is NP-hard), but close, and the same on every machine.
 *
 * Where an operation may work in place, its output takes over the store. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "nn/net_int.h"

enum { STORE_ALIGN = 256 };

struct placing {
    const struct net_conf *conf;
    struct program *p;
    size_t elem;
    int32_t end; /* after the walk */
};

static int32_t
add_store(struct placing *pl, size_t bytes, int32_t start, status *st)
{
    struct program *p = pl->p;

    if (*st == OK)
        *st = mem_grow((size_t)p->n_stores + 1, sizeof *p->stores, &p->stores,
                       &p->cap[5]);
    if (*st != OK)
        return NONE;
    bytes = (bytes + STORE_ALIGN - 1) / STORE_ALIGN * STORE_ALIGN;
    p->stores[p->n_stores] = (struct store){bytes, 0, start, start};
    return p->n_stores++;
}

static void use(struct placing *pl, int32_t store, int32_t when)
{
    if (store != NONE && pl->p->stores[store].end < when)
        pl->p->stores[store].end = when;
}

static size_t slot_bytes(const struct placing *pl, int32_t slot)
{
    return shape_len(pl->p->slots[slot].shape) * pl->elem;
}

/* Is operation i undone on the way back? */
static bool goes_back(const struct placing *pl, int32_t i)
{
    return pl->conf->backward &&
           (!pl->conf->frozen_trunk || i >= pl->p->trunk_ops);
}

/* The store of an earlier slot that op's output may take over. */
static int32_t
in_place(const struct placing *pl, const struct op *op, bool back)
{
    const struct slot *slots = pl->p->slots;
    const struct op *maker = NULL;

    if (op->kind == OP_RELU || op->kind == OP_ADD)
        return slots[op->x].store;
    if (op->kind != OP_NORM && op->kind != OP_INSTANCE && op->kind != OP_PRELU)
        return NONE;
    if (!back)
        return slots[op->x].store;
    if (op->kind != OP_NORM)
        return NONE;
    if (op->add == NONE || slots[op->add].producer < 0)
        return NONE;
    maker = &pl->p->ops[slots[op->add].producer];
    if (maker->kind == OP_SUBSAMPLE || (maker->kind == OP_NORM && !maker->relu))
        return slots[op->add].store; /* a shortcut: read here only */
    return NONE;
}

/* Coefficients, and the sums they are made of. */
static void
place_instance(struct placing *pl, struct op *op, int32_t i, status *st)
{
    struct shape s = pl->p->slots[op->x].shape;

    op->kept = add_store(pl, net_instance_kept(s), i, st);
    op->work[0] = add_store(pl, net_instance_work(s, false), i, st);
    if (!goes_back(pl, i))
        return;
    use(pl, op->kept, pl->end - 1 - i);
    op->work[1] =
        add_store(pl, net_instance_work(s, true), pl->end - 1 - i, st);
}

/* On the way back. */
static bool reads_input(enum op_kind kind)
{
    return kind == OP_CONV || kind == OP_UP || kind == OP_NORM ||
           kind == OP_UNIT || kind == OP_INSTANCE || kind == OP_PRELU;
}

/* Output and uses of one operation. */
static status place_op(struct placing *pl, struct op *op, int32_t i)
{
    struct slot *slots = pl->p->slots;
    int32_t back = pl->end - 1 - i;
    status st = OK;

    slots[op->y].store = in_place(pl, op, goes_back(pl, i));
    if (slots[op->y].store == NONE)
        slots[op->y].store = add_store(pl, slot_bytes(pl, op->y), i, &st);
    if (op->kind == OP_POOL)
        op->which = add_store(pl, shape_len(slots[op->y].shape), i, &st);
    if (op->kind == OP_INSTANCE)
        place_instance(pl, op, i, &st);
    TRY(st);
    use(pl, slots[op->x].store, i);
    use(pl, slots[op->y].store, i);
    if (op->add != NONE)
        use(pl, slots[op->add].store, i);
    if (!goes_back(pl, i))
        return OK;
    use(pl, op->which, back);
    if (reads_input(op->kind))
        use(pl, slots[op->x].store, back);
    if ((op->kind == OP_NORM && op->relu) || op->kind == OP_RELU)
        use(pl, slots[op->y].store, back);
out:
    return st;
}

static status place_forward(struct placing *pl)
{
    struct program *p = pl->p;
    status st = OK;

    p->slots[p->input].store = add_store(pl, slot_bytes(pl, p->input), 0, &st);
    TRY(st);
    for (int32_t i = 0; i < p->n_ops; i++)
        TRY(place_op(pl, &p->ops[i], i));
    if (pl->conf->backward) /* for a second way through the step */
        use(pl, p->slots[p->input].store, pl->end);
    use(pl, p->slots[p->features].store, pl->end);
    use(pl, p->slots[p->middle].store, pl->end);
    use(pl, p->slots[p->embed].store, pl->end);
out:
    return st;
}

/* Gradient of op's input: a new store, or the output's. */
static void
flow_back(struct placing *pl, struct op *op, int32_t when, status *st)
{
    struct slot *slots = pl->p->slots;
    struct slot *x = &slots[op->x];
    bool onward = op->add != NONE && !slots[op->add].no_grad;

    if (x->no_grad)
        return;
    if (op->kind == OP_CONV && x->grad != NONE) {
        op->g_sum = x->grad;
        op->g_x = add_store(pl, slot_bytes(pl, op->x), when, st);
        use(pl, op->g_sum, when);
        return;
    }
    BUG_IF(x->grad != NONE);
    if (onward) {
        BUG_IF(slots[op->add].grad != NONE);
        slots[op->add].grad = op->g_y;
    }
    if (op->kind == OP_RELU || op->kind == OP_INSTANCE || op->kind == OP_ADD ||
        (op->kind == OP_NORM && !onward))
        op->g_x = op->g_y;
    else
        op->g_x = add_store(pl, slot_bytes(pl, op->x), when, st);
    x->grad = op->g_x;
}

/* The gradient of a slope waits for the convolution before it. */
static void
place_slope(struct placing *pl, struct op *op, int32_t when, status *st)
{
    op->kept = add_store(pl, sizeof(double), when, st);
    pl->p->ops[op->weight].kept = op->kept;
    use(pl, op->kept, pl->end - 1 - op->weight);
}

static status place_backward(struct placing *pl)
{
    struct program *p = pl->p;
    status st = OK;

    p->g_embed = add_store(pl, slot_bytes(pl, p->embed), p->n_ops, &st);
    p->slots[p->embed].grad = p->g_embed;
    for (int32_t i = p->n_ops - 1; i >= 0 && st == OK; i--) {
        struct op *op = &p->ops[i];
        int32_t when = pl->end - 1 - i;

        if (p->slots[op->y].grad == NONE)
            continue; /* shortcut A */
        op->g_y = p->slots[op->y].grad;
        use(pl, op->g_y, when);
        if (op->kind == OP_PRELU)
            place_slope(pl, op, when, &st);
        flow_back(pl, op, when, &st);
    }
    p->g_input = p->slots[p->input].grad;
    use(pl, p->g_input, pl->end);
    return st;
}

static int larger_first(const void *a, const void *b)
{
    const struct store *const *x = a;
    const struct store *const *y = b;

    if ((*x)->bytes != (*y)->bytes)
        return (*x)->bytes > (*y)->bytes ? -1 : 1;
    return *x < *y ? -1 : 1;
}

/* Lowest offset where s fits among those of placed[0..n) alive with it. */
static size_t
lowest_offset(struct store *const *placed, int32_t n, const struct store *s)
{
    size_t offset = 0;
    bool moved = true;

    while (moved) {
        moved = false;
        for (int32_t i = 0; i < n; i++) {
            const struct store *o = placed[i];

            if (o->start <= s->end && s->start <= o->end &&
                o->offset < offset + s->bytes &&
                offset < o->offset + o->bytes) {
                offset = o->offset + o->bytes;
                moved = true;
            }
        }
    }
    return offset;
}

static status place_offsets(struct program *p)
{
    struct store **order = NULL;
    status st = OK;

    TRY(mem_new((size_t)p->n_stores, sizeof(struct store *), &order));
    for (int32_t i = 0; i < p->n_stores; i++)
        order[i] = &p->stores[i];
    qsort(order, (size_t)p->n_stores, sizeof(struct store *), larger_first);
    for (int32_t i = 0; i < p->n_stores; i++) {
        struct store *s = order[i];

        s->offset = lowest_offset(order, i, s);
        if (s->offset + s->bytes > p->shard_bytes)
            p->shard_bytes = s->offset + s->bytes;
    }
out:
    mem_free(order);
    return st;
}

status
program_place(const struct net_conf *conf, enum dtype dtype, struct program *p)
{
    struct placing pl = {conf, p, (size_t)dtype, 2 * p->n_ops};
    status st = OK;

    p->g_embed = NONE;
    p->g_input = NONE;
    TRY(place_forward(&pl));
    if (conf->backward)
        TRY(place_backward(&pl));
    TRY(place_offsets(p));
out:
    return st;
}
