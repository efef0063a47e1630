#include "eval/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "eval/report_part.h"

const char *pool_text(struct pool *p, status *st, const char *fmt, ...)
{
    struct text t = {0};
    char buffer[4096];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(buffer, sizeof buffer, fmt, ap);
    va_end(ap);
    if (*st != OK)
        return "";
    text_put(&t, buffer, strlen(buffer));
    *st = text_status(&t);
    if (*st == OK)
        *st = mem_grow(p->n + 1, sizeof *p->s, &p->s, &p->cap);
    if (*st != OK) {
        text_free(&t);
        return "";
    }
    p->s[p->n++] = t.s;
    return t.s;
}

status report_add(void *list, size_t *n, size_t *cap, size_t size, void *out)
{
    status st = OK;
    char *items = NULL;

    TRY(mem_grow(*n + 1, size, list, cap));
    memcpy(&items, list, sizeof items);
    items += *n * size;
    memset(items, 0, size);
    memcpy(out, &items, sizeof items);
    (*n)++;
out:
    return st;
}

static void free_set(struct report_set *s, uint32_t classes)
{
    for (uint32_t k = 0; s->roc && k < classes; k++) {
        mem_free(s->roc[k].fpr);
        mem_free(s->roc[k].tpr);
    }
    mem_free(s->roc);
    report_set_free(s, classes);
}

void report_free(struct report *r)
{
    for (size_t i = 0; i < r->n_sets; i++)
        free_set(&r->set[i], r->classes);
    for (size_t i = 0; i < r->n_patches; i++)
        mem_free(r->patch[i].pixels);
    for (int i = 0; i < HEALTHS; i++)
        mem_free(r->steps.v[i]);
    for (size_t i = 0; i < r->pool.n; i++)
        mem_free(r->pool.s[i]);
    mem_free(r->steps.step);
    report_stats_free(r);
    report_more_free(r);
    mem_free(r->pool.s);
    mem_free(r->class_name);
    mem_free(r->metric);
    mem_free(r->set);
    mem_free(r->difference);
    mem_free(r->gate);
    mem_free(r->patch);
    mem_free(r->digest);
    mem_free(r->key);
    mem_free(r->library);
    mem_free(r->deviation);
    *r = (struct report){0};
}

int report_find(const struct report *r, const char *name)
{
    for (size_t i = 0; i < r->n_sets; i++)
        if (strcmp(r->set[i].name, name) == 0)
            return (int)i;
    return -1;
}

size_t report_count(const struct report *r, enum verdict v)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_gates; i++)
        n += r->gate[i].verdict == v;
    return n;
}

size_t report_failed(const struct report *r)
{
    return report_count(r, GATE_FAIL) + report_count(r, GATE_DIFFERS);
}

const char *verdict_text(enum verdict v)
{
    static const char *const text[VERDICTS] = {"pass",           "fail",
                                               "not comparable", "reproduced",
                                               "consistent",     "differs"};

    return text[v];
}

/* ---- JSON: keys in the order of the struct, numbers as they read back */

void report_number(struct text *t, double v)
{
    if (__builtin_isfinite(v))
        text_double(t, v);
    else
        text_add(t, "null");
}

void report_member(struct text *t, const char *key, const char *value)
{
    text_add(t, "\"%s\": ", key);
    text_json(t, value ? value : "");
}

void report_interval(struct text *t, const struct interval *v)
{
    const struct {
        const char *key;
        double v;
    } f[] = {{"value", v->value}, {"mean", v->mean}, {"sd", v->sd},
             {"low", v->lo},      {"high", v->hi},   {"above_zero", v->above}};

    text_add(t, "{");
    for (size_t i = 0; i < sizeof f / sizeof f[0]; i++) {
        text_add(t, "\"%s\": ", f[i].key);
        report_number(t, f[i].v);
        text_add(t, ", ");
    }
    text_add(t, "\"resamples\": %u, \"left_out\": %u}", v->used, v->left_out);
}

