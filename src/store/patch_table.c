/* What writer and reader of a shard have in common: names and digests. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "store/patch_file.h"

const enum digest_type PATCH_TYPE[PATCH_TYPES] = {
    DIGEST_U8,  DIGEST_I16, DIGEST_I32, DIGEST_F32, /* order of the files */
    DIGEST_F64, DIGEST_I8,  DIGEST_U16, DIGEST_U32};

int patch_type_slot(enum digest_type type)
{
    for (int i = 0; i < PATCH_TYPES; i++)
        if (PATCH_TYPE[i] == type)
            return i;
    return -1;
}

uint64_t patch_voxels(const struct patch_info *p)
{
    return (uint64_t)p->dim[0] * p->dim[1] * p->dim[2];
}

void patch_table_free(struct patch_table *t)
{
    mem_free(t->row);
    mem_free(t->entry);
    text_free(&t->records);
    *t = (struct patch_table){0};
}

void patch_sha(struct digest *d,
               const struct patch_info *p,
               const void *voxels,
               char sha[SHA256_HEX])
{
    uint64_t dim[3] = {p->dim[0], p->dim[1], p->dim[2]};

    digest_array(d, "patch", p->type, 3, dim, voxels);
    digest_end(d, sha);
}

status patch_table_sum(const struct patch_head *head,
                       uint32_t shard,
                       const struct patch_table *t,
                       char digest[SHA256_HEX])
{
    status st = OK;
    struct digest *d = NULL;

    TRY(digest_new(&d));
    digest_text(d, "list", head->list);
    digest_text(d, "columns", head->columns);
    digest_i64(d, "rows", head->rows);
    digest_i64(d, "negatives", head->negatives);
    digest_i64(d, "shards", head->shards);
    digest_i64(d, "shard", shard);
    if (head->normalised)
        digest_text(d, "unit", PATCH_NORMALISED);
    for (uint32_t i = 0; i < t->rows; i++)
        digest_i64(d, "row", t->row[i]);
    digest_text(d, "records", t->rows ? t->records.s : "");
    for (uint32_t i = 0; i < t->n; i++) {
        digest_i64(d, "row", t->entry[i].info.row);
        digest_i64(d, "k", t->entry[i].info.k);
        digest_i64(d, "at", (int64_t)t->entry[i].at);
        digest_text(d, "patch", t->entry[i].sha);
    }
    digest_end(d, digest);
out:
    digest_free(d);
    return st;
}

status patch_head_sum(const struct patch_head *head,
                      const char *content,
                      char digest[SHA256_HEX])
{
    status st = OK;
    struct digest *d = NULL;

    TRY(digest_new(&d));
    digest_text(d, "run_id", head->run_id);
    digest_text(d, "program", head->program);
    digest_text(d, "identity", head->identity);
    digest_text(d, "content", content);
    digest_end(d, digest);
out:
    digest_free(d);
    return st;
}

status patch_store_digest(const char (*shard_digest)[SHA256_HEX],
                          uint32_t shards,
                          char digest[SHA256_HEX])
{
    status st = OK;
    struct digest *d = NULL;

    TRY(digest_new(&d));
    for (uint32_t i = 0; i < shards; i++)
        digest_text(d, "shard", shard_digest[i]);
    digest_end(d, digest);
out:
    digest_free(d);
    return st;
}

status
patch_shard_path(const char *dir, uint32_t shard, uint32_t shards, char **out)
{
    struct text t = {0};

    text_add(&t, "%s/patches-%05u-of-%05u.nc", dir, shard, shards);
    if (text_status(&t) == OK)
        *out = t.s;
    return text_status(&t);
}
