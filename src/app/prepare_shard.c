/* One shard: each volume is read once; the patches of some of its rows are cut
 * by the team, then written in order by the calling thread (netCDF). */
#include <inttypes.h>

#include "base/log.h"
#include "base/mem.h"

#include "app/prepare.h"
#include "det/stream.h"

enum { MOST_TRIES = 100000 };

/* A volume and the patches of it that are being cut: number i is patch
 * (i % (1 + K)) - 1 of the volume's row i / (1 + K). */
struct cut {
    const struct prepare_work *w;
    struct volume volume;
    struct grid grid;
    uint32_t number; /* of the volume */
    uint32_t at;     /* first of this batch */
};

status prepare_work_new(const struct prepare_plan *plan,
                        struct team *team,
                        struct progress *progress,
                        struct prepare_work *out)
{
    status st = OK;

    *out =
        (struct prepare_work){.plan = plan, .team = team, .progress = progress};
    TRY(mem_new(plan->batch, sizeof *out->patch, &out->patch));
    for (uint32_t i = 0; i < plan->batch; i++)
        TRY(patch_new(plan->conf->cut.radius, PIXEL_F64, &out->patch[i]));
out:
    return st;
}

void prepare_work_free(struct prepare_work *w)
{
    for (uint32_t i = 0; w->patch && i < w->plan->batch; i++)
        patch_free(&w->patch[i]);
    mem_free(w->patch);
    *w = (struct prepare_work){0};
}

static void row_of(const struct cut *c, uint32_t i, uint32_t *row, int32_t *k)
{
    const struct prepare_plan *p = c->w->plan;
    uint32_t per_row = 1 + p->head.negatives;

    *row = p->row[p->first[c->number] + i / per_row];
    *k = (int32_t)(i % per_row) - 1;
}

/* Does a box hold a seed of this volume? */
static bool holds_seed(const struct cut *c, const int64_t corner[3])
{
    const struct prepare_plan *p = c->w->plan;

    for (uint32_t i = p->first[c->number]; i < p->first[c->number + 1]; i++)
        if (negative_holds(&c->grid, &p->patch, corner,
                           p->list->seed[p->row[i]]))
            return true;
    return false;
}

static status
draw_corner(const struct cut *c, uint32_t row, int32_t k, int64_t corner[3])
{
    status st = OK;
    const struct prepare_plan *p = c->w->plan;
    struct stream s =
        stream_at((uint64_t)p->conf->seed, STREAM_PREPARE, row, (uint64_t)k, 0);
    int tries = 0;

    do {
        ENSURE(tries++ < MOST_TRIES, ERR_DATA,
               "%s: no place for a negative patch of %" PRId64
               " voxels that holds no seed; set negatives.clear to false",
               p->list->path[row], 2 * p->conf->cut.radius);
        negative_draw(&c->grid, &p->patch, &s, corner);
    } while (p->conf->clear && holds_seed(c, corner));
out:
    if (st != OK)
        prepare_blame(p, row);
    return st;
}

static status cut_one(void *ctx, size_t item, int member)
{
    status st = OK;
    const struct cut *c = ctx;
    const struct prepare_plan *p = c->w->plan;
    struct patch *out = &c->w->patch[item];
    uint32_t row = 0;
    int32_t k = 0;
    int64_t corner[3];

    (void)member;
    row_of(c, c->at + (uint32_t)item, &row, &k);
    if (k == PATCH_POSITIVE) {
        patch_positive(&c->volume, &c->grid, &p->patch, p->list->seed[row],
                       out);
    } else {
        TRY(draw_corner(c, row, k, corner));
        patch_negative(&c->volume, &c->grid, &p->patch, corner, out);
    }
out:
    return st;
}

static status
put_patch(const struct cut *c, uint32_t i, struct patch_writer *out)
{
    status st = OK;
    const struct prepare_plan *p = c->w->plan;
    const struct patch *patch = &c->w->patch[i - c->at];
    struct patch_info info = {0};
    struct text record = {0};

    row_of(c, i, &info.row, &info.k);
    TRY(prepare_type(patch->pixel, p->list->path[info.row], &info.type));
    for (int a = 0; a < 3; a++)
        info.dim[a] = (uint32_t)patch->shape[a];
    if (info.k == PATCH_POSITIVE) {
        TRY(list_record(p->list, info.row, &record));
        TRY(patch_put_row(out, info.row, record.s));
    }
    TRY(patch_put(out, &info, patch->data));
out:
    text_free(&record);
    return st;
}

static status
put_volume(struct prepare_work *w, uint32_t number, struct patch_writer *out)
{
    status st = OK;
    const struct prepare_plan *p = w->plan;
    struct cut c = {.w = w, .number = number};
    uint32_t row = p->list->first[number];
    uint32_t n =
        (p->first[number + 1] - p->first[number]) * (1 + p->head.negatives);

    st = volume_open(p->list->path[row], &c.volume);
    if (st != OK) {
        prepare_blame(p, row);
        goto out;
    }
    TRY(patch_grid(&c.volume.geo, &p->patch, &c.grid));
    for (c.at = 0; c.at < n; c.at += p->batch) {
        uint32_t now = n - c.at < p->batch ? n - c.at : p->batch;

        TRY(team_run(w->team, now, cut_one, &c));
        for (uint32_t i = c.at; i < c.at + now; i++)
            TRY(put_patch(&c, i, out));
    }
out:
    volume_free(&c.volume);
    return st;
}

status prepare_shard(struct prepare_work *w,
                     const char *dir,
                     uint32_t shard,
                     char digest[SHA256_HEX])
{
    status st = OK;
    struct block v = prepare_volumes(w->plan, shard);
    struct patch_writer *out = NULL;

    TRY(patch_create(dir, shard, &w->plan->head, &out));
    for (uint32_t i = 0; i < v.n; i++) {
        if (run_stop_wanted()) {
            st = STOPPED;
            goto out;
        }
        TRY(put_volume(w, v.lo + i, out));
        progress_show(w->progress, ++w->done, "");
    }
    TRY(patch_finish(out, digest));
out:
    patch_writer_free(out);
    return st;
}
