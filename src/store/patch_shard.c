/* Reading one shard: tables whole, voxels when asked for. Whatever stands in
 * the file is held against what must be so before it is used as a size. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "store/patch_file.h"

enum { MOST = 1 << 30 }; /* rows, patches, shards: far beyond any list */

static status get_count(const struct nc *nc, const char *name, uint32_t *out)
{
    status st = OK;
    int64_t v = 0;

    TRY(nc_get_num(nc, name, &v));
    ENSURE(v >= 0 && v < MOST, ERR_DATA, "%s: %s is %" PRId64, nc->path, name,
           v);
    *out = (uint32_t)v;
out:
    return st;
}

static status read_head(struct patch_shard *s)
{
    status st = OK;
    struct patch_head *h = &s->head;
    uint32_t format = 0;
    char want[SHA256_HEX];
    char hex[SHA256_HEX];

    TRY(nc_expect(&s->nc, "kind", "fmcib patches"));
    TRY(get_count(&s->nc, "format", &format));
    ENSURE(format == PATCH_FORMAT, ERR_DATA,
           "%s: format %" PRIu32 ", this release reads %d (prepare the patches "
           "again)",
           s->path, format, (int)PATCH_FORMAT);
    TRY(nc_get_hex(&s->nc, NC_GLOBAL, "run_id", h->run_id));
    TRY(nc_get_hex(&s->nc, NC_GLOBAL, "list", h->list));
    TRY(nc_get_text(&s->nc, "program", &s->text[0]));
    TRY(nc_get_text(&s->nc, "identity", &s->text[1]));
    TRY(nc_get_text(&s->nc, "columns", &s->text[2]));
    h->program = s->text[0];
    h->identity = s->text[1];
    h->columns = s->text[2];
    TRY(get_count(&s->nc, "rows", &h->rows));
    TRY(get_count(&s->nc, "negatives", &h->negatives));
    TRY(get_count(&s->nc, "shards", &h->shards));
    TRY(get_count(&s->nc, "shard", &s->shard));
    if (nc_inq_att(s->nc.id, NC_GLOBAL, "unit", NULL, NULL) == NC_NOERR) {
        TRY(nc_expect(&s->nc, "unit", PATCH_NORMALISED));
        h->normalised = true;
    }
    TRY(nc_get_hex(&s->nc, NC_GLOBAL, "digest", s->digest));
    TRY(nc_get_hex(&s->nc, NC_GLOBAL, "head", want));
    TRY(patch_head_sum(h, s->digest, hex));
    ENSURE(strcmp(hex, want) == 0, ERR_NUMERIC,
           "%s: damaged: its origin does not give the digest %s", s->path,
           want);
out:
    return st;
}

/* Length of a dimension, 0 when there is none of that name. */
static status dim_len(const struct nc *nc, const char *name, size_t *len)
{
    status st = OK;
    int dim = 0;

    *len = 0;
    if (nc_inq_dimid(nc->id, name, &dim) != NC_NOERR)
        return OK;
    NC_TRY(nc_inq_dimlen(nc->id, dim, len), "%s: %s", nc->path, name);
    ENSURE(*len < MOST, ERR_DATA, "%s: %s: impossible length %zu", nc->path,
           name, *len);
out:
    return st;
}

/* Variable `name` of this type over dimensions `d0` (and `d1` unless NULL). */
static status need_var(const struct nc *nc,
                       const char *name,
                       int type,
                       const char *d0,
                       const char *d1,
                       int *out)
{
    status st = OK;
    int dims[NC_MAX_VAR_DIMS] = {-1, -1};
    int want[2] = {-1, -1};
    int n = 0;
    int has = 0;

    NC_TRY(nc_inq_varid(nc->id, name, out), "%s: %s", nc->path, name);
    NC_TRY(nc_inq_var(nc->id, *out, NULL, &has, &n, dims, NULL), "%s: %s",
           nc->path, name);
    NC_TRY(nc_inq_dimid(nc->id, d0, &want[0]), "%s: %s", nc->path, d0);
    if (d1)
        NC_TRY(nc_inq_dimid(nc->id, d1, &want[1]), "%s: %s", nc->path, d1);
    ENSURE(has == type && n == 1 + (d1 != NULL) && dims[0] == want[0] &&
               (!d1 || dims[1] == want[1]),
           ERR_DATA, "%s: %s has another type or shape than it must", nc->path,
           name);
out:
    return st;
}

