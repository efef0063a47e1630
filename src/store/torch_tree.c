#include "store/torch_tree.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum {
    REBUILD_V2 = 1,
    REBUILD,
    REBUILD_PARAMETER,
    SIZE,
    FIRST_STORAGE, /* storage classes from here on */
    DEPTH_MAX = 32,
    STEPS_MAX = 2 * PICKLE_NODES,
    SLOTS = 1 << 15
};

const struct pickle_name torch_names[] = {
    {"collections", "OrderedDict", true},
    {"torch._utils", "_rebuild_tensor_v2", true},
    {"torch._utils", "_rebuild_tensor", true},
    {"torch._utils", "_rebuild_parameter", true},
    {"torch", "Size", true},
    {"torch", "FloatStorage", false},
    {"torch", "DoubleStorage", false},
    {"torch", "HalfStorage", false},
    {"torch", "BFloat16Storage", false},
    {"torch", "LongStorage", false},
    {"torch", "IntStorage", false},
    {"torch", "ShortStorage", false},
    {"torch", "CharStorage", false},
    {"torch", "ByteStorage", false},
    {"torch", "BoolStorage", false},
    {"torch", "ComplexFloatStorage", false},
    {"torch", "ComplexDoubleStorage", false},
};
const size_t torch_names_n = sizeof torch_names / sizeof torch_names[0];

/* In the order of the classes above. */
static const enum state_type STORAGE_TYPES[] = {
    STATE_F32, STATE_F64, STATE_F16, STATE_BF16, STATE_I64, STATE_I32,
    STATE_I16, STATE_I8,  STATE_U8,  STATE_BOOL, STATE_C64, STATE_C128};

static const struct pickle_node *node(const struct torch_tree *t, uint32_t i)
{
    return &t->pickle.node[i];
}

/* Up to `max` elements of a tuple; their number, or -1 if it is no tuple or
 * longer. */
static int
tuple(const struct torch_tree *t, uint32_t at, uint32_t *out, int max)
{
    const struct pickle_node *n = node(t, at);
    int k = 0;

    if (n->kind == PICKLE_CALL && n->u.call.fn == SIZE &&
        tuple(t, n->u.call.args, out, 1) == 1) {
        at = out[0];
        n = node(t, at);
    }
    if (n->kind != PICKLE_TUPLE || n->n > (uint32_t)max)
        return -1;
    for (uint32_t i = n->u.list.first; i != PICKLE_END;
         i = t->pickle.item[i].next)
        out[k++] = t->pickle.item[i].value;
    return k;
}

static bool count(const struct torch_tree *t, uint32_t at, uint64_t *out)
{
    const struct pickle_node *n = node(t, at);

    *out = (uint64_t)n->u.i;
    return n->kind == PICKLE_INT && n->u.i >= 0;
}

/* FNV-1a. */
static size_t hash(const unsigned char *s, size_t n)
{
    uint64_t h = 0xcbf29ce484222325;

    for (size_t i = 0; i < n; i++)
        h = (h ^ s[i]) * 0x100000001b3;
    return (size_t)(h ^ h >> 32);
}

static uint32_t *slot_of(const struct torch_tree *t, const void *key, size_t n)
{
    size_t i = hash(key, n) % SLOTS;

    while (t->slot[i] != 0) {
        const struct torch_storage *s = &t->storage[t->slot[i] - 1];

        if (s->key_len == n && memcmp(s->key, key, n) == 0)
            break;
        i = (i + 1) % SLOTS;
    }
    return &t->slot[i];
}

struct torch_storage *
torch_tree_find(const struct torch_tree *t, const void *key, size_t len)
{
    uint32_t *slot = slot_of(t, key, len);

    return *slot ? &t->storage[*slot - 1] : NULL;
}

static status add_storage(struct torch_tree *t,
                          const struct torch_storage *s,
                          struct torch_storage **out)
{
    status st = OK;

    ENSURE(t->n < STATE_MAX, ERR_DATA, "%s: more than %d storages", t->where,
           (int)STATE_MAX);
    TRY(mem_grow(t->n + 1, sizeof *t->storage, &t->storage, &t->cap));
    t->storage[t->n] = *s;
    TRY(t->locate(t, &t->storage[t->n]));
    *slot_of(t, s->key, s->key_len) = (uint32_t)t->n + 1;
    *out = &t->storage[t->n++];
out:
    return st;
}

/* ("storage", class, key, location, elements[, view]); the location (cpu,
 * cuda:0) does not matter. */
