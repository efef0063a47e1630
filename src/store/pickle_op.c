/* The opcodes that torch.save writes, one function for each family; all others
 * are refused by name. */
#include "store/pickle_op.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "store/raw.h"

static status fail(const struct machine *m, const char *what)
{
    return status_fail(ERR_DATA, __FILE__, __LINE__, "%s: byte %zu: %s",
                       m->where, m->op_at, what);
}

static status op_protocol(struct machine *m, int width)
{
    status st = OK;
    uint64_t v = 0;

    TRY(pickle_le(m, width, &v));
    ENSURE(v >= 2 && v <= 5, ERR_DATA,
           "%s: pickle protocol %d, 2 to 5 are read", m->where, (int)v);
out:
    return st;
}

static status op_frame(struct machine *m, int width)
{
    status st = OK;
    uint64_t v = 0;

    TRY(pickle_le(m, width, &v));
    ENSURE(v <= m->size - m->at, ERR_DATA,
           "%s: byte %zu: a frame of %llu bytes, %zu are left", m->where,
           m->op_at, (unsigned long long)v, m->size - m->at);
out:
    return st;
}

static status op_mark(struct machine *m, int unused)
{
    (void)unused;
    return pickle_push(m, m->mark);
}

static status op_empty(struct machine *m, int kind)
{
    struct pickle_node *n = NULL;

    return pickle_push_new(m, (uint8_t)kind, &n);
}

static status push_name(struct machine *m,
                        const unsigned char *module,
                        size_t n_module,
                        const unsigned char *name,
                        size_t n_name)
{
    status st = OK;
    struct pickle_node *n = NULL;
    size_t i = 0;
    char show[2][RAW_SHOW];

    for (; i < m->n_names; i++)
        if (strlen(m->names[i].module) == n_module &&
            strlen(m->names[i].name) == n_name &&
            memcmp(m->names[i].module, module, n_module) == 0 &&
            memcmp(m->names[i].name, name, n_name) == 0)
            break;
    ENSURE(i < m->n_names, ERR_DATA,
           "%s: byte %zu: refers to %s.%s, which is not among the names a "
           "file of weights may use; nothing was called (save the state_dict "
           "alone)",
           m->where, m->op_at, raw_show(module, n_module, show[0]),
           raw_show(name, n_name, show[1]));
    TRY(pickle_push_new(m, PICKLE_NAME, &n));
    n->u.i = (int64_t)i;
out:
    return st;
}

static status op_global(struct machine *m, int unused)
{
    status st = OK;
    const unsigned char *module = NULL;
    const unsigned char *name = NULL;
    size_t n_module = 0;
    size_t n_name = 0;

    (void)unused;
    TRY(pickle_line(m, &module, &n_module));
    TRY(pickle_line(m, &name, &n_name));
    TRY(push_name(m, module, n_module, name, n_name));
out:
    return st;
}

static status op_stack_global(struct machine *m, int unused)
{
    status st = OK;
    uint32_t at[2] = {0};
    const struct pickle_node *node = m->p.node;

    (void)unused;
    TRY(pickle_pop(m, &at[1]));
    TRY(pickle_pop(m, &at[0]));
    if (node[at[0]].kind != PICKLE_TEXT || node[at[1]].kind != PICKLE_TEXT)
        TRY(fail(m, "a name that is no text"));
    TRY(push_name(m, node[at[0]].u.s, node[at[0]].n, node[at[1]].u.s,
                  node[at[1]].n));
out:
    return st;
}

/* A tuple of the n topmost values; -1: those above the mark. */
static status op_tuple(struct machine *m, int n)
{
    status st = OK;
    size_t first = 0;
    uint32_t tuple = 0;

    if (n < 0)
        TRY(pickle_to_mark(m, &first));
    else if (m->depth < (size_t)n)
        TRY(fail(m, "a value is missing on the stack"));
    else
        first = m->depth - (size_t)n;
    TRY(pickle_node_new(m, PICKLE_TUPLE, &tuple));
    for (size_t i = first; i < m->depth; i++) {
        if (m->stack[i] == m->mark)
            TRY(fail(m, "a mark inside a tuple"));
        TRY(pickle_put(m, tuple, PICKLE_END, m->stack[i]));
    }
    m->depth = first - (n < 0 ? 1 : 0);
    TRY(pickle_push(m, tuple));
out:
    return st;
}

