/* Nodules to labelled points, and the halves. */
#include "lists/luna16.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "det/order.h"
#include "lists/count.h"
#include "lists/number.h"
#include "lists/split.h"
#include "vol/geometry.h"
#include "vol/volume.h"

struct nodule {
    int32_t number; /* first column */
    uint32_t label; /* 0, 1 */
    char *path;     /* image_path before it is rewritten; owned */
    double x[3];    /* mm */
};

struct nodules {
    struct nodule *at; /* [n] */
    uint32_t n;
};

static void nodules_free(struct nodules *k)
{
    for (uint32_t i = 0; k->at && i < k->n; i++)
        mem_free(k->at[i].path);
    mem_free(k->at);
}

/* ---- from voxels ------------------------------------------------------- */

struct scan {
    char *path; /* relative to the folder of scans */
    struct geometry geo;
};

/* <scan>.mhd or .nii.gz, there or in one of the challenge's ten subsets. */
static status
find_scan(const struct luna16_conf *conf, const char *uid, char **out)
{
    static const char *const suffix[2] = {"mhd", "nii.gz"};
    status st = OK;
    struct text name = {0};
    bool there = false;

    for (int k = 0; k < 22 && !there; k++) {
        char *full = NULL;

        text_free(&name);
        if (k >= 2)
            text_add(&name, "subset%d/", k / 2 - 1);
        text_add(&name, "%s.%s", uid, suffix[k % 2]);
        TRY(text_status(&name));
        TRY(file_join(conf->scans, name.s, &full));
        there = file_exists(full);
        mem_free(full);
    }
    ENSURE(there, ERR_FILE,
           "%s: no %s.mhd, nor one in subset0 to subset9; the nodules are "
           "voxels, so the headers of the scans are needed (--scans)",
           conf->scans[0] ? conf->scans : ".", uid);
    TRY(mem_text(name.s, out));
out:
    text_free(&name);
    return st;
}

/* Called where the scan is not that of the row before: rows of a scan are
 * neighbours, else its header is read once more, which only costs time. */
static status
open_scan(const struct luna16_conf *conf, const char *uid, struct scan *s)
{
    status st = OK;
    char *path = NULL;
    char *full = NULL;
    enum pixel pixel;

    TRY(find_scan(conf, uid, &path));
    TRY(file_join(conf->scans, path, &full));
    TRY(volume_peek(full, &s->geo, &pixel));
    mem_free(s->path);
    s->path = path;
    path = NULL;
out:
    mem_free(path);
    mem_free(full);
    return st;
}

/* "[row, column, slice]" of voxels to a point: the sum over the axes first,
 * then the origin (itk::ImageBase for continuous indices). */
static status voxel_point(const char *where,
                          const char *centroid,
                          const struct geometry *g,
                          double x[3])
{
    status st = OK;
    char inner[128];
    size_t n = strlen(centroid);
    double v[3] = {0, 0, 0};
    double index[3];

    ENSURE(n > 2 && n < sizeof inner && centroid[0] == '[' &&
               centroid[n - 1] == ']',
           ERR_DATA,
           "%s: centroid \"%.60s\" is not of the form "
           "[row, column, slice]",
           where, centroid);
    (void)snprintf(inner, sizeof inner, "%.*s", (int)(n - 2), centroid + 1);
    ENSURE(number_list(inner, 3, v), ERR_DATA,
           "%s: centroid \"%.60s\" is not of the form [row, column, slice]",
           where, centroid);
    index[0] = v[1];
    index[1] = v[0];
    index[2] = v[2];
    for (int r = 0; r < 3; r++) {
        double sum = 0.0;

        ENSURE(index[r] >= -0.5 && index[r] <= (double)g->size[r] - 0.5,
               ERR_DATA,
               "%s: centroid %s is outside the scan of %" PRId64 " x %" PRId64
               " x %" PRId64 " voxels; is it the right scan?",
               where, centroid, g->size[0], g->size[1], g->size[2]);
        for (int c = 0; c < 3; c++)
            sum += g->direction[3 * r + c] * g->spacing[c] * index[c];
        x[r] = sum + g->origin[r];
    }
out:
    return st;
}

static status from_voxels(const struct csv *t,
                          const struct luna16_conf *conf,
                          struct nodules *out)
{
    status st = OK;
    uint32_t uid = 0;
    uint32_t mal = 0;
    uint32_t centroid = 0;
    const char *last = "";
    struct scan s = {0};
    char where[512];

