/* Voxels are appended to their array at once; the tables are small, stay in
 * memory and are written at the end. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#include "store/patch.h"
#include "store/patch_file.h"

enum { DEFLATE_LEVEL = 1 };

struct patch_writer {
    struct nc nc;
    char *path;
    char *tmp;
    struct patch_head head; /* texts are copies */
    char *text[3];
    char *decoder; /* or NULL */
    uint32_t shard;
    struct patch_table table;
    struct digest *sha;
    int var[PATCH_TYPES];
    uint64_t len[PATCH_TYPES];
};

static status keep_head(struct patch_writer *w, const struct patch_head *head)
{
    status st = OK;

    w->head = *head;
    TRY(mem_text(head->program, &w->text[0]));
    TRY(mem_text(head->identity, &w->text[1]));
    TRY(mem_text(head->columns, &w->text[2]));
    w->head.program = w->text[0];
    w->head.identity = w->text[1];
    w->head.columns = w->text[2];
out:
    return st;
}

status patch_create(const char *dir,
                    uint32_t shard,
                    const struct patch_head *head,
                    struct patch_writer **out)
{
    status st = OK;
    struct patch_writer *w = NULL;

    BUG_IF(shard >= head->shards || head->chunk == 0);
    TRY(mem_new(1, sizeof *w, &w));
    w->nc.id = -1;
    w->shard = shard;
    for (int i = 0; i < PATCH_TYPES; i++)
        w->var[i] = -1;
    TRY(keep_head(w, head));
    TRY(digest_new(&w->sha));
    TRY(patch_shard_path(dir, shard, head->shards, &w->path));
    TRY(file_tmp_name(w->path, &w->tmp));
    TRY(nc_create_new(w->tmp, &w->nc));
    *out = w;
    w = NULL;
out:
    patch_writer_free(w);
    return st;
}

status patch_put_row(struct patch_writer *w, uint32_t row, const char *record)
{
    status st = OK;
    struct patch_table *t = &w->table;

    BUG_IF(row >= w->head.rows);
    TRY(mem_grow(t->rows + 1, sizeof *t->row, &t->row, &t->row_cap));
    t->row[t->rows++] = row;
    text_add(&t->records, "%s\n", record);
    TRY(text_status(&t->records));
out:
    return st;
}

/* The array for voxels of this type, made when first needed. */
static status need_var(struct patch_writer *w, int slot)
{
    status st = OK;
    const char *type = digest_type_name(PATCH_TYPE[slot]);
    size_t chunk = w->head.chunk;
    char name[32];
    int dim = 0;

    if (w->var[slot] >= 0)
        return OK;
    (void)snprintf(name, sizeof name, "voxels_%s", type);
    NC_TRY(nc_def_dim(w->nc.id, name, NC_UNLIMITED, &dim), "%s", w->path);
    NC_TRY(nc_def_var(w->nc.id, name, nc_type_of(PATCH_TYPE[slot]), 1, &dim,
                      &w->var[slot]),
           "%s: %s", w->path, name);
    NC_TRY(nc_def_var_chunking(w->nc.id, w->var[slot], NC_CHUNKED, &chunk),
           "%s: %s", w->path, name);
    NC_TRY(nc_def_var_deflate(w->nc.id, w->var[slot], 1, 1, DEFLATE_LEVEL),
           "%s: %s", w->path, name);
out:
    return st;
}

status patch_put(struct patch_writer *w,
                 const struct patch_info *info,
                 const void *voxels)
{
    status st = OK;
    struct patch_table *t = &w->table;
    int slot = patch_type_slot(info->type);
    struct patch_entry *e = NULL;
    size_t n = patch_voxels(info);
    size_t at = 0;

    BUG_IF(slot < 0);
    BUG_IF(t->rows == 0 || t->row[t->rows - 1] != info->row);
    TRY(need_var(w, slot));
    at = w->len[slot];
    TRY(mem_grow(t->n + 1, sizeof *t->entry, &t->entry, &t->entry_cap));
    e = &t->entry[t->n];
    *e = (struct patch_entry){.info = *info, .at = at};
    patch_sha(w->sha, info, voxels, e->sha);
    if (n > 0)
        NC_TRY(nc_put_vara(w->nc.id, w->var[slot], &at, &n, voxels),
               "%s: row %" PRIu32, w->path, info->row);
    w->len[slot] += n;
    t->n++;
out:
    return st;
}

/* ---- tables ------------------------------------------------------------ */

static status put_list(struct patch_writer *w)
{
    status st = OK;
    struct nc *nc = &w->nc;
    int dim = 0;
    int row = 0;
    int records = 0;

    if (w->table.rows == 0)
        goto out;
    NC_TRY(nc_def_dim(nc->id, "rows", w->table.rows, &dim), "%s", w->path);
    NC_TRY(nc_def_var(nc->id, "row", NC_UINT, 1, &dim, &row), "%s", w->path);
    NC_TRY(nc_def_dim(nc->id, "characters", w->table.records.len, &dim), "%s",
           w->path);
    NC_TRY(nc_def_var(nc->id, "records", NC_CHAR, 1, &dim, &records), "%s",
           w->path);
    NC_TRY(nc_put_var_uint(nc->id, row, w->table.row), "%s: row", w->path);
    NC_TRY(nc_put_var_text(nc->id, records, w->table.records.s), "%s: records",
           w->path);
out:
    return st;
}

struct entry_vars {
    int row, k, type, dim, at, sha;
};

