#include "train/live.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/side.h"

#include "det/stream.h"
#include "train/live_cache.h"

#define AT(m) CONF_AT(struct live_conf, m)
const struct conf_row live_rows[] = {
    {"negatives.from", CONF_ENUM, AT(from), "stored", 1, 0, "stored|live", "",
     IDENTITY,
     "stored: those fmcib-prepare drew; live: a new one from the whole CT "
     "every "
     "epoch, as the original"},
    {"negatives.clear", CONF_BOOL, AT(clear), "false", 1, 0, NULL, "", IDENTITY,
     "live: draw again a negative that holds a seed of its volume (published: "
     "false)"},
    {"input.list", CONF_TEXT, AT(list), "", 1, 0, NULL, "", PLACEMENT,
     "live: the CSV the patches were prepared from"},
    {"data.root", CONF_TEXT, AT(root), "", 1, 0, NULL, "", PLACEMENT,
     "live: folder that image_path is relative to; empty: that of the list"},
    {"data.strip", CONF_TEXT, AT(strip), "", 1, 0, NULL, "", PLACEMENT,
     "live: taken off the front of image_path"},
    {"negatives.cache", CONF_TEXT, AT(cache), "", 1, 0, NULL, "", PLACEMENT,
     "live: folder of a local disk where volumes that are compressed or in "
     "slices are written once; empty: they are decoded each time"},
    {"negatives.cache_gb", CONF_F64, AT(cache_gb), "50", 0, 1e6, NULL, "GB",
     PLACEMENT,
     "live: what that folder may hold; volumes used longest ago go first"},
};
const size_t live_rows_n = sizeof live_rows / sizeof live_rows[0];
#undef AT

enum { MOST_TRIES = 100000, LIVE_DRAW = 1 };

struct live {
    struct list *list;
    struct cutter_conf cutter;
    bool clear;
    uint64_t seed;
    struct live_cache *cache; /* or NULL */
    struct side *side;
    bool busy;
    /* the job */
    uint32_t epoch;
    const uint32_t *rows;
    uint32_t n;
    struct patch *out;
};

status live_open(const struct live_conf *conf,
                 const struct cutter_conf *cutter,
                 uint64_t seed,
                 const char *list_digest,
                 struct live **out)
{
    status st = OK;
    struct live *l = NULL;
    struct list_conf lc = {.root = conf->root, .strip = conf->strip};

    TRY(mem_new(1, sizeof *l, &l));
    l->cutter = *cutter;
    l->clear = conf->clear;
    l->seed = seed;
    ENSURE(conf->list[0], ERR_CONF,
           "negatives.from is live: input.list is not given; name the CSV the "
           "patches were prepared from");
    TRY(list_open(conf->list, &lc, &l->list));
    ENSURE(
        strcmp(l->list->digest, list_digest) == 0, ERR_DATA,
        "%s: digest %.12s, the patches were prepared from a list with digest "
        "%.12s; name that list",
        conf->list, l->list->digest, list_digest);
    if (conf->cache[0])
        TRY(live_cache_open(conf->cache, (uint64_t)(conf->cache_gb * 1e9),
                            &l->cache));
    TRY(side_new(&l->side));
    *out = l;
    l = NULL;
out:
    live_close(l);
    return st;
}

void live_close(struct live *l)
{
    if (!l)
        return;
    side_free(l->side);
    live_cache_close(l->cache);
    list_free(l->list);
    mem_free(l);
}

const struct list *live_list(const struct live *l)
{
    return l->list;
}

/* Does a box hold a seed of the row's volume? */
static bool holds_seed(const struct live *l,
                       const struct cutter *c,
                       uint32_t row,
                       const int64_t corner[3])
{
    const struct list *list = l->list;

    for (uint32_t r = 0; r < list->rows; r++)
        if (list->volume[r] == list->volume[row] &&
            negative_holds(cutter_grid(c), &l->cutter.train, corner,
                           list->seed[r]))
            return true;
    return false;
}

static status plan_negative(const struct live *l,
                            const struct cutter *c,
                            uint32_t epoch,
                            uint32_t row,
                            struct piece *out)
{
    status st = OK;
    struct stream s =
        stream_at(l->seed, STREAM_NEGATIVE, epoch, row, LIVE_DRAW);
    int64_t corner[3];
    int tries = 0;

    do {
        ENSURE(tries++ < MOST_TRIES, ERR_DATA,
               "no place for a negative patch of %" PRId64
               " voxels that holds no seed; set negatives.clear to false",
               2 * l->cutter.train.radius);
        negative_draw(cutter_grid(c), &l->cutter.train, &s, corner);
    } while (l->clear && holds_seed(l, c, row, corner));
    cutter_corner(c, corner, out);
out:
    return st;
}

static status read_part(struct live *l,
                        const char *path,
                        struct cutter *c,
                        const struct piece *p,
                        struct volume *out)
{
    for (int a = 0; a < 3; a++)
        if (p->need_lo[a] >= p->need_hi[a])
            return cutter_read(c, p->need_lo, p->need_hi, out);
    if (l->cache && cutter_forward(c))
        return live_cache_read(l->cache, path, c, p->need_lo, p->need_hi, out);
    return cutter_read(c, p->need_lo, p->need_hi, out);
}

status live_read(struct live *l, int64_t epoch, uint32_t row, struct patch *out)
{
    status st = OK;
    const char *path = l->list->path[row];
    struct cutter *c = NULL;
    struct volume part = {0};
    struct piece piece;

    TRY(cutter_open(path, &l->cutter, &c));
    if (epoch < 0)
        cutter_seed(c, l->list->seed[row], &piece);
    else
        TRY(plan_negative(l, c, (uint32_t)epoch, row, &piece));
    TRY(read_part(l, path, c, &piece, &part));
    cutter_cut(c, &part, &piece, out);
out:
    if (st != OK)
        status_prefix("%s:%" PRIu32 ": ", csv_path(l->list->csv),
                      csv_line(l->list->csv, row));
    cutter_close(c);
    volume_free(&part);
    return st;
}

static status read_all(void *ctx)
{
    status st = OK;
    struct live *l = ctx;

    for (uint32_t i = 0; i < l->n; i++)
        TRY(live_read(l, l->epoch, l->rows[i], &l->out[i]));
out:
    return st;
}

void live_start(struct live *l,
                uint32_t epoch,
                const uint32_t *rows,
                uint32_t n,
                struct patch *out)
{
    BUG_IF(l->busy);
    l->busy = true;
    l->epoch = epoch;
    l->rows = rows;
    l->n = n;
    l->out = out;
    side_start(l->side, read_all, l);
}

status live_wait(struct live *l)
{
    status st = OK;

    while (l->busy && !side_done(l->side, 1000000, &st)) {
    }
    l->busy = false;
    return st;
}
