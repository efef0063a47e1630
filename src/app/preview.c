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
    struct cutter_conf cut;
    uint64_t seed;
    struct augment_pipeline pipeline; /* no parts: no views */
    int32_t label;                    /* column, -1: none */
    uint32_t path;                    /* column */
    struct cutter *volume;            /* NULL: none is open */
    uint32_t open;                    /* its number */
    struct patch patch;
    struct image hu; /* the patch, or a view */
    size_t room;     /* voxels of patch and hu */
    float *scratch;  /* of a view */
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

/* Memory for the largest patch of this volume and its views. */
static status make_room(struct preview *p)
{
    status st = OK;
    size_t len = cutter_len(p->volume);
    size_t scratch = 0;

    for (int32_t v = 0; v < augment_views(&p->pipeline); v++) {
        const struct augment_chain *c = augment_chain_of(&p->pipeline, v);
        size_t n = augment_chain_len(c, cutter_edge(p->volume));
        size_t own = augment_chain_scratch(c, cutter_edge(p->volume));

        len = n > len ? n : len;
        scratch = own > scratch ? own : scratch;
    }
    if (len <= p->room) /* views are of one size in a run */
        goto out;
    patch_free(&p->patch);
    mem_free(p->hu.data);
    mem_free(p->scratch);
    p->hu.data = p->scratch = NULL;
    p->room = 0;
    TRY(mem_new(len, sizeof(double), &p->patch.data)); /* of any type */
    TRY(mem_new(len, sizeof *p->hu.data, &p->hu.data));
    TRY(mem_new(scratch, sizeof *p->scratch, &p->scratch));
    p->room = len;
out:
    return st;
}

static void preview_end(struct preview *p)
{
    cutter_close(p->volume);
    patch_free(&p->patch);
    mem_free(p->hu.data);
    mem_free(p->scratch);
}

static status need_volume(struct preview *p, uint32_t row)
{
    status st = OK;
    uint32_t number = p->list->volume[row];

    if (p->volume && p->open == number)
        goto out;
    cutter_close(p->volume);
    p->volume = NULL;
    TRY(cutter_open(p->list->path[row], &p->cut, &p->volume));
    p->open = number;
    TRY(make_room(p));
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
    uint32_t edge = cutter_edge(p->volume);

    return edge > 75 ? 1 : (int32_t)(150 / edge);
}

static status put_views(struct preview *p,
                        uint32_t row,
                        enum preview_window window,
                        struct text *t)
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
        TRY(preview_figure(t, name, &m, window));
    }
out:
    return st;
}

/* Cut a seed's patch as the store's, in HU to p->hu. */
static status
cut(struct preview *p, const double seed_mm[3], struct preview_row *r)
{
    status st = OK;
    struct piece piece;
    struct volume part = {0};
    double box = 1.0;

    cutter_seed(p->volume, seed_mm, &piece);
    TRY(cutter_read(p->volume, piece.need_lo, piece.need_hi, &part));
    cutter_cut(p->volume, &part, &piece, &p->patch);
    memcpy(p->hu.shape, p->patch.shape, sizeof p->hu.shape);
    pixel_floats(p->patch.pixel, p->patch.data, 0, patch_len(&p->patch),
                 p->hu.data);
    for (size_t i = 0; i < image_len(&p->hu) && p->cut.path != CUTTER_TRAINING;
         i++)
        p->hu.data[i] = p->hu.data[i] * 3072.0F - 1024.0F;
    for (int a = 0; a < 3; a++)
        box *= (double)(piece.hi[a] - piece.lo[a]);
    r->outside = 1.0 - box / (double)cutter_len(p->volume);
out:
    volume_free(&part);
    return st;
}

static void
put_facts(const struct preview *p, uint32_t row, struct preview_row *r)
{
    const struct csv *csv = p->list->csv;

    r->number = row + 1;
    r->line = csv_line(csv, row);
    r->path = csv_cell(csv, row, p->path);
    r->seed_mm = p->list->seed[row];
    r->spacing_mm = cutter_geometry(p->volume)->spacing;
    if (p->label >= 0) {
        r->label_name = csv_name(csv, (uint32_t)p->label);
        r->label = csv_cell(csv, row, (uint32_t)p->label);
    }
}

static status put_row(struct preview *p, uint32_t row, struct text *t)
{
    status st = OK;
    const double *seed_mm = p->list->seed[row];
    struct preview_row r = {0};
    struct preview_image m = {.mark = false};
    enum preview_window window;

    TRY(need_volume(p, row));
    TRY(cut(p, seed_mm, &r));
    put_facts(p, row, &r);
    m.hu = p->hu;
    m.scale = scale_of(p);
    m.mark = cutter_mark(p->volume, seed_mm, m.at);
    for (int a = 0; a < 3 && !m.mark; a++)
        m.at[a] = m.hu.shape[a] / 2;
    window = preview_window_of(&p->hu);
    preview_row_open(t, &r);
    TRY(preview_figure(t, "Patch", &m, PREVIEW_LUNG));
    TRY(preview_figure(t, "Patch", &m, PREVIEW_SOFT));
    TRY(put_views(p, row, window, t));
    preview_row_close(t);
out:
    if (st != OK)
        status_prefix("preview of %s:%" PRIu32 ": ", csv_path(p->list->csv),
                      csv_line(p->list->csv, row));
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

static status put_rows(struct preview *p, uint32_t n, struct text *t)
{
    status st = OK;

    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = 0;

        TRY(chosen(p, i, n, &row));
        TRY(put_row(p, row, t));
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

/* Views are those of training: patches of the other paths have none, and very
 * large ones neither. */
static bool has_views(const struct cutter_conf *c)
{
    return c->path == CUTTER_TRAINING && 2 * c->train.radius >= 4 &&
           2 * c->train.radius <= AUGMENT_EDGE_MAX;
}

status preview_write(const struct run *run,
                     const struct preview_conf *conf,
                     const struct cut_conf *cut,
                     const struct list *list,
                     uint64_t seed)
{
    status st = OK;
    struct preview p = {.conf = conf, .list = list, .seed = seed};
    struct text html = {0};
    char pipeline[128];
    char *path = NULL;
    uint32_t n = wanted(conf, list);
    struct preview_head head = {
        csv_path(list->csv), n, list->rows, &p.cut, NULL, seed};

    if (n == 0)
        goto out;
    TRY(cut_cutter_conf(cut, &p.cut));
    if (has_views(&p.cut)) {
        choice_name(conf->pipeline, pipeline, sizeof pipeline);
        head.pipeline = pipeline;
        TRY(augment_preset(pipeline, "train", 2 * cut->radius, &p.pipeline));
    }
    TRY(find_label(&p));
    TRY(csv_need(list->csv, "image_path", &p.path));
    preview_open(&html, &head);
    TRY(put_rows(&p, n, &html));
    preview_close(&html);
    TRY(text_status(&html));
    TRY(run_path(run, "preview.html", &path));
    TRY(file_publish(path, html.s, html.len));
    log_info("%s: pictures of %" PRIu32 " rows", path, n);
out:
    mem_free(path);
    text_free(&html);
    preview_end(&p);
    return st;
}
