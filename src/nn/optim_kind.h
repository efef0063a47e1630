#ifndef NN_OPTIM_KIND_H
#define NN_OPTIM_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nn/optim.h"

/* Inside the optimisers. A slice is cut into chunks of VEC_CHUNK elements, the
 * items of the team; norms of a slice are chunk sums in the tree. */
struct chunk {
    int32_t slice;
    size_t offset, len; /* in the flat vector */
};

struct optim {
    struct optim_conf conf;
    const struct optim_kind *kind;
    struct slice *slices;
    size_t n_slices;
    struct team *team;
    struct dev *dev;
    const struct dev_ops *ops;
    size_t elem;
    char *state;      /* [kind->vectors] flat vectors */
    size_t param_len; /* of one of them */
    int64_t *steps;   /* [n_slices] steps a slice took part in */
    struct chunk *chunks;
    size_t *first;   /* [n_slices + 1] first chunk of a slice */
    double *sums;    /* [chunks][2] squares of p, g */
    double *scratch; /* the same */
    double *norms;   /* [n_slices][2] lengths of p, g */
    double grad_norm, param_norm;
};

/* A row of the table of optimisers: update every chunk, given norms. */
struct optim_kind {
    const char *name;
    const char *prefix[OPTIM_VECTORS]; /* of the state vectors in files */
    size_t vectors;
    status (*step)(
        struct optim *o, double lr, void *p, const void *g, const bool *skip);
};

extern const struct optim_kind optim_lars;
extern const struct optim_kind optim_sgd;
extern const struct optim_kind optim_adam;

#endif
