#ifndef STORE_PICKLE_OP_H
#define STORE_PICKLE_OP_H

#include "store/pickle.h"

/* Internal to pickle.c and pickle_op.c: the state of a program that is read,
 * and what opcodes do to it. */
struct machine {
    const char *where;
    const unsigned char *bytes;
    size_t size, at, op_at;
    const struct pickle_name *names;
    size_t n_names;
    struct pickle p;
    uint32_t mark; /* the one node that stands for a mark */
    uint32_t *stack;
    size_t depth, cap_stack;
    uint32_t *memo; /* node + 1, 0 = never stored */
    size_t n_memo, cap_memo, stored;
};

/* The next n bytes, or those up to a line feed. */
status pickle_take(struct machine *m, size_t n, const unsigned char **out);
status pickle_line(struct machine *m, const unsigned char **out, size_t *n);
status pickle_node_new(struct machine *m, uint8_t kind, uint32_t *out);
status pickle_push(struct machine *m, uint32_t node);
/* *n is valid until the next node is made. */
status pickle_push_new(struct machine *m, uint8_t kind, struct pickle_node **n);
status pickle_pop(struct machine *m, uint32_t *out);
/* Index of the entry above the topmost mark. */
status pickle_to_mark(struct machine *m, size_t *first);
/* Append to a list, tuple or dictionary. */
status
pickle_put(struct machine *m, uint32_t list, uint32_t key, uint32_t value);

/* A number of the next `bytes` bytes. */
status pickle_le(struct machine *m, int bytes, uint64_t *out);

/* Opcodes that push a value: its own (bool), or read with this width. */
status pickle_op_bool(struct machine *m, int value);
status pickle_op_int(struct machine *m, int width);
status pickle_op_long(struct machine *m, int width);
status pickle_op_float(struct machine *m, int width);
status pickle_op_text(struct machine *m, int width);
status pickle_op_bytes(struct machine *m, int width);

/* Obey one opcode; *done after STOP. */
status pickle_step(struct machine *m, unsigned char code, bool *done);

#endif
