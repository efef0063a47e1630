/* A store is its shards and one index over them: entry of (row, k), and for
 * each row the shard and place of its record. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "store/patch.h"
#include "store/patch_file.h"

enum { MOST_OPEN = 128 }; /* files; one shard is one file handle */

struct place {
    uint32_t shard;
    uint32_t i; /* entry or record in it */
};

struct patch_store {
    struct patch_facts facts;
    struct patch_shard *shard;
    struct place *entry;  /* [rows * (1 + K)] */
    struct place *record; /* [rows] */
    struct digest *sha;
    char *scratch;   /* one patch, for patch_read_f32 */
    char *voxels;    /* all of them, after patch_store_load */
    uint64_t *start; /* byte of each entry in voxels */
    uint32_t next_shut;
};

/* ---- opening ----------------------------------------------------------- */

/* "patches-00003-of-00016.nc" gives 16; 0 when the name is no shard's. */
static uint32_t count_in_name(const char *name)
{
    static const char form[] = "patches-#####-of-#####.nc";
    int64_t n = 0;
    char digits[6] = "";

    if (strlen(name) != strlen(form))
        return 0;
    for (size_t i = 0; form[i]; i++)
        if (form[i] == '#' ? name[i] < '0' || name[i] > '9'
                           : name[i] != form[i])
            return 0;
    memcpy(digits, name + 17, 5);
    return text_to_i64(digits, &n) ? (uint32_t)n : 0;
}

static status count_shards(const char *dir, uint32_t *out)
{
    status st = OK;
    DIR *d = opendir(dir);
    struct dirent *e = NULL;
    uint32_t found = 0;

    ENSURE(d, ERR_FILE, "%s: %s", dir, strerror(errno));
    while ((e = readdir(d))) {
        uint32_t n = count_in_name(e->d_name);

        ENSURE(n == 0 || found == 0 || found == n, ERR_RUN,
               "%s: holds shards of two stores, of %" PRIu32 " and of %" PRIu32
               " files",
               dir, found, n);
        found = n ? n : found;
    }
    ENSURE(found > 0, ERR_FILE,
           "%s: no patch store (no file patches-00000-of-....nc)", dir);
    *out = found;
out:
    if (d)
        (void)closedir(d);
    return st;
}

static status check_alike(const struct patch_shard *a,
                          const struct patch_shard *b,
                          uint32_t i)
{
    status st = OK;

    ENSURE(strcmp(a->head.run_id, b->head.run_id) == 0, ERR_RUN,
           "%s: was written by run %.12s, %s by run %.12s", b->path,
           b->head.run_id, a->path, a->head.run_id);
    ENSURE(strcmp(a->head.list, b->head.list) == 0 &&
               strcmp(a->head.columns, b->head.columns) == 0 &&
               a->head.rows == b->head.rows &&
               a->head.negatives == b->head.negatives &&
               a->head.shards == b->head.shards &&
               a->head.normalised == b->head.normalised,
           ERR_RUN, "%s: was made from another list than %s", b->path, a->path);
    ENSURE(b->shard == i, ERR_DATA, "%s: says that it is shard %" PRIu32,
           b->path, b->shard);
out:
    return st;
}

static status open_shards(struct patch_store *s, const char *dir)
{
    status st = OK;
    char *path = NULL;
    char(*digests)[SHA256_HEX] = NULL;
    uint32_t n = 0;

    TRY(count_shards(dir, &n));
    TRY(mem_new(n, sizeof *s->shard, &s->shard));
    TRY(mem_new(n, sizeof *digests, &digests));
    for (uint32_t i = 0; i < n; i++)
        s->shard[i].nc.id = -1;
    s->facts.shards = n;
    for (uint32_t i = 0; i < n; i++) {
        mem_free(path);
        path = NULL;
        TRY(patch_shard_path(dir, i, n, &path));
        TRY(patch_shard_open(path, &s->shard[i]));
        patch_shard_shut(&s->shard[i]);
        TRY(check_alike(&s->shard[0], &s->shard[i], i));
        memcpy(digests[i], s->shard[i].digest, SHA256_HEX);
    }
    ENSURE(s->shard[0].head.shards == n, ERR_DATA,
           "%s: its files say that they are %" PRIu32 ", their names %" PRIu32,
           dir, s->shard[0].head.shards, n);
    TRY(patch_store_digest((const char(*)[SHA256_HEX])digests, n,
                           s->facts.digest));
out:
    mem_free(path);
    mem_free(digests);
    return st;
}

static void add_facts(struct patch_facts *f, const struct patch_info *p)
{
    uint64_t n = patch_voxels(p);

    for (int a = 0; a < 3; a++) {
        if (p->dim[a] > f->max_dim[a])
            f->max_dim[a] = p->dim[a];
        if (p->dim[a] < f->min_dim[a])
            f->min_dim[a] = p->dim[a];
    }
    if (n > f->max_voxels)
        f->max_voxels = n;
    f->bytes += n * digest_type_size(p->type);
}

