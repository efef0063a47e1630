/* Studies and their predictions. */
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

#include "app/validate.h"
#include "eval/metrics.h"

enum { SETS_MAX = 16, WORD_MAX = 256, STUDY_MAX = 64 << 20 };

status validate_words(struct pool *pool,
                      const char *key,
                      const char *list,
                      const char **word,
                      uint32_t max,
                      uint32_t *n)
{
    status st = OK;

    *n = 0;
    for (const char *p = list; *list; p += *p == ',') {
        size_t len = strcspn(p, ",");
        const char *start = p + strspn(p, " ");
        const char *end = p + len;

        while (end > start && end[-1] == ' ')
            end--;
        ENSURE(end > start, ERR_CONF, "%s: \"%s\" has an empty entry", key,
               list);
        ENSURE(*n < max, ERR_CONF, "%s: more than %u entries", key, max);
        word[*n] = pool_text(pool, &st, "%.*s", (int)(end - start), start);
        TRY(st);
        (*n)++;
        p += len;
        if (*p == '\0')
            break;
    }
out:
    return st;
}

/* ---- one study */

struct study_files {
    struct json *study;
    struct csv *table;
    const char *folder; /* in the pool */
    uint32_t rows, classes;
    int32_t *y;
    double *proba;
    struct scored *scored;
};

static void close_study(struct study_files *f)
{
    json_free(f->study);
    csv_free(f->table);
    mem_free(f->y);
    mem_free(f->proba);
    scored_free(f->scored);
    *f = (struct study_files){0};
}

/* input.studies with {set} replaced. */
static status folder_of(const struct validate_conf *c,
                        struct pool *pool,
                        const char *set,
                        const char **out)
{
    status st = OK;
    const char *hole = strstr(c->studies, "{set}");

    ENSURE(hole, ERR_CONF,
           "input.studies: \"%s\" has no {set}, the place of the name of a "
           "feature set",
           c->studies);
    *out = pool_text(pool, &st, "%.*s%s%s", (int)(hole - c->studies),
                     c->studies, set, hole + 5);
out:
    return st;
}

static status open_study(struct study_files *f)
{
    status st = OK;
    char *path = NULL;

    ENSURE(file_is_dir(f->folder), ERR_FILE,
           "%s: is no folder; run fmcib-search with --out %s first", f->folder,
           f->folder);
    TRY(file_join(f->folder, "study.json", &path));
    TRY(json_read(path, STUDY_MAX, &f->study));
    f->classes = (uint32_t)json_len(json_get(f->study, "classes"));
    ENSURE(f->classes >= 2 && json_text(json_get(f->study, "digest")), ERR_DATA,
           "%s: has no classes and digest: it is no study of fmcib-search",
           path);
    mem_free(path);
    path = NULL;
    TRY(file_join(f->folder, "test_results.csv", &path));
    TRY(csv_read(path, &f->table));
    f->rows = csv_rows(f->table);
out:
    mem_free(path);
    return st;
}

static status
target_of(const struct study_files *f, uint32_t row, uint32_t col, int32_t *out)
{
    status st = OK;
    const struct json *classes = json_get(f->study, "classes");
    const char *cell = csv_cell(f->table, row, col);

    for (uint32_t k = 0; k < f->classes; k++) {
        const char *name = json_text(json_at(classes, k));

        if (name && strcmp(name, cell) == 0) {
            *out = (int32_t)k;
            return OK;
        }
    }
    ENSURE(false, ERR_DATA,
           "%s:%u: target \"%s\" is none of the %u classes of study.json",
           csv_path(f->table), csv_line(f->table, row), cell, f->classes);
out:
    return st;
}

static status read_predictions(struct study_files *f)
{
    status st = OK;
    uint32_t target = 0;

    TRY(mem_new(f->rows, sizeof *f->y, &f->y));
    TRY(mem_new((size_t)f->rows * f->classes, sizeof *f->proba, &f->proba));
    TRY(csv_need(f->table, "target", &target));
    for (uint32_t k = 0; k < f->classes; k++) {
        char name[64];
        uint32_t col = 0;

        (void)snprintf(name, sizeof name, "conf_scores_class_%u", k);
        TRY(csv_need(f->table, name, &col));
        for (uint32_t i = 0; i < f->rows; i++)
            TRY(csv_f64(f->table, i, col,
                        &f->proba[(size_t)i * f->classes + k]));
    }
    for (uint32_t i = 0; i < f->rows; i++)
        TRY(target_of(f, i, target, &f->y[i]));
    TRY(scored_new(f->y, f->proba, f->rows, f->classes, &f->scored));
out:
    return st;
}

