/* Values of tensors: pieces come straight from the file into the caller's
 * memory; only views with strides go through a copy of their extent. */
#include <string.h>

#include "base/mem.h"

#include "store/crc.h"
#include "store/state_impl.h"

enum { PIECE = 1 << 20 };

/* Turn the bytes of n units round. */
static void swap(unsigned char *p, size_t n, size_t unit)
{
    for (size_t i = 0; i < n; i++, p += unit)
        for (size_t k = 0; k < unit / 2; k++) {
            unsigned char b = p[k];

            p[k] = p[unit - 1 - k];
            p[unit - 1 - k] = b;
        }
}

static void to_host(const struct state *s, enum state_type t, void *p, size_t n)
{
    size_t parts = t == STATE_C64 || t == STATE_C128 ? 2 : 1;

    if (s->swap)
        swap(p, n * parts, state_type_size(t) / parts);
}

static status read_span(const struct state *s,
                        const struct state_span *span,
                        uint64_t at,
                        size_t n,
                        void *out)
{
    if (!span->mem)
        return raw_read(&s->raw, span->at + at, n, out);
    memcpy(out, span->mem + at, n);
    return OK;
}

static status
check_crc(const struct state *s, const struct state_span *span, uint32_t crc)
{
    status st = OK;

    ENSURE(!span->has_crc || crc == span->crc, ERR_DATA,
           "%s: the storage at byte %llu is damaged (its CRC-32 does not "
           "match); fetch the file again",
           s->path, (unsigned long long)span->at);
out:
    return st;
}

status state_check_span(const struct state *s, const struct state_span *span)
{
    status st = OK;
    unsigned char *buf = NULL;
    uint32_t crc = 0;

    TRY(mem_raw(PIECE, 1, &buf));
    for (uint64_t at = 0; at < span->size; at += PIECE) {
        uint64_t left = span->size - at;
        size_t n = left < PIECE ? (size_t)left : PIECE;

        TRY(read_span(s, span, at, n, buf));
        crc = crc_add(crc, buf, n);
    }
    TRY(check_crc(s, span, crc));
out:
    mem_free(buf);
    return st;
}

/* Element i of row-major order, relative to the tensor's first. */
static uint64_t place(const struct state_row *r, uint64_t i)
{
    uint64_t at = 0;

    for (int k = r->t.rank - 1; k >= 0; k--) {
        at += i % r->t.dim[k] * r->stride[k];
        i /= r->t.dim[k];
    }
    return at;
}

static void gather(const struct state_row *r,
                   const unsigned char *whole,
                   uint64_t first,
                   uint64_t n,
                   unsigned char *out)
{
    size_t size = state_type_size(r->t.type);

    for (uint64_t i = 0; i < n; i++)
        memcpy(out + i * size, whole + place(r, first + i) * size, size);
}

status state_start(struct state *s, size_t tensor, struct state_reader *out)
{
    status st = OK;
    struct state_reader r = {.state = s, .tensor = tensor};
    const struct state_row *row = NULL;
    size_t size;

    BUG_IF(tensor >= s->n);
    row = &s->row[tensor];
    size = state_type_size(row->t.type);
    if (s->ckpt) {
        TRY(mem_raw((size_t)row->t.len, size, &r.whole));
        TRY(ckpt_get(s->ckpt, row->t.name, r.whole));
    } else if (!row->plain) {
        TRY(mem_raw((size_t)row->extent, size, &r.whole));
        TRY(read_span(s, &s->span[row->span], row->first * size,
                      (size_t)row->extent * size, r.whole));
    }
    *out = r;
    r.whole = NULL;
out:
    mem_free(r.whole);
    return st;
}

status state_next(struct state_reader *r, uint64_t n, void *out)
{
    status st = OK;
    const struct state *s = r->state;
    const struct state_row *row = &s->row[r->tensor];
    const struct state_span *span = &s->span[row->span];
    size_t size = state_type_size(row->t.type);

    BUG_IF(n > row->t.len - r->next);
    if (r->whole && row->plain) {
        memcpy(out, r->whole + r->next * size, n * size);
    } else if (r->whole) {
        gather(row, r->whole, r->next, n, out);
    } else {
        TRY(read_span(s, span, (row->first + r->next) * size, (size_t)n * size,
                      out));
        if (span->has_crc)
            r->crc = crc_add(r->crc, out, (size_t)n * size);
    }
    to_host(s, row->t.type, out, (size_t)n);
    r->next += n;
    if (r->next == row->t.len && !r->whole)
        TRY(check_crc(s, span, r->crc));
out:
    return st;
}

void state_stop(struct state_reader *r)
{
    mem_free(r->whole);
    r->whole = NULL;
}

static status check_one(struct state *s, size_t tensor, unsigned char *buf)
{
    status st = OK;
    const struct state_tensor *t = &s->row[tensor].t;
    uint64_t step = PIECE / state_type_size(t->type);
    struct state_reader r = {0};

    TRY(state_start(s, tensor, &r));
    do {
        uint64_t left = t->len - r.next;

        TRY(state_next(&r, left < step ? left : step, buf));
    } while (r.next < t->len);
out:
    state_stop(&r);
    return st;
}

status state_check(struct state *s)
{
    status st = OK;
    unsigned char *buf = NULL;

    TRY(mem_raw(PIECE, 1, &buf));
    for (size_t i = 0; i < s->n; i++)
        TRY(check_one(s, i, buf));
out:
    mem_free(buf);
    return st;
}

/* ---- types ----------------------------------------------------------------
 */

static float from_bits(uint32_t bits)
{
    float f;

    memcpy(&f, &bits, sizeof f);
    return f;
}

/* IEEE binary16; exact, NaN payloads kept. */
static float half(uint32_t h)
{
    uint32_t sign = (h & 0x8000) << 16;
    uint32_t exponent = h >> 10 & 0x1f;
    uint32_t fraction = h & 0x3ff;

    if (exponent == 0x1f)
        return from_bits(sign | 0x7f800000 | fraction << 13);
    if (exponent == 0) {
        float f = (float)fraction * 0x1p-24F;

        return sign ? -f : f;
    }
    return from_bits(sign | (exponent + 112) << 23 | fraction << 13);
}

void state_to_f32(enum state_type type, const void *in, size_t n, float *out)
{
    const uint16_t *h = in;
    const double *d = in;

    BUG_IF(!state_type_float(type));
    switch (type) {
    case STATE_F16:
        for (size_t i = 0; i < n; i++)
            out[i] = half(h[i]);
        break;
    case STATE_BF16:
        for (size_t i = 0; i < n; i++)
            out[i] = from_bits((uint32_t)h[i] << 16);
        break;
    case STATE_F64:
        for (size_t i = 0; i < n; i++)
            out[i] = (float)d[i];
        break;
    default:
        memcpy(out, in, n * sizeof *out);
    }
}

void state_to_f64(enum state_type type, const void *in, size_t n, double *out)
{
    const unsigned char *p = in;
    float f;

    if (type == STATE_F64) {
        memcpy(out, in, n * sizeof *out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        state_to_f32(type, p + i * state_type_size(type), 1, &f);
        out[i] = (double)f;
    }
}