static status read_list(struct patch_shard *s)
{
    status st = OK;
    struct text all = {0};
    struct patch_table *t = &s->table;
    size_t rows = 0;
    size_t len = 0;
    char *records = NULL;
    int var = 0;

    TRY(dim_len(&s->nc, "rows", &rows));
    TRY(dim_len(&s->nc, "characters", &len));
    t->rows = (uint32_t)rows;
    if (rows == 0)
        goto out;
    TRY(mem_new(rows, sizeof *t->row, &t->row));
    TRY(need_var(&s->nc, "row", NC_UINT, "rows", NULL, &var));
    NC_TRY(nc_get_var_uint(s->nc.id, var, t->row), "%s: row", s->path);
    TRY(mem_new(len + 1, 1, &records));
    TRY(need_var(&s->nc, "records", NC_CHAR, "characters", NULL, &var));
    NC_TRY(nc_get_var_text(s->nc.id, var, records), "%s: records", s->path);
    text_put(&t->records, records, len);
    text_add(&all, "%s\n%s", s->head.columns, records);
    TRY(text_status(&t->records));
    TRY(text_status(&all));
    TRY(csv_parse(s->path, all.s, all.len, &s->list));
    ENSURE(csv_rows(s->list) == t->rows, ERR_DATA,
           "%s: %" PRIu32 " records for %" PRIu32 " rows", s->path,
           csv_rows(s->list), t->rows);
out:
    mem_free(records);
    text_free(&all);
    return st;
}

/* One table of the entries into buf (big enough for the largest). */
static status entry_array(struct patch_shard *s,
                          const char *name,
                          int type,
                          const char *d1,
                          void *buf)
{
    status st = OK;
    int var = 0;

    TRY(need_var(&s->nc, name, type, "patches", d1, &var));
    NC_TRY(nc_get_var(s->nc.id, var, buf), "%s: %s", s->path, name);
out:
    return st;
}

static status fill_entries(struct patch_shard *s, void *buf)
{
    status st = OK;
    struct patch_entry *e = s->table.entry;
    uint32_t n = s->table.n;
    const uint32_t *u32 = buf;
    const int32_t *i32 = buf;
    const uint8_t *u8 = buf;
    const uint64_t *u64 = buf;

    TRY(entry_array(s, "patch_row", NC_UINT, NULL, buf));
    for (uint32_t i = 0; i < n; i++)
        e[i].info.row = u32[i];
    TRY(entry_array(s, "patch_k", NC_INT, NULL, buf));
    for (uint32_t i = 0; i < n; i++)
        e[i].info.k = i32[i];
    TRY(entry_array(s, "patch_type", NC_UBYTE, NULL, buf));
    for (uint32_t i = 0; i < n; i++) {
        ENSURE(u8[i] < PATCH_TYPES, ERR_DATA, "%s: unknown pixel type %u",
               s->path, (unsigned)u8[i]);
        e[i].info.type = PATCH_TYPE[u8[i]];
    }
    TRY(entry_array(s, "patch_dim", NC_UINT, "axes", buf));
    for (uint32_t i = 0; i < n; i++)
        memcpy(e[i].info.dim, u32 + (size_t)3 * i, sizeof e[i].info.dim);
    TRY(entry_array(s, "patch_at", NC_UINT64, NULL, buf));
    for (uint32_t i = 0; i < n; i++)
        e[i].at = u64[i];
    TRY(entry_array(s, "patch_sha", NC_CHAR, "digits", buf));
    for (uint32_t i = 0; i < n; i++)
        memcpy(e[i].sha, u8 + (size_t)PATCH_SHA * i, PATCH_SHA);
out:
    return st;
}

/* The voxels of an entry lie inside their array. */
static status check_entry(const struct patch_shard *s,
                          const struct patch_entry *e)
{
    status st = OK;
    uint64_t len = s->len[patch_type_slot(e->info.type)];
    uint64_t n = 1;

    for (int a = 0; a < 3; a++) {
        ENSURE(e->info.dim[a] < (1U << 20), ERR_DATA,
               "%s: row %" PRIu32 ": impossible patch", s->path, e->info.row);
        n *= e->info.dim[a];
    }
    ENSURE(e->at <= len && n <= len - e->at, ERR_DATA,
           "%s: row %" PRIu32 ": voxels %" PRIu64 " to %" PRIu64
           " are outside the %" PRIu64 " there are",
           s->path, e->info.row, e->at, e->at + n, len);
out:
    return st;
}

static status read_entries(struct patch_shard *s)
{
    status st = OK;
    size_t n = 0;
    size_t axes = 0;
    size_t digits = 0;
    void *buf = NULL;

    TRY(dim_len(&s->nc, "patches", &n));
    s->table.n = (uint32_t)n;
    if (n == 0)
        goto out;
    TRY(dim_len(&s->nc, "axes", &axes));
    TRY(dim_len(&s->nc, "digits", &digits));
    ENSURE(axes == 3 && digits == PATCH_SHA, ERR_DATA,
           "%s: tables of another shape", s->path);
    TRY(mem_new(n, sizeof *s->table.entry, &s->table.entry));
    TRY(mem_new(n, PATCH_SHA, &buf));
    TRY(fill_entries(s, buf));
    for (uint32_t i = 0; i < s->table.n; i++)
        TRY(check_entry(s, &s->table.entry[i]));
out:
    mem_free(buf);
    return st;
}