/* Cells of two tables that mean the same: equal text or equal numbers. */
static bool same_cell(const char *a, const char *b)
{
    double x = 0.0;
    double y = 0.0;

    return strcmp(a, b) == 0 ||
           (text_to_double(a, &x) && text_to_double(b, &y) && x == y);
}

static status same_column(const struct study_files *a,
                          uint32_t col_a,
                          const struct study_files *b,
                          uint32_t col_b)
{
    status st = OK;

    for (uint32_t i = 0; i < a->rows; i++)
        ENSURE(same_cell(csv_cell(a->table, i, col_a),
                         csv_cell(b->table, i, col_b)),
               ERR_DATA,
               "%s:%u: %s is \"%s\", but \"%s\" in %s; the feature sets must "
               "be tested on the same rows",
               csv_path(b->table), csv_line(b->table, i),
               *csv_name(b->table, col_b) ? csv_name(b->table, col_b)
                                          : "the row number",
               csv_cell(b->table, i, col_b), csv_cell(a->table, i, col_a),
               csv_path(a->table));
out:
    return st;
}

/* Paired comparisons need the same lesions in the same order: told by the
 * columns of the list that both tables have, else by the row numbers. */
static status check_rows(const struct study_files *a,
                         const struct study_files *b)
{
    static const char *const key[] = {"target", "image_path", "coordX",
                                      "coordY", "coordZ"};
    status st = OK;
    uint32_t shared = 0;

    ENSURE(a->rows == b->rows && a->classes == b->classes, ERR_DATA,
           "%s: %u rows of %u classes, but %s has %u of %u; the feature sets "
           "must be tested on the same rows",
           csv_path(b->table), b->rows, b->classes, csv_path(a->table), a->rows,
           a->classes);
    for (size_t i = 0; i < sizeof key / sizeof key[0]; i++) {
        int32_t x = csv_find(a->table, key[i]);
        int32_t y = csv_find(b->table, key[i]);

        if (x < 0 || y < 0)
            continue;
        TRY(same_column(a, (uint32_t)x, b, (uint32_t)y));
        shared++;
    }
    if (shared == 1) /* the target alone tells no lesion */
        TRY(same_column(a, 0, b, 0));
out:
    return st;
}

/* ---- into the report */

static struct bootstrap boot_of(const struct validate_conf *c)
{
    return (struct bootstrap){.seed = (uint64_t)c->seed,
                              .what = 0,
                              .resamples = (uint32_t)c->resamples};
}

static void study_facts(const struct study_files *f,
                        struct report_set *s,
                        struct pool *pool,
                        status *st)
{
    const struct json *best = json_get(f->study, "best");
    const struct json *objective = json_get(f->study, "objective");

    s->digest =
        pool_text(pool, st, "%s", json_text(json_get(f->study, "digest")));
    s->c = json_f64(json_get(json_get(best, "params"), "C"), __builtin_nan(""));
    s->valid = json_f64(json_get(best, "value"), __builtin_nan(""));
    s->valid_name = pool_text(pool, st, "%s",
                              json_text(objective) ? json_text(objective) : "");
    s->trials = json_is_array(json_get(f->study, "history"))
                    ? (int64_t)json_len(json_get(f->study, "history"))
                    : -1;
}

static status add_set(const struct validate_conf *c,
                      struct report *r,
                      const struct study_files *f,
                      const char *name)
{
    status st = OK;
    struct report_set *s = NULL;
    const struct bootstrap b = boot_of(c);

    TRY(REPORT_ADD(r, set, n_sets, cap_sets, &s));
    s->name = name;
    study_facts(f, s, &r->pool, &st);
    TRY(st);
    TRY(mem_new(f->classes, sizeof *s->roc, &s->roc));
    for (uint32_t m = 0; m < r->n_metrics; m++)
        TRY(bootstrap_metric(f->scored, r->metric[m], &b,
                             &s->metric[r->metric[m]]));
    for (uint32_t k = 0; k < f->classes; k++) {
        uint32_t with = 0;

        for (uint32_t i = 0; i < f->rows; i++)
            with += f->y[i] == (int32_t)k;
        if (with > 0 && with < f->rows)
            TRY(scored_roc(f->scored, k, &s->roc[k].fpr, &s->roc[k].tpr,
                           &s->roc[k].n));
    }
    TRY(validate_digest(r, "search", name, s->digest));
out:
    return st;
}