static status index_shard(struct patch_store *s, uint32_t k)
{
    status st = OK;
    const struct patch_shard *p = &s->shard[k];
    uint32_t per_row = 1 + s->facts.negatives;

    for (uint32_t i = 0; i < p->table.rows; i++) {
        uint32_t row = p->table.row[i];

        ENSURE(row < s->facts.rows && s->record[row].shard == UINT32_MAX,
               ERR_DATA, "%s: row %" PRIu32 " is there twice or is no row",
               p->path, row);
        s->record[row] = (struct place){k, i};
    }
    for (uint32_t i = 0; i < p->table.n; i++) {
        const struct patch_info *info = &p->table.entry[i].info;
        int64_t slot = (int64_t)info->k + 1;
        struct place *e = NULL;

        ENSURE(info->row < s->facts.rows && slot >= 0 && slot < per_row,
               ERR_DATA, "%s: row %" PRIu32 ", patch %" PRId32 " is none",
               p->path, info->row, info->k);
        e = &s->entry[(uint64_t)info->row * per_row + (uint64_t)slot];
        ENSURE(e->shard == UINT32_MAX, ERR_DATA,
               "%s: row %" PRIu32 ", patch %" PRId32 " is there twice", p->path,
               info->row, info->k);
        *e = (struct place){k, i};
        add_facts(&s->facts, info);
    }
out:
    return st;
}

static status make_index(struct patch_store *s, const char *dir)
{
    status st = OK;
    const struct patch_head *h = &s->shard[0].head;
    struct patch_facts *f = &s->facts;

    f->rows = h->rows;
    f->negatives = h->negatives;
    f->normalised = h->normalised;
    memcpy(f->run_id, h->run_id, sizeof f->run_id);
    memcpy(f->list, h->list, sizeof f->list);
    ENSURE(f->rows > 0 &&
               (uint64_t)f->rows * (1 + (uint64_t)f->negatives) < UINT32_MAX,
           ERR_DATA, "%s: %" PRIu32 " rows of 1 + %" PRIu32 " patches", dir,
           f->rows, f->negatives);
    f->patches = f->rows * (1 + f->negatives);
    memset(f->min_dim, 0xff, sizeof f->min_dim);
    TRY(mem_new(f->patches, sizeof *s->entry, &s->entry));
    TRY(mem_new(f->rows, sizeof *s->record, &s->record));
    memset(s->entry, 0xff, f->patches * sizeof *s->entry);
    memset(s->record, 0xff, f->rows * sizeof *s->record);
    for (uint32_t k = 0; k < f->shards; k++)
        TRY(index_shard(s, k));
    for (uint32_t i = 0; i < f->patches; i++)
        ENSURE(s->entry[i].shard != UINT32_MAX, ERR_DATA,
               "%s: patch %" PRId64 " of row %" PRIu32 " is missing", dir,
               (int64_t)(i % (1 + f->negatives)) - 1, i / (1 + f->negatives));
    for (uint32_t i = 0; i < f->rows; i++)
        ENSURE(s->record[i].shard != UINT32_MAX, ERR_DATA,
               "%s: row %" PRIu32 " is missing", dir, i);
out:
    return st;
}

status patch_store_open(const char *dir, struct patch_store **out)
{
    status st = OK;
    struct patch_store *s = NULL;

    ENSURE(!file_exists(dir) || file_is_dir(dir), ERR_FILE,
           "%s: a patch store is a folder", dir);
    TRY(mem_new(1, sizeof *s, &s));
    TRY(digest_new(&s->sha));
    TRY(open_shards(s, dir));
    TRY(make_index(s, dir));
    TRY(mem_new(s->facts.max_voxels, sizeof(double), &s->scratch));
    *out = s;
    s = NULL;
out:
    patch_store_close(s);
    return st;
}

void patch_store_close(struct patch_store *s)
{
    if (!s)
        return;
    for (uint32_t i = 0; s->shard && i < s->facts.shards; i++)
        patch_shard_free(&s->shard[i]);
    mem_free(s->shard);
    mem_free(s->entry);
    mem_free(s->record);
    digest_free(s->sha);
    mem_free(s->scratch);
    mem_free(s->voxels);
    mem_free(s->start);
    mem_free(s);
}

const char *patch_store_identity(const struct patch_store *s)
{
    return s->shard[0].head.identity;
}

const struct patch_facts *patch_store_facts(const struct patch_store *s)
{
    return &s->facts;
}

/* ---- patches ----------------------------------------------------------- */

static uint32_t entry_of(const struct patch_store *s, uint32_t row, int32_t k)
{
    BUG_IF(row >= s->facts.rows || k < PATCH_POSITIVE ||
           k >= (int64_t)s->facts.negatives);
    return row * (1 + s->facts.negatives) + (uint32_t)(k + 1);
}

static const struct patch_entry *entry_at(const struct patch_store *s,
                                          uint32_t i)
{
    return &s->shard[s->entry[i].shard].table.entry[s->entry[i].i];
}

void patch_at(const struct patch_store *s,
              uint32_t row,
              int32_t k,
              struct patch_info *out)
{
    *out = entry_at(s, entry_of(s, row, k))->info;
}

