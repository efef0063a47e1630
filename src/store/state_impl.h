#ifndef STORE_STATE_IMPL_H
#define STORE_STATE_IMPL_H

#include "base/text.h"

#include "store/checkpoint.h"
#include "store/raw.h"
#include "store/state.h"

/* Internal to store/: how the readers of the formats fill a state. */

/* A run of bytes that tensors are views of. */
struct state_span {
    uint64_t at; /* in the file */
    uint64_t size;
    unsigned char *mem; /* owned; instead of the file */
    bool has_crc;       /* to be checked when it is read */
    uint32_t crc;
    uint32_t users; /* tensors */
};

struct state_row {
    struct state_tensor t;
    size_t name_at; /* in names */
    uint32_t span;
    uint64_t first;              /* element of the span */
    uint64_t stride[STATE_RANK]; /* elements */
    uint64_t extent;             /* from the first element to the last, + 1 */
    bool plain;                  /* row-major without gaps */
};

struct state_other {
    struct state_value v;
    size_t name_at, text_at;
};

struct state {
    char *path;
    struct raw raw;
    enum state_format format;
    bool swap; /* the file has the other byte order */
    struct state_row *row;
    size_t n, cap;
    struct state_span *span;
    size_t n_spans, cap_spans;
    struct state_other *other;
    size_t n_others, cap_others;
    struct text names;
    uint32_t *sorted; /* rows by name */
    struct ckpt *ckpt;
    uint64_t cost; /* bytes that reading everything takes */
};

enum { STATE_MAX = 1 << 14, STATE_NAMES_MAX = 3 << 20 };

/* A tensor with type, shape, span, first and strides in *row; the rest is
 * checked and filled in here: extent inside the span, total within bounds. Its
 * name is copied. ERR_DATA. */
status state_add(struct state *s,
                 const char *name,
                 size_t name_len,
                 struct state_row *row);
status state_add_value(struct state *s,
                       const char *name,
                       size_t name_len,
                       const char *text,
                       bool is_text);
status
state_add_span(struct state *s, const struct state_span *span, uint32_t *out);
/* Strides of row-major order. */
void state_row_major(struct state_row *row);
/* The CRC-32 of a whole span, read in pieces. ERR_DATA. */
status state_check_span(const struct state *s, const struct state_span *span);

/* The formats; raw is open. */
status torch_open(struct state *s);
status torch_old_open(struct state *s);
status sft_open(struct state *s);
status state_nc_open(struct state *s);

#endif
