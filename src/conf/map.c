/* Rows with any keys below them: kept by name, so that the order of a file
 * tells nothing. A list is kept as a JSON list of texts, which is YAML too. */
#include <ctype.h>
#include <string.h>

#include "base/mem.h"

#include "conf/value.h"

static bool is_name(const char *s)
{
    for (; *s; s++)
        if (!isalnum((unsigned char)*s) && !strchr("_.-", *s))
            return false;
    return true;
}

static status list_text(const struct conf_row *row,
                        const char *name,
                        const struct yaml_node *n,
                        const char *where,
                        struct text *t)
{
    status st = OK;

    text_add(t, "[");
    for (const struct yaml_node *c = n->first; c; c = c->next) {
        ENSURE(c->kind == YAML_SCALAR && text_is_clean(c->text), ERR_CONF,
               "%s: %s.%s: an element is no plain value", where, row->key,
               name);
        text_add(t, "%s", c == n->first ? "" : ", ");
        text_json(t, c->text);
    }
    text_add(t, "]");
    TRY(text_status(t));
out:
    return st;
}

/* Where the name is, or belongs. */
static size_t place(const struct conf_map *m, const char *name)
{
    size_t i = 0;

    while (i < m->n && strcmp(m->at[i].name, name) < 0)
        i++;
    return i;
}

static void item_clear(struct conf_item *i)
{
    mem_free(i->name);
    mem_free(i->text);
}

static status insert(struct conf_map *m, size_t i)
{
    status st = OK;
    struct conf_item *wider = NULL;

    TRY(mem_new(m->n + 1, sizeof *wider, &wider));
    if (m->n > 0) {
        memcpy(wider, m->at, i * sizeof *wider);
        memcpy(wider + i + 1, m->at + i, (m->n - i) * sizeof *wider);
    }
    mem_free(m->at);
    m->at = wider;
    m->n++;
out:
    return st;
}

/* fresh is the map's or freed. */
static status take(struct conf_map *m, struct conf_item *fresh)
{
    status st = OK;
    size_t i = place(m, fresh->name);

    if (i < m->n && strcmp(m->at[i].name, fresh->name) == 0)
        item_clear(&m->at[i]);
    else
        TRY(insert(m, i));
    m->at[i] = *fresh;
    *fresh = (struct conf_item){0};
out:
    item_clear(fresh);
    return st;
}

status map_from_node(const struct conf_row *row,
                     const char *name,
                     const struct yaml_node *n,
                     const char *where,
                     struct conf_map *m)
{
    status st = OK;
    struct conf_item fresh = {.list = n->kind == YAML_LIST, .line = n->line};
    struct text list = {0};
    size_t at = place(m, name);

    ENSURE(*name && is_name(name), ERR_CONF, "%s: \"%s.%.80s\" is no key",
           where, row->key, name);
    ENSURE(at == m->n || strcmp(m->at[at].name, name) != 0 ||
               m->at[at].line == 0,
           ERR_CONF, "%s: key \"%s.%s\" is there twice", where, row->key, name);
    ENSURE(n->kind != YAML_MAP && !yaml_is_null(n), ERR_CONF,
           "%s: %s.%s: no value stands here", where, row->key, name);
    ENSURE(fresh.list || text_is_clean(n->text), ERR_CONF,
           "%s: %s.%s: the text holds control characters or is no UTF-8", where,
           row->key, name);
    if (fresh.list)
        TRY(list_text(row, name, n, where, &list));
    TRY(mem_text(name, &fresh.name));
    TRY(mem_text(fresh.list ? list.s : n->text, &fresh.text));
    TRY(take(m, &fresh));
out:
    item_clear(&fresh);
    text_free(&list);
    return st;
}

status map_from_text(const struct conf_row *row,
                     const char *name,
                     const char *text,
                     const char *where,
                     struct conf_map *m)
{
    status st = OK;
    struct yaml_node scalar = {.kind = YAML_SCALAR, .quoted = true};
    struct yaml_node *list = NULL;
    size_t at = place(m, name);

    TRY(mem_text(text, &scalar.text));
    if (text[0] == '[') {
        st = yaml_parse(text, strlen(text), where, &list);
        if (st != OK)
            status_prefix("%s.%s: ", row->key, name);
        TRY(st);
        list->line = 0;
    }
    if (at < m->n && strcmp(m->at[at].name, name) == 0)
        m->at[at].line = 0; /* --set wins over the file */
    TRY(map_from_node(row, name, list ? list : &scalar, where, m));
out:
    mem_free(scalar.text);
    yaml_free(list);
    return st;
}

void map_put(const struct conf_row *row,
             const struct conf_map *m,
             const char *mark,
             struct text *t)
{
    for (size_t i = 0; i < m->n; i++) {
        text_add(t, "%s.%s: ", row->key, m->at[i].name);
        if (m->at[i].list)
            text_put(t, m->at[i].text, strlen(m->at[i].text));
        else
            text_json(t, m->at[i].text);
        text_add(t, "%s\n", mark);
    }
}

void map_clear(struct conf_map *m)
{
    for (size_t i = 0; i < m->n; i++)
        item_clear(&m->at[i]);
    mem_free(m->at);
    *m = (struct conf_map){0};
}
