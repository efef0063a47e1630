#ifndef STORE_CHECKPOINT_H
#define STORE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"

#include "det/digest.h"

/* Named arrays and named texts in one NetCDF-4 file, published by rename:
 * checkpoints (weights, momentum, counters, identity) and `weights` files.
 * Arrays go through one by one, so no second copy of a network is ever held.
 * Uncompressed: it is written at the speed of the disk.
 *
 * Digests: an array's is det/digest over (name, type, shape, values); the
 * content digest is over (name, array digest) in the order of ckpt_put. So it
 * says nothing of texts, and ckpt_sum gives it from memory without a file.
 * One thread of a process calls in here (ckpt_array_digest: any). */

enum { CKPT_FORMAT = 1, CKPT_RANK = 6 };

/* ---- writing ----------------------------------------------------------- */

struct ckpt_writer; /* opaque */

/* kind: "checkpoint", "weights", ...; the reader asks for it. ERR_FILE. */
status
ckpt_create(const char *path, const char *kind, struct ckpt_writer **out);
/* The next array: name without '/', type F32, F64, I32, I64 or U8, dim[rank]
 * all >= 1 (rank 0: one value). ERR_FILE. */
status ckpt_put(struct ckpt_writer *w,
                const char *name,
                enum digest_type type,
                int rank,
                const uint64_t *dim,
                const void *values);
/* A text: identity dump, run id, ... at most 60,000 bytes. */
status
ckpt_put_text(struct ckpt_writer *w, const char *name, const char *value);
/* fsync, rename; the content digest. The writer is still to be freed. */
status ckpt_finish(struct ckpt_writer *w, char digest[SHA256_HEX]);
/* Without ckpt_finish before it the temporary file is removed. */
void ckpt_writer_free(struct ckpt_writer *w);

/* ---- reading ----------------------------------------------------------- */

struct ckpt; /* opaque */

struct ckpt_array {
    const char *name; /* lives as long as the ckpt */
    enum digest_type type;
    int rank;
    uint64_t dim[CKPT_RANK];
    uint64_t len; /* product of dim */
    char digest[SHA256_HEX];
};

/* Table, texts and digests are held against each other; values when they are
 * read. ERR_FILE; ERR_DATA: no file of ours, truncated, another format or
 * kind; ERR_NUMERIC: digest. All name the file. */
status ckpt_open(const char *path, const char *kind, struct ckpt **out);
void ckpt_close(struct ckpt *c);
uint32_t ckpt_count(const struct ckpt *c);
const struct ckpt_array *ckpt_at(const struct ckpt *c, uint32_t i);
/* NULL when there is none of that name. */
const struct ckpt_array *ckpt_info(const struct ckpt *c, const char *name);
/* The same, absent or of another type or shape is ERR_DATA that says both. */
status ckpt_need(const struct ckpt *c,
                 const char *name,
                 enum digest_type type,
                 int rank,
                 const uint64_t *dim);
/* All values of an array, held against their digest: ERR_NUMERIC. */
status ckpt_get(struct ckpt *c, const char *name, void *values);
/* A text, NULL when absent; lives as long as the ckpt. */
const char *ckpt_text(const struct ckpt *c, const char *name);
/* Content digest as the file states it (proved once all arrays were read). */
const char *ckpt_digest(const struct ckpt *c);
/* Read every array once (memory of the largest): OK means undamaged. */
status ckpt_verify(struct ckpt *c);

/* ---- the digest from memory -------------------------------------------- */

/* Digest of one array. Any thread. */
status ckpt_array_digest(const char *name,
                         enum digest_type type,
                         int rank,
                         const uint64_t *dim,
                         const void *values,
                         char digest[SHA256_HEX]);

/* The content digest of arrays added in the order they would be put. */
struct ckpt_sum; /* opaque */
status ckpt_sum_new(struct ckpt_sum **out);
void ckpt_sum_add(struct ckpt_sum *s,
                  const char *name,
                  const char array_digest[SHA256_HEX]);
void ckpt_sum_end(struct ckpt_sum *s, char digest[SHA256_HEX]);
void ckpt_sum_free(struct ckpt_sum *s);

#endif