static status
storage_of(struct torch_tree *t, uint32_t at, struct torch_storage **out)
{
    status st = OK;
    const struct pickle_node *n = node(t, at);
    uint32_t a[6] = {0};
    struct torch_storage s = {0};
    int k = -1;
    const struct pickle_node *tag = NULL;
    const struct pickle_node *class = NULL;
    const struct pickle_node *key = NULL;

    if (n->kind == PICKLE_STORAGE)
        k = tuple(t, n->u.call.args, a, 6);
    ENSURE(k == 5 || (k == 6 && node(t, a[5])->kind == PICKLE_NONE), ERR_DATA,
           "%s: %s: a storage is described by %d fields, 5 are meant", t->where,
           t->path, k);
    tag = node(t, a[0]);
    class = node(t, a[1]);
    key = node(t, a[2]);
    ENSURE(tag->kind == PICKLE_TEXT && tag->n == 7 &&
               memcmp(tag->u.s, "storage", 7) == 0 &&
               class->kind == PICKLE_NAME && class->u.i >= FIRST_STORAGE &&
               key->kind == PICKLE_TEXT && key->n > 0 && key->n <= 200 &&
               node(t, a[3])->kind == PICKLE_TEXT && count(t, a[4], &s.len),
           ERR_DATA,
           "%s: %s: its storage is not described as torch.save does (tag, "
           "class, key, location, number of elements)",
           t->where, t->path);
    s.type = STORAGE_TYPES[class->u.i - FIRST_STORAGE];
    s.key = key->u.s;
    s.key_len = key->n;
    *out = torch_tree_find(t, s.key, s.key_len);
    if (!*out)
        TRY(add_storage(t, &s, out));
    ENSURE((*out)->type == s.type && (*out)->len == s.len, ERR_DATA,
           "%s: %s: one storage is used with two types or lengths", t->where,
           t->path);
out:
    return st;
}

/* (storage, offset, size, stride, requires_grad, hooks[, metadata]); the older
 * rebuild function has the first four. */
static status add_tensor(struct torch_tree *t, const struct pickle_node *call)
{
    status st = OK;
    uint32_t a[7] = {0};
    uint32_t dim[STATE_RANK] = {0};
    uint32_t stride[STATE_RANK] = {0};
    struct state_row row = {0};
    struct torch_storage *s = NULL;
    int k = tuple(t, call->u.call.args, a, 7);
    int rank = -1;

    ENSURE(call->u.call.fn == REBUILD ? k == 4 : k == 6 || k == 7, ERR_DATA,
           "%s: %s: a tensor is rebuilt from %d values", t->where, t->path, k);
    rank = tuple(t, a[2], dim, STATE_RANK);
    ENSURE(rank >= 0 && tuple(t, a[3], stride, STATE_RANK) == rank &&
               count(t, a[1], &row.first),
           ERR_DATA,
           "%s: %s: offset, shape and strides of a tensor are an integer and "
           "two tuples of equal length, at most %d",
           t->where, t->path, (int)STATE_RANK);
    for (int i = 0; i < rank; i++)
        ENSURE(count(t, dim[i], &row.t.dim[i]) &&
                   count(t, stride[i], &row.stride[i]),
               ERR_DATA, "%s: %s: a size or stride is negative or no integer",
               t->where, t->path);
    TRY(storage_of(t, a[0], &s));
    row.t.rank = rank;
    row.t.type = s->type;
    row.span = s->span;
    TRY(state_add(t->state, t->path, strlen(t->path), &row));
out:
    return st;
}

/* A Parameter wraps a tensor: (data, requires_grad, hooks). */
static status add_call(struct torch_tree *t, const struct pickle_node *call)
{
    status st = OK;
    uint32_t a[3] = {0};

    if (call->u.call.fn == REBUILD_PARAMETER) {
        ENSURE(tuple(t, call->u.call.args, a, 3) == 3 &&
                   node(t, a[0])->kind == PICKLE_CALL,
               ERR_DATA, "%s: %s: a parameter without its tensor", t->where,
               t->path);
        call = node(t, a[0]);
    }
    ENSURE(call->u.call.fn == REBUILD || call->u.call.fn == REBUILD_V2,
           ERR_DATA, "%s: %s: made by %s.%s, a tensor is meant", t->where,
           t->path, torch_names[call->u.call.fn].module,
           torch_names[call->u.call.fn].name);
    TRY(add_tensor(t, call));
out:
    return st;
}

/* Decimal digits of a two's complement number of n <= 64 bytes. */
static void big_text(const struct pickle_node *n, struct text *out)
{
    unsigned char v[64];
    char digits[192];
    size_t k = sizeof digits;
    bool negative = (n->u.s[n->n - 1] & 0x80) != 0;
    unsigned carry = negative;
    bool more = true;

    for (uint32_t i = 0; i < n->n; i++) {
        carry += negative ? (unsigned)(unsigned char)~n->u.s[i] : n->u.s[i];
        v[i] = (unsigned char)carry;
        carry >>= 8;
    }
    digits[--k] = '\0';
    while (more) {
        unsigned rest = 0;

        more = false;
        for (uint32_t i = n->n; i-- > 0;) {
            rest = rest << 8 | v[i];
            v[i] = (unsigned char)(rest / 10);
            rest %= 10;
            more = more || v[i];
        }
        digits[--k] = (char)('0' + rest);
    }
    text_add(out, "%s%s", negative ? "-" : "", digits + k);
}

