#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#include "app/search_space_impl.h"
#include "conf/value.h"

enum word { LOW, HIGH, LOG, STEP, CHOICES, WORDS, WHEN };
static const char *const words[WORDS] = {"low", "high", "log", "step",
                                         "choices"};

/* What stands below one key. */
struct said {
    const struct conf_row *row;
    const struct conf_item *item[WORDS];
    uint32_t n; /* conditions too */
    uint32_t n_when;
};

static bool is_number(const struct conf_row *row)
{
    return row->type == CONF_I64 || row->type == CONF_F64;
}

status key_canonical(const struct conf_row *row,
                     const struct conf_item *item,
                     const char *text,
                     struct text *out)
{
    struct conf_value v = {0};
    char where[256];
    status st = OK;

    (void)snprintf(where, sizeof where, "space.%s", item->name);
    TRY(value_from_text(row, text, where, &v));
    if (row->type == CONF_TEXT)
        text_add(out, "%s", v.as.text);
    else
        value_put(row, &v, out);
    TRY(text_status(out));
out:
    value_clear(row, &v);
    return st;
}

static status number(const struct said *s, enum word w, double *out)
{
    struct text t = {0};
    status st = OK;

    ENSURE(s->item[w] && !s->item[w]->list, ERR_CONF,
           "space.%s: %s is missing: a number has low and high, or choices",
           s->row->key, words[w]);
    if (w == STEP) /* a difference: the key's range is not its */
        ENSURE(text_to_double(s->item[w]->text, out) && *out > 0, ERR_CONF,
               "space.%s.step: \"%s\" is no number above 0", s->row->key,
               s->item[w]->text);
    if (w == STEP)
        goto out;
    TRY(key_canonical(s->row, s->item[w], s->item[w]->text, &t));
    BUG_IF(!text_to_double(t.s, out));
out:
    text_free(&t);
    return st;
}

static status take_range(const struct said *s, struct space_param *p)
{
    const struct conf_item *log = s->item[LOG];
    status st = OK;

    p->kind = s->row->type == CONF_I64 ? SPACE_INT : SPACE_FLOAT;
    p->step = p->kind == SPACE_INT ? 1 : 0;
    TRY(number(s, LOW, &p->low));
    TRY(number(s, HIGH, &p->high));
    if (s->item[STEP])
        TRY(number(s, STEP, &p->step));
    ENSURE(!log || (!log->list && (strcmp(log->text, "true") == 0 ||
                                   strcmp(log->text, "false") == 0)),
           ERR_CONF, "space.%s.log: must be true or false", s->row->key);
    p->log = log && strcmp(log->text, "true") == 0;
    ENSURE(p->low <= p->high, ERR_CONF,
           "space.%s: nothing lies between low %s and high %s", s->row->key,
           s->item[LOW]->text, s->item[HIGH]->text);
out:
    return st;
}

/* Numbers, true and false are themselves in the journal, the rest is text. */
static status
choice_json(const struct conf_row *row, const char *text, char **out)
{
    bool plain = is_number(row) || row->type == CONF_BOOL;
    struct text t = {0};
    status st = OK;

    if (plain)
        text_add(&t, "%s", text);
    else
        text_json(&t, text);
    TRY(text_status(&t));
    TRY(mem_text(t.s, out));
out:
    text_free(&t);
    return st;
}

static status
add_choice(const struct said *s, const char *word, struct key_param *k)
{
    struct text t = {0};
    status st = OK;

    TRY(key_canonical(s->row, s->item[CHOICES], word, &t));
    for (uint32_t i = 0; i < k->n; i++)
        ENSURE(strcmp(k->text[i], t.s) != 0, ERR_CONF,
               "space.%s.choices: %s is there twice", s->row->key, t.s);
    TRY(mem_text(t.s, &k->text[k->n]));
    TRY(choice_json(s->row, t.s, &k->json[k->n]));
    k->n++;
out:
    text_free(&t);
    return st;
}

static status
take_choices(const struct said *s, struct space_param *p, struct key_param *k)
{
    const struct conf_item *item = s->item[CHOICES];
    struct json *list = NULL;
    status st = OK;

    ENSURE(item && item->list && s->n == 1 + s->n_when, ERR_CONF,
           "space.%s: %s", s->row->key,
           is_number(s->row)
               ? "choices is a list [a, b] and goes without low and high"
               : "this key is searched by choices: [a, b] alone");
    TRY(json_parse(item->text, strlen(item->text), item->name, &list));
    ENSURE(json_len(list) > 0, ERR_CONF, "space.%s.choices: is an empty list",
           s->row->key);
    TRY(mem_new(json_len(list), sizeof *k->text, &k->text));
    TRY(mem_new(json_len(list), sizeof *k->json, &k->json));
    for (size_t i = 0; i < json_len(list); i++)
        TRY(add_choice(s, json_text(json_at(list, i)), k));
    p->kind = SPACE_CATEGORICAL;
    p->n_choices = k->n;
    p->choices = (const char *const *)k->json;
out:
    json_free(list);
    return st;
}

static status take_param(const struct said *s, struct key_space *k)
{
    struct space_param *p = &k->param[k->space.n];
    struct key_param *key = &k->key[k->space.n++];
    status st = OK;

    ENSURE(s->row->role == IDENTITY, ERR_CONF,
           "space.%s: is a placement key: no result depends on it, there is "
           "nothing to search",
           s->row->key);
    p->name = s->row->key;
    key->row = s->row;
    if (s->item[CHOICES] || !is_number(s->row))
        TRY(take_choices(s, p, key));
    else
        TRY(take_range(s, p));
    TRY(space_param_check(p));
out:
    return st;
}