static status def_entries(struct patch_writer *w, struct entry_vars *v)
{
    status st = OK;
    int id = w->nc.id;
    int dims[2] = {0};
    int dims_sha[2] = {0};

    NC_TRY(nc_def_dim(id, "patches", w->table.n, &dims[0]), "%s", w->path);
    NC_TRY(nc_def_dim(id, "axes", 3, &dims[1]), "%s", w->path);
    dims_sha[0] = dims[0];
    NC_TRY(nc_def_dim(id, "digits", PATCH_SHA, &dims_sha[1]), "%s", w->path);
    NC_TRY(nc_def_var(id, "patch_row", NC_UINT, 1, dims, &v->row), "%s",
           w->path);
    NC_TRY(nc_def_var(id, "patch_k", NC_INT, 1, dims, &v->k), "%s", w->path);
    NC_TRY(nc_def_var(id, "patch_type", NC_UBYTE, 1, dims, &v->type), "%s",
           w->path);
    NC_TRY(nc_def_var(id, "patch_dim", NC_UINT, 2, dims, &v->dim), "%s",
           w->path);
    NC_TRY(nc_def_var(id, "patch_at", NC_UINT64, 1, dims, &v->at), "%s",
           w->path);
    NC_TRY(nc_def_var(id, "patch_sha", NC_CHAR, 2, dims_sha, &v->sha), "%s",
           w->path);
out:
    return st;
}

static status
put_entry(struct patch_writer *w, const struct entry_vars *v, uint32_t i)
{
    status st = OK;
    const struct patch_entry *e = &w->table.entry[i];
    int id = w->nc.id;
    size_t at[2] = {i, 0};
    size_t axes[2] = {1, 3};
    size_t digits[2] = {1, PATCH_SHA};
    unsigned dim[3] = {e->info.dim[0], e->info.dim[1], e->info.dim[2]};
    unsigned char type = (unsigned char)patch_type_slot(e->info.type);
    unsigned long long first = e->at;

    NC_TRY(nc_put_var1_uint(id, v->row, at, &e->info.row), "%s", w->path);
    NC_TRY(nc_put_var1_int(id, v->k, at, &e->info.k), "%s", w->path);
    NC_TRY(nc_put_var1_uchar(id, v->type, at, &type), "%s", w->path);
    NC_TRY(nc_put_vara_uint(id, v->dim, at, axes, dim), "%s", w->path);
    NC_TRY(nc_put_var1_ulonglong(id, v->at, at, &first), "%s", w->path);
    NC_TRY(nc_put_vara_text(id, v->sha, at, digits, e->sha), "%s", w->path);
out:
    return st;
}

static status put_entries(struct patch_writer *w)
{
    status st = OK;
    struct entry_vars v = {0};

    if (w->table.n == 0)
        goto out;
    TRY(def_entries(w, &v));
    for (uint32_t i = 0; i < w->table.n; i++)
        TRY(put_entry(w, &v, i));
out:
    return st;
}

static status put_head(struct patch_writer *w, const char *content)
{
    status st = OK;
    const struct patch_head *h = &w->head;
    char head[SHA256_HEX];

    TRY(patch_head_sum(h, content, head));
    TRY(nc_put_text(&w->nc, "kind", "fmcib patches"));
    TRY(nc_put_num(&w->nc, "format", PATCH_FORMAT));
    TRY(nc_put_hex(&w->nc, NC_GLOBAL, "run_id", h->run_id));
    TRY(nc_put_hex(&w->nc, NC_GLOBAL, "list", h->list));
    TRY(nc_put_text(&w->nc, "program", h->program));
    TRY(nc_put_text(&w->nc, "identity", h->identity));
    TRY(nc_put_text(&w->nc, "columns", h->columns));
    TRY(nc_put_num(&w->nc, "rows", h->rows));
    TRY(nc_put_num(&w->nc, "negatives", h->negatives));
    TRY(nc_put_num(&w->nc, "shards", h->shards));
    TRY(nc_put_num(&w->nc, "shard", w->shard));
    if (h->normalised)
        TRY(nc_put_text(&w->nc, "unit", PATCH_NORMALISED));
    if (w->decoder)
        TRY(nc_put_text(&w->nc, "decoder", w->decoder));
    TRY(nc_put_hex(&w->nc, NC_GLOBAL, "digest", content));
    TRY(nc_put_hex(&w->nc, NC_GLOBAL, "head", head));
out:
    return st;
}

status patch_decoder(struct patch_writer *w, const char *name)
{
    if (w->decoder)
        return OK;
    return mem_text(name, &w->decoder);
}

status patch_finish(struct patch_writer *w, char digest[SHA256_HEX])
{
    status st = OK;
    char content[SHA256_HEX];

    TRY(patch_table_sum(&w->head, w->shard, &w->table, content));
    TRY(put_list(w));
    TRY(put_entries(w));
    TRY(put_head(w, content));
    TRY(nc_finish(&w->nc));
    TRY(file_rename(w->tmp, w->path));
    mem_free(w->tmp);
    w->tmp = NULL;
    memcpy(digest, content, sizeof content);
out:
    return st;
}

void patch_writer_free(struct patch_writer *w)
{
    if (!w)
        return;
    nc_end(&w->nc);
    if (w->tmp)
        (void)unlink(w->tmp);
    for (int i = 0; i < 3; i++)
        mem_free(w->text[i]);
    patch_table_free(&w->table);
    digest_free(w->sha);
    mem_free(w->decoder);
    mem_free(w->tmp);
    mem_free(w->path);
    mem_free(w);
}
