#include "conf/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

static bool has_range(const struct conf_row *row)
{
    return row->lo <= row->hi;
}

static bool is_list(const struct conf_row *row)
{
    return row->type == CONF_I64S || row->type == CONF_F64S;
}

static void put_limit(struct text *t, double v)
{
    if (v > -1e15 && v < 1e15 && v == (double)(int64_t)v)
        text_add(t, "%" PRId64, (int64_t)v);
    else
        text_double(t, v);
}

void value_wanted(const struct conf_row *row, struct text *t)
{
    static const char *const names[] = {
        [CONF_I64] = "a whole number",
        [CONF_F64] = "a finite number",
        [CONF_BOOL] = "true or false",
        [CONF_TEXT] = "a text",
        [CONF_ENUM] = "one of ",
        [CONF_I64S] = "a list [a, b, ...] of whole numbers",
        [CONF_F64S] = "a list [a, b, ...] of finite numbers",
        [CONF_MAP] = "a group of keys",
    };

    text_add(t, "%s", names[row->type]);
    if (row->type == CONF_ENUM)
        text_add(t, "%s", row->choices);
    if (!has_range(row) || row->type == CONF_BOOL || row->type == CONF_TEXT ||
        row->type == CONF_ENUM || row->type == CONF_MAP)
        return;
    text_add(t, ", ");
    put_limit(t, row->lo);
    text_add(t, " to ");
    put_limit(t, row->hi);
}

/* "<where>: key: <what>; it must be ..." */
static status
refuse(const struct conf_row *row, const char *where, const char *what)
{
    struct text t = {0};
    status st;

    value_wanted(row, &t);
    st = status_fail(ERR_CONF, __FILE__, __LINE__, "%s: %s: %s; it must be %s",
                     where, row->key, what, t.s ? t.s : "?");
    text_free(&t);
    return st;
}

static status refuse_text(const struct conf_row *row,
                          const char *where,
                          const char *text,
                          const char *verdict)
{
    char what[200];

    (void)snprintf(what, sizeof what, "\"%.120s\" %s", text, verdict);
    return refuse(row, where, what);
}

static bool in_range(const struct conf_row *row, double v)
{
    return !has_range(row) || (v >= row->lo && v <= row->hi);
}

static status read_i64(const struct conf_row *row,
                       const char *s,
                       const char *where,
                       int64_t *v)
{
    int64_t i;

    if (!text_to_i64(s, &i))
        return refuse_text(row, where, s, "is not a whole number of 64 bits");
    if (!in_range(row, (double)i))
        return refuse_text(row, where, s, "is out of range");
    *v = i;
    return OK;
}

static status read_f64(const struct conf_row *row,
                       const char *s,
                       const char *where,
                       double *v)
{
    double f;

    if (!text_to_double(s, &f))
        return refuse_text(row, where, s, "is not a finite number");
    if (!in_range(row, f))
        return refuse_text(row, where, s, "is out of range");
    *v = f;
    return OK;
}

static status read_choice(const struct conf_row *row,
                          const char *s,
                          const char *where,
                          int *v)
{
    const char *p = row->choices;

    for (int i = 0; p; i++) {
        size_t n = strcspn(p, "|");

        if (n == strlen(s) && memcmp(p, s, n) == 0) {
            *v = i;
            return OK;
        }
        p = p[n] ? p + n + 1 : NULL;
    }
    return refuse_text(row, where, s, "is not known");
}

static status read_text(const struct conf_row *row,
                        const char *s,
                        const char *where,
                        char **v)
{
    if (!text_is_clean(s))
        return refuse(row, where,
                      "the text holds control characters or is no UTF-8");
    if (!*s && !(row->def && !*row->def))
        return refuse(row, where, "the text is empty");
    return mem_text(s, v);
}

/* One scalar of any type but lists. */
static status read_scalar(const struct conf_row *row,
                          const char *s,
                          const char *where,
                          struct conf_value *v)
{
    switch (row->type) {
    case CONF_I64:
        return read_i64(row, s, where, &v->as.i);
    case CONF_F64:
        return read_f64(row, s, where, &v->as.f);
    case CONF_BOOL:
        if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
            return refuse_text(row, where, s, "is neither true nor false");
        v->as.b = *s == 't';
        return OK;
    case CONF_ENUM:
        return read_choice(row, s, where, &v->as.choice);
    case CONF_TEXT:
        return read_text(row, s, where, &v->as.text);
    case CONF_I64S:
    case CONF_F64S:
        break;
    case CONF_MAP:
        return refuse_text(row, where, s, "is a value");
    }
    return refuse_text(row, where, s, "is not a list");
}

/* "3;4" and "3 4" as they should be written: "[3, 4]". */
static void put_entries(struct text *t, const char *s)
{
    static const char ends[] = " \t,;";

    text_add(t, "[");
    for (const char *c = ""; *(s += strspn(s, ends)); c = ", ") {
        int n = (int)strcspn(s, ends);

        text_add(t, "%s%.*s", c, n, s);
        s += n;
    }
    text_add(t, "]");
}

/* What stands in place of a list, or of its elements. */
static status
refuse_list(const struct conf_row *row, const char *where, const char *s)
{
    struct text t = {0};
    status st;

    text_add(&t, "\"%.120s\" is not a list; write ", s);
    put_entries(&t, s);
    st = refuse(row, where, t.s ? t.s : "not a list");
    text_free(&t);
    return st;
}

