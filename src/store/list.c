/* Volumes are told apart by their path text; they are numbered in the order of
 * the list, found by sorting. */
#include "store/list.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "det/digest.h"
#include "det/order.h"

static status digest_of(const struct csv *t, char hex[SHA256_HEX])
{
    status st = OK;
    struct digest *d = NULL;

    TRY(digest_new(&d));
    for (uint32_t c = 0; c < csv_cols(t); c++)
        digest_text(d, "column", csv_name(t, c));
    for (uint32_t i = 0; i < csv_rows(t); i++)
        for (uint32_t c = 0; c < csv_cols(t); c++)
            digest_text(d, "cell", csv_cell(t, i, c));
    digest_end(d, hex);
out:
    digest_free(d);
    return st;
}

/* "dir/" of a path, "" when it has none. Caller frees. */
static status folder_of(const char *path, char **out)
{
    status st = OK;
    char *dir = NULL;
    char *slash = NULL;

    TRY(mem_text(path, &dir));
    slash = strrchr(dir, '/');
    if (slash)
        slash[1] = '\0';
    else
        dir[0] = '\0';
    *out = dir;
out:
    return st;
}

static status path_of(const struct list *l,
                      uint32_t row,
                      uint32_t col,
                      const char *dir,
                      const struct list_conf *conf,
                      char **out)
{
    status st = OK;
    const char *cell = csv_cell(l->csv, row, col);
    size_t strip = strlen(conf->strip);

    ENSURE(cell[0] || conf->lenient, ERR_DATA,
           "%s:%u: column image_path is empty", csv_path(l->csv),
           csv_line(l->csv, row));
    if (strip && strncmp(cell, conf->strip, strip) == 0)
        cell += strip;
    if (cell[0] || !conf->lenient)
        TRY(file_join(conf->root[0] ? conf->root : dir, cell, out));
    else
        TRY(mem_text("", out));
out:
    return st;
}

static status
find_paths(struct list *l, const char *file, const struct list_conf *conf)
{
    status st = OK;
    char *dir = NULL;
    uint32_t col = 0;

    TRY(csv_need(l->csv, "image_path", &col));
    TRY(folder_of(file, &dir));
    TRY(mem_new(l->rows, sizeof *l->path, &l->path));
    for (uint32_t i = 0; i < l->rows; i++)
        TRY(path_of(l, i, col, dir, conf, &l->path[i]));
out:
    mem_free(dir);
    return st;
}

static status coordinate(
    const struct list *l, uint32_t row, uint32_t col, bool lenient, double *out)
{
    status st = csv_f64(l->csv, row, col, out);

    if (st == ERR_DATA && lenient) {
        *out = NAN;
        st = OK;
    }
    return st;
}

static status find_seeds(struct list *l, bool lenient)
{
    static const char *const names[3] = {"coordX", "coordY", "coordZ"};
    status st = OK;

    TRY(mem_new(l->rows, sizeof *l->seed, &l->seed));
    for (int a = 0; a < 3; a++) {
        uint32_t col = 0;

        TRY(csv_need(l->csv, names[a], &col));
        for (uint32_t i = 0; i < l->rows; i++)
            TRY(coordinate(l, i, col, lenient, &l->seed[i][a]));
    }
out:
    return st;
}

/* order [rows]: rows sorted by path, so equal paths are neighbours and the
 * first of a group is its lowest row. */
static status number_volumes(struct list *l)
{
    status st = OK;
    uint32_t *order = NULL;
    uint32_t *group = NULL; /* [rows] lowest row with the same path */
    uint32_t head = 0;

    TRY(mem_new(l->rows, sizeof *order, &order));
    TRY(mem_new(l->rows, sizeof *group, &group));
    TRY(mem_new(l->rows, sizeof *l->volume, &l->volume));
    TRY(mem_new(l->rows, sizeof *l->first, &l->first));
    order_text((const char *const *)l->path, l->rows, order);
    for (uint32_t i = 0; i < l->rows; i++) {
        if (i == 0 || strcmp(l->path[order[i]], l->path[head]) != 0)
            head = order[i];
        group[order[i]] = head;
    }
    for (uint32_t i = 0; i < l->rows; i++) {
        if (group[i] == i) {
            l->first[l->volumes] = i;
            l->volume[i] = l->volumes++;
        } else {
            l->volume[i] = l->volume[group[i]];
        }
    }
out:
    mem_free(order);
    mem_free(group);
    return st;
}

status
list_open(const char *path, const struct list_conf *conf, struct list **out)
{
    status st = OK;
    struct list *l = NULL;

    TRY(mem_new(1, sizeof *l, &l));
    TRY(csv_read(path, &l->csv));
    l->rows = csv_rows(l->csv);
    TRY(find_paths(l, path, conf));
    TRY(find_seeds(l, conf->lenient));
    TRY(number_volumes(l));
    TRY(digest_of(l->csv, l->digest));
    *out = l;
    l = NULL;
out:
    list_free(l);
    return st;
}

void list_free(struct list *l)
{
    if (!l)
        return;
    for (uint32_t i = 0; l->path && i < l->rows; i++)
        mem_free(l->path[i]);
    csv_free(l->csv);
    mem_free(l->seed);
    mem_free(l->path);
    mem_free(l->volume);
    mem_free(l->first);
    mem_free(l);
}

status list_where(const struct list *l, uint32_t row, char **out)
{
    struct text t = {0};

    text_add(&t, "%s:%u: %s", csv_path(l->csv), csv_line(l->csv, row),
             l->path[row]);
    if (text_status(&t) == OK)
        *out = t.s;
    return text_status(&t);
}

status list_record(const struct list *l, uint32_t row, struct text *out)
{
    for (uint32_t c = 0; c < csv_cols(l->csv); c++) {
        if (c)
            text_put(out, ",", 1);
        csv_put(out, csv_cell(l->csv, row, c));
    }
    return text_status(out);
}

status list_header(const struct list *l, struct text *out)
{
    for (uint32_t c = 0; c < csv_cols(l->csv); c++) {
        if (c)
            text_put(out, ",", 1);
        csv_put(out, csv_name(l->csv, c));
    }
    return text_status(out);
}