static status find_voxels(struct patch_shard *s)
{
    status st = OK;

    for (int i = 0; i < PATCH_TYPES; i++) {
        char name[32];
        size_t len = 0;
        int dim = 0;

        s->var[i] = -1;
        (void)snprintf(name, sizeof name, "voxels_%s",
                       digest_type_name(PATCH_TYPE[i]));
        if (nc_inq_dimid(s->nc.id, name, &dim) != NC_NOERR)
            continue;
        TRY(need_var(&s->nc, name, nc_type_of(PATCH_TYPE[i]), name, NULL,
                     &s->var[i]));
        NC_TRY(nc_inq_dimlen(s->nc.id, dim, &len), "%s: %s", s->path, name);
        s->len[i] = len;
    }
out:
    return st;
}

status patch_shard_open(const char *path, struct patch_shard *s)
{
    status st = OK;
    char hex[SHA256_HEX];

    *s = (struct patch_shard){.nc = {-1, NULL}};
    TRY(mem_text(path, &s->path));
    TRY(nc_open_read(s->path, true, &s->nc));
    TRY(read_head(s));
    TRY(read_list(s));
    TRY(find_voxels(s));
    TRY(read_entries(s));
    TRY(patch_table_sum(&s->head, s->shard, &s->table, hex));
    ENSURE(strcmp(hex, s->digest) == 0, ERR_NUMERIC,
           "%s: damaged: its tables do not give the digest %s (remove the "
           "file and prepare again with --resume)",
           s->path, s->digest);
out:
    if (st != OK)
        patch_shard_free(s);
    return st;
}

void patch_shard_shut(struct patch_shard *s)
{
    nc_end(&s->nc);
}

/* Variables keep their numbers: the file is never rewritten. */
status patch_shard_reopen(struct patch_shard *s)
{
    status st = OK;

    if (s->nc.id < 0)
        TRY(nc_open_read(s->path, false, &s->nc));
out:
    return st;
}

void patch_shard_free(struct patch_shard *s)
{
    nc_end(&s->nc);
    patch_table_free(&s->table);
    csv_free(s->list);
    for (int i = 0; i < 3; i++)
        mem_free(s->text[i]);
    mem_free(s->path);
    *s = (struct patch_shard){.nc = {-1, NULL}};
}

status patch_shard_read(struct patch_shard *s,
                        const struct patch_entry *e,
                        struct digest *d,
                        void *voxels)
{
    status st = OK;
    size_t at = e->at;
    size_t n = patch_voxels(&e->info);
    char hex[SHA256_HEX];

    TRY(patch_shard_reopen(s));
    if (n > 0)
        NC_TRY(nc_get_vara(s->nc.id, s->var[patch_type_slot(e->info.type)], &at,
                           &n, voxels),
               "%s: row %" PRIu32, s->path, e->info.row);
    patch_sha(d, &e->info, voxels, hex);
    ENSURE(strcmp(hex, e->sha) == 0, ERR_NUMERIC,
           "%s: damaged: row %" PRIu32 ", patch %" PRId32
           " does not give its digest",
           s->path, e->info.row, e->info.k);
out:
    return st;
}

status patch_shard_check(const char *dir,
                         uint32_t shard,
                         const struct patch_head *head,
                         bool *there,
                         char digest[SHA256_HEX])
{
    status st = OK;
    char *path = NULL;
    struct patch_shard s = {.nc = {-1, NULL}};

    *there = false;
    TRY(patch_shard_path(dir, shard, head->shards, &path));
    if (!file_exists(path))
        goto out;
    TRY(patch_shard_open(path, &s));
    ENSURE(strcmp(s.head.run_id, head->run_id) == 0, ERR_RUN,
           "%s: was written by run %.12s, this is run %.12s (another "
           "configuration: choose another folder)",
           path, s.head.run_id, head->run_id);
    ENSURE(strcmp(s.head.list, head->list) == 0, ERR_RUN,
           "%s: was made from another list (the list has changed since: choose "
           "another folder)",
           path);
    ENSURE(s.shard == shard && s.head.shards == head->shards &&
               s.head.rows == head->rows,
           ERR_DATA, "%s: is shard %" PRIu32 " of %" PRIu32, path, s.shard,
           s.head.shards);
    memcpy(digest, s.digest, sizeof s.digest);
    *there = true;
out:
    patch_shard_free(&s);
    mem_free(path);
    return st;
}