/* Not more than MOST_OPEN files at a time: shut them in turn. */
static void make_room(struct patch_store *s, const struct patch_shard *p)
{
    uint32_t open = 0;

    if (p->nc.id >= 0)
        return;
    for (uint32_t i = 0; i < s->facts.shards; i++)
        open += s->shard[i].nc.id >= 0;
    while (open >= MOST_OPEN) {
        struct patch_shard *old = &s->shard[s->next_shut];

        open -= old->nc.id >= 0;
        patch_shard_shut(old);
        s->next_shut = (s->next_shut + 1) % s->facts.shards;
    }
}

static status read_file(struct patch_store *s, uint32_t i, void *voxels)
{
    status st = OK;
    struct patch_shard *p = &s->shard[s->entry[i].shard];

    make_room(s, p);
    TRY(patch_shard_read(p, entry_at(s, i), s->sha, voxels));
out:
    return st;
}

/* The voxels of one file, then it is shut: its buffers in the library are as
 * large as its voxels. */
static status
load_shard(struct patch_store *s, uint32_t k, const uint64_t *start, char *all)
{
    status st = OK;

    for (uint32_t i = 0; i < s->shard[k].table.n; i++) {
        const struct patch_info *p = &s->shard[k].table.entry[i].info;
        uint32_t e = entry_of(s, p->row, p->k);

        TRY(read_file(s, e, all + start[e]));
    }
    patch_shard_shut(&s->shard[k]);
out:
    return st;
}

status patch_store_load(struct patch_store *s)
{
    status st = OK;
    char *all = NULL;
    uint64_t *start = NULL;
    uint64_t at = 0;

    if (s->voxels)
        return OK;
    TRY(mem_raw(s->facts.bytes, 1, &all));
    TRY(mem_new(s->facts.patches, sizeof *start, &start));
    /* back to back: a patch may begin at any byte, so it is copied out */
    for (uint32_t i = 0; i < s->facts.patches; i++) {
        const struct patch_info *p = &entry_at(s, i)->info;

        start[i] = at;
        at += patch_voxels(p) * digest_type_size(p->type);
    }
    for (uint32_t k = 0; k < s->facts.shards; k++)
        TRY(load_shard(s, k, start, all));
    s->voxels = all;
    s->start = start;
    all = NULL;
    start = NULL;
out:
    mem_free(all);
    mem_free(start);
    return st;
}

status patch_read(struct patch_store *s, uint32_t row, int32_t k, void *voxels)
{
    status st = OK;
    uint32_t i = entry_of(s, row, k);
    const struct patch_info *p = &entry_at(s, i)->info;

    if (s->voxels)
        memcpy(voxels, s->voxels + s->start[i],
               patch_voxels(p) * digest_type_size(p->type));
    else
        TRY(read_file(s, i, voxels));
out:
    return st;
}

/* src need not be aligned for its type. */
#define CONVERT(ctype)                                                         \
    for (size_t i = 0; i < n; i++) {                                           \
        ctype v;                                                               \
                                                                               \
        memcpy(&v, src + i * sizeof v, sizeof v);                              \
        out[i] = (float)v;                                                     \
    }

static void to_f32(enum digest_type type, const char *src, size_t n, float *out)
{
    switch (type) {
    case DIGEST_U8:
        CONVERT(uint8_t)
        break;
    case DIGEST_I8:
        CONVERT(int8_t)
        break;
    case DIGEST_U16:
        CONVERT(uint16_t)
        break;
    case DIGEST_I16:
        CONVERT(int16_t)
        break;
    case DIGEST_U32:
        CONVERT(uint32_t)
        break;
    case DIGEST_I32:
        CONVERT(int32_t)
        break;
    case DIGEST_F32:
        memcpy(out, src, n * sizeof *out);
        break;
    case DIGEST_F64:
        CONVERT(double)
        break;
    case DIGEST_I64:
        BUG_IF(type == DIGEST_I64);
    }
}

status
patch_read_f32(struct patch_store *s, uint32_t row, int32_t k, float *voxels)
{
    status st = OK;
    uint32_t i = entry_of(s, row, k);
    const struct patch_info *p = &entry_at(s, i)->info;
    const char *src = s->scratch;

    if (s->voxels)
        src = s->voxels + s->start[i];
    else
        TRY(read_file(s, i, s->scratch));
    to_f32(p->type, src, patch_voxels(p), voxels);
out:
    return st;
}

/* ---- the list ---------------------------------------------------------- */

/* Any shard that has rows; there is one. */
static const struct csv *some_list(const struct patch_store *s)
{
    return s->shard[s->record[0].shard].list;
}

uint32_t patch_store_cols(const struct patch_store *s)
{
    return csv_cols(some_list(s));
}

const char *patch_store_col(const struct patch_store *s, uint32_t col)
{
    return csv_name(some_list(s), col);
}

int32_t patch_store_find(const struct patch_store *s, const char *name)
{
    return csv_find(some_list(s), name);
}

const char *
patch_store_cell(const struct patch_store *s, uint32_t row, uint32_t col)
{
    BUG_IF(row >= s->facts.rows);
    return csv_cell(s->shard[s->record[row].shard].list, s->record[row].i, col);
}
