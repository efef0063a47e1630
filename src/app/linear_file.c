#include "app/linear_file.h"

#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"

#include "store/checkpoint.h"

enum { JSON_MAX = 1 << 30, KIND_MAX = 1000 };
static const char KIND[] = "linear-model";

/* ---- the arrays, in the order of the digest ---- */

enum { MEAN, SCALE, COEF, INTERCEPT, STRENGTH, ARRAYS };
static const char *const NAME[ARRAYS] = {"scaler_mean", "scaler_scale", "coef",
                                         "intercept", "C"};

struct array {
    int rank;
    uint64_t dim[2];
    double *v;
};

static void arrays_of(const struct linear_file *m, struct array a[ARRAYS])
{
    struct logistic_model *fit = m->fit;

    a[MEAN] = (struct array){1, {fit->p, 0}, m->scaler->mean};
    a[SCALE] = (struct array){1, {fit->p, 0}, m->scaler->scale};
    a[COEF] = (struct array){2, {fit->columns, fit->p}, fit->coef};
    a[INTERCEPT] = (struct array){1, {fit->columns, 0}, fit->intercept};
    a[STRENGTH] = (struct array){0, {0, 0}, &fit->c};
}

static status digest_of(const struct linear_file *m, char digest[SHA256_HEX])
{
    struct array a[ARRAYS];
    struct ckpt_sum *sum = NULL;
    char one[SHA256_HEX];
    status st = OK;

    arrays_of(m, a);
    TRY(ckpt_sum_new(&sum));
    for (int k = 0; k < ARRAYS; k++) {
        TRY(ckpt_array_digest(NAME[k], DIGEST_F64, a[k].rank, a[k].dim, a[k].v,
                              one));
        ckpt_sum_add(sum, NAME[k], one);
    }
    ckpt_sum_end(sum, digest);
out:
    ckpt_sum_free(sum);
    return st;
}

/* ---- writing ---- */

static void put_classes(const struct linear_file *m, struct text *t)
{
    text_add(t, "[");
    for (uint32_t c = 0; c < m->classes; c++) {
        text_add(t, c ? ", " : "");
        text_json(t, m->class_name[c]);
    }
    text_add(t, "]");
}

static void put_parts(const struct linear_file *m, struct text *t)
{
    text_add(t, "[");
    for (uint32_t k = 0; k < m->parts; k++)
        text_add(t, "%s{\"columns\": %u, \"weights\": \"%s\"}", k ? ", " : "",
                 m->part_dim[k], m->part_weights[k]);
    text_add(t, "]");
}

static void put_survival(const struct linear_file *m, struct text *t)
{
    if (m->years > 0) {
        text_add(t, "{\"years\": ");
        text_double(t, m->years);
        text_add(t, ", \"time\": ");
        text_json(t, m->time);
        text_add(t, ", \"event\": ");
        text_json(t, m->event);
        text_add(t, "}");
    } else {
        text_add(t, "{}");
    }
}

typedef void put_fn(const struct linear_file *m, struct text *t);
static const struct {
    const char *name;
    put_fn *put;
} FACT[] = {{"classes", put_classes},
            {"features", put_parts},
            {"survival", put_survival}};
enum { FACTS = sizeof FACT / sizeof FACT[0] };

status linear_file_write(const char *path,
                         const struct linear_file *m,
                         const char *run_id,
                         char digest[SHA256_HEX])
{
    struct array a[ARRAYS];
    struct ckpt_writer *w = NULL;
    struct text t = {0};
    status st = OK;

    arrays_of(m, a);
    TRY(ckpt_create(path, KIND, &w));
    for (int k = 0; k < ARRAYS; k++)
        TRY(ckpt_put(w, NAME[k], DIGEST_F64, a[k].rank, a[k].dim, a[k].v));
    for (int k = 0; k < FACTS; k++) {
        text_free(&t);
        FACT[k].put(m, &t);
        TRY(text_status(&t));
        TRY(ckpt_put_text(w, FACT[k].name, t.s));
    }
    TRY(ckpt_put_text(w, "label", m->label));
    TRY(ckpt_put_text(w, "run_id", run_id));
    TRY(ckpt_finish(w, digest));
out:
    ckpt_writer_free(w);
    text_free(&t);
    return st;
}

