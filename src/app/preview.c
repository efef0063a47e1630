/* Rows are chosen, cut as the store's, augmented as training would. */
#include "app/preview.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "store/list.h"
#include "vol/augment/transforms.h"
#include "vol/volume.h"

#define AT(m) CONF_AT(struct preview_conf, m)
const struct conf_row PREVIEW_ROWS[] = {
    {"preview.rows", CONF_I64, AT(rows), "0", 0, 1000, NULL, "rows", PLACEMENT,
     "write preview.html with pictures of so many rows, spread over the list; "
     "--preview[=N]"},
    {"preview.which", CONF_I64S, AT(which), "[]", 1, 1e9, NULL, "rows",
     PLACEMENT, "or with these rows, counted from 1"},
    {"preview.pipeline", CONF_ENUM, AT(pipeline), "pretraining/fmcib_pretrain",
     1, 0, AUGMENT_TRAIN_CHOICES, "", PLACEMENT,
     "augmentation of the views that are shown: a YAML file of the study"},
    {"preview.label", CONF_TEXT, AT(label), "", 1, 0, NULL, "", PLACEMENT,
     "column that is shown as label; empty: label, malignancy, survival or "
     "Coarse_lesion_type if the list has one"},
};
const size_t PREVIEW_ROWS_N = sizeof PREVIEW_ROWS / sizeof PREVIEW_ROWS[0];
#undef AT

/* What the rows share. */
struct preview {
    const struct preview_conf *conf;
    const struct list *list;
    struct patch_conf cut;
    uint64_t seed;
    struct augment_pipeline pipeline; /* no parts: patches too large for it */
    int32_t label;                    /* column, -1: none */
    uint32_t path;                    /* column */
    struct volume volume;
    uint32_t open; /* number of the volume that is open */
    bool any_open;
    struct patch patch;
    struct image hu; /* the patch, or a view */
    float *scratch;  /* of a view */
    struct text html;
};

static status find_label(struct preview *p)
{
    static const char *const usual[] = {"label", "malignancy", "survival",
                                        "Coarse_lesion_type"};
    status st = OK;
    uint32_t col = 0;

    p->label = -1;
    if (p->conf->label[0]) {
        TRY(csv_need(p->list->csv, p->conf->label, &col));
        p->label = (int32_t)col;
        goto out;
    }
    for (size_t i = 0; i < sizeof usual / sizeof *usual && p->label < 0; i++)
        p->label = csv_find(p->list->csv, usual[i]);
out:
    return st;
}

/* Memory for the largest patch and for all views. */
static status make_room(struct preview *p)
{
    status st = OK;
    int64_t edge = 2 * p->cut.radius;
    size_t len = (size_t)(edge * edge * edge);
    size_t scratch = 0;

    for (int32_t v = 0; v < augment_views(&p->pipeline); v++) {
        const struct augment_chain *c = augment_chain_of(&p->pipeline, v);
        size_t n = augment_chain_len(c, edge);
        size_t own = augment_chain_scratch(c, edge);

        len = n > len ? n : len;
        scratch = own > scratch ? own : scratch;
    }
    TRY(patch_new(p->cut.radius, PIXEL_F64, &p->patch));
    TRY(mem_new(len, sizeof *p->hu.data, &p->hu.data));
    TRY(mem_new(scratch, sizeof *p->scratch, &p->scratch));
out:
    return st;
}

static void preview_end(struct preview *p)
{
    if (p->any_open)
        volume_free(&p->volume);
    patch_free(&p->patch);
    mem_free(p->hu.data);
    mem_free(p->scratch);
    text_free(&p->html);
}

static status need_volume(struct preview *p, uint32_t row)
{
    status st = OK;
    uint32_t number = p->list->volume[row];

    if (p->any_open && p->open == number)
        goto out;
    if (p->any_open)
        volume_free(&p->volume);
    p->any_open = false;
    TRY(volume_open(p->list->path[row], &p->volume));
    p->any_open = true;
    p->open = number;
out:
    return st;
}

/* Back to HU what a chain has normalised. */
static void undo_unit(const struct augment_chain *c, struct image *m)
{
    float mul = 1.0F;
    float add = 0.0F;

    for (int32_t i = 0; i < c->n; i++)
        if (c->step[i].op == AUGMENT_NORMALISE) {
            mul = 3072.0F;
            add = -1024.0F;
        } else if (c->step[i].op == AUGMENT_SCALE) {
            mul = 2000.0F;
            add = -1000.0F;
        }
    for (size_t i = 0; i < image_len(m); i++)
        m->data[i] = m->data[i] * mul + add;
}

/* Pictures of about 150 pixels. */
static int32_t scale_of(const struct preview *p)
{
    return p->cut.radius > 75 ? 1 : (int32_t)(75 / p->cut.radius);
}

