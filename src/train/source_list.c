/* A list of seeds as a source: what its rows need is known from headers; its
 * patches are cut as they are read. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "train/source_impl.h"

/* Longest axis and voxels of the patches of a volume. */
static void add_facts(struct source_facts *f, const struct cutter *c)
{
    uint64_t bytes = cutter_len(c) * sizeof(double);
    uint32_t edge = cutter_edge(c);

    if (bytes > f->max_bytes)
        f->max_bytes = bytes;
    if (edge > f->max_edge)
        f->max_edge = edge;
}

const char *source_fault(const struct source *s, uint32_t row)
{
    return s->fault ? s->fault[row] : NULL;
}

status source_reject(struct source *s, uint32_t row, status st)
{
    if (!s->fault || (st != ERR_FILE && st != ERR_DATA && st != ERR_NUMERIC))
        return st;
    BUG_IF(s->fault[row]);
    return mem_text(status_text(), &s->fault[row]);
}

/* A seed in its volume; why: the volume cannot be opened. */
static status check_seed(struct source *s,
                         uint32_t row,
                         const struct cutter *c,
                         status opened,
                         const char *why)
{
    status st = OK;
    const struct list *l = s->list;
    const double *seed = l->seed[row];
    struct piece piece;
    char *where = NULL;
    size_t len = strlen(l->path[row]);

    if (why && strncmp(why, l->path[row], len) == 0 && why[len] == ':')
        why += len + strspn(why + len, ": "); /* `where` ends with the path */
    TRY(list_where(l, row, &where));
    ENSURE(l->path[row][0], ERR_DATA, "%s: column image_path is empty", where);
    ENSURE(!why, opened, "%s: %s", where, why);
    ENSURE(isfinite(seed[0]) && isfinite(seed[1]) && isfinite(seed[2]),
           ERR_DATA, "%s: coordX, coordY, coordZ are not three numbers", where);
    TRY(cutter_check(c, seed, where));
    cutter_seed(c, seed, &piece);
    s->slice[row] = piece.need_lo[2];
out:
    mem_free(where);
    return st;
}

/* Geometry of a volume by its header, and all seeds in it. */
static status check_volume(struct source *s, uint32_t volume)
{
    status st = OK;
    const struct list *l = s->list;
    const char *path = l->path[l->first[volume]];
    struct cutter *c = NULL;
    char *why = NULL;
    status opened = path[0] ? cutter_open(path, &s->conf.cutter, &c) : ERR_DATA;

    if (opened != OK && path[0])
        TRY(mem_text(status_text(), &why));
    for (uint32_t r = l->first[volume]; r < l->rows; r++) {
        if (l->volume[r] != volume)
            continue;
        st = check_seed(s, r, c, opened, why);
        if (st != OK)
            TRY(source_reject(s, r, st));
    }
    if (c)
        add_facts(&s->facts, c);
out:
    cutter_close(c);
    mem_free(why);
    return st;
}

static status check_any(const struct source *s)
{
    status st = OK;
    const struct list *l = s->list;

    for (uint32_t r = 0; r < l->rows; r++)
        if (!source_fault(s, r))
            return OK;
    ENSURE(false, ERR_DATA, "no row of %s can be cut; the first: %s",
           csv_path(l->csv), source_fault(s, 0));
out:
    return st;
}

status source_list(const char *path,
                   const struct source_list_conf *conf,
                   struct source **out)
{
    status st = OK;
    struct source *s = NULL;

    TRY(mem_new(1, sizeof *s, &s));
    s->conf = *conf;
    s->open = UINT32_MAX;
    TRY(list_open(path, &conf->list, &s->list));
    TRY(mem_new(s->list->rows, sizeof *s->slice, &s->slice));
    if (conf->list.lenient)
        TRY(mem_new(s->list->rows, sizeof *s->fault, &s->fault));
    for (uint32_t v = 0; v < s->list->volumes; v++)
        TRY(check_volume(s, v));
    TRY(check_any(s));
    s->facts.rows = s->list->rows;
    s->facts.normalised = conf->cutter.path != CUTTER_TRAINING;
    memcpy(s->facts.digest, s->list->digest, SHA256_HEX);
    *out = s;
    s = NULL;
out:
    source_close(s);
    return st;
}

struct place {
    uint32_t volume, row;
    int64_t slice;
};

static int before(const void *a, const void *b)
{
    const struct place *p = a;
    const struct place *q = b;

    if (p->volume != q->volume)
        return p->volume < q->volume ? -1 : 1;
    if (p->slice != q->slice)
        return p->slice < q->slice ? -1 : 1;
    return p->row < q->row ? -1 : 1;
}

status source_order(const struct source *s, uint32_t n, uint32_t *rows)
{
    status st = OK;
    struct place *place = NULL;

    TRY(mem_new(n, sizeof *place, &place));
    for (uint32_t i = 0; i < n; i++) {
        place[i].row = rows[i];
        place[i].volume = s->list ? s->list->volume[rows[i]] : 0;
        place[i].slice = s->list ? s->slice[rows[i]] : 0;
    }
    qsort(place, n, sizeof *place, before);
    for (uint32_t i = 0; i < n; i++)
        rows[i] = place[i].row;
out:
    mem_free(place);
    return st;
}

static void close_volume(struct source *s)
{
    cutter_close(s->cutter);
    s->cutter = NULL;
    s->open = UINT32_MAX;
}

void source_blame(const struct source *s, uint32_t row)
{
    char *where = NULL;

    if (s->list && list_where(s->list, row, &where) == OK)
        status_prefix("%s: ", where);
    mem_free(where);
}

status
source_read_seed(struct source *s, uint32_t row, void *data, struct patch *out)
{
    status st = OK;
    struct list *l = s->list;
    struct volume part = {0};
    struct piece piece;

    if (s->open != l->volume[row]) {
        close_volume(s);
        TRY(cutter_open(l->path[row], &s->conf.cutter, &s->cutter));
        s->open = l->volume[row];
    }
    cutter_seed(s->cutter, l->seed[row], &piece);
    TRY(cutter_read(s->cutter, piece.need_lo, piece.need_hi, &part));
    out->data = data;
    cutter_cut(s->cutter, &part, &piece, out);
out:
    if (st != OK) { /* a stream that broke is not read on */
        source_blame(s, row);
        close_volume(s);
    }
    volume_free(&part);
    return st;
}