static void put_row(const double *v, uint64_t n, struct text *t)
{
    text_add(t, "[");
    for (uint64_t i = 0; i < n; i++) {
        text_add(t, i ? ", " : "");
        text_double(t, v[i]);
    }
    text_add(t, "]");
}

static void put_array(const struct array *a, struct text *t)
{
    if (a->rank == 0)
        text_double(t, a->v[0]);
    else if (a->rank == 1)
        put_row(a->v, a->dim[0], t);
    for (uint64_t i = 0; a->rank == 2 && i < a->dim[0]; i++) {
        text_add(t, i ? ",\n    " : "[\n    ");
        put_row(a->v + i * a->dim[1], a->dim[1], t);
    }
    text_add(t, a->rank == 2 ? "\n  ]" : "");
}

void linear_file_json(const struct linear_file *m, struct text *t)
{
    struct array a[ARRAYS];

    arrays_of(m, a);
    text_add(t, "{\n  \"kind\": \"%s\",\n  \"digest\": \"%s\",\n", KIND,
             m->digest);
    text_add(t, "  \"label\": ");
    text_json(t, m->label);
    for (int k = 0; k < FACTS; k++) {
        text_add(t, ",\n  \"%s\": ", FACT[k].name);
        FACT[k].put(m, t);
    }
    for (int k = 0; k < ARRAYS; k++) {
        text_add(t, ",\n  \"%s\": ", NAME[k]);
        put_array(&a[k], t);
    }
    text_add(t, "\n}\n");
}

/* ---- reading ---- */

/* What a file holds, whichever it is. */
struct source {
    const char *path;
    struct ckpt *nc;
    struct json *root;        /* of a JSON file */
    struct json *fact[FACTS]; /* parsed texts of a NetCDF file */
};

static void source_close(struct source *s)
{
    ckpt_close(s->nc);
    json_free(s->root);
    for (int k = 0; k < FACTS; k++)
        json_free(s->fact[k]);
}

static status source_open(const char *path, struct source *s)
{
    struct file_bytes {
        char *bytes;
        size_t len;
    } f = {NULL, 0};
    status st = OK;

    s->path = path;
    TRY(file_read(path, JSON_MAX, &f.bytes, &f.len));
    if (f.len > 0 && f.bytes[0] == '{') {
        TRY(json_parse(f.bytes, f.len, path, &s->root));
        const char *kind = json_text(json_get(s->root, "kind"));
        ENSURE(kind && strcmp(kind, KIND) == 0, ERR_DATA,
               "%s: has no \"kind\": \"%s\": it is no model of fmcib-search",
               path, KIND);
        goto out;
    }
    TRY(ckpt_open(path, KIND, &s->nc));
    for (int k = 0; k < FACTS; k++) {
        const char *text = ckpt_text(s->nc, FACT[k].name);

        if (text)
            TRY(json_parse(text, strlen(text), path, &s->fact[k]));
    }
out:
    mem_free(f.bytes);
    return st;
}

static const struct json *fact(const struct source *s, int k)
{
    return s->root ? json_get(s->root, FACT[k].name) : s->fact[k];
}

static const char *label_of(const struct source *s)
{
    return s->root ? json_text(json_get(s->root, "label"))
                   : ckpt_text(s->nc, "label");
}

static status read_classes(const struct source *s, struct linear_file *m)
{
    const struct json *list = fact(s, 0);
    const char *label = label_of(s);
    size_t n = json_len(list);
    status st = OK;

    ENSURE(label && json_is_array(list) && n >= 2 && n <= KIND_MAX, ERR_DATA,
           "%s: no label, or not 2 to %d classes", s->path, KIND_MAX);
    TRY(mem_text(label, &m->label));
    TRY(mem_new(n, sizeof *m->class_name, &m->class_name));
    for (m->classes = 0; m->classes < n; m->classes++) {
        const char *name = json_text(json_at(list, m->classes));

        ENSURE(name, ERR_DATA, "%s: class %u has no name", s->path, m->classes);
        TRY(mem_text(name, &m->class_name[m->classes]));
    }
out:
    return st;
}