    TRY(csv_need(t, "scan", &uid));
    TRY(csv_need(t, "malignancy", &mal));
    TRY(csv_need(t, "centroid", &centroid));
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        struct nodule *k = &out->at[out->n];
        int64_t score = 0;
        int64_t number = i;

        TRY(csv_i64(t, i, mal, &score));
        ENSURE(score >= 1 && score <= 5, ERR_DATA,
               "%s:%" PRIu32 ": malignancy is %" PRId64 "; 1 to 5 is needed",
               csv_path(t), csv_line(t, i), score);
        if (score == 3)
            continue;
        if (!csv_name(t, 0)[0] || strcmp(csv_name(t, 0), "Unnamed: 0") == 0)
            TRY(csv_i64(t, i, 0, &number));
        *k = (struct nodule){(int32_t)number, score > 3, NULL, {0}};
        out->n++;
        if (strcmp(csv_cell(t, i, uid), last) != 0)
            TRY(open_scan(conf, csv_cell(t, i, uid), &s));
        last = csv_cell(t, i, uid);
        (void)snprintf(where, sizeof where, "%s:%" PRIu32, csv_path(t),
                       csv_line(t, i));
        TRY(mem_text(s.path, &k->path));
        TRY(voxel_point(where, csv_cell(t, i, centroid), &s.geo, k->x));
    }
out:
    mem_free(s.path);
    return st;
}

/* ---- from points ------------------------------------------------------- */

static status from_points(const struct csv *t, struct nodules *out)
{
    static const char *const names[5] = {"coordX", "coordY", "coordZ",
                                         "image_path", "malignancy"};
    status st = OK;
    uint32_t col[5];

    for (int i = 0; i < 5; i++)
        TRY(csv_need(t, names[i], &col[i]));
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        struct nodule *k = &out->at[out->n];
        int64_t label = 0;
        int64_t number = i;

        TRY(csv_i64(t, i, col[4], &label));
        ENSURE(label == 0 || label == 1, ERR_DATA,
               "%s:%" PRIu32 ": malignancy is %" PRId64 "; 0 or 1 is needed "
               "in a table of points (1 to 5 in one of voxels)",
               csv_path(t), csv_line(t, i), label);
        if (!csv_name(t, 0)[0] || strcmp(csv_name(t, 0), "Unnamed: 0") == 0)
            TRY(csv_i64(t, i, 0, &number));
        *k = (struct nodule){(int32_t)number, (uint32_t)label, NULL, {0}};
        out->n++;
        TRY(mem_text(csv_cell(t, i, col[3]), &k->path));
        for (int a = 0; a < 3; a++)
            TRY(csv_f64(t, i, col[a], &k->x[a]));
    }
out:
    return st;
}

/* ---- lists ------------------------------------------------------------- */

static status put_list(const struct nodules *k,
                       const struct luna16_conf *conf,
                       const uint32_t *pick,
                       uint32_t n,
                       const char *name,
                       struct made *out)
{
    status st = OK;
    struct made_list *l = made_add(out, name);
    bool half = n < k->n;
    int32_t *number = NULL;

    TRY(mem_new(n, sizeof *number, &number));
    /* the halves were read and written once more, which names the column */
    text_add(&l->csv, "%s,malignancy,coordX,coordY,coordZ,image_path\n",
             half ? "Unnamed: 0" : "");
    for (uint32_t i = 0; i < n; i++) {
        const struct nodule *p = &k->at[pick[i]];

        number[i] = p->number;
        text_add(&l->csv, "%" PRId32 ",%" PRIu32 ",", p->number, p->label);
        for (int a = 0; a < 3; a++) {
            text_double(&l->csv, half && !conf->exact_numbers
                                     ? number_reread(p->x[a])
                                     : p->x[a]);
            text_put(&l->csv, ",", 1);
        }
        take_put_path(&conf->path, p->path, &l->csv);
        text_put(&l->csv, "\n", 1);
    }
    TRY(text_status(&l->csv));
    TRY(made_first(l, number, n));
    TRY(count_list(COUNT_LUNA16, l));
out:
    mem_free(number);
    return st;
}

/* Halve the nodules pick [n], stratified by label; or whole scans, without
 * strata, in the order of the table. */