/* one: a single value lies above the list, else all above a mark. */
static status op_append(struct machine *m, int one)
{
    status st = OK;
    size_t first = m->depth - 1;
    size_t below;

    if (one)
        below = m->depth < 2 ? 0 : first;
    else {
        TRY(pickle_to_mark(m, &first));
        below = first - 1;
    }
    if (below == 0 || m->p.node[m->stack[below - 1]].kind != PICKLE_LIST ||
        m->stack[m->depth - 1] == (one ? m->mark : PICKLE_END))
        TRY(fail(m, "values are appended to what is no list"));
    for (size_t i = first; i < m->depth; i++)
        TRY(pickle_put(m, m->stack[below - 1], PICKLE_END, m->stack[i]));
    m->depth = below;
out:
    return st;
}

static status op_set(struct machine *m, int one)
{
    status st = OK;
    size_t first = m->depth - 2;
    size_t below;

    if (one)
        below = m->depth < 3 ? 0 : first;
    else {
        TRY(pickle_to_mark(m, &first));
        below = first - 1;
    }
    if (below == 0 || m->p.node[m->stack[below - 1]].kind != PICKLE_DICT ||
        (one && (m->stack[first] == m->mark || m->stack[first + 1] == m->mark)))
        TRY(fail(m, "items are set in what is no dictionary"));
    if ((m->depth - first) % 2 != 0)
        TRY(fail(m, "a key without a value"));
    for (size_t i = first; i < m->depth; i += 2)
        TRY(pickle_put(m, m->stack[below - 1], m->stack[i], m->stack[i + 1]));
    m->depth = below;
out:
    return st;
}

static status op_pop(struct machine *m, int unused)
{
    (void)unused;
    if (m->depth == 0)
        return fail(m, "nothing to drop on the stack");
    m->depth--;
    return OK;
}

static status op_pop_mark(struct machine *m, int unused)
{
    status st = OK;
    size_t first = 0;

    (void)unused;
    TRY(pickle_to_mark(m, &first));
    m->depth = first - 1;
out:
    return st;
}

static status op_dup(struct machine *m, int unused)
{
    status st = OK;
    uint32_t node = 0;

    (void)unused;
    TRY(pickle_pop(m, &node));
    TRY(pickle_push(m, node));
    TRY(pickle_push(m, node));
out:
    return st;
}

/* Decimal digits of a text opcode. */
static status text_index(struct machine *m, uint64_t *out)
{
    status st = OK;
    const unsigned char *s = NULL;
    size_t n = 0;

    TRY(pickle_line(m, &s, &n));
    *out = 0;
    for (size_t i = 0; i < n; i++) {
        if (s[i] < '0' || s[i] > '9' || n > 9)
            TRY(fail(m, "a memo index that is no small number"));
        *out = *out * 10 + (s[i] - '0');
    }
    if (n == 0)
        TRY(fail(m, "a memo index without digits"));
out:
    return st;
}

/* width 0: a text, -1: the next free one (MEMOIZE). */
static status memo_index(struct machine *m, int width, uint64_t *out)
{
    *out = m->stored;
    if (width < 0)
        return OK;
    return width == 0 ? text_index(m, out) : pickle_le(m, width, out);
}

static status op_put(struct machine *m, int width)
{
    status st = OK;
    uint64_t i = 0;
    uint32_t node = 0;

    TRY(memo_index(m, width, &i));
    TRY(pickle_pop(m, &node));
    m->depth++; /* it stays on the stack */
    if (i >= PICKLE_NODES)
        TRY(fail(m, "a memo index past the number of values"));
    TRY(mem_grow((size_t)i + 1, sizeof *m->memo, &m->memo, &m->cap_memo));
    while (m->n_memo <= i)
        m->memo[m->n_memo++] = 0;
    m->stored += m->memo[i] == 0;
    m->memo[i] = node + 1;
out:
    return st;
}

static status op_get(struct machine *m, int width)
{
    status st = OK;
    uint64_t i = 0;

    TRY(memo_index(m, width, &i));
    if (i >= m->n_memo || m->memo[i] == 0)
        TRY(fail(m, "a memo entry that was never stored"));
    TRY(pickle_push(m, m->memo[i] - 1));
out:
    return st;
}

static status op_storage(struct machine *m, int unused)
{
    status st = OK;
    struct pickle_node *n = NULL;
    uint32_t id = 0;

    (void)unused;
    TRY(pickle_pop(m, &id));
    if (m->p.node[id].kind != PICKLE_TUPLE)
        TRY(fail(m, "a persistent id that is no tuple"));
    TRY(pickle_push_new(m, PICKLE_STORAGE, &n));
    n->u.call.args = id;
out:
    return st;
}

