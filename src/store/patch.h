#ifndef STORE_PATCH_H
#define STORE_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"

#include "det/digest.h"

/* Patch store: a folder with one NetCDF-4 file per prep shard,
 * `patches-00003-of-00016.nc`, each published by rename. Every row of a list
 * has one positive patch (about its seed) and K stored negatives, each with
 * its true shape and pixel type. Voxels are ragged: one long array per type,
 * deflated. One thread of a process calls in here (netCDF), except where
 * said. */

enum { PATCH_FORMAT = 1, PATCH_POSITIVE = -1 };

/* One patch. type: any but DIGEST_I64. */
struct patch_info {
    uint32_t row;    /* row of the list, from 0 */
    int32_t k;       /* PATCH_POSITIVE, or which negative: 0 .. K-1 */
    uint32_t dim[3]; /* voxels along z, y, x; voxel [z][y][x], LPS */
    enum digest_type type;
};

/* What all shards of a store have in common. */
struct patch_head {
    char run_id[SHA256_HEX]; /* of the prepare run */
    char list[SHA256_HEX];   /* digest of the list (list.h) */
    const char *program;     /* "fmcib-prepare 0.1.0", a note */
    const char *identity;    /* canonical identity configuration, a note */
    const char *columns;     /* header record of the list, CSV, no newline */
    uint32_t rows;           /* rows of the whole list */
    uint32_t negatives;      /* K */
    uint32_t shards;
    uint32_t chunk;  /* voxels a chunk of the file holds, e.g. of one patch */
    bool normalised; /* voxels are (HU + 1024) / 3072 (inference path), else
                        HU */
};

/* ---- writing one shard ------------------------------------------------- */

struct patch_writer; /* opaque */

/* "DIR/patches-00003-of-00016.nc"; caller frees. */
status
patch_shard_path(const char *dir, uint32_t shard, uint32_t shards, char **out);

/* Shard `shard` of the store in folder dir (which is there). ERR_FILE,
 * ERR_MEM. */
status patch_create(const char *dir,
                    uint32_t shard,
                    const struct patch_head *head,
                    struct patch_writer **out);
/* The record of a row (CSV, no newline), before its patches. */
status patch_put_row(struct patch_writer *w, uint32_t row, const char *record);
/* The next patch; voxels [z][y][x] of info->type. A dimension may be 0. */
status patch_put(struct patch_writer *w,
                 const struct patch_info *info,
                 const void *voxels);
/* The program that decoded voxels, for the record: attribute "decoder", which
 * no digest covers. ERR_MEM. */
status patch_decoder(struct patch_writer *w, const char *name);
/* Publish; the shard's content digest. The writer is still to be freed. */
status patch_finish(struct patch_writer *w, char digest[SHA256_HEX]);
/* Without patch_finish before it the temporary file is removed. */
void patch_writer_free(struct patch_writer *w);

/* Is this shard there, complete and of this run id and list? (resume) Then
 * its digest. *there false when the file is missing. ERR_RUN when it belongs
 * to another run or list, ERR_DATA/ERR_NUMERIC when it is damaged. */
status patch_shard_check(const char *dir,
                         uint32_t shard,
                         const struct patch_head *head,
                         bool *there,
                         char digest[SHA256_HEX]);

/* Digest of a store from the digests of its shards in order. */
status patch_store_digest(const char (*shard_digest)[SHA256_HEX],
                          uint32_t shards,
                          char digest[SHA256_HEX]);

/* ---- reading a store --------------------------------------------------- */

struct patch_store; /* opaque */

struct patch_facts {
    uint32_t rows;
    uint32_t negatives; /* K */
    uint32_t shards;
    uint32_t patches;    /* rows * (1 + K) */
    uint32_t max_dim[3]; /* largest z, y, x */
    uint32_t min_dim[3]; /* smallest */
    uint64_t max_voxels; /* of one patch */
    uint64_t bytes;      /* of all voxels: what patch_store_load takes */
    bool normalised;     /* patch_head */
    char run_id[SHA256_HEX];
    char list[SHA256_HEX];
    char digest[SHA256_HEX]; /* of the store's content */
};

/* All shards are there, complete, of one run and one list, every row once with
 * 1 + K patches; tables are held against their digests (voxels when read).
 * ERR_FILE (folder or shard missing), ERR_DATA, ERR_NUMERIC (digest),
 * ERR_RUN (shards of two runs), each naming the file. */
status patch_store_open(const char *dir, struct patch_store **out);
void patch_store_close(struct patch_store *s);
const struct patch_facts *patch_store_facts(const struct patch_store *s);
/* Canonical identity configuration of the prepare run. */
const char *patch_store_identity(const struct patch_store *s);

/* All voxels into memory (facts.bytes), each held against its digest. Then
 * patch_read and patch_read_f32 are safe from any thread and touch no file. */
status patch_store_load(struct patch_store *s);

/* k = PATCH_POSITIVE or 0 .. K-1. A wrong row or k is ERR_BUG's business. */
void patch_at(const struct patch_store *s,
              uint32_t row,
              int32_t k,
              struct patch_info *out);
/* Voxels [z][y][x] in their type; ERR_FILE, ERR_DATA, ERR_NUMERIC. No
 * allocation after the first read of a shard. */
status patch_read(struct patch_store *s, uint32_t row, int32_t k, void *voxels);
/* The same as float (nearest; exact for u8, i16, f32). */
status
patch_read_f32(struct patch_store *s, uint32_t row, int32_t k, float *voxels);

/* The list inside the store: its columns and cells, text as it was there. */
uint32_t patch_store_cols(const struct patch_store *s);
const char *patch_store_col(const struct patch_store *s, uint32_t col);
int32_t patch_store_find(const struct patch_store *s, const char *name);
const char *
patch_store_cell(const struct patch_store *s, uint32_t row, uint32_t col);

#endif
