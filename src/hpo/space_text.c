#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#include "hpo/space.h"

static void put_whole(struct text *t, double v)
{
    text_add(t, "%lld", (long long)v);
}

static void put_float(const struct space_param *p, struct text *t)
{
    text_add(t,
             "{\"name\": \"FloatDistribution\", \"attributes\": {\"step\": ");
    if (p->step > 0)
        text_double(t, p->step);
    else
        text_add(t, "null");
    text_add(t, ", \"low\": ");
    text_double(t, p->low);
    text_add(t, ", \"high\": ");
    text_double(t, p->high);
    text_add(t, ", \"log\": %s}}", p->log ? "true" : "false");
}

static void put_int(const struct space_param *p, struct text *t)
{
    text_add(t,
             "{\"name\": \"IntDistribution\", \"attributes\": {\"log\": %s, "
             "\"step\": ",
             p->log ? "true" : "false");
    put_whole(t, p->step);
    text_add(t, ", \"low\": ");
    put_whole(t, p->low);
    text_add(t, ", \"high\": ");
    put_whole(t, p->high);
    text_add(t, "}}");
}

void space_text(const struct space_param *p, struct text *out)
{
    if (p->kind == SPACE_FLOAT) {
        put_float(p, out);
        return;
    }
    if (p->kind == SPACE_INT) {
        put_int(p, out);
        return;
    }
    text_add(out, "{\"name\": \"CategoricalDistribution\", \"attributes\": "
                  "{\"choices\": [");
    for (uint32_t i = 0; i < p->n_choices; i++)
        text_add(out, "%s%s", i ? ", " : "", p->choices[i]);
    text_add(out, "]}}");
}

/* The JSON text of a choice; only plain values can be one. */
static status choice_text(const struct json *j, char **out)
{
    struct text t = {0};
    status st = OK;

    ENSURE(!json_is_object(j) && !json_is_array(j), ERR_DATA,
           "a choice of a categorical parameter is not a plain value");
    if (json_is_null(j)) {
        text_add(&t, "null");
    } else if (json_is_text(j)) {
        text_json(&t, json_text(j));
    } else if (json_is_number(j)) {
        double v = json_f64(j, 0);
        if (v == (double)json_i64(j, 0))
            put_whole(&t, v);
        else
            text_double(&t, v);
    } else {
        text_add(&t, "%s", json_bool(j, false) ? "true" : "false");
    }
    TRY(text_status(&t));
    TRY(mem_text(t.s, out));
out:
    text_free(&t);
    return st;
}

status space_value(const struct space_param *p, const struct json *v, double *x)
{
    char *text = NULL;
    status st = OK;

    if (p->kind != SPACE_CATEGORICAL) {
        ENSURE(json_is_number(v), ERR_DATA, "%s has a value that is no number",
               p->name);
        *x = json_f64(v, 0);
        goto out;
    }
    TRY(choice_text(v, &text));
    for (uint32_t c = 0; c < p->n_choices; c++)
        if (strcmp(p->choices[c], text) == 0) {
            *x = c;
            goto out;
        }
    ENSURE(false, ERR_DATA, "%s is never %s", p->name, text);
out:
    mem_free(text);
    return st;
}

static status read_choices(const struct json *list, struct space_param *p)
{
    char **choices = NULL;
    status st = OK;

    ENSURE(json_is_array(list) && json_len(list) <= 1000000, ERR_DATA,
           "a categorical parameter without choices");
    TRY(mem_new(json_len(list), sizeof *choices, &choices));
    p->choices = (const char *const *)choices;
    for (size_t i = 0; i < json_len(list); i++) {
        TRY(choice_text(json_at(list, i), &choices[i]));
        p->n_choices = (uint32_t)i + 1;
    }
out:
    return st;
}

status space_from_json(const char *name,
                       const struct json *dist,
                       struct space_param *out)
{
    struct space_param p = {0};
    char *copy = NULL;
    status st = OK;

    const char *class = json_text(json_get(dist, "name"));
    const struct json *at = json_get(dist, "attributes");
    ENSURE(class && json_is_object(at), ERR_DATA,
           "parameter %s: no distribution", name);
    TRY(mem_text(name, &copy));
    p.name = copy;
    p.low = json_f64(json_get(at, "low"), 0);
    p.high = json_f64(json_get(at, "high"), 0);
    p.step = json_f64(json_get(at, "step"), 0);
    p.log = json_bool(json_get(at, "log"), false);
    if (!strcmp(class, "FloatDistribution")) {
        p.kind = SPACE_FLOAT;
    } else if (!strcmp(class, "IntDistribution")) {
        p.kind = SPACE_INT;
    } else {
        ENSURE(!strcmp(class, "CategoricalDistribution"), ERR_DATA,
               "parameter %s: distribution \"%s\" is not known", name, class);
        p.kind = SPACE_CATEGORICAL;
        TRY(read_choices(json_get(at, "choices"), &p));
    }
    TRY(space_param_check(&p));
    *out = p;
    p = (struct space_param){0};
out:
    space_param_free(&p);
    return st;
}

void space_param_free(struct space_param *p)
{
    for (uint32_t i = 0; i < p->n_choices; i++)
        mem_free((void *)p->choices[i]);
    mem_free((void *)p->choices);
    mem_free((void *)p->name);
    *p = (struct space_param){0};
}

bool space_same(const struct space_param *a, const struct space_param *b)
{
    if (a->kind != b->kind || a->log != b->log || a->low != b->low ||
        a->high != b->high || a->step != b->step ||
        a->n_choices != b->n_choices)
        return false;
    for (uint32_t i = 0; i < a->n_choices; i++) {
        if (strcmp(a->choices[i], b->choices[i]) != 0)
            return false;
    }
    return true;
}
