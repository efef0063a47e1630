/* Rank 0 tells the others what there is; the largest files are dealt first,
 * each to the rank that has least to read so far. */
#include "app/data_sums.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

/* To open a file costs about as much as to read this many bytes. */
enum { OPEN_COST = 64 << 10 };

struct record {
    uint64_t index;
    struct data_made made;
};

struct sharing {
    const char *dir;
    struct data_item *items; /* [n], on all ranks */
    uint64_t n;
    char *paths; /* one after the other, with their NULs */
    uint64_t paths_size;
    uint64_t *order; /* [n] largest first */
    struct record *mine;
    size_t n_mine;
};

struct item_head {
    uint64_t size;
    uint64_t want;
};

/* Head of every item and all paths as two blocks of bytes. All ranks. */
static status tell(struct tool *tool,
                   status st,
                   const struct data_item *items,
                   size_t n,
                   struct sharing *s)
{
    struct item_head *heads = NULL;
    uint64_t sizes[2] = {n, 0};
    char *p = NULL;

    for (size_t i = 0; st == OK && tool->first && i < n; i++)
        sizes[1] += strlen(items[i].path) + 1;
    TRY(par_agree(tool->par, st));
    TRY(par_bcast(tool->par, sizes, sizeof sizes, 0));
    s->n = sizes[0];
    s->paths_size = sizes[1];
    st = mem_new(s->n, sizeof *heads, &heads);
    if (st == OK)
        st = mem_new(s->n, sizeof *s->items, &s->items);
    if (st == OK)
        st = mem_new(s->paths_size, 1, &s->paths);
    TRY(par_agree(tool->par, st));
    p = s->paths;
    for (size_t i = 0; tool->first && i < n; i++) {
        size_t len = strlen(items[i].path) + 1;

        heads[i] = (struct item_head){items[i].size, items[i].want};
        memcpy(p, items[i].path, len);
        p += len;
    }
    TRY(par_bcast(tool->par, heads, s->n * sizeof *heads, 0));
    TRY(par_bcast(tool->par, s->paths, s->paths_size, 0));
    p = s->paths;
    for (size_t i = 0; i < s->n; i++) {
        s->items[i] =
            (struct data_item){p, heads[i].size, (unsigned)heads[i].want};
        p += strlen(p) + 1;
    }
out:
    mem_free(heads);
    return st;
}

static int largest_first(const void *a, const void *b, void *ctx)
{
    const struct data_item *items = ctx;
    uint64_t i = *(const uint64_t *)a;
    uint64_t j = *(const uint64_t *)b;

    if (items[i].size != items[j].size)
        return items[i].size < items[j].size ? 1 : -1;
    return (i > j) - (i < j);
}

static status deal(const struct tool *tool, struct sharing *s)
{
    status st = OK;
    size_t ranks = (size_t)par_size(tool->par);
    uint64_t *load = NULL;

    TRY(mem_new(ranks, sizeof *load, &load));
    TRY(mem_new(s->n, sizeof *s->order, &s->order));
    TRY(mem_new(s->n, sizeof *s->mine, &s->mine));
    for (uint64_t i = 0; i < s->n; i++)
        s->order[i] = i;
    if (s->n)
        qsort_r(s->order, s->n, sizeof *s->order, largest_first, s->items);
    for (uint64_t i = 0; i < s->n; i++) {
        size_t to = 0;

        for (size_t r = 1; r < ranks; r++)
            if (load[r] < load[to])
                to = r;
        load[to] += s->items[s->order[i]].size + OPEN_COST;
        if (to == (size_t)par_rank(tool->par))
            s->mine[s->n_mine++].index = s->order[i];
    }
out:
    mem_free(load);
    return st;
}

/* A file that cannot be read is an answer, not an error. */
static status make_one(void *ctx, size_t i, int member)
{
    status st = OK;
    const struct sharing *s = ctx;
    struct record *r = &s->mine[i];
    const struct data_item *item = &s->items[r->index];
    char *path = NULL;

    (void)member;
    TRY(file_join(s->dir, item->path, &path));
    st = sums_of_file(path, item->want, &r->made.sums);
    if (st == ERR_FILE) {
        (void)snprintf(r->made.fault, sizeof r->made.fault, "%s",
                       status_text());
        st = OK;
    }
    TRY(st);
out:
    mem_free(path);
    return st;
}

/* This rank's files, a few at a time for the progress line. */
static status make_mine(struct tool *tool, struct sharing *s)
{
    status st = OK;
    size_t batch = 8 * (size_t)team_size(tool->team);
    struct progress pr;

    progress_start(&pr, "sums", "file", 0, (int64_t)s->n_mine,
                   tool->first && !tool->quiet && s->n_mine > batch);
    for (size_t done = 0; done < s->n_mine; done += batch) {
        size_t left = s->n_mine - done;
        struct sharing some = *s;

        some.mine += done;
        TRY(team_run(tool->team, left < batch ? left : batch, make_one, &some));
        progress_show(&pr, (int64_t)done, "");
    }
    progress_end(&pr, (int64_t)s->n_mine, "");
out:
    return st;
}

status data_sums(struct tool *tool,
                 status so_far,
                 const char *dir,
                 const struct data_item *items,
                 size_t n,
                 struct data_made *made)
{
    status st = OK;
    struct sharing s = {.dir = dir};
    char *all = NULL;
    size_t *sizes = NULL;
    size_t total = 0;

    TRY(tell(tool, so_far, items, n, &s));
    st = deal(tool, &s);
    if (st == OK)
        st = make_mine(tool, &s);
    if (st == OK)
        st = mem_new((size_t)par_size(tool->par), sizeof *sizes, &sizes);
    TRY(par_agree(tool->par, st));
    TRY(par_gather_bytes(tool->par, s.mine, s.n_mine * sizeof *s.mine, &all,
                         sizes));
    for (int r = 0; tool->first && r < par_size(tool->par); r++)
        total += sizes[r];
    for (size_t at = 0; at < total; at += sizeof(struct record)) {
        struct record r;

        memcpy(&r, all + at, sizeof r);
        made[r.index] = r.made;
    }
out:
    mem_free(s.items);
    mem_free(s.paths);
    mem_free(s.order);
    mem_free(s.mine);
    mem_free(all);
    mem_free(sizes);
    return st;
}