static status read_list(const struct conf_row *row,
                        const struct yaml_node *n,
                        const char *where,
                        struct conf_list *out)
{
    status st = OK;
    struct conf_list list = {0};

    if (n->kind == YAML_SCALAR && !n->quoted)
        return refuse_list(row, where, n->text);
    if (n->kind != YAML_LIST)
        return refuse(row, where, "not a list");
    for (const struct yaml_node *c = n->first; c; c = c->next) {
        ENSURE(list.n < CONF_LIST_MAX, ERR_CONF,
               "%s: %s: more than %d elements", where, row->key, CONF_LIST_MAX);
        if (c->kind != YAML_SCALAR || c->quoted)
            return refuse(row, where, "an element is not a number");
        if (strpbrk(c->text, " \t;"))
            return refuse_list(row, where, c->text);
        if (row->type == CONF_I64S)
            TRY(read_i64(row, c->text, where, &list.v.i[list.n]));
        else
            TRY(read_f64(row, c->text, where, &list.v.f[list.n]));
        list.n++;
    }
    *out = list;
out:
    return st;
}

/* Replace the old value by a freshly read one. */
static void take(const struct conf_row *row,
                 const struct conf_value *fresh,
                 struct conf_value *v)
{
    bool given = v->given;

    value_clear(row, v);
    *v = *fresh;
    v->set = true;
    v->given = given;
}

status value_from_node(const struct conf_row *row,
                       const struct yaml_node *n,
                       const char *where,
                       struct conf_value *v)
{
    status st = OK;
    struct conf_value fresh = {0};

    if (n->kind == YAML_MAP)
        return refuse(row, where, "a group of keys stands here");
    if (yaml_is_null(n))
        return refuse(row, where, "no value stands here");
    if (is_list(row)) {
        TRY(read_list(row, n, where, &fresh.as.list));
    } else {
        if (n->kind == YAML_LIST)
            return refuse(row, where, "a list stands here");
        if (n->quoted && row->type != CONF_TEXT && row->type != CONF_ENUM)
            return refuse_text(row, where, n->text, "in quotes is a text");
        TRY(read_scalar(row, n->text, where, &fresh));
    }
    take(row, &fresh, v);
out:
    return st;
}

status value_from_text(const struct conf_row *row,
                       const char *text,
                       const char *where,
                       struct conf_value *v)
{
    status st = OK;
    struct conf_value fresh = {0};
    struct yaml_node *n = NULL;

    if (is_list(row)) {
        st = yaml_parse(text, strlen(text), where, &n);
        if (st != OK)
            status_prefix("%s: ", row->key);
        TRY(st);
        TRY(read_list(row, n, where, &fresh.as.list));
    } else {
        TRY(read_scalar(row, text, where, &fresh));
    }
    take(row, &fresh, v);
out:
    yaml_free(n);
    return st;
}

static void put_list(const struct conf_row *row,
                     const struct conf_list *list,
                     struct text *t)
{
    text_put(t, "[", 1);
    for (uint32_t i = 0; i < list->n; i++) {
        text_add(t, "%s", i ? ", " : "");
        if (row->type == CONF_I64S)
            text_add(t, "%" PRId64, list->v.i[i]);
        else
            text_double(t, list->v.f[i]);
    }
    text_put(t, "]", 1);
}

void value_put(const struct conf_row *row,
               const struct conf_value *v,
               struct text *t)
{
    const char *p = row->choices;

    switch (row->type) {
    case CONF_I64:
        text_add(t, "%" PRId64, v->as.i);
        break;
    case CONF_F64:
        text_double(t, v->as.f);
        break;
    case CONF_BOOL:
        text_add(t, v->as.b ? "true" : "false");
        break;
    case CONF_TEXT:
        text_json(t, v->as.text);
        break;
    case CONF_ENUM:
        for (int i = 0; i < v->as.choice; i++)
            p += strcspn(p, "|") + 1;
        text_put(t, p, strcspn(p, "|"));
        break;
    case CONF_I64S:
    case CONF_F64S:
        put_list(row, &v->as.list, t);
        break;
    case CONF_MAP:
        break; /* map_put */
    }
}

void value_store(const struct conf_row *row,
                 const struct conf_value *v,
                 void *target)
{
    char *at = (char *)target + row->offset;

    switch (row->type) {
    case CONF_I64:
        *(int64_t *)(void *)at = v->as.i;
        break;
    case CONF_F64:
        *(double *)(void *)at = v->as.f;
        break;
    case CONF_BOOL:
        *(bool *)(void *)at = v->as.b;
        break;
    case CONF_TEXT:
        *(const char **)(void *)at = v->as.text;
        break;
    case CONF_ENUM:
        *(int *)(void *)at = v->as.choice;
        break;
    case CONF_I64S:
    case CONF_F64S:
        *(struct conf_list *)(void *)at = v->as.list;
        break;
    case CONF_MAP:
        *(struct conf_map *)(void *)at = v->as.map;
        break;
    }
}

void value_clear(const struct conf_row *row, struct conf_value *v)
{
    if (row->type == CONF_TEXT)
        mem_free(v->as.text);
    if (row->type == CONF_MAP)
        map_clear(&v->as.map);
    *v = (struct conf_value){0};
}
