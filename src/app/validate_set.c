/* Studies and their predictions. */
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sums.h"
#include "base/text.h"

#include "app/validate.h"
#include "eval/metrics.h"

enum { WORD_MAX = 256, STUDY_MAX = 64 << 20 };

status validate_words(struct pool *pool,
                      const char *key,
                      const char *list,
                      const char **word,
                      uint32_t max,
                      uint32_t *n)
{
    status st = OK;

    *n = 0;
    ENSURE(!strchr(list, ';'), ERR_CONF,
           "%s: \"%s\" has \";\"; entries are divided by commas", key, list);
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

status validate_path(struct pool *pool,
                     const char *key,
                     const char *pattern,
                     const char *set,
                     double pct,
                     const char **out)
{
    status st = OK;
    char share[64] = "";
    struct text t = {0};
    bool named = set == NULL;

    if (pct != 100.0)
        (void)snprintf(share, sizeof share, "_%g_percent", pct);
    for (const char *p = pattern; *p;) {
        bool is_set = set && strncmp(p, "{set}", 5) == 0;
        bool is_pct = strncmp(p, "{pct}", 5) == 0;

        named = named || is_set;
        if (is_set || is_pct)
            text_add(&t, "%s", is_set ? set : share);
        else
            text_put(&t, p, 1);
        p += is_set || is_pct ? 5 : 1;
    }
    ENSURE(named, ERR_CONF,
           "%s: \"%s\" has no {set}, the place of the name of a feature set",
           key, pattern);
    *out = pool_text(pool, &st, "%s", t.s ? t.s : "");
out:
    text_free(&t);
    return st;
}

/* ---- one set: a study, or a table alone */

struct set_files {
    struct json *study; /* NULL: a table alone */
    struct predictions p;
    char digest[SHA256_HEX];
};

static void close_set(struct set_files *f)
{
    json_free(f->study);
    predictions_free(&f->p);
    *f = (struct set_files){0};
}

static status open_study(const char *folder, struct set_files *f, char **table)
{
    status st = OK;
    char *path = NULL;
    const char *digest;

    ENSURE(file_is_dir(folder), ERR_FILE,
           "%s: is no folder; run fmcib-search with --out %s first%s", folder,
           folder,
           strchr(folder, ' ') ? " (entries of validate.sets are "
                                 "divided by commas)"
                               : "");
    TRY(file_join(folder, "study.json", &path));
    TRY(json_read(path, STUDY_MAX, &f->study));
    digest = json_text(json_get(f->study, "digest"));
    ENSURE(json_len(json_get(f->study, "classes")) >= 2 && digest, ERR_DATA,
           "%s: has no classes and digest: it is no study of fmcib-search",
           path);
    (void)snprintf(f->digest, sizeof f->digest, "%s", digest);
    TRY(file_join(folder, "test_results.csv", table));
out:
    mem_free(path);
    return st;
}

/* The set's files at a share of the training data. */
static status open_set(const struct validate_conf *c,
                       struct pool *pool,
                       const char *name,
                       double pct,
                       struct set_files *f)
{
    status st = OK;
    const char *where = NULL;
    char *table = NULL;
    struct sums sums;

    if (*c->studies) {
        TRY(validate_path(pool, "input.studies", c->studies, name, pct,
                          &where));
        TRY(open_study(where, f, &table));
    } else {
        TRY(validate_path(pool, "input.predictions", c->predictions, name, pct,
                          &where));
        TRY(mem_text(where, &table));
        TRY(sums_of_file(table, 1U << SUM_SHA256, &sums));
        memcpy(f->digest, sums.hex[SUM_SHA256], sizeof f->digest);
    }
    TRY(predictions_read(c, pool, table, json_get(f->study, "classes"),
                         c->survival.keep_unknown, &f->p));
out:
    mem_free(table);
    return st;
}

/* ---- the same rows */

/* Cells of two tables that mean the same: equal text or equal numbers. */
static bool same_cell(const char *a, const char *b)
{
    double x = 0.0;
    double y = 0.0;

    return strcmp(a, b) == 0 ||
           (text_to_double(a, &x) && text_to_double(b, &y) && x == y);
}

static status same_column(const struct predictions *a,
                          uint32_t col_a,
                          const struct predictions *b,
                          uint32_t col_b)
{
    status st = OK;

    for (uint32_t i = 0; i < a->rows; i++)
        ENSURE(same_cell(csv_cell(a->table, a->at[i], col_a),
                         csv_cell(b->table, b->at[i], col_b)),
               ERR_DATA,
               "%s:%u: %s is \"%s\", but \"%s\" in %s; the feature sets must "
               "be tested on the same rows",
               csv_path(b->table), csv_line(b->table, b->at[i]),
               *csv_name(b->table, col_b) ? csv_name(b->table, col_b)
                                          : "the row number",
               csv_cell(b->table, b->at[i], col_b),
               csv_cell(a->table, a->at[i], col_a), csv_path(a->table));
out:
    return st;
}

/* Paired comparisons need the same lesions in the same order: told by the
 * columns of the list that both tables have, else by the row numbers. */
static status check_rows(const struct validate_conf *c,
                         const struct predictions *a,
                         const struct predictions *b)
{
    const char *const key[] = {"target", "image_path", "coordX",
                               "coordY", "coordZ",     c->id};
    status st = OK;
    uint32_t shared = 0;

    ENSURE(a->rows == b->rows && a->classes == b->classes, ERR_DATA,
           "%s: %u rows of %u classes, but %s has %u of %u; the feature sets "
           "must be tested on the same rows",
           csv_path(b->table), b->rows, b->classes, csv_path(a->table), a->rows,
           a->classes);
    for (size_t i = 0; i < sizeof key / sizeof key[0]; i++) {
        int32_t x = *key[i] ? csv_find(a->table, key[i]) : -1;
        int32_t y = *key[i] ? csv_find(b->table, key[i]) : -1;

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

struct bootstrap validate_bootstrap(const struct validate_conf *c)
{
    return (struct bootstrap){.seed = (uint64_t)c->seed,
                              .what = 0,
                              .resamples = (uint32_t)c->resamples,
                              .draws = (enum draws)c->draws};
}

static void set_facts(const struct set_files *f,
                      struct report_set *s,
                      struct pool *pool,
                      status *st)
{
    const struct json *best = json_get(f->study, "best");
    const struct json *objective = json_get(f->study, "objective");

    s->digest = pool_text(pool, st, "%s", f->digest);
    s->c = json_f64(json_get(json_get(best, "params"), "C"), __builtin_nan(""));
    s->valid = json_f64(json_get(best, "value"), __builtin_nan(""));
    s->valid_name = pool_text(pool, st, "%s",
                              json_text(objective) ? json_text(objective) : "");
    s->trials = json_is_array(json_get(f->study, "history"))
                    ? (int64_t)json_len(json_get(f->study, "history"))
                    : -1;
}

static status intervals(const struct validate_conf *c,
                        const struct report *r,
                        const struct predictions *p,
                        struct interval *out)
{
    status st = OK;
    const struct bootstrap b = validate_bootstrap(c);

    for (uint32_t m = 0; m < r->n_metrics; m++)
        TRY(bootstrap_metric(p->scored, r->metric[m], &b, &out[r->metric[m]]));
out:
    return st;
}

static status add_set(const struct validate_conf *c,
                      struct report *r,
                      const struct set_files *f,
                      const char *name)
{
    status st = OK;
    struct report_set *s = NULL;

    TRY(REPORT_ADD(r, set, n_sets, cap_sets, &s));
    s->name = name;
    set_facts(f, s, &r->pool, &st);
    TRY(st);
    TRY(intervals(c, r, &f->p, s->metric));
    TRY(validate_extras(c, &f->p, s));
    if (f->p.time)
        TRY(validate_survival(c, r, &f->p, s));
    TRY(validate_digest(r, f->study ? "search" : "predictions", name,
                        s->digest));
    if (f->study)
        TRY(validate_search(r, name, f->study));
    TRY(validate_map(c, r, name, &f->p));
out:
    return st;
}

/* Sets that learned from shares of the training rows, validate.percents; the
 * share of the report's own sets among them. */
static status add_shares(const struct validate_conf *c,
                         struct report *r,
                         const struct predictions *first)
{
    status st = OK;
    struct set_files f = {0};

    for (uint32_t k = 0; k < c->percents.n; k++)
        for (size_t i = 0; i < r->n_sets; i++) {
            double pct = c->percents.v.f[k];
            struct report_share *s = NULL;

            TRY(REPORT_ADD(r, share, n_shares, cap_shares, &s));
            s->set = r->set[i].name;
            s->pct = pct;
            if (pct == (double)c->train_pct) {
                memcpy(s->metric, r->set[i].metric, sizeof s->metric);
                continue;
            }
            TRY(open_set(c, &r->pool, s->set, pct, &f));
            TRY(check_rows(c, first, &f.p));
            TRY(intervals(c, r, &f.p, s->metric));
            close_set(&f);
        }
out:
    close_set(&f);
    return st;
}

/* "a - b" of validate.differences. */
static status add_difference(const struct validate_conf *c,
                             struct report *r,
                             const struct predictions *p,
                             const char *words)
{
    status st = OK;
    struct report_difference *d = NULL;
    const struct bootstrap b = validate_bootstrap(c);
    char left[WORD_MAX];
    char right[WORD_MAX];
    int end = 0;

    ENSURE(sscanf(words, "%255[^ -] - %255[^ ]%n", left, right, &end) == 2 &&
               !words[end],
           ERR_CONF,
           "validate.differences: \"%s\" is not of the form \"a - b\", or "
           "\"a - b, c - d\"",
           words);
    ENSURE(report_find(r, left) >= 0 && report_find(r, right) >= 0, ERR_CONF,
           "validate.differences: \"%s\": both must be in validate.sets "
           "(entries are divided by commas)",
           words);
    for (uint32_t m = 0; m < r->n_metrics; m++) {
        TRY(REPORT_ADD(r, difference, n_differences, cap_differences, &d));
        d->a = (uint32_t)report_find(r, left);
        d->b = (uint32_t)report_find(r, right);
        d->metric = r->metric[m];
        if (b.draws == DRAWS_STREAMS)
            TRY(bootstrap_difference(p[d->a].scored, p[d->b].scored, d->metric,
                                     &b, &d->v));
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
               "validate.metrics: \"%s\" is none of %s", word[i],
               metric_names());
        r->metric[i] = (enum metric)metric_find(word[i]);
    }
out:
    return st;
}

/* Names for people: validate.class_names, or "class <label>". */
static status name_classes(const struct validate_conf *c,
                           struct report *r,
                           const struct predictions *p)
{
    status st = OK;
    const char *word[VALIDATE_CLASSES_MAX];
    uint32_t n = 0;

    TRY(mem_new(r->classes, sizeof *r->class_name, &r->class_name));
    TRY(validate_words(&r->pool, "validate.class_names", c->class_names, word,
                       VALIDATE_CLASSES_MAX, &n));
    ENSURE(n == 0 || n == r->classes, ERR_CONF,
           "validate.class_names: %u names for %u classes", n, r->classes);
    for (uint32_t k = 0; k < r->classes; k++)
        r->class_name[k] =
            n ? word[k] : pool_text(&r->pool, &st, "class %s", p->label[k]);
out:
    return st;
}

static status differences(const struct validate_conf *c,
                          struct report *r,
                          const struct predictions *p)
{
    status st = OK;
    const char *word[VALIDATE_SETS_MAX * 4];
    uint32_t n = 0;

    if (strcmp(c->differences, "none") != 0)
        TRY(validate_words(&r->pool, "validate.differences", c->differences,
                           word, VALIDATE_SETS_MAX * 4, &n));
    for (uint32_t i = 0; i < n; i++)
        TRY(add_difference(c, r, p, word[i]));
    TRY(validate_tests(c, r, p));
out:
    return st;
}

static status fill(const struct validate_conf *c,
                   struct report *r,
                   struct set_files *f,
                   const char *const *name,
                   uint32_t n)
{
    status st = OK;
    struct predictions p[VALIDATE_SETS_MAX] = {0};

    r->rows = f[0].p.rows;
    r->classes = f[0].p.classes;
    r->left_out = f[0].p.left_out;
    r->draws = c->draws == DRAWS_STUDY ? "study" : "streams";
    r->test = c->test ? "study" : "two_sided";
    r->survival_rules = "";
    TRY(name_classes(c, r, &f[0].p));
    if (f[0].p.time)
        TRY(validate_survival_rules(c, r));
    for (uint32_t i = 0; i < n; i++) {
        TRY(add_set(c, r, &f[i], name[i]));
        p[i] = f[i].p;
    }
    TRY(differences(c, r, p));
    if (c->percents.n > 1)
        TRY(add_shares(c, r, p));
    TRY(validate_pictures(c, p[0].label, r));
    TRY(validate_stability(c, r));
out:
    return st;
}

status
validate_sets(const struct validate_conf *c, struct report *r, uint32_t **count)
{
    status st = OK;
    const char *name[VALIDATE_SETS_MAX];
    uint32_t n = 0;
    struct set_files f[VALIDATE_SETS_MAX] = {{0}};
    uint32_t *rows = NULL;

    ENSURE(c->draws != DRAWS_STUDY || c->permutations == 0 ||
               c->permutations == c->resamples,
           ERR_CONF,
           "validate.permutations: %lld, but the study draws a permutation and "
           "a resample in turn (validate.draws: study): as many as the %lld of "
           "validate.resamples, or 0",
           (long long)c->permutations, (long long)c->resamples);
    ENSURE((*c->studies != '\0') != (*c->predictions != '\0'), ERR_CONF,
           "give one of input.studies (folders of fmcib-search) and "
           "input.predictions (tables)");
    TRY(read_metrics(c, r));
    TRY(validate_words(&r->pool, "validate.sets", c->sets, name,
                       VALIDATE_SETS_MAX, &n));
    ENSURE(n > 0, ERR_CONF, "validate.sets: is empty");
    for (uint32_t i = 0; i < n; i++) {
        TRY(open_set(c, &r->pool, name[i], (double)c->train_pct, &f[i]));
        TRY(check_rows(c, &f[0].p, &f[i].p));
    }
    TRY(fill(c, r, f, name, n));
    TRY(mem_new(r->classes, sizeof *rows, &rows));
    for (uint32_t i = 0; i < r->rows; i++)
        rows[f[0].p.y[i]]++;
    *count = rows;
out:
    for (uint32_t i = 0; i < n; i++)
        close_set(&f[i]);
    return st;
}
