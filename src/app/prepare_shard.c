/* One shard: each volume is opened once; the windows of some of its patches are
 * read in order of slices, cut by the team, then written in order of rows by
 * the calling thread (netCDF). */
#include <inttypes.h>

#include "base/log.h"
#include "base/mem.h"

#include "app/prepare.h"
#include "det/stream.h"
#include "vol/dicom_pixels.h"

enum { MOST_TRIES = 100000, PARTS_MB = 64 };

/* A volume and the patches of it that are being cut: number i is patch
 * (i % (1 + K)) - 1 of the volume's row i / (1 + K). */
struct cut {
    const struct prepare_work *w;
    struct cutter *cutter;
    struct volume whole; /* what all patches need, or no data */
    uint32_t number;     /* of the volume */
    uint32_t at;         /* first of this batch */
    uint32_t lo;         /* first of those read, a place in order */
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
    TRY(mem_new(plan->batch, sizeof *out->piece, &out->piece));
    TRY(mem_new(plan->batch, sizeof *out->part, &out->part));
    TRY(mem_new(plan->batch, sizeof *out->order, &out->order));
    for (uint32_t i = 0; i < plan->batch; i++)
        TRY(mem_raw(plan->len, sizeof(double), &out->patch[i].data));
out:
    return st;
}

void prepare_work_free(struct prepare_work *w)
{
    for (uint32_t i = 0; w->patch && i < w->plan->batch; i++)
        patch_free(&w->patch[i]);
    for (uint32_t i = 0; w->part && i < w->plan->batch; i++)
        volume_free(&w->part[i]);
    mem_free(w->patch);
    mem_free(w->piece);
    mem_free(w->part);
    mem_free(w->order);
    text_free(&w->decoder);
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
        if (negative_holds(cutter_grid(c->cutter), &p->cutter.train, corner,
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
        negative_draw(cutter_grid(c->cutter), &p->cutter.train, &s, corner);
    } while (p->conf->clear && holds_seed(c, corner));
out:
    if (st != OK)
        prepare_blame(p, row);
    return st;
}

static status plan_one(void *ctx, size_t item, int member)
{
    status st = OK;
    const struct cut *c = ctx;
    const struct prepare_plan *p = c->w->plan;
    struct piece *out = &c->w->piece[item];
    uint32_t row = 0;
    int32_t k = 0;
    int64_t corner[3];

    (void)member;
    row_of(c, c->at + (uint32_t)item, &row, &k);
    if (k == PATCH_POSITIVE) {
        cutter_seed(c->cutter, p->list->seed[row], out);
    } else {
        TRY(draw_corner(c, row, k, corner));
        cutter_corner(c->cutter, corner, out);
    }
out:
    return st;
}

static status cut_one(void *ctx, size_t item, int member)
{
    const struct cut *c = ctx;
    uint32_t i = c->w->order[c->lo + item];
    const struct volume *v = c->whole.data ? &c->whole : &c->w->part[i];

    (void)member;
    cutter_cut(c->cutter, v, &c->w->piece[i], &c->w->patch[i]);
    return OK;
}

/* What the file is to blame for, with list and line in front. */
static status blamed(const struct cut *c, status st)
{
    const struct prepare_plan *p = c->w->plan;

    if (st != OK)
        prepare_blame(p, p->list->first[c->number]);
    return st;
}

/* Pieces of low slices first (insertion: there are few). */
static void sort_pieces(const struct cut *c, uint32_t n)
{
    const struct piece *piece = c->w->piece;
    uint32_t *order = c->w->order;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = i;

        for (; j > 0 && piece[order[j - 1]].need_lo[2] > piece[i].need_lo[2];
             j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
}

/* Read windows from place c->lo on until PARTS_MB are full, cut them. */
static status cut_some(struct cut *c, uint32_t n, uint32_t *hi)
{
    status st = OK;
    uint64_t bytes = 0;

    for (*hi = c->lo; *hi < n && bytes >> 20 < PARTS_MB; ++*hi) {
        uint32_t i = c->w->order[*hi];
        const struct piece *p = &c->w->piece[i];
        uint64_t voxels = 1;

        for (int a = 0; a < 3; a++)
            voxels *= (uint64_t)(p->need_hi[a] - p->need_lo[a]);
        bytes += voxels * pixel_size(cutter_volume_pixel(c->cutter));
        if (!c->whole.data)
            TRY(blamed(c, cutter_read(c->cutter, p->need_lo, p->need_hi,
                                      &c->w->part[i])));
    }
    TRY(team_run(c->w->team, *hi - c->lo, cut_one, c));
out:
    for (uint32_t k = c->lo; k < n; k++)
        volume_free(&c->w->part[c->w->order[k]]);
    return st;
}

static status cut_batch(struct cut *c, uint32_t n)
{
    status st = OK;
    uint32_t hi = 0;

    TRY(team_run(c->w->team, n, plan_one, c));
    sort_pieces(c, n);
    for (c->lo = 0; c->lo < n; c->lo = hi)
        TRY(cut_some(c, n, &hi));
out:
    return st;
}

/* More patches than a batch, in a file that is read forward only: everything
 * they need, at once. */
static status read_whole(struct cut *c, uint32_t n)
{
    status st = OK;
    int64_t lo[3] = {INT64_MAX, INT64_MAX, INT64_MAX};
    int64_t hi[3] = {0, 0, 0};

    for (c->at = 0; c->at < n; c->at += c->w->plan->batch) {
        uint32_t left = n - c->at;
        uint32_t now = left < c->w->plan->batch ? left : c->w->plan->batch;

        TRY(team_run(c->w->team, now, plan_one, c));
        for (uint32_t i = 0; i < now; i++)
            for (int a = 0; a < 3; a++) {
                const struct piece *p = &c->w->piece[i];

                if (p->need_lo[a] < p->need_hi[a] && p->need_lo[a] < lo[a])
                    lo[a] = p->need_lo[a];
                if (p->need_hi[a] > hi[a])
                    hi[a] = p->need_hi[a];
            }
    }
    if (lo[0] < hi[0] && lo[1] < hi[1] && lo[2] < hi[2])
        TRY(blamed(c, cutter_read_last(c->cutter, lo, hi, &c->whole)));
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
    info.type = prepare_type(patch->pixel);
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

/* Which decoder made the voxels is part of where a patch comes from. */
static status note_decoder(struct prepare_work *w, struct patch_writer *out)
{
    status st = OK;

    if (w->decoder.len == 0)
        TRY(dicom_decoder(&w->decoder));
    TRY(patch_decoder(out, w->decoder.s));
out:
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

    TRY(blamed(&c, cutter_open(p->list->path[row], &p->cutter, &c.cutter)));
    if (cutter_decoded(c.cutter))
        TRY(blamed(&c, note_decoder(w, out)));
    if (n > p->batch && cutter_forward(c.cutter))
        TRY(read_whole(&c, n));
    for (c.at = 0; c.at < n; c.at += p->batch) {
        uint32_t now = n - c.at < p->batch ? n - c.at : p->batch;

        TRY(cut_batch(&c, now));
        for (uint32_t i = c.at; i < c.at + now; i++)
            TRY(put_patch(&c, i, out));
    }
out:
    cutter_close(c.cutter);
    volume_free(&c.whole);
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