static status
put_views(struct preview *p, uint32_t row, enum preview_window window)
{
    status st = OK;

    for (int32_t v = 0; v < augment_views(&p->pipeline); v++) {
        const struct augment_chain *c = augment_chain_of(&p->pipeline, v);
        struct stream s =
            stream_at(p->seed, STREAM_AUGMENT, 0, row, (uint64_t)v);
        struct preview_image m = {.mark = false, .scale = scale_of(p)};
        char name[32];

        TRY(augment_chain_view(c, &p->patch, &s, &p->hu, p->scratch));
        undo_unit(c, &p->hu);
        m.hu = p->hu;
        for (int a = 0; a < 3; a++)
            m.at[a] = p->hu.shape[a] / 2;
        (void)snprintf(name, sizeof name, "View %" PRId32, v + 1);
        TRY(preview_figure(&p->html, name, &m, window));
    }
out:
    return st;
}

static status put_row(struct preview *p, uint32_t row)
{
    status st = OK;
    const struct csv *csv = p->list->csv;
    struct preview_row r = {.number = row + 1,
                            .line = csv_line(csv, row),
                            .path = csv_cell(csv, row, p->path),
                            .seed_mm = p->list->seed[row]};
    struct preview_image m = {.mark = true, .scale = scale_of(p)};
    enum preview_window window;
    struct grid g;
    double full = 8.0 * (double)(p->cut.radius * p->cut.radius * p->cut.radius);

    TRY(need_volume(p, row));
    TRY(patch_grid(&p->volume.geo, &p->cut, &g));
    patch_positive(&p->volume, &g, &p->cut, r.seed_mm, &p->patch);
    patch_seed(&g, &p->cut, r.seed_mm, m.at);
    for (int a = 0; a < 3; a++)
        p->hu.shape[a] = p->patch.shape[a];
    pixel_floats(p->patch.pixel, p->patch.data, 0, patch_len(&p->patch),
                 p->hu.data);
    m.hu = p->hu;
    window = preview_window_of(&p->hu);
    r.spacing_mm = p->volume.geo.spacing;
    r.outside = 1.0 - (double)patch_len(&p->patch) / full;
    if (p->label >= 0) {
        r.label_name = csv_name(csv, (uint32_t)p->label);
        r.label = csv_cell(csv, row, (uint32_t)p->label);
    }
    preview_row_open(&p->html, &r);
    TRY(preview_figure(&p->html, "Patch", &m, PREVIEW_LUNG));
    TRY(preview_figure(&p->html, "Patch", &m, PREVIEW_SOFT));
    TRY(put_views(p, row, window));
    preview_row_close(&p->html);
out:
    if (st != OK)
        status_prefix("preview of %s:%" PRIu32 ": ", csv_path(csv), r.line);
    return st;
}

/* Row number i of the n that are shown: named, or spread evenly. */
static status
chosen(const struct preview *p, uint32_t i, uint32_t n, uint32_t *row)
{
    status st = OK;
    const struct conf_list *which = &p->conf->which;
    uint32_t rows = p->list->rows;

    *row = (uint32_t)((uint64_t)i * rows / n);
    if (which->n == 0)
        goto out;
    ENSURE(which->v.i[i] <= rows, ERR_CONF,
           "preview.which: row %" PRId64 " of %s, it has %" PRIu32 " rows",
           which->v.i[i], csv_path(p->list->csv), rows);
    *row = (uint32_t)(which->v.i[i] - 1);
out:
    return st;
}

static status put_rows(struct preview *p, uint32_t n)
{
    status st = OK;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = 0;

        TRY(chosen(p, i, n, &row));
        TRY(put_row(p, row));
    }
out:
    return st;
}

/* A choice by its number. */
static void choice_name(int i, char *out, size_t size)
{
    const char *at = AUGMENT_TRAIN_CHOICES;
    size_t n;

    for (; i > 0; i--)
        at = strchr(at, '|') + 1;
    n = strcspn(at, "|");
    BUG_IF(n >= size);
    memcpy(out, at, n);
    out[n] = '\0';
}

static uint32_t wanted(const struct preview_conf *c, const struct list *list)
{
    if (c->which.n > 0)
        return c->which.n;
    return c->rows < list->rows ? (uint32_t)c->rows : list->rows;
}

status preview_write(const struct run *run,
                     const struct preview_conf *conf,
                     const struct cut_conf *cut,
                     const struct list *list,
                     uint64_t seed)
{
    status st = OK;
    struct preview p = {.conf = conf, .list = list, .seed = seed};
    char pipeline[128];
    char *path = NULL;
    uint32_t n = wanted(conf, list);
    struct preview_head head = {
        csv_path(list->csv), n, list->rows, cut, pipeline, seed};

    if (n == 0)
        goto out;
    choice_name(conf->pipeline, pipeline, sizeof pipeline);
    TRY(cut_patch_conf(cut, &p.cut));
    if (2 * cut->radius >= 4 && 2 * cut->radius <= AUGMENT_EDGE_MAX)
        TRY(augment_preset(pipeline, "train", 2 * cut->radius, &p.pipeline));
    TRY(find_label(&p));
    TRY(csv_need(list->csv, "image_path", &p.path));
    TRY(make_room(&p));
    preview_open(&p.html, &head);
    TRY(put_rows(&p, n));
    preview_close(&p.html);
    TRY(text_status(&p.html));
    TRY(run_path(run, "preview.html", &path));
    TRY(file_publish(path, p.html.s, p.html.len));
    log_info("%s: pictures of %" PRIu32 " rows", path, n);
out:
    mem_free(path);
    preview_end(&p);
    return st;
}
