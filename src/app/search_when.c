/* Conditions of a space's parameters. */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#include "app/search_space_impl.h"

const char *key_condition(const struct conf_item *item, const char *key)
{
    static const char when[] = ".when.";
    size_t n = strlen(key);

    if (strncmp(item->name, key, n) != 0 ||
        strncmp(item->name + n, when, sizeof when - 1) != 0)
        return NULL;
    return item->name + n + sizeof when - 1;
}

/* A word of a condition as an internal value of the parameter p. */
static status when_value(const struct key_space *k,
                         uint32_t p,
                         const struct conf_item *item,
                         const char *word,
                         double *x)
{
    const struct key_param *key = &k->key[p];
    struct text t = {0};
    status st = OK;

    TRY(key_canonical(key->row, item, word, &t));
    if (k->param[p].kind != SPACE_CATEGORICAL) {
        ENSURE(k->param[p].step > 0, ERR_CONF,
               "space.%s: %s has any value between low and high; a condition "
               "is on a parameter with choices, steps or whole numbers",
               item->name, key->row->key);
        BUG_IF(!text_to_double(t.s, x));
        ENSURE(space_takes(&k->param[p], *x), ERR_CONF,
               "space.%s: %s is never %s in this search", item->name,
               key->row->key, t.s);
        goto out;
    }
    for (uint32_t c = 0; c < key->n; c++)
        if (strcmp(key->text[c], t.s) == 0) {
            *x = c;
            goto out;
        }
    ENSURE(false, ERR_CONF, "space.%s: %s is never %s in this search",
           item->name, key->row->key, t.s);
out:
    text_free(&t);
    return st;
}

/* One value, or a list of them. */
static status take_condition(const struct key_space *k,
                             uint32_t parent,
                             const struct conf_item *item,
                             struct key_param *key)
{
    struct space_when *w = &key->when[key->n_when];
    double **values = &key->values[key->n_when];
    struct json *list = NULL;
    size_t n = 1;
    status st = OK;

    if (item->list) {
        TRY(json_parse(item->text, strlen(item->text), item->name, &list));
        n = json_len(list);
    }
    ENSURE(n > 0, ERR_CONF, "space.%s: is an empty list", item->name);
    TRY(mem_new(n, sizeof **values, values));
    key->n_when++;
    for (size_t i = 0; i < n; i++)
        TRY(when_value(k, parent, item,
                       list ? json_text(json_at(list, i)) : item->text,
                       &(*values)[i]));
    *w = (struct space_when){parent, (uint32_t)n, *values};
out:
    json_free(list);
    return st;
}

/* Those of the last parameter. */
static status take_when(const struct conf_map *map, struct key_space *k)
{
    uint32_t p = k->space.n - 1;
    struct key_param *key = &k->key[p];
    status st = OK;

    TRY(mem_new(map->n, sizeof *key->when, &key->when));
    TRY(mem_new(map->n, sizeof(double *), &key->values));
    for (size_t i = 0; i < map->n; i++) {
        const char *parent = key_condition(&map->at[i], key->row->key);

        if (parent)
            TRY(take_condition(k, space_find(&k->space, parent), &map->at[i],
                               key));
    }
    k->param[p].when = key->when;
    k->param[p].n_when = key->n_when;
out:
    return st;
}

/* ---- the order ---- */

/* The keys that are searched, not placed yet. */
struct waiting {
    const struct conf_row **row; /* [n] NULL: placed */
    uint32_t n;
};

/* Among those that wait; n: it is none of them. */
static uint32_t find_waiting(const struct waiting *w, const char *key)
{
    uint32_t i = 0;

    while (i < w->n && (!w->row[i] || strcmp(w->row[i]->key, key) != 0))
        i++;
    return i;
}

/* What key i still waits for; w->n: nothing. */
static status waits_for(const struct conf_map *map,
                        const struct key_space *s,
                        const struct waiting *w,
                        uint32_t i,
                        uint32_t *out)
{
    status st = OK;

    *out = w->n;
    for (size_t k = 0; k < map->n && *out == w->n; k++) {
        const char *parent = key_condition(&map->at[k], w->row[i]->key);

        if (!parent || space_find(&s->space, parent) < s->space.n)
            continue;
        *out = find_waiting(w, parent);
        ENSURE(*out < w->n, ERR_CONF,
               "space.%s: %s is not searched; a condition is on another "
               "parameter of the space",
               map->at[k].name, parent);
    }
out:
    return st;
}

/* Everybody waits: follow one of them round. */
static status circle(const struct conf_map *map,
                     const struct key_space *s,
                     const struct waiting *w,
                     uint32_t i)
{
    struct text way = {0};
    uint32_t start = i;
    status st = OK;

    for (uint32_t k = 0; k < w->n; k++)
        TRY(waits_for(map, s, w, start, &start)); /* now within it */
    i = start;
    do {
        text_add(&way, "%s when ", w->row[i]->key);
        TRY(waits_for(map, s, w, i, &i));
    } while (i != start);
    ENSURE(false, ERR_CONF, "space: %s%s: a condition that goes in a circle",
           way.s, w->row[start]->key);
out:
    text_free(&way);
    return st;
}

/* The first key that waits for nothing becomes the next parameter. */
static status
place_next(const struct conf_map *map, struct waiting *w, struct key_space *s)
{
    uint32_t first = w->n;
    uint32_t waits = 0;
    status st = OK;

    for (uint32_t i = 0; i < w->n; i++) {
        if (!w->row[i])
            continue;
        first = first < w->n ? first : i;
        TRY(waits_for(map, s, w, i, &waits));
        if (waits < w->n)
            continue;
        TRY(key_take(map, w->row[i], s));
        TRY(take_when(map, s));
        w->row[i] = NULL;
        goto out;
    }
    TRY(circle(map, s, w, first));
out:
    return st;
}

status key_space_order(const struct conf_map *map,
                       const struct conf_row **row,
                       uint32_t n,
                       struct key_space *s)
{
    struct waiting w = {row, n};
    status st = OK;

    while (s->space.n < n)
        TRY(place_next(map, &w, s));
out:
    return st;
}