static status read_facts(const struct source *s, struct linear_file *m)
{
    const struct json *parts = fact(s, 1);
    const struct json *survival = fact(s, 2);
    status st = OK;

    ENSURE(json_len(parts) <= SEARCH_PARTS, ERR_DATA, "%s: %zu tables", s->path,
           json_len(parts));
    for (m->parts = 0; m->parts < json_len(parts); m->parts++) {
        const struct json *p = json_at(parts, m->parts);
        const char *w = json_text(json_get(p, "weights"));
        int64_t columns = json_i64(json_get(p, "columns"), 0);

        ENSURE(w && strlen(w) < SHA256_HEX && columns > 0 &&
                   columns <= UINT32_MAX,
               ERR_DATA, "%s: features: entry %u has no columns and weights",
               s->path, m->parts);
        m->part_dim[m->parts] = (uint32_t)columns;
        memcpy(m->part_weights[m->parts], w, strlen(w) + 1);
    }
    if (json_len(survival) == 0)
        goto out;
    const char *time = json_text(json_get(survival, "time"));
    const char *event = json_text(json_get(survival, "event"));
    m->years = json_f64(json_get(survival, "years"), 0);
    ENSURE(time && event && m->years > 0, ERR_DATA,
           "%s: survival: has no years, time and event", s->path);
    TRY(mem_text(time, &m->time));
    TRY(mem_text(event, &m->event));
out:
    return st;
}

/* Features of the model. */
static status read_dim(const struct source *s, uint32_t *p)
{
    const struct ckpt_array *a = s->nc ? ckpt_info(s->nc, NAME[MEAN]) : NULL;
    uint64_t n = a ? a->len : json_len(json_get(s->root, NAME[MEAN]));
    status st = OK;

    ENSURE(n > 0 && n <= UINT32_MAX, ERR_DATA, "%s: has no %s", s->path,
           NAME[MEAN]);
    *p = (uint32_t)n;
out:
    return st;
}

static status read_row(const struct source *s,
                       const char *name,
                       const struct json *j,
                       uint64_t n,
                       double *v)
{
    status st = OK;

    ENSURE(json_len(j) == n, ERR_DATA, "%s: %s: a row of %zu numbers, not %llu",
           s->path, name, json_len(j), (unsigned long long)n);
    for (size_t i = 0; i < n; i++) {
        v[i] = json_f64(json_at(j, i), (double)NAN);
        ENSURE(isfinite(v[i]), ERR_DATA, "%s: %s: entry %zu is no number",
               s->path, name, i);
    }
out:
    return st;
}

static status
read_array(const struct source *s, const char *name, struct array *a)
{
    const struct json *j = json_get(s->root, name);
    status st = OK;

    if (s->nc) {
        TRY(ckpt_need(s->nc, name, DIGEST_F64, a->rank, a->dim));
        TRY(ckpt_get(s->nc, name, a->v));
    } else if (a->rank == 0) {
        a->v[0] = json_f64(j, (double)NAN);
        ENSURE(a->v[0] > 0 && isfinite(a->v[0]), ERR_DATA,
               "%s: %s is no positive number", s->path, name);
    } else if (a->rank == 1) {
        TRY(read_row(s, name, j, a->dim[0], a->v));
    } else {
        ENSURE(json_len(j) == a->dim[0], ERR_DATA, "%s: %s: %zu rows, not %llu",
               s->path, name, json_len(j), (unsigned long long)a->dim[0]);
        for (uint64_t i = 0; i < a->dim[0]; i++)
            TRY(read_row(s, name, json_at(j, i), a->dim[1],
                         a->v + i * a->dim[1]));
    }
out:
    return st;
}

