/* The opcodes that push a plain value. */
#include <string.h>

#include "store/pickle_op.h"
#include "store/raw.h"

status pickle_le(struct machine *m, int bytes, uint64_t *out)
{
    status st = OK;
    const unsigned char *p = NULL;

    TRY(pickle_take(m, (size_t)bytes, &p));
    *out = raw_le(p, bytes);
out:
    return st;
}

status pickle_op_bool(struct machine *m, int value)
{
    status st = OK;
    struct pickle_node *n = NULL;

    TRY(pickle_push_new(m, PICKLE_BOOL, &n));
    n->u.i = value;
out:
    return st;
}

/* width 4 is signed, 1 and 2 are not. */
status pickle_op_int(struct machine *m, int width)
{
    status st = OK;
    struct pickle_node *n = NULL;
    uint64_t v = 0;

    TRY(pickle_le(m, width, &v));
    TRY(pickle_push_new(m, PICKLE_INT, &n));
    n->u.i = width == 4 ? (int64_t)(int32_t)(uint32_t)v : (int64_t)v;
out:
    return st;
}

/* Two's complement of any length; width is that of the length. */
status pickle_op_long(struct machine *m, int width)
{
    status st = OK;
    struct pickle_node *n = NULL;
    const unsigned char *p = NULL;
    uint64_t len = 0;

    TRY(pickle_le(m, width, &len));
    ENSURE(len <= 64, ERR_DATA, "%s: byte %zu: an integer of %llu bytes",
           m->where, m->op_at, (unsigned long long)len);
    TRY(pickle_take(m, (size_t)len, &p));
    TRY(pickle_push_new(m, len <= 8 ? PICKLE_INT : PICKLE_BIG, &n));
    n->n = (uint32_t)len;
    n->u.s = p;
    if (len <= 8) {
        uint64_t v = raw_le(p, (int)len);

        if (len > 0 && len < 8 && (p[len - 1] & 0x80))
            v |= UINT64_MAX << (8 * len);
        n->u.i = (int64_t)v;
    }
out:
    return st;
}

status pickle_op_float(struct machine *m, int width)
{
    status st = OK;
    struct pickle_node *n = NULL;
    const unsigned char *p = NULL;
    uint64_t v = 0;

    TRY(pickle_take(m, (size_t)width, &p));
    TRY(pickle_push_new(m, PICKLE_FLOAT, &n));
    for (int i = 0; i < width; i++)
        v = v << 8 | p[i];
    memcpy(&n->u.f, &v, sizeof v);
out:
    return st;
}

static status push_bytes(struct machine *m, int width, uint8_t kind)
{
    status st = OK;
    struct pickle_node *n = NULL;
    const unsigned char *p = NULL;
    uint64_t len = 0;

    TRY(pickle_le(m, width, &len));
    TRY(pickle_take(m, (size_t)len, &p));
    ENSURE(len <= UINT32_MAX, ERR_DATA, "%s: byte %zu: a text of 4 GB",
           m->where, m->op_at);
    ENSURE(kind != PICKLE_TEXT || raw_is_text(p, (size_t)len), ERR_DATA,
           "%s: byte %zu: a text that is not UTF-8, or has a NUL", m->where,
           m->op_at);
    TRY(pickle_push_new(m, kind, &n));
    n->n = (uint32_t)len;
    n->u.s = p;
out:
    return st;
}

status pickle_op_text(struct machine *m, int width)
{
    return push_bytes(m, width, PICKLE_TEXT);
}

status pickle_op_bytes(struct machine *m, int width)
{
    return push_bytes(m, width, PICKLE_BYTES);
}
