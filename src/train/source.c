#include "train/source.h"

#include <string.h>

#include "base/mem.h"

#include "det/digest.h"
#include "det/stream.h"
#include "store/patch.h"

enum { COMPUTED_NEGATIVES = 4 };

struct source {
    struct source_facts facts;
    struct patch_store *store; /* a store, or ... */
    struct list *list;         /* a list of volumes, or computed */
    struct source_list_conf conf;
    struct volume volume; /* the open one */
    struct grid grid;     /* over it */
    uint32_t open;        /* its number, UINT32_MAX = none */
    uint64_t seed;
    uint32_t edge;
};

status source_store(const char *path, uint64_t cache_bytes, struct source **out)
{
    status st = OK;
    struct source *s = NULL;
    const struct patch_facts *f;

    TRY(mem_new(1, sizeof *s, &s));
    TRY(patch_store_open(path, &s->store));
    f = patch_store_facts(s->store);
    if (f->bytes <= cache_bytes) {
        TRY(patch_store_load(s->store));
        s->facts.bytes = f->bytes;
    }
    s->facts.rows = f->rows;
    s->facts.negatives = f->negatives;
    for (int a = 0; a < 3; a++)
        if (f->max_dim[a] > s->facts.max_edge)
            s->facts.max_edge = f->max_dim[a];
    s->facts.max_bytes = f->max_voxels * sizeof(double);
    for (int i = 0; i < SHA256_HEX; i++)
        s->facts.digest[i] = f->digest[i];
    *out = s;
    s = NULL;
out:
    source_close(s);
    return st;
}

status source_computed(uint64_t seed,
                       uint32_t rows,
                       uint32_t edge,
                       struct source **out)
{
    status st = OK;
    struct source *s = NULL;
    struct digest *d = NULL;

    TRY(mem_new(1, sizeof *s, &s));
    TRY(digest_new(&d));
    digest_i64(d, "seed", (int64_t)seed);
    digest_i64(d, "rows", rows);
    digest_i64(d, "edge", edge);
    digest_end(d, s->facts.digest);
    s->seed = seed;
    s->edge = edge;
    s->facts.rows = rows;
    s->facts.negatives = COMPUTED_NEGATIVES;
    s->facts.max_edge = edge;
    s->facts.max_bytes = (uint64_t)edge * edge * edge * sizeof(int16_t);
    *out = s;
    s = NULL;
out:
    digest_free(d);
    source_close(s);
    return st;
}

const struct source_facts *source_facts(const struct source *s)
{
    return &s->facts;
}

/* Noise of 256 HU about 0; the positive holds a ball of 200 HU whose radius
 * and place depend on the row. */
static void
compute_patch(const struct source *s, uint32_t row, int32_t k, int16_t *v)
{
    struct stream draw = stream_at(s->seed, STREAM_PHANTOM, row,
                                   1000000u + (uint64_t)(k + 1), 0);
    int32_t n = (int32_t)s->edge;
    int32_t c[3];
    int32_t r = n / 8 + (int32_t)stream_below(&draw, (uint64_t)n / 8 + 1);

    for (int a = 0; a < 3; a++)
        c[a] = n / 2 - 2 + (int32_t)stream_below(&draw, 5);
    for (int32_t z = 0; z < n; z++)
        for (int32_t y = 0; y < n; y++)
            for (int32_t x = 0; x < n; x++) {
                int32_t d = (z - c[0]) * (z - c[0]) + (y - c[1]) * (y - c[1]) +
                            (x - c[2]) * (x - c[2]);
                int32_t hu = (int32_t)(stream_u64(&draw) >> 56) - 128;

                if (k < 0 && d <= r * r)
                    hu += 200;
                *v++ = (int16_t)hu;
            }
}

static enum pixel pixel_of(enum digest_type type)
{
    switch (type) {
    case DIGEST_U8:
        return PIXEL_U8;
    case DIGEST_I16:
        return PIXEL_I16;
    case DIGEST_I32:
        return PIXEL_I32;
    case DIGEST_F32:
        return PIXEL_F32;
    case DIGEST_F64:
        return PIXEL_F64;
    case DIGEST_I64:
        break;
    }
    BUG_IF(true);
}

