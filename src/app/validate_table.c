/* Tables of predictions in the study's layout. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#include "app/validate.h"
#include "det/math.h"
#include "det/order.h"

void predictions_free(struct predictions *p)
{
    csv_free(p->table);
    mem_free(p->at);
    mem_free(p->y);
    mem_free(p->proba);
    mem_free(p->time);
    mem_free(p->event);
    mem_free(p->label);
    scored_free(p->scored);
    *p = (struct predictions){0};
}

/* ---- scores */

/* Columns stem0, stem1, ... that the table has from the start. */
static uint32_t columns(const struct csv *t, const char *stem, uint32_t *col)
{
    uint32_t n = 0;

    for (; n < VALIDATE_CLASSES_MAX; n++) {
        char name[64];
        int32_t at;

        (void)snprintf(name, sizeof name, "%s%u", stem, n);
        at = csv_find(t, name);
        if (at < 0)
            break;
        col[n] = (uint32_t)at;
    }
    return n;
}

/* Outputs of a network to probabilities: z [n], p [max(n, 2)]. */
static void activate(const double *z, uint32_t n, double *p)
{
    double top = z[0];
    double sum = 0.0;

    if (n == 1) {
        p[1] = 1.0 / (1.0 + det_exp(-z[0]));
        p[0] = 1.0 / (1.0 + det_exp(z[0]));
        return;
    }
    for (uint32_t k = 1; k < n; k++)
        top = z[k] > top ? z[k] : top;
    for (uint32_t k = 0; k < n; k++)
        sum += (p[k] = det_exp(z[k] - top));
    for (uint32_t k = 0; k < n; k++)
        p[k] /= sum;
}

struct layout {
    uint32_t col[VALIDATE_CLASSES_MAX];
    uint32_t n;
    bool outputs; /* of a network, not probabilities */
};

static status find_layout(const struct csv *t, struct layout *l)
{
    status st = OK;

    l->outputs = false;
    l->n = columns(t, "conf_scores_class_", l->col);
    if (l->n == 0) {
        l->outputs = true;
        l->n = columns(t, "pred_", l->col);
    }
    ENSURE(l->n > 0, ERR_DATA,
           "%s: has neither conf_scores_class_0.. nor pred_0..: it is no table "
           "of predictions",
           csv_path(t));
    ENSURE(l->n < VALIDATE_CLASSES_MAX, ERR_DATA,
           "%s: %u and more columns pred_0..: these are features, and scores "
           "are wanted (fmcib-search makes them)",
           csv_path(t), l->n);
out:
    return st;
}

status table_scores(const struct csv *t, uint32_t *classes, double **proba)
{
    status st = OK;
    struct layout l;
    double z[VALIDATE_CLASSES_MAX] = {0};
    double *p = NULL;
    uint32_t k;

    TRY(find_layout(t, &l));
    k = l.outputs && l.n == 1 ? 2 : l.n;
    k = *classes > k ? *classes : k;
    TRY(mem_new((size_t)csv_rows(t) * k, sizeof *p, &p));
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        double *row = p + (size_t)i * k;

        for (uint32_t j = 0; j < l.n; j++)
            TRY(csv_f64(t, i, l.col[j], &z[j]));
        if (l.outputs)
            activate(z, l.n, row);
        else
            memcpy(row, z, l.n * sizeof *z);
    }
    *classes = k;
    *proba = p;
    p = NULL;
out:
    mem_free(p);
    return st;
}

status predictions_scores(const char *path,
                          double **proba,
                          uint32_t *rows,
                          uint32_t *classes)
{
    status st = OK;
    struct csv *t = NULL;

    TRY(csv_read(path, &t));
    *classes = 0;
    TRY(table_scores(t, classes, proba));
    *rows = csv_rows(t);
out:
    csv_free(t);
    return st;
}

/* ---- classes */

struct classes {
    const char *text[VALIDATE_CLASSES_MAX];
    uint32_t n;
    const char *from; /* for messages */
};

/* Equal as text or as numbers ("1" and "1.0"). */
static bool same_label(const char *a, const char *b)
{
    double x = 0.0;
    double y = 0.0;

    return strcmp(a, b) == 0 ||
           (text_to_double(a, &x) && text_to_double(b, &y) && x == y);
}

