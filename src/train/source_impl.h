#ifndef TRAIN_SOURCE_IMPL_H
#define TRAIN_SOURCE_IMPL_H

#include "store/patch.h"
#include "train/source.h"

/* Inside the source (source*.c only). */
struct source {
    struct source_facts facts;
    struct patch_store *store; /* a store, or ... */
    struct list *list;         /* a list of volumes, or computed */
    struct source_list_conf conf;
    int64_t *slice;        /* [rows] first slice its patch needs */
    char **fault;          /* [rows] of a lenient list, else NULL */
    struct cutter *cutter; /* of the open volume */
    uint32_t open;         /* its number, UINT32_MAX = none */
    struct live *live;     /* beside a store, or NULL */
    uint64_t seed;
    uint32_t edge;
};

/* The patch of a row of a list (source_list.c). */
status
source_read_seed(struct source *s, uint32_t row, void *data, struct patch *out);

#endif
