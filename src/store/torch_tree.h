#ifndef STORE_TORCH_TREE_H
#define STORE_TORCH_TREE_H

#include "store/pickle.h"
#include "store/state_impl.h"

/* Internal to store/: from a pickle program to tensors and values. Both forms
 * of torch.save share it; they differ in where storages lie. */

/* The names a file of weights may use. */
extern const struct pickle_name torch_names[];
extern const size_t torch_names_n;

struct torch_storage {
    enum state_type type;
    uint64_t len; /* elements */
    const unsigned char *key;
    size_t key_len;
    uint32_t span; /* filled by locate */
};

struct torch_tree {
    struct state *state;
    struct pickle pickle;
    const char *where; /* for messages */
    struct torch_storage *storage;
    size_t n, cap;
    uint32_t *slot; /* by hash of the key: storage + 1 */
    /* A storage that is seen for the first time: its bytes. */
    status (*locate)(struct torch_tree *t, struct torch_storage *s);
    void *ctx;
    char path[4608];
    size_t steps; /* of the walk */
};

/* Walk the whole tree from its top, which must be a dictionary, and add its
 * tensors and values to the state. */
status torch_tree_walk(struct torch_tree *t);
/* The storage of this key, NULL when no tensor uses it. */
struct torch_storage *
torch_tree_find(const struct torch_tree *t, const void *key, size_t len);
void torch_tree_free(struct torch_tree *t);

#endif
