/* Everything that can be known, and can be wrong, before voxels are read. */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

#include "app/prepare.h"

enum { BATCH = 64, PARTS_MB = 64 };

#define AT(m) CONF_AT(struct prepare_conf, m)
const struct conf_row PREPARE_ROWS[] = {
    {"seed", CONF_I64, AT(seed), "0", 0, 9e15, NULL, "", IDENTITY,
     "master seed; negatives are drawn from it"},
    {"negatives.stored", CONF_I64, AT(negatives), "0", 0, 10000, NULL,
     "patches", IDENTITY, "random patches of the same volume, for each row"},
    {"negatives.clear", CONF_BOOL, AT(clear), "false", 1, 0, NULL, "", IDENTITY,
     "draw again a negative that holds a seed of its volume (published: "
     "false)"},
    {"prepare.shards", CONF_I64, AT(shards), "16", 1, 99999, NULL, "files",
     IDENTITY, "files of the store; as many ranks can work at most"},
};
const size_t PREPARE_ROWS_N = sizeof PREPARE_ROWS / sizeof PREPARE_ROWS[0];
#undef AT

void prepare_blame(const struct prepare_plan *p, uint32_t row)
{
    status_prefix("%s:%" PRIu32 ": ", csv_path(p->list->csv),
                  csv_line(p->list->csv, row));
}

struct block prepare_volumes(const struct prepare_plan *p, uint32_t shard)
{
    return shard_block(p->list->volumes, p->head.shards, shard);
}

/* Counting sort of the rows by volume. */
static status sort_rows(struct prepare_plan *p)
{
    status st = OK;
    const struct list *l = p->list;
    uint32_t *next = NULL;

    TRY(mem_new(l->rows, sizeof *p->row, &p->row));
    TRY(mem_new(l->volumes + 1, sizeof *p->first, &p->first));
    TRY(mem_new(l->volumes, sizeof *next, &next));
    for (uint32_t i = 0; i < l->rows; i++)
        p->first[l->volume[i] + 1]++;
    for (uint32_t v = 0; v < l->volumes; v++) {
        p->first[v + 1] += p->first[v];
        next[v] = p->first[v];
    }
    for (uint32_t i = 0; i < l->rows; i++)
        p->row[next[l->volume[i]]++] = i;
out:
    mem_free(next);
    return st;
}

static status set_head(const struct run *run, struct prepare_plan *p)
{
    status st = OK;
    uint64_t edge = 2 * (uint64_t)p->conf->cut.radius;

    p->head.normalised = p->cutter.path != CUTTER_TRAINING;
    conf_dump(run->settings, false, &p->identity);
    TRY(text_status(&p->identity));
    TRY(list_header(p->list, &p->columns));
    memcpy(p->head.run_id, run->run_id, SHA256_HEX);
    memcpy(p->head.list, p->list->digest, SHA256_HEX);
    p->head.program = "fmcib-prepare " FMCIB_VERSION;
    p->head.identity = p->identity.s;
    p->head.columns = p->columns.s;
    p->head.rows = p->list->rows;
    p->head.negatives = (uint32_t)p->conf->negatives;
    p->head.shards = (uint32_t)p->conf->shards;
    p->head.chunk = edge > 100 ? 1000000 : (uint32_t)(edge * edge * edge);
out:
    return st;
}

status prepare_plan_new(const struct run *run,
                        const struct prepare_conf *conf,
                        struct prepare_plan *out)
{
    status st = OK;
    struct list_conf place = cut_list_conf(&conf->cut);

