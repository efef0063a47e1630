#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"

#include "det/digest.h"
#include "det/stream.h"
#include "train/source_impl.h"

enum { COMPUTED_NEGATIVES = 4 };

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
    s->facts.normalised = f->normalised;
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
    case DIGEST_I8:
        return PIXEL_I8;
    case DIGEST_U16:
        return PIXEL_U16;
    case DIGEST_I16:
        return PIXEL_I16;
    case DIGEST_U32:
        return PIXEL_U32;
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

status source_read(
    struct source *s, uint32_t row, int32_t k, void *data, struct patch *out)
{
    status st = OK;
    struct patch_info info = {0};

    if (s->list) {
        TRY(source_read_seed(s, row, data, out));
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

static bool is_float(const struct source *s, uint32_t row, int32_t k)
{
    struct patch_info info = {0};

    if (!s->store)
        return s->list != NULL;
    patch_at(s->store, row, k, &info);
    return info.type == DIGEST_F32 || info.type == DIGEST_F64;
}

status source_numbers(const struct patch *p)
{
    status st = OK;
    size_t len = patch_len(p);
    size_t bad = 0;

    if (p->pixel != PIXEL_F32 && p->pixel != PIXEL_F64)
        return OK;
    for (size_t i = 0; i < len; i++)
        bad += !isfinite(pixel_get(p->pixel, p->data, i));
    ENSURE(bad == 0, ERR_DATA,
           "%zu of the %zu voxels of its patch are no finite numbers; the "
           "volume is damaged, or its empty part holds NaN",
           bad, len);
out:
    return st;
}

/* What patch k of a row is, before the present error. */
static status blame_patch(
    const char *name, const char *path, uint32_t row, int32_t k, status st)
{
    if (k >= 0)
        status_prefix("%s: %s, row %" PRIu32 ", negative %" PRId32 ": ", name,
                      path, row, k);
    else
        status_prefix("%s: %s, row %" PRIu32 ": ", name, path, row);
    return st;
}

status source_all_numbers(struct source *s,
                          const char *name,
                          const char *path,
                          uint32_t n,
                          const uint32_t *rows,
                          bool negatives)
{
    status st = OK;
    int32_t last = negatives ? (int32_t)s->facts.negatives : 0;
    char *data = NULL;

    if (!s->store)
        return OK;
    TRY(mem_raw(s->facts.max_bytes, 1, &data));
    for (uint32_t i = 0; i < n; i++)
        for (int32_t k = -1; k < last; k++) {
            uint32_t row = rows ? rows[i] : i;
            struct patch p = {0};

            if (!is_float(s, row, k))
                continue;
            TRY(source_read(s, row, k, data, &p));
            st = source_numbers(&p);
            if (st != OK)
                TRY(blame_patch(name, path, row, k, st));
        }
out:
    mem_free(data);
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

/* Is a row's patch, cut again, the one of the store? */
static status check_row(struct source *s, uint32_t row)
{
    status st = OK;
    const struct list *l = live_list(s->live);
    struct patch again = {0};
    struct patch stored = {0};
    char *where = NULL;
    void *data = NULL;
    bool same;

    TRY(mem_raw(s->facts.max_bytes, 1, &data));
    TRY(mem_raw(s->facts.max_bytes, 1, &again.data));
    TRY(list_where(l, row, &where));
    TRY(source_read(s, row, PATCH_POSITIVE, data, &stored));
    TRY(live_read(s->live, -1, row, &again));
    same = again.pixel == stored.pixel &&
           memcmp(again.shape, stored.shape, sizeof again.shape) == 0 &&
           memcmp(again.data, stored.data,
                  patch_len(&again) * pixel_size(again.pixel)) == 0;
    ENSURE(same, ERR_DATA,
           "%s: this volume does not give the patch of the store; data.root "
           "names other volumes, or they were changed",
           where);
out:
    mem_free(where);
    mem_free(data);
    mem_free(again.data);
    return st;
}

/* What is read now is another input than the store alone. */
static status live_digest(struct source *s)
{
    status st = OK;
    struct digest *d = NULL;

    TRY(digest_new(&d));
    digest_text(d, "patches", s->facts.digest);
    digest_text(d, "negatives", "live");
    digest_end(d, s->facts.digest);
out:
    digest_free(d);
    return st;
}

status source_live(struct source *s,
                   const struct live_conf *conf,
                   uint64_t seed,
                   cut_of_fn *cut_of)
{
    status st = OK;
    struct cutter_conf cut = {0};
    uint64_t edge;

    ENSURE(s->store, ERR_CONF,
           "negatives.from is live: computed patches have no volumes");
    ENSURE(!s->facts.normalised, ERR_CONF,
           "negatives.from is live: the patches are of the inference path, "
           "which has no negatives; prepare them with patch.path training");
    TRY(cut_of(patch_store_identity(s->store), &cut));
    TRY(live_open(conf, &cut, seed, patch_store_facts(s->store)->list,
                  &s->live));
    edge = 2 * (uint64_t)cut.train.radius;
    if (edge > s->facts.max_edge)
        s->facts.max_edge = (uint32_t)edge;
    if (edge * edge * edge * sizeof(double) > s->facts.max_bytes)
        s->facts.max_bytes = edge * edge * edge * sizeof(double);
    s->facts.live = true;
    TRY(check_row(s, 0));
    TRY(check_row(s, s->facts.rows / 2));
    TRY(check_row(s, s->facts.rows - 1));
    TRY(live_digest(s));
out:
    return st;
}

void source_negatives_start(struct source *s,
                            uint32_t epoch,
                            const uint32_t *rows,
                            uint32_t n,
                            struct patch *out)
{
    live_start(s->live, epoch, rows, n, out);
}

status source_negatives_wait(struct source *s)
{
    return live_wait(s->live);
}

void source_close(struct source *s)
{
    if (!s)
        return;
    live_close(s->live);
    patch_store_close(s->store);
    for (uint32_t r = 0; s->fault && r < s->list->rows; r++)
        mem_free(s->fault[r]);
    mem_free(s->fault);
    list_free(s->list);
    cutter_close(s->cutter);
    mem_free(s->slice);
    mem_free(s);
}