static status op_reduce(struct machine *m, int unused)
{
    status st = OK;
    struct pickle_node *n = NULL;
    uint32_t args = 0;
    uint32_t fn = 0;
    size_t name;

    (void)unused;
    TRY(pickle_pop(m, &args));
    TRY(pickle_pop(m, &fn));
    name = (size_t)m->p.node[fn].u.i;
    if (m->p.node[fn].kind != PICKLE_NAME || !m->names[name].callable ||
        m->p.node[args].kind != PICKLE_TUPLE)
        TRY(fail(m, "REDUCE of something that makes no tensor"));
    if (name == 0) {
        if (m->p.node[args].n != 0)
            TRY(fail(m, "an OrderedDict with arguments"));
        TRY(pickle_push_new(m, PICKLE_DICT, &n));
        n->ordered = true;
    } else {
        TRY(pickle_push_new(m, PICKLE_CALL, &n));
        n->u.call.fn = (uint32_t)name;
        n->u.call.args = args;
    }
out:
    return st;
}

/* Attributes of an OrderedDict (_metadata of a state dict) are dropped. */
static status op_build(struct machine *m, int unused)
{
    status st = OK;
    uint32_t state = 0;
    uint32_t node = 0;

    (void)unused;
    TRY(pickle_pop(m, &state));
    TRY(pickle_pop(m, &node));
    if (!m->p.node[node].ordered || m->p.node[state].kind != PICKLE_DICT)
        TRY(fail(m, "BUILD of something that is no state dict"));
    TRY(pickle_push(m, node));
out:
    return st;
}

typedef status op_fn(struct machine *m, int arg);

/* clang-format off */
static const struct op {
    unsigned char code;
    op_fn *fn;
    int arg;
} OPS[] = {
    {0x80, op_protocol, 1},       {0x95, op_frame, 8},
    {'(', op_mark, 0},            {'}', op_empty, PICKLE_DICT},
    {']', op_empty, PICKLE_LIST}, {')', op_empty, PICKLE_TUPLE},
    {'N', op_empty, PICKLE_NONE}, {0x88, pickle_op_bool, 1},
    {0x89, pickle_op_bool, 0},           {'J', pickle_op_int, 4},
    {'K', pickle_op_int, 1},             {'M', pickle_op_int, 2},
    {0x8a, pickle_op_long, 1},           {0x8b, pickle_op_long, 4},
    {'G', pickle_op_float, 8},           {'X', pickle_op_text, 4},
    {0x8c, pickle_op_text, 1},           {0x8d, pickle_op_text, 8},
    {'U', pickle_op_text, 1},            {'T', pickle_op_text, 4},
    {'C', pickle_op_bytes, 1},           {'B', pickle_op_bytes, 4},
    {0x8e, pickle_op_bytes, 8},          {'c', op_global, 0},
    {0x93, op_stack_global, 0},   {'t', op_tuple, -1},
    {0x85, op_tuple, 1},          {0x86, op_tuple, 2},
    {0x87, op_tuple, 3},          {'a', op_append, 1},
    {'e', op_append, 0},          {'s', op_set, 1},
    {'u', op_set, 0},             {'0', op_pop, 0},
    {'1', op_pop_mark, 0},        {'2', op_dup, 0},
    {'p', op_put, 0},             {'q', op_put, 1},
    {'r', op_put, 4},             {0x94, op_put, -1},
    {'g', op_get, 0},             {'h', op_get, 1},
    {'j', op_get, 4},             {'Q', op_storage, 0},
    {'R', op_reduce, 0},          {'b', op_build, 0},
};

/* Known by name, so that the message says what the file tries. */
static const struct {
    unsigned char code;
    const char *name;
} REFUSED[] = {
    {'i', "INST"},      {'o', "OBJ"},         {0x81, "NEWOBJ"},
    {0x82, "EXT1"},     {0x83, "EXT2"},       {0x84, "EXT4"},
    {'P', "PERSID"},    {0x92, "NEWOBJ_EX"},  {0x96, "BYTEARRAY8"},
    {0x8f, "EMPTY_SET"}, {0x90, "ADDITEMS"},  {0x97, "NEXT_BUFFER"},
    {0x91, "FROZENSET"}, {'I', "INT"},        {0x98, "READONLY_BUFFER"},
    {'L', "LONG"},      {'F', "FLOAT"},       {'S', "STRING"},
    {'V', "UNICODE"},   {'d', "DICT"},        {'l', "LIST"},
};
/* clang-format on */

status pickle_step(struct machine *m, unsigned char code, bool *done)
{
    char what[96];
    const char *name = "unknown";

    if (code == '.') {
        *done = true;
        return OK;
    }
    for (size_t i = 0; i < sizeof OPS / sizeof OPS[0]; i++)
        if (OPS[i].code == code)
            return OPS[i].fn(m, OPS[i].arg);
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++)
        if (REFUSED[i].code == code)
            name = REFUSED[i].name;
    (void)snprintf(what, sizeof what,
                   "opcode 0x%02x (%s), which torch.save does not write", code,
                   name);
    return fail(m, what);
}
