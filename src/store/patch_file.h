#ifndef STORE_PATCH_FILE_H
#define STORE_PATCH_FILE_H

#include <stdint.h>

#include "base/csv.h"
#include "base/text.h"

#include "store/nc.h"
#include "store/patch.h"

/* Internal to store/: one shard file, as patch_write.c writes and
 * patch_shard.c reads it.
 *
 * attributes  kind, format, run_id, list, program, identity, columns, rows,
 *             negatives, shards, shard, digest (content), head (the rest);
 *             unit = "normalised" where voxels are not HU
 * row         [..] rows of this shard, in the order they were prepared
 * records     their records as CSV lines, characters
 * patch_row, patch_k, patch_type, patch_dim [..][3], patch_at, patch_sha
 *             [..][64]: one entry a patch: where its voxels begin in the
 *             array of its type, SHA-256 of shape, type and voxels
 * voxels_int16, ...: ragged, deflated */

#define PATCH_NORMALISED "normalised" /* attribute "unit" */
enum { PATCH_TYPES = 8, PATCH_SHA = SHA256_HEX - 1 };
extern const enum digest_type PATCH_TYPE[PATCH_TYPES];
/* Its place in PATCH_TYPE; -1 for another type. */
int patch_type_slot(enum digest_type type);

struct patch_entry {
    struct patch_info info;
    uint64_t at; /* first voxel */
    char sha[SHA256_HEX];
};

/* What a shard says beside its voxels. */
struct patch_table {
    uint32_t *row; /* [rows] */
    uint32_t rows;
    size_t row_cap;
    struct text records;       /* a line each */
    struct patch_entry *entry; /* [n] */
    uint32_t n;
    size_t entry_cap;
};
void patch_table_free(struct patch_table *t);

/* Voxels of a patch: d * h * w. */
uint64_t patch_voxels(const struct patch_info *p);

/* SHA-256 of shape, type and voxels; d is used up to digest_end. */
void patch_sha(struct digest *d,
               const struct patch_info *p,
               const void *voxels,
               char sha[SHA256_HEX]);

/* Content digest of a shard: list, counts, columns, records, entries (not
 * run, program, identity, which are notes on the origin). */
status patch_table_sum(const struct patch_head *head,
                       uint32_t shard,
                       const struct patch_table *t,
                       char digest[SHA256_HEX]);
/* Digest over what the content digest leaves out, and itself. */
status patch_head_sum(const struct patch_head *head,
                      const char *content,
                      char digest[SHA256_HEX]);

/* A shard that is read. */
struct patch_shard {
    char *path;
    struct nc nc;         /* id -1 while closed */
    int var[PATCH_TYPES]; /* -1: no such voxels */
    uint64_t len[PATCH_TYPES];
    struct patch_table table;
    struct csv *list; /* columns and records; NULL without rows */
    uint32_t shard;
    struct patch_head head; /* its texts are owned here */
    char *text[3];          /* program, identity, columns */
    char digest[SHA256_HEX];
};

/* Open a shard, read its tables, hold them against its digests; the file
 * stays open. */
status patch_shard_open(const char *path, struct patch_shard *s);
/* Close the file, open it again when it is closed. */
void patch_shard_shut(struct patch_shard *s);
status patch_shard_reopen(struct patch_shard *s);
void patch_shard_free(struct patch_shard *s);
/* Voxels of an entry, held against its SHA-256. */
status patch_shard_read(struct patch_shard *s,
                        const struct patch_entry *e,
                        struct digest *d,
                        void *voxels);

#endif