static int class_of(const struct classes *c, const char *cell)
{
    for (uint32_t k = 0; k < c->n; k++)
        if (same_label(c->text[k], cell))
            return (int)k;
    return -1;
}

static bool less(const char *a, const char *b)
{
    double x = 0.0;
    double y = 0.0;

    if (text_to_double(a, &x) && text_to_double(b, &y))
        return x < y;
    return strcmp(a, b) < 0;
}

/* Distinct labels of a column, ascending: the order of scikit-learn's columns
 * when the training rows have the same. */
static status distinct(const struct csv *t, uint32_t col, struct classes *c)
{
    status st = OK;

    c->from = "labels of the table";
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        const char *cell = csv_cell(t, i, col);
        uint32_t at;

        if (class_of(c, cell) >= 0)
            continue;
        ENSURE(c->n < VALIDATE_CLASSES_MAX, ERR_DATA,
               "%s: column %s has more than %d classes", csv_path(t),
               csv_name(t, col), VALIDATE_CLASSES_MAX);
        for (at = c->n++; at > 0 && less(cell, c->text[at - 1]); at--)
            c->text[at] = c->text[at - 1];
        c->text[at] = cell;
    }
out:
    return st;
}

static status
study_classes(const struct csv *t, const struct json *labels, struct classes *c)
{
    status st = OK;

    c->n = (uint32_t)json_len(labels);
    c->from = "classes of study.json";
    ENSURE(c->n < VALIDATE_CLASSES_MAX, ERR_DATA,
           "%s: %u classes are too many (at most %d)", csv_path(t), c->n,
           VALIDATE_CLASSES_MAX - 1);
    for (uint32_t k = 0; k < c->n; k++) {
        c->text[k] = json_text(json_at(labels, k));
        ENSURE(c->text[k], ERR_DATA,
               "%s: class %u of its study.json is no text", csv_path(t), k);
    }
out:
    return st;
}

static status classes_of(const struct validate_conf *conf,
                         struct pool *pool,
                         const struct predictions *p,
                         const struct json *labels,
                         uint32_t col,
                         struct classes *c)
{
    if (labels)
        return study_classes(p->table, labels, c);
    if (!*conf->labels)
        return distinct(p->table, col, c);
    c->from = "validate.labels";
    return validate_words(pool, "validate.labels", conf->labels, c->text,
                          VALIDATE_CLASSES_MAX, &c->n);
}

/* y of all rows of the table by its column of classes. */
static status label_rows(const struct validate_conf *conf,
                         struct pool *pool,
                         struct predictions *p,
                         const struct json *labels,
                         uint32_t columns_there,
                         struct classes *c)
{
    status st = OK;
    const struct csv *t = p->table;
    uint32_t col = 0;

    if (csv_find(t, "target") >= 0)
        TRY(csv_need(t, "target", &col));
    else
        TRY(csv_need(t, conf->label, &col));
    TRY(classes_of(conf, pool, p, labels, col, c));
    ENSURE(c->n > 1, ERR_DATA,
           "%s: column %s has one class only (\"%s\"); no metric exists there",
           csv_path(t), csv_name(t, col), c->n ? c->text[0] : "");
    ENSURE(labels || *conf->labels || c->n >= columns_there, ERR_DATA,
           "%s: %u classes in column %s but %u score columns; name the classes "
           "in their order: validate.labels",
           csv_path(t), c->n, csv_name(t, col), columns_there);
    for (uint32_t i = 0; i < csv_rows(t); i++) {
        int k = class_of(c, csv_cell(t, i, col));

        ENSURE(k >= 0, ERR_DATA, "%s:%u: %s \"%s\" is none of the %u %s",
               csv_path(t), csv_line(t, i), csv_name(t, col),
               csv_cell(t, i, col), c->n, c->from);
        p->y[i] = k;
    }
out:
    return st;
}

/* ---- two-year survival as the class */

static status label_survival(const struct validate_conf *c,
                             struct predictions *p,
                             bool keep_unknown,
                             struct classes *classes)
{
    status st = OK;
    uint32_t kept = 0;
    uint32_t alive = 0;