/* Geometry of a volume by its header, and all seeds in it. */
static status check_volume(struct source *s, uint32_t volume)
{
    status st = OK;
    struct list *l = s->list;
    const struct patch_conf *pc = &s->conf.patch;
    char *where = NULL;
    struct geometry geo;
    struct grid grid;
    enum pixel pixel;

    TRY(list_where(l, l->first[volume], &where));
    st = volume_peek(l->path[l->first[volume]], &geo, &pixel);
    if (st == OK)
        st = patch_grid(&geo, pc, &grid);
    if (st != OK)
        status_prefix("%s: ", where);
    for (uint32_t r = l->first[volume]; st == OK && r < l->rows; r++) {
        if (l->volume[r] != volume)
            continue;
        mem_free(where);
        where = NULL;
        TRY(list_where(l, r, &where));
        TRY(seed_check(&grid, pc, l->seed[r], s->conf.tolerance_mm, where));
    }
out:
    mem_free(where);
    return st;
}

status source_list(const char *path,
                   const struct source_list_conf *conf,
                   struct source **out)
{
    status st = OK;
    struct source *s = NULL;
    size_t edge = 2 * (size_t)conf->patch.radius;

    TRY(mem_new(1, sizeof *s, &s));
    s->conf = *conf;
    s->open = UINT32_MAX;
    TRY(list_open(path, &conf->list, &s->list));
    for (uint32_t v = 0; v < s->list->volumes; v++)
        TRY(check_volume(s, v));
    s->facts.rows = s->list->rows;
    s->facts.max_edge = (uint32_t)edge;
    s->facts.max_bytes = edge * edge * edge * sizeof(double);
    memcpy(s->facts.digest, s->list->digest, SHA256_HEX);
    *out = s;
    s = NULL;
out:
    source_close(s);
    return st;
}

static status
read_seed(struct source *s, uint32_t row, void *data, struct patch *out)
{
    status st = OK;
    struct list *l = s->list;

    if (s->open != l->volume[row]) {
        volume_free(&s->volume);
        s->open = UINT32_MAX;
        TRY(volume_open(l->path[row], &s->volume));
        TRY(patch_grid(&s->volume.geo, &s->conf.patch, &s->grid));
        s->open = l->volume[row];
    }
    out->data = data;
    patch_positive(&s->volume, &s->grid, &s->conf.patch, l->seed[row], out);
out:
    return st;
}

status source_read(
    struct source *s, uint32_t row, int32_t k, void *data, struct patch *out)
{
    status st = OK;
    struct patch_info info = {0};

    if (s->list) {
        TRY(read_seed(s, row, data, out));
        return OK;
    }
    if (!s->store) {
        compute_patch(s, row, k, data);
        *out = (struct patch){.pixel = PIXEL_I16, .data = data};
        for (int a = 0; a < 3; a++)
            out->shape[a] = (int32_t)s->edge;
        return OK;
    }
    patch_at(s->store, row, k, &info);
    TRY(patch_read(s->store, row, k, data));
    *out = (struct patch){.pixel = pixel_of(info.type), .data = data};
    for (int a = 0; a < 3; a++)
        out->shape[a] = (int32_t)info.dim[a];
out:
    return st;
}

uint32_t source_cols(const struct source *s)
{
    if (s->list)
        return csv_cols(s->list->csv);
    return s->store ? patch_store_cols(s->store) : 0;
}

const char *source_col(const struct source *s, uint32_t col)
{
    return s->list ? csv_name(s->list->csv, col)
                   : patch_store_col(s->store, col);
}

const char *source_cell(const struct source *s, uint32_t row, uint32_t col)
{
    return s->list ? csv_cell(s->list->csv, row, col)
                   : patch_store_cell(s->store, row, col);
}

void source_close(struct source *s)
{
    if (!s)
        return;
    patch_store_close(s->store);
    list_free(s->list);
    volume_free(&s->volume);
    mem_free(s);
}
