#ifndef TRAIN_EXTRACT_IMPL_H
#define TRAIN_EXTRACT_IMPL_H

#include "nn/meet_local.h"
#include "nn/net.h"
#include "train/extract.h"
#include "vol/augment/augment.h"

/* Inside extraction (extract*.c only). */

/* What is finished, on rank 0: of all ranks and of former runs. */
struct extract_done {
    uint32_t rows, dim;
    uint8_t *have; /* [rows]; on all ranks */
    float *value;  /* [rows][dim], rank 0 */
    char **reason; /* [rows] of bad rows, rank 0 */
    char weights[SHA256_HEX], input[SHA256_HEX];
};

struct extract {
    const struct extract_io *io;
    struct dev *dev;
    /* Local shards only. Called by norms that need their batch (group). */
    struct meet meet;
    struct meet_local *local; /* NULL: never called */
    struct net *net;
    struct net_conf conf;
    struct augment_chain chain; /* of another pipeline than the plain one */
    bool chained;
    float *scratch; /* [threads][scratch_len] view and scratch of the chain */
    size_t chain_len, scratch_len;
    struct extract_done done;
    uint32_t batch;
    uint32_t group; /* rows that go together; 0: rows are alone */
    uint32_t *todo; /* [n_todo] of this rank as they are read */
    uint32_t n_todo;
    uint32_t next;         /* of todo to be read */
    uint32_t *row;         /* [n_todo] computed, in that order */
    float *value;          /* [n_todo][features], in the same */
    uint32_t n;            /* of them there */
    uint32_t saved;        /* of them in parts */
    uint32_t *chunk;       /* [threads * batch] rows */
    uint32_t n_chunk;      /* rows in the chunk */
    char *raw;             /* [threads * batch] patches, max_bytes each */
    struct patch *patches; /* [threads * batch] */
    float *views;          /* [threads][batch][size^3] */
    float *shard;          /* [batch][features] */
    size_t view_len;
};

/* ---- extract_net.c ---- */
/* Backend, network with its weights, transforms. Any rank. ERR_CONF: keys that
 * do not fit the weights or the input. */
status extract_open(struct extract *x);
/* A patch as the network takes it, [size^3]. */
status
extract_view(struct extract *x, const struct patch *p, int member, float *view);
void extract_close(struct extract *x);

/* ---- extract_parts.c, extract_table.c ---- */
/* A file of n rows in folder `out`, named by its first row. */
status extract_save(const char *out,
                    const struct extract_done *d,
                    uint32_t n,
                    const uint32_t *row,
                    const float *value);
/* All files of the folder into d. ERR_RUN: of other weights or another input.
 */
status extract_load(const char *out, struct extract_done *d);
/* Rank 0: every row has features or a reason. ERR_DATA: none has features. */
status extract_table(const struct extract_done *d,
                     struct source *s,
                     struct extract_out *out);

#endif