static status read_numbers(const struct source *s, struct linear_file *m)
{
    struct array a[ARRAYS];
    const char *stated =
        s->nc ? ckpt_digest(s->nc) : json_text(json_get(s->root, "digest"));
    uint32_t p = 0;
    status st = OK;

    TRY(read_dim(s, &p));
    TRY(mem_new(1, sizeof *m->scaler, &m->scaler));
    m->scaler->p = p;
    TRY(mem_new(p, sizeof(double), &m->scaler->mean));
    TRY(mem_new(p, sizeof(double), &m->scaler->scale));
    TRY(mem_new(1, sizeof *m->fit, &m->fit));
    m->fit->p = p;
    m->fit->classes = m->classes;
    m->fit->columns = m->classes == 2 ? 1 : m->classes;
    TRY(mem_new((size_t)m->fit->columns * p, sizeof(double), &m->fit->coef));
    TRY(mem_new(m->fit->columns, sizeof(double), &m->fit->intercept));
    arrays_of(m, a);
    for (int k = 0; k < ARRAYS; k++)
        TRY(read_array(s, NAME[k], &a[k]));
    for (uint32_t j = 0; j < p; j++)
        ENSURE(m->scaler->scale[j] > 0, ERR_DATA,
               "%s: %s: entry %u is not positive", s->path, NAME[SCALE], j);
    TRY(digest_of(m, m->digest));
    ENSURE(stated && strcmp(stated, m->digest) == 0, ERR_NUMERIC,
           "%s: the numbers do not have the digest the file states: it was "
           "changed or damaged",
           s->path);
out:
    return st;
}

status linear_file_read(const char *path, struct linear_file **out)
{
    struct source s = {0};
    struct linear_file *m = NULL;
    status st = OK;

    TRY(source_open(path, &s));
    TRY(mem_new(1, sizeof *m, &m));
    TRY(read_classes(&s, m));
    TRY(read_facts(&s, m));
    TRY(read_numbers(&s, m));
    *out = m;
    m = NULL;
out:
    linear_file_free(m);
    source_close(&s);
    return st;
}

void linear_file_free(struct linear_file *m)
{
    if (!m)
        return;
    for (uint32_t c = 0; c < m->classes; c++)
        mem_free(m->class_name[c]);
    mem_free(m->class_name);
    mem_free(m->label);
    mem_free(m->time);
    mem_free(m->event);
    scaler_free(m->scaler);
    logistic_model_free(m->fit);
    mem_free(m);
}

/* Table k, out of path; weights are known of features that fmcib-extract wrote
 * as NetCDF. */
static status check_part(const struct linear_file *m,
                         const struct features *f,
                         const char *path,
                         uint32_t k,
                         bool mixed)
{
    status st = OK;

    ENSURE(m->part_dim[k] == f->dim, ERR_DATA,
           "table %u has %u features, that of the model had %u", k, f->dim,
           m->part_dim[k]);
    ENSURE(mixed || !f->weights[0] || !m->part_weights[k][0] ||
               strcmp(f->weights, m->part_weights[k]) == 0,
           ERR_DATA,
           "table %u: its features were made with the weights %.12s, those of "
           "the model with %.12s; extract them with the model's, or --mixed "
           "takes them",
           k, f->weights, m->part_weights[k]);
out:
    if (st != OK)
        status_prefix("%s: ", path);
    return st;
}

status linear_file_check(const struct linear_file *m,
                         const struct search_set *set,
                         char *const *path,
                         bool mixed)
{
    uint32_t dim = 0;
    status st = OK;

    ENSURE(m->parts == 0 || m->parts == set->parts, ERR_DATA,
           "%u tables of features; the model was fitted on %u joined ones",
           set->parts, m->parts);
    for (uint32_t k = 0; k < set->parts; k++) {
        dim += set->part[k]->dim;
        if (m->parts > 0)
            TRY(check_part(m, set->part[k], path[k], k, mixed));
    }
    ENSURE(dim == m->fit->p, ERR_DATA, "%s: %u features, the model has %u",
           path[0], dim, m->fit->p);
out:
    return st;
}