    for (uint32_t i = 0; i < p->rows; i++) {
        int32_t y =
            p->time[i] / c->survival.days_per_year >= c->survival.label_years;

        if (!y && p->event[i] == 0 && !keep_unknown) {
            p->left_out++;
            continue;
        }
        p->at[kept] = i;
        p->time[kept] = p->time[i];
        p->event[kept] = p->event[i];
        p->y[kept++] = y;
        alive += (uint32_t)y;
    }
    ENSURE(alive > 0 && alive < kept, ERR_DATA,
           "%s: of %u patients %u are alive after %g years: one class only; "
           "are times in days (survival.days_per_year)?",
           csv_path(p->table), kept, alive, c->survival.label_years);
    p->rows = kept;
    *classes = (struct classes){{"0", "1"}, 2, "survival.label_years"};
out:
    return st;
}

/* ---- a table */

static status
keep_labels(struct pool *pool, const struct classes *c, struct predictions *p)
{
    status st = OK;

    TRY(mem_new(p->classes, sizeof *p->label, &p->label));
    for (uint32_t k = 0; k < p->classes; k++)
        p->label[k] =
            pool_text(pool, &st, "%s", k < c->n ? c->text[k] : "none");
out:
    return st;
}

static status rank(struct predictions *p, const double *all, uint32_t classes)
{
    status st = OK;

    p->classes = classes;
    TRY(mem_raw((size_t)p->rows * classes, sizeof *p->proba, &p->proba));
    for (uint32_t i = 0; i < p->rows; i++)
        memcpy(p->proba + (size_t)i * classes, all + (size_t)p->at[i] * classes,
               classes * sizeof *all);
    TRY(scored_new(p->y, p->proba, p->rows, classes, &p->scored));
out:
    return st;
}

static status
start(const struct validate_conf *c, const char *path, struct predictions *p)
{
    status st = OK;
    int32_t id;

    TRY(csv_read(path, &p->table));
    p->rows = csv_rows(p->table);
    id = *c->id ? csv_find(p->table, c->id) : -1;
    ENSURE(!*c->id || id >= 0, ERR_DATA,
           "%s: has no column \"%s\" (validate.id)", path, c->id);
    if (id >= 0)
        TRY(ids_unique(p->table, (uint32_t)id));
    TRY(mem_new(p->rows, sizeof *p->y, &p->y));
    TRY(mem_new(p->rows, sizeof *p->at, &p->at));
    for (uint32_t i = 0; i < p->rows; i++)
        p->at[i] = i;
    if (*c->survival.time) {
        TRY(mem_new(p->rows, sizeof *p->time, &p->time));
        TRY(mem_new(p->rows, sizeof *p->event, &p->event));
        TRY(follow_up_read(c, p->table, p->time, p->event));
    }
out:
    return st;
}

status predictions_read(const struct validate_conf *c,
                        struct pool *pool,
                        const char *path,
                        const struct json *labels,
                        bool keep_unknown,
                        struct predictions *out)
{
    status st = OK;
    struct predictions p = {0};
    struct classes classes = {.n = 0};
    struct layout l;
    double *all = NULL;
    uint32_t k;

    TRY(start(c, path, &p));
    TRY(find_layout(p.table, &l));
    k = l.n == 1 && l.outputs ? 2 : l.n;
    if (p.time && c->survival.label_years > 0.0)
        TRY(label_survival(c, &p, keep_unknown, &classes));
    else
        TRY(label_rows(c, pool, &p, labels, k, &classes));
    for (; labels && k < classes.n; k++) { /* a study of ours has them all */
        char name[64];
        uint32_t col;

        (void)snprintf(name, sizeof name, "conf_scores_class_%u", k);
        TRY(csv_need(p.table, name, &col));
    }
    k = classes.n;
    TRY(table_scores(p.table, &k, &all));
    ENSURE(k <= classes.n, ERR_DATA, "%s: %u score columns for %u classes (%s)",
           path, k, classes.n, classes.from);
    TRY(rank(&p, all, k));
    TRY(keep_labels(pool, &classes, &p));
    *out = p;
    p = (struct predictions){0};
out:
    predictions_free(&p);
    mem_free(all);
    return st;
}