/* Does the item stand below the key? *w: as which word, WORDS for none. */
static bool belongs(const struct conf_item *item, const char *key, enum word *w)
{
    size_t n = strlen(key);

    if (strncmp(item->name, key, n) != 0 ||
        (item->name[n] != '.' && item->name[n] != '\0'))
        return false;
    for (*w = 0; *w < WORDS; (*w)++)
        if (item->name[n] == '.' && strcmp(item->name + n + 1, words[*w]) == 0)
            break;
    if (key_condition(item, key))
        *w = WHEN;
    return true;
}

static status collect(const struct conf_map *map,
                      const struct conf_row *row,
                      struct said *out)
{
    status st = OK;
    enum word w;

    *out = (struct said){.row = row};
    for (size_t i = 0; i < map->n; i++) {
        if (!belongs(&map->at[i], row->key, &w))
            continue;
        ENSURE(w != WORDS, ERR_CONF,
               "space.%s: is not understood; \"%s: {low: a, high: b}\", with "
               "log: true or step: c, or \"{choices: [a, b]}\", and when: "
               "{OTHER: value}",
               map->at[i].name, row->key);
        out->n++;
        out->n_when += w == WHEN;
        if (w != WHEN)
            out->item[w] = &map->at[i];
    }
out:
    return st;
}

status key_take(const struct conf_map *map,
                const struct conf_row *row,
                struct key_space *s)
{
    struct said said;
    status st = OK;

    TRY(collect(map, row, &said));
    TRY(take_param(&said, s));
out:
    return st;
}

/* An item that no key claims. */
static status check_known(const struct conf_map *map,
                          const char *owner,
                          const struct conf_table *tables,
                          size_t n_tables)
{
    const char *nearest = "";
    status st = OK;

    for (size_t i = 0; i < map->n; i++) {
        bool known = false;
        unsigned least = ~0U;
        enum word w;

        for (size_t k = 0; k < n_tables; k++)
            for (size_t j = 0; j < tables[k].n; j++) {
                const struct conf_row *row = &tables[k].rows[j];
                unsigned d = text_distance(map->at[i].name, row->key);

                known = known || belongs(&map->at[i], row->key, &w);
                if (row->role == IDENTITY && d < least) {
                    least = d;
                    nearest = row->key;
                }
            }
        ENSURE(known, ERR_CONF,
               "space.%s: %s has no such key; the nearest one is \"%s\"",
               map->at[i].name, owner, nearest);
    }
out:
    return st;
}

/* Those of the tables that something is said of: row [map->n]. */
static status list_keys(const struct conf_map *map,
                        const struct conf_table *tables,
                        size_t n_tables,
                        const struct conf_row **row,
                        uint32_t *n)
{
    struct said said;
    status st = OK;

    for (size_t k = 0; k < n_tables; k++)
        for (size_t j = 0; j < tables[k].n; j++) {
            TRY(collect(map, &tables[k].rows[j], &said));
            if (said.n > 0)
                row[(*n)++] = &tables[k].rows[j];
        }
out:
    return st;
}

status key_space_new(const struct conf_map *map,
                     const char *owner,
                     const struct conf_table *tables,
                     size_t n_tables,
                     struct key_space **out)
{
    struct key_space *s = NULL;
    const struct conf_row **row = NULL;
    uint32_t n = 0;
    status st = OK;

    ENSURE(map->n > 0, ERR_CONF,
           "space: no key is searched; give ranges, for instance \"space: "
           "{optim.lr: {low: 1e-5, high: 1e-2, log: true}}\"");
    TRY(check_known(map, owner, tables, n_tables));
    TRY(mem_new(1, sizeof *s, &s));
    TRY(mem_new(map->n, sizeof *s->param, &s->param));
    TRY(mem_new(map->n, sizeof *s->key, &s->key));
    s->space.params = s->param;
    TRY(mem_new(map->n, sizeof(const struct conf_row *), &row));
    TRY(list_keys(map, tables, n_tables, row, &n));
    TRY(key_space_order(map, row, n, s));
    TRY(space_check(&s->space));
    *out = s;
    s = NULL;
out:
    mem_free(row);
    key_space_free(s);
    return st;
}

static void free_key(struct key_param *k)
{
    for (uint32_t i = 0; i < k->n; i++) {
        mem_free(k->text[i]);
        mem_free(k->json[i]);
    }
    for (uint32_t i = 0; i < k->n_when; i++)
        mem_free(k->values[i]);
    mem_free(k->text);
    mem_free(k->json);
    mem_free(k->values);
    mem_free(k->when);
}

void key_space_free(struct key_space *s)
{
    if (!s)
        return;
    for (uint32_t p = 0; p < s->space.n; p++)
        free_key(&s->key[p]);
    mem_free(s->param);
    mem_free(s->key);
    mem_free(s);
}

const struct space *key_space_of(const struct key_space *s)
{
    return &s->space;
}

void key_space_value(const struct key_space *s,
                     uint32_t p,
                     double x,
                     struct text *out)
{
    const struct key_param *k = &s->key[p];

    if (s->param[p].kind == SPACE_CATEGORICAL)
        text_add(out, "%s", k->text[(uint32_t)x]);
    else if (s->param[p].kind == SPACE_INT)
        text_add(out, "%lld", (long long)x);
    else
        text_double(out, x);
}

void key_space_set(const struct key_space *s,
                   uint32_t p,
                   double x,
                   struct text *out)
{
    text_add(out, "%s=", s->param[p].name);
    key_space_value(s, p, x, out);
}
