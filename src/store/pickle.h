#ifndef STORE_PICKLE_H
#define STORE_PICKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Internal to store/: a pickle program (Python's pickletools, protocols 2 to 5)
 * read as data. Nothing is looked up, called or built: the result is a tree of
 * nodes in which a call is a node too, for the caller to know or to refuse.
 * Names outside the caller's list, and opcodes that torch.save does not write,
 * are ERR_DATA with their byte. Bounded: PICKLE_NODES nodes and as many entries
 * on the stack and in the memo, twice as many items; texts are not copied.
 *
 * Nodes may be shared and may form cycles: who walks them bounds the walk. */
enum { PICKLE_NODES = 1 << 17 };

enum pickle_kind {
    PICKLE_NONE,
    PICKLE_BOOL,
    PICKLE_INT,
    PICKLE_BIG, /* beyond 64 bits: little-endian two's complement, s[n] */
    PICKLE_FLOAT,
    PICKLE_TEXT,  /* UTF-8 without NUL, s[n] */
    PICKLE_BYTES, /* s[n] */
    PICKLE_LIST,
    PICKLE_TUPLE,
    PICKLE_DICT,
    PICKLE_NAME,    /* i = index in the caller's list */
    PICKLE_CALL,    /* of name `fn` with the tuple `args` */
    PICKLE_STORAGE, /* persistent id: the tuple `args` */
    PICKLE_MARK     /* inside the reader alone */
};

struct pickle_node {
    uint8_t kind;
    bool ordered; /* a dict made by OrderedDict: may carry attributes */
    bool clean;   /* for the caller (pickle_unique) */
    uint32_t n;   /* bytes, or items */
    union {
        int64_t i;
        double f;
        const unsigned char *s;
        struct {
            uint32_t first, last; /* items, PICKLE_END: none */
        } list;
        struct {
            uint32_t fn, args;
        } call;
    } u;
};

struct pickle_item {
    uint32_t key, value; /* nodes; key only in dicts */
    uint32_t next;       /* PICKLE_END: none */
};
#define PICKLE_END UINT32_MAX

struct pickle_name {
    const char *module, *name;
    bool callable; /* may stand before REDUCE */
};

struct pickle {
    struct pickle_node *node;
    struct pickle_item *item;
    size_t n_nodes, cap_nodes, n_items, cap_items;
    uint32_t top;
    size_t used; /* bytes of the program */
};

/* Read one program from the start of bytes, which outlive the result. where
 * ("model.pt: data.pkl") begins all messages. names[0] is OrderedDict. */
status pickle_read(const char *where,
                   const unsigned char *bytes,
                   size_t size,
                   const struct pickle_name *names,
                   size_t n_names,
                   struct pickle *out);
void pickle_free(struct pickle *p);

/* What a node is, in a word. */
const char *pickle_kind_name(const struct pickle_node *n);

/* Of keys that are set twice keep the last value at the first place, as Python
 * does. ERR_DATA: a key that is neither text nor integer, or longer than 4096
 * bytes; ERR_MEM. */
status pickle_unique(const char *where, struct pickle *p, uint32_t dict);

#endif
