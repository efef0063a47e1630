#include "train/source.h"

#include "base/mem.h"

#include "det/digest.h"
#include "det/stream.h"
#include "store/patch.h"

enum { COMPUTED_NEGATIVES = 4 };

struct source {
    struct source_facts facts;
    struct patch_store *store; /* NULL: computed */
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

status source_read(
    struct source *s, uint32_t row, int32_t k, void *data, struct patch *out)
{
    status st = OK;
    struct patch_info info = {0};

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
    return s->store ? patch_store_cols(s->store) : 0;
}

const char *source_col(const struct source *s, uint32_t col)
{
    return patch_store_col(s->store, col);
}

const char *source_cell(const struct source *s, uint32_t row, uint32_t col)
{
    return patch_store_cell(s->store, row, col);
}

void source_close(struct source *s)
{
    if (!s)
        return;
    patch_store_close(s->store);
    mem_free(s);
}