    *out = (struct prepare_plan){.conf = conf, .batch = BATCH};
    TRY(cut_cutter_conf(&conf->cut, &out->cutter));
    ENSURE(out->cutter.path == CUTTER_TRAINING || conf->negatives == 0,
           ERR_CONF,
           "negatives.stored is %" PRId64 ": the inference path has no "
           "negatives; set it to 0, or patch.path to training",
           conf->negatives);
    ENSURE(conf->cut.list[0], ERR_CONF,
           "input.list is not given: name the CSV of seeds");
    TRY(list_open(conf->cut.list, &place, &out->list));
    TRY(sort_rows(out));
    TRY(set_head(run, out));
    out->mine = shard_block(out->head.shards, (uint32_t)par_size(run->par),
                            (uint32_t)par_rank(run->par));
out:
    return st;
}

void prepare_plan_free(struct prepare_plan *p)
{
    list_free(p->list);
    mem_free(p->row);
    mem_free(p->first);
    text_free(&p->columns);
    text_free(&p->identity);
    *p = (struct prepare_plan){0};
}

/* ---- check ------------------------------------------------------------- */

static status check_seeds(const struct prepare_plan *p,
                          uint32_t volume,
                          const struct cutter *c)
{
    status st = OK;

    for (uint32_t i = p->first[volume]; i < p->first[volume + 1]; i++) {
        uint32_t row = p->row[i];

        st = cutter_check(c, p->list->seed[row], p->list->path[row]);
        if (st != OK) {
            prepare_blame(p, row);
            goto out;
        }
    }
out:
    return st;
}

/* Windows are read until PARTS_MB are full; a compressed volume with more
 * patches than a batch is held whole. */
static void
add_memory(struct prepare_plan *p, const struct cutter *c, uint64_t patches)
{
    uint64_t voxels =
        geometry_len(cutter_geometry(c)) * pixel_size(cutter_volume_pixel(c));
    uint64_t parts = (uint64_t)PARTS_MB << 20;

    if (voxels < parts || (cutter_forward(c) && patches > p->batch))
        parts = voxels;
    if (cutter_forward(c)) /* and the slices it keeps */
        parts += voxels;
    if (parts > p->memory)
        p->memory = parts;
    if (cutter_len(c) > p->len)
        p->len = cutter_len(c);
}

enum digest_type prepare_type(enum pixel pixel)
{
    static const enum digest_type type[PIXEL_TYPES] = {
        [PIXEL_U8] = DIGEST_U8,   [PIXEL_I8] = DIGEST_I8,
        [PIXEL_U16] = DIGEST_U16, [PIXEL_I16] = DIGEST_I16,
        [PIXEL_U32] = DIGEST_U32, [PIXEL_I32] = DIGEST_I32,
        [PIXEL_F32] = DIGEST_F32, [PIXEL_F64] = DIGEST_F64};

    return type[pixel];
}

static status check_volume(struct prepare_plan *p, uint32_t volume)
{
    status st = OK;
    uint32_t row = p->list->first[volume];
    uint64_t patches = (uint64_t)(p->first[volume + 1] - p->first[volume]) *
                       (1 + p->head.negatives);
    struct cutter *c = NULL;

    st = cutter_open(p->list->path[row], &p->cutter, &c);
    if (st != OK) {
        prepare_blame(p, row);
        goto out;
    }
    TRY(check_seeds(p, volume, c));
    add_memory(p, c, patches);
    p->bytes += patches * cutter_len(c) * pixel_size(cutter_pixel(c));
out:
    cutter_close(c);
    return st;
}

status prepare_check(struct prepare_plan *p)
{
    status st = OK;
    size_t available = mem_available();

    for (uint32_t s = 0; s < p->mine.n; s++) {
        struct block v = prepare_volumes(p, p->mine.lo + s);

        for (uint32_t i = 0; i < v.n; i++)
            TRY(check_volume(p, v.lo + i));
    }
    p->memory += (uint64_t)p->batch * p->len * sizeof(double);
    ENSURE(available == 0 || p->memory <= available, ERR_MEM,
           "%" PRIu64 " MB are needed for the largest volume and its patches, "
           "%zu MB are free; start fewer ranks on a node",
           p->memory >> 20, available >> 20);
out:
    return st;
}