static void put_sets(const struct report *r, struct text *t)
{
    text_add(t, "  \"sets\": [");
    for (size_t i = 0; i < r->n_sets; i++) {
        const struct report_set *s = &r->set[i];

        text_add(t, "%s\n    {", i ? "," : "");
        report_member(t, "name", s->name);
        text_add(t, ", ");
        report_member(t, "study", s->digest);
        text_add(t, ", \"C\": ");
        report_number(t, s->c);
        text_add(t,
                 ", \"trials\": %lld, \"validation\": ", (long long)s->trials);
        report_number(t, s->valid);
        for (uint32_t m = 0; m < r->n_metrics; m++) {
            text_add(t, ",\n     \"%s\": ", metric_name(r->metric[m]));
            report_interval(t, &s->metric[r->metric[m]]);
        }
        report_set_json(r, s, t);
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n  \"differences\": [");
    for (size_t i = 0; i < r->n_differences; i++) {
        const struct report_difference *d = &r->difference[i];

        text_add(t, "%s\n    {", i ? "," : "");
        report_member(t, "set", r->set[d->a].name);
        text_add(t, ", ");
        report_member(t, "against", r->set[d->b].name);
        text_add(t, ", ");
        report_member(t, "metric", metric_name(d->metric));
        text_add(t, ",\n     \"difference\": ");
        report_interval(t, &d->v);
        report_difference_json(d, t);
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n");
}

static void put_gates(const struct report *r, struct text *t)
{
    text_add(t, "  \"gates\": [");
    for (size_t i = 0; i < r->n_gates; i++) {
        const struct report_gate *g = &r->gate[i];

        text_add(t, "%s\n    {", i ? "," : "");
        report_member(t, "id", g->id);
        text_add(t, ", ");
        report_member(t, "kind", g->kind);
        text_add(t, ", ");
        report_member(t, "verdict", verdict_text(g->verdict));
        text_add(t, ",\n     ");
        report_member(t, "what", g->what);
        text_add(t, ", ");
        report_member(t, "seen", g->seen);
        text_add(t, ", ");
        report_member(t, "want", g->want);
        text_add(t, ",\n     ");
        report_member(t, "why", g->why);
        text_add(t, ", ");
        report_member(t, "source", g->source);
        text_add(t, ",\n     ");
        report_member(t, "rule", g->rule);
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n  \"published_figures_of_other_cohorts\": %zu,\n",
             r->n_skipped);
}

static void put_digests(const struct report *r, struct text *t)
{
    text_add(t, "  \"digests\": [");
    for (size_t i = 0; i < r->n_digests; i++) {
        text_add(t, "%s\n    {", i ? "," : "");
        report_member(t, "stage", r->digest[i].stage);
        text_add(t, ", ");
        report_member(t, "what", r->digest[i].what);
        text_add(t, ", ");
        report_member(t, "sha256", r->digest[i].sha256);
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n");
}

static void put_keys(const struct report *r, struct text *t)
{
    bool comma = false;

    text_add(t, "  \"configuration\": [");
    for (size_t i = 0; i < r->n_keys; i++) {
        if (!r->key[i].identity)
            continue;
        text_add(t, "%s\n    {", comma ? "," : "");
        report_member(t, "stage", r->key[i].stage);
        text_add(t, ", ");
        report_member(t, "key", r->key[i].key);
        text_add(t, ", ");
        report_member(t, "value", r->key[i].value);
        text_add(t, "}");
        comma = true;
    }
    text_add(t, "\n  ],\n  \"deviations\": [");
    for (size_t i = 0; i < r->n_deviations; i++) {
        text_add(t, "%s\n    {", i ? "," : "");
        report_member(t, "key", r->deviation[i].key);
        text_add(t, ", ");
        report_member(t, "here", r->deviation[i].here);
        text_add(t, ", ");
        report_member(t, "published", r->deviation[i].published);
        text_add(t, ", ");
        report_member(t, "effect", r->deviation[i].effect);
        text_add(t, "}");
    }
    text_add(t, "\n  ]\n");
}

status report_results(const struct report *r,
                      struct text *json,
                      char digest[SHA256_HEX])
{
    status st = OK;
    uint8_t sha[SHA256_SIZE];
    size_t start = json->len;

    text_add(json, "{\n  ");
    report_member(json, "cohort", r->cohort);
    text_add(json, ", ");
    report_member(json, "task", r->task);
    text_add(json,
             ", \"rows\": %u, \"classes\": %u,\n  \"bootstrap_seed\": %llu, "
             "\"resamples\": %u,\n",
             r->rows, r->classes, (unsigned long long)r->seed, r->resamples);
    put_sets(r, json);
    report_stats_json(r, json);
    report_more_json(r, json);
    put_gates(r, json);
    put_digests(r, json);
    put_keys(r, json);
    text_add(json, "}");
    TRY(text_status(json));
    TRY(sha256_of(json->s + start, json->len - start, sha));
    sha256_hex(sha, digest);
out:
    return st;
}

static void put_software(const struct report *r, bool all, struct text *out)
{
    bool comma = false;

    text_add(out, "\"software\": [");
    for (size_t i = 0; i < r->n_libraries; i++) {
        const struct report_library *l = &r->library[i];

        if (!all && !l->moves)
            continue;
        text_add(out, "%s\n  {", comma ? "," : "");
        report_member(out, "name", l->name);
        text_add(out, ", ");
        report_member(out, "version", l->version);
        text_add(out, ", \"may_move_results\": %s}",
                 l->moves ? "true" : "false");
        comma = true;
    }
    text_add(out, "\n]}\n");
}

status report_json(const struct report *r, struct text *out)
{
    status st = OK;
    char digest[SHA256_HEX];

    text_add(out, "{\"results\": ");
    TRY(report_results(r, out, digest));
    text_add(out, ",\n\"sha256\": \"%s\",\n", digest);
    put_software(r, false, out);
    st = text_status(out);
out:
    return st;
}

status report_software(const struct report *r, struct text *out)
{
    text_add(out, "{");
    put_software(r, true, out);
    return text_status(out);
}