static status halve(const struct nodules *k,
                    const struct luna16_conf *conf,
                    const uint32_t *pick,
                    uint32_t n,
                    uint32_t *a,
                    uint32_t *n_a,
                    uint32_t *b)
{
    status st = OK;
    uint32_t *key = NULL;
    uint32_t *first = NULL;
    uint32_t *second = NULL;
    uint32_t scans = 0;

    TRY(mem_new(n, sizeof *key, &key));
    TRY(mem_new(n, sizeof *first, &first));
    TRY(mem_new(n, sizeof *second, &second));
    if (!conf->split_scans) {
        for (uint32_t i = 0; i < n; i++)
            key[i] = k->at[pick[i]].label;
        TRY(split_strata(conf->seed, n, key, 2, first, second));
        *n_a = n / 2;
        for (uint32_t i = 0; i < *n_a; i++)
            a[i] = pick[first[i]];
        for (uint32_t i = 0; i < n - *n_a; i++)
            b[i] = pick[second[i]];
        goto out;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t j = 0;

        while (strcmp(k->at[pick[j]].path, k->at[pick[i]].path) != 0)
            j++;
        key[i] = j == i ? scans++ : key[j];
    }
    ENSURE(scans >= 2, ERR_DATA, "fewer than two scans cannot be split");
    TRY(split_half(conf->seed, scans, first, second));
    *n_a = 0;
    for (uint32_t i = 0, n_b = 0; i < n; i++) {
        bool in = false;

        for (uint32_t s = 0; s < scans / 2 && !in; s++)
            in = first[s] == key[i];
        if (in)
            a[(*n_a)++] = pick[i];
        else
            b[n_b++] = pick[i];
    }
out:
    mem_free(key);
    mem_free(first);
    mem_free(second);
    return st;
}

static status put_lists(const struct nodules *k,
                        const struct luna16_conf *conf,
                        struct made *out)
{
    status st = OK;
    uint32_t n = k->n;
    uint32_t n_train = 0;
    uint32_t n_val = 0;
    uint32_t *part[5] = {NULL}; /* all, train, rest, val, test */

    for (int i = 0; i < 5; i++)
        TRY(mem_new(n, sizeof *part[i], &part[i]));
    for (uint32_t i = 0; i < n; i++)
        part[0][i] = i;
    TRY(halve(k, conf, part[0], n, part[1], &n_train, part[2]));
    TRY(halve(k, conf, part[2], n - n_train, part[3], &n_val, part[4]));
    TRY(put_list(k, conf, part[0], n, "luna16_training_annotations", out));
    TRY(put_list(k, conf, part[1], n_train, "task2_train", out));
    TRY(put_list(k, conf, part[3], n_val, "task2_val", out));
    TRY(put_list(k, conf, part[4], n - n_train - n_val, "task2_test", out));
out:
    for (int i = 0; i < 5; i++)
        mem_free(part[i]);
    return st;
}

status luna16_build(const struct csv *table,
                    const struct luna16_conf *conf,
                    struct made *out)
{
    status st = OK;
    struct nodules k = {0};

    *out = (struct made){0};
    ENSURE(csv_find(table, "diameter_mm") < 0, ERR_DATA,
           "%s: this is the challenge's table, which has no malignancy; give "
           "the study's luna16_annotations.csv or "
           "luna16_training_annotations.csv",
           csv_path(table));
    TRY(mem_new(csv_rows(table), sizeof *k.at, &k.at));
    if (csv_find(table, "centroid") >= 0)
        TRY(from_voxels(table, conf, &k));
    else
        TRY(from_points(table, &k));
    text_add(&out->note,
             "%" PRIu32 " nodules: %" PRIu32 " with a label, %" PRIu32
             " of malignancy 3 left out\n",
             csv_rows(table), k.n, csv_rows(table) - k.n);
    ENSURE(k.n >= 8, ERR_DATA,
           "%s: %" PRIu32 " labelled nodules are too few "
           "to be split",
           csv_path(table), k.n);
    TRY(put_lists(&k, conf, out));
    if (conf->split_scans || conf->exact_numbers || conf->seed != 21)
        text_add(&out->note, "not with the published switches, so not compared "
                             "with the published lists\n");
    else
        TRY(made_compare("luna16", out));
    TRY(text_status(&out->note));
out:
    nodules_free(&k);
    if (st != OK)
        made_free(out);
    return st;
}