static status add_value(struct torch_tree *t, const struct pickle_node *n)
{
    status st = OK;
    struct text v = {0};

    switch (n->kind) {
    case PICKLE_NONE:
        text_add(&v, "None");
        break;
    case PICKLE_BOOL:
        text_add(&v, n->u.i ? "True" : "False");
        break;
    case PICKLE_INT:
        text_add(&v, "%lld", (long long)n->u.i);
        break;
    case PICKLE_BIG:
        big_text(n, &v);
        break;
    case PICKLE_FLOAT:
        text_double(&v, n->u.f);
        break;
    case PICKLE_TEXT:
        text_put(&v, (const char *)n->u.s, n->n);
        break;
    case PICKLE_NAME:
        text_add(&v, "%s.%s", torch_names[n->u.i].module,
                 torch_names[n->u.i].name);
        break;
    default:
        text_add(&v,
                 n->kind == PICKLE_BYTES  ? "%u bytes"
                 : n->kind == PICKLE_DICT ? "empty dict"
                 : n->kind == PICKLE_LIST ? "empty list"
                                          : "empty tuple",
                 n->n);
    }
    TRY(text_status(&v));
    TRY(state_add_value(t->state, t->path, strlen(t->path), v.s ? v.s : "",
                        n->kind == PICKLE_TEXT));
out:
    text_free(&v);
    return st;
}

static status visit(struct torch_tree *t, uint32_t at, int depth);

static size_t key_text(const struct torch_tree *t,
                       const struct pickle_item *item,
                       uint32_t number,
                       const char **out,
                       char digits[24])
{
    const struct pickle_node *k =
        item->key == PICKLE_END ? NULL : node(t, item->key);

    if (k && k->kind == PICKLE_TEXT) {
        *out = (const char *)k->u.s;
        return k->n;
    }
    *out = digits;
    return (size_t)snprintf(digits, 24, "%lld",
                            k ? (long long)k->u.i : (long long)number);
}

static status visit_items(struct torch_tree *t, uint32_t at, int depth)
{
    status st = OK;
    size_t len = strlen(t->path);
    uint32_t number = 0;

    if (node(t, at)->kind == PICKLE_DICT)
        TRY(pickle_unique(t->where, &t->pickle, at));
    for (uint32_t i = node(t, at)->u.list.first; i != PICKLE_END;
         i = t->pickle.item[i].next) {
        char digits[24];
        const char *key = NULL;
        size_t n = key_text(t, &t->pickle.item[i], number++, &key, digits);
        size_t slash = depth > 0;

        ENSURE(len + n + 2 <= sizeof t->path, ERR_DATA,
               "%s: a path of more than %zu bytes", t->where, sizeof t->path);
        if (slash)
            t->path[len] = '/';
        memcpy(t->path + len + slash, key, n);
        t->path[len + slash + n] = '\0';
        TRY(visit(t, t->pickle.item[i].value, depth + 1));
    }
    t->path[len] = '\0';
out:
    return st;
}

static status visit(struct torch_tree *t, uint32_t at, int depth)
{
    status st = OK;
    const struct pickle_node *n = node(t, at);
    uint32_t inner = 0;

    ENSURE(++t->steps <= STEPS_MAX, ERR_DATA,
           "%s: its containers repeat each other to more than %d values",
           t->where, (int)STEPS_MAX);
    ENSURE(depth <= DEPTH_MAX, ERR_DATA,
           "%s: containers nested deeper than %d, or inside themselves",
           t->where, (int)DEPTH_MAX);
    if (n->kind == PICKLE_CALL && n->u.call.fn == SIZE) {
        ENSURE(tuple(t, n->u.call.args, &inner, 1) == 1 &&
                   node(t, inner)->kind == PICKLE_TUPLE,
               ERR_DATA, "%s: %s: a size that is no tuple", t->where, t->path);
        n = node(t, inner);
        at = inner;
    }
    if (n->kind == PICKLE_CALL)
        TRY(add_call(t, n));
    else if (n->kind >= PICKLE_LIST && n->kind <= PICKLE_DICT && n->n > 0)
        TRY(visit_items(t, at, depth));
    else if (n->kind == PICKLE_STORAGE || n->kind == PICKLE_MARK)
        TRY(status_fail(ERR_DATA, __FILE__, __LINE__,
                        "%s: %s: %s where a value is meant", t->where, t->path,
                        pickle_kind_name(n)));
    else
        TRY(add_value(t, n));
out:
    return st;
}

status torch_tree_walk(struct torch_tree *t)
{
    status st = OK;
    const struct pickle_node *top = node(t, t->pickle.top);

    t->path[0] = '\0';
    TRY(mem_new(SLOTS, sizeof *t->slot, &t->slot));
    ENSURE(top->kind == PICKLE_DICT, ERR_DATA,
           "%s: holds %s, a dictionary of tensors is meant (save the "
           "state_dict)",
           t->where, pickle_kind_name(top));
    ENSURE(top->n > 0, ERR_DATA, "%s: an empty dictionary, no tensor",
           t->where);
    TRY(visit(t, t->pickle.top, 0));
out:
    return st;
}

void torch_tree_free(struct torch_tree *t)
{
    pickle_free(&t->pickle);
    mem_free(t->storage);
    mem_free(t->slot);
    t->storage = NULL;
    t->slot = NULL;
}