/* "a - b" of validate.differences. */
static status add_difference(const struct validate_conf *c,
                             struct report *r,
                             const struct study_files *f,
                             const char *words)
{
    status st = OK;
    struct report_difference *d = NULL;
    const struct bootstrap b = boot_of(c);
    char left[WORD_MAX];
    char right[WORD_MAX];

    ENSURE(sscanf(words, "%255[^ -] - %255[^ ]", left, right) == 2, ERR_CONF,
           "validate.differences: \"%s\" is not of the form \"a - b\"", words);
    ENSURE(report_find(r, left) >= 0 && report_find(r, right) >= 0, ERR_CONF,
           "validate.differences: \"%s\": both must be in validate.sets",
           words);
    for (uint32_t m = 0; m < r->n_metrics; m++) {
        TRY(REPORT_ADD(r, difference, n_differences, cap_differences, &d));
        d->a = (uint32_t)report_find(r, left);
        d->b = (uint32_t)report_find(r, right);
        d->metric = r->metric[m];
        TRY(bootstrap_difference(f[d->a].scored, f[d->b].scored, d->metric, &b,
                                 &d->v));
    }
out:
    return st;
}

static status read_metrics(const struct validate_conf *c, struct report *r)
{
    status st = OK;
    const char *word[METRICS];

    TRY(validate_words(&r->pool, "validate.metrics", c->metrics, word, METRICS,
                       &r->n_metrics));
    ENSURE(r->n_metrics > 0, ERR_CONF, "validate.metrics: is empty");
    TRY(mem_new(r->n_metrics, sizeof *r->metric, &r->metric));
    for (uint32_t i = 0; i < r->n_metrics; i++) {
        ENSURE(metric_find(word[i]) >= 0, ERR_CONF,
               "validate.metrics: \"%s\" is none of auc, ap, map, map_study, "
               "ba, acc",
               word[i]);
        r->metric[i] = (enum metric)metric_find(word[i]);
    }
out:
    return st;
}

/* Names for people: validate.class_names, or "class <label>". */
static status name_classes(const struct validate_conf *c,
                           struct report *r,
                           const struct json *classes)
{
    status st = OK;
    const char *word[64];
    uint32_t n = 0;

    TRY(mem_new(r->classes, sizeof *r->class_name, &r->class_name));
    TRY(validate_words(&r->pool, "validate.class_names", c->class_names, word,
                       64, &n));
    ENSURE(n == 0 || n == r->classes, ERR_CONF,
           "validate.class_names: %u names for %u classes", n, r->classes);
    for (uint32_t k = 0; k < r->classes; k++) {
        const char *label = json_text(json_at(classes, k));

        r->class_name[k] =
            n ? word[k]
              : pool_text(&r->pool, &st, "class %s", label ? label : "?");
    }
out:
    return st;
}

static status fill(const struct validate_conf *c,
                   struct report *r,
                   struct study_files *f,
                   const char *const *name,
                   uint32_t n)
{
    status st = OK;
    const char *word[SETS_MAX];
    uint32_t words = 0;
    const char *labels[64];

    r->rows = f[0].rows;
    r->classes = f[0].classes;
    ENSURE(r->classes <= 64, ERR_DATA, "%u classes, more than 64", r->classes);
    TRY(name_classes(c, r, json_get(f[0].study, "classes")));
    for (uint32_t i = 0; i < n; i++)
        TRY(add_set(c, r, &f[i], name[i]));
    if (strcmp(c->differences, "none") != 0)
        TRY(validate_words(&r->pool, "validate.differences", c->differences,
                           word, SETS_MAX, &words));
    for (uint32_t i = 0; i < words; i++)
        TRY(add_difference(c, r, f, word[i]));
    for (uint32_t k = 0; k < r->classes; k++)
        labels[k] = json_text(json_at(json_get(f[0].study, "classes"), k));
    TRY(validate_pictures(c, labels, r));
out:
    return st;
}

status
validate_sets(const struct validate_conf *c, struct report *r, uint32_t **count)
{
    status st = OK;
    const char *name[SETS_MAX];
    uint32_t n = 0;
    struct study_files f[SETS_MAX] = {{0}};
    uint32_t *rows = NULL;

    TRY(read_metrics(c, r));
    TRY(validate_words(&r->pool, "validate.sets", c->sets, name, SETS_MAX, &n));
    ENSURE(n > 0, ERR_CONF, "validate.sets: is empty");
    for (uint32_t i = 0; i < n; i++) {
        TRY(folder_of(c, &r->pool, name[i], &f[i].folder));
        TRY(open_study(&f[i]));
        TRY(read_predictions(&f[i]));
        TRY(check_rows(&f[0], &f[i]));
    }
    TRY(fill(c, r, f, name, n));
    TRY(mem_new(r->classes, sizeof *rows, &rows));
    for (uint32_t i = 0; i < r->rows; i++)
        rows[f[0].y[i]]++;
    *count = rows;
out:
    for (uint32_t i = 0; i < n; i++)
        close_study(&f[i]);
    return st;
}
