/* Values are collected in entries of their own; the structs of the tables are
 * written at the very end, so a failed load leaves them alone. */
#include "conf/conf.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "conf/impl.h"

enum { WHERE_SIZE = 600 };

static struct conf_entry *find(const struct conf *c, const char *key)
{
    for (size_t i = 0; i < c->n; i++)
        if (strcmp(c->entries[i].row->key, key) == 0)
            return &c->entries[i];
    return NULL;
}

/* The row of type CONF_MAP above a key; *name: what stands below it. */
static struct conf_entry *
find_map(const struct conf *c, const char *key, const char **name)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct conf_row *row = c->entries[i].row;
        size_t n = strlen(row->key);

        if (row->type == CONF_MAP && strncmp(row->key, key, n) == 0 &&
            key[n] == '.') {
            *name = key + n + 1;
            return &c->entries[i];
        }
    }
    return NULL;
}

static const char *nearest(const struct conf *c, const char *key)
{
    const char *best = "none";
    unsigned least = ~0U;

    for (size_t i = 0; i < c->n; i++) {
        unsigned d = text_distance(key, c->entries[i].row->key);

        if (d < least) {
            least = d;
            best = c->entries[i].row->key;
        }
    }
    return best;
}

static status unknown(const struct conf *c, const char *where, const char *key)
{
    return status_fail(ERR_CONF, __FILE__, __LINE__,
                       "%s: unknown key \"%.120s\"; the nearest known key is "
                       "\"%s\" (--help lists all)",
                       where, key, nearest(c, key));
}

static status take_default(struct conf_entry *e)
{
    status st = OK;

    e->value.set = e->row->type == CONF_MAP; /* no keys is a value */
    if (!e->row->def)
        goto out;
    st = value_from_text(e->row, e->row->def, "default", &e->value);
    ENSURE(st == OK, ERR_BUG, "table of keys: %s", status_text());
out:
    return st;
}

/* Entries in table order with their defaults. A wrong table is our bug. */
static status
lay_out(struct conf *c, const struct conf_table *tables, size_t n_tables)
{
    status st = OK;
    size_t n = 0;

    for (size_t k = 0; k < n_tables; k++)
        n += tables[k].n;
    TRY(mem_new(n, sizeof *c->entries, &c->entries));
    for (size_t k = 0; k < n_tables; k++)
        for (size_t i = 0; i < tables[k].n; i++) {
            const struct conf_row *row = &tables[k].rows[i];

            ENSURE(!find(c, row->key), ERR_BUG, "two rows for key %s",
                   row->key);
            ENSURE(row->type != CONF_ENUM || row->choices, ERR_BUG,
                   "row %s has no choices", row->key);
            c->entries[c->n++] =
                (struct conf_entry){.row = row, .target = tables[k].target};
            TRY(take_default(&c->entries[c->n - 1]));
        }
out:
    return st;
}

static status set_from_file(struct conf *c,
                            const struct yaml_node *n,
                            const char *key,
                            const char *file)
{
    status st = OK;
    struct conf_entry *e = find(c, key);
    const char *name = NULL;
    char where[WHERE_SIZE];

    (void)snprintf(where, sizeof where, "%s:%" PRIu32, file, n->line);
    if (!e && (e = find_map(c, key, &name)) != NULL) {
        e->value.given = true;
        return map_from_node(e->row, name, n, where, &e->value.as.map);
    }
    if (!e)
        return unknown(c, where, key);
    ENSURE(!e->line, ERR_CONF,
           "%s: key \"%s\" is there twice (first in line %" PRIu32 ")", where,
           key, e->line);
    TRY(value_from_node(e->row, n, where, &e->value));
    e->line = n->line;
    e->value.given = true;
out:
    return st;
}

/* Does a group of keys stand here, not a value? */
static bool
is_group(const struct conf *c, const struct yaml_node *n, const char *key)
{
    const struct conf_entry *e = find(c, key);

    if (n->kind != YAML_MAP)
        return false;
    return e ? e->row->type == CONF_MAP : n->first != NULL;
}

/* Nested maps and dotted keys mean the same; at most YAML_DEPTH deep. */
static status walk(struct conf *c,
                   const struct yaml_node *map,
                   const char *prefix,
                   const char *file)
{
    status st = OK;
    struct text key = {0};

    for (const struct yaml_node *n = map->first; n; n = n->next) {
        key.len = 0;
        text_add(&key, "%s%s%s", prefix, *prefix ? "." : "", n->key);
        TRY(text_status(&key));
        if (is_group(c, n, key.s))
            TRY(walk(c, n, key.s, file));
        else
            TRY(set_from_file(c, n, key.s, file));
    }
out:
    text_free(&key);
    return st;
}

static status
apply_file(struct conf *c, const struct yaml_node *root, const char *file)
{
    status st = OK;

    if (yaml_is_null(root))
        goto out; /* "---" alone */
    ENSURE(root->kind == YAML_MAP, ERR_CONF,
           "%s:%" PRIu32 ": lines \"key: value\" are needed", file, root->line);
    TRY(walk(c, root, "", file));
out:
    return st;
}

/* One "key=value" of --set or of a preset. only: skip other keys. */
static status
apply_set(struct conf *c, const char *set, const char *where, const char *only)
{
    status st = OK;
    const char *eq = strchr(set, '=');
    struct conf_entry *e = NULL;
    const char *name = NULL;
    char *key = NULL;

    ENSURE(eq && eq != set, ERR_CONF, "%s: \"%s\": key=value is needed", where,
           set);
    TRY(mem_text(set, &key));
    key[eq - set] = '\0';
    if (only && strcmp(key, only) != 0)
        goto out;
    e = find(c, key);
    if (!e)
        e = find_map(c, key, &name);
    if (!e)
        TRY(unknown(c, where, key));
    else if (name)
        TRY(map_from_text(e->row, name, eq + 1, where, &e->value.as.map));
    else
        TRY(value_from_text(e->row, eq + 1, where, &e->value));
    if (e)
        e->value.given = true;
out:
    mem_free(key);
    return st;
}

static const struct yaml_node *top_level(const struct yaml_node *root,
                                         const char *key)
{
    for (const struct yaml_node *n = root ? root->first : NULL; n; n = n->next)
        if (n->key && strcmp(n->key, key) == 0)
            return n;
    return NULL;
}

struct sources {
    const struct conf_preset *presets;
    size_t n_presets;
    const char *file;
    const struct yaml_node *root; /* NULL: no file */
    const char *const *sets;
    size_t n_sets;
};

/* The value of a preset's key is needed before the file is applied. */
static status
name_preset(struct conf *c, struct conf_entry *e, const struct sources *s)
{
    status st = OK;
    const struct yaml_node *n = top_level(s->root, e->row->key);

    e->names_preset = true;
    if (n)
        TRY(set_from_file(c, n, e->row->key, s->file));
    e->line = 0; /* the file is applied once more, as a whole */
    for (size_t i = 0; i < s->n_sets; i++)
        TRY(apply_set(c, s->sets[i], "--set", e->row->key));
out:
    return st;
}

static status apply_preset(struct conf *c,
                           const struct conf_preset *p,
                           const struct conf_entry *e)
{
    status st = OK;
    struct text now = {0};
    char where[WHERE_SIZE];

    value_put(e->row, &e->value, &now);
    TRY(text_status(&now));
    if (strcmp(now.s, p->name) != 0)
        goto out;
    (void)snprintf(where, sizeof where, "preset %s %s", p->key, p->name);
    for (size_t i = 0; p->sets[i]; i++)
        TRY(apply_set(c, p->sets[i], where, NULL));
out:
    text_free(&now);
    return st;
}

static status apply_presets(struct conf *c, const struct sources *s)
{
    status st = OK;

    for (size_t i = 0; i < s->n_presets; i++) {
        struct conf_entry *e = find(c, s->presets[i].key);

        ENSURE(e && e->row->type == CONF_ENUM && e->row->def &&
                   !strchr(e->row->key, '.'),
               ERR_BUG,
               "preset key %s needs a row of type CONF_ENUM with a default "
               "and no dot in its name",
               s->presets[i].key);
        if (!e->names_preset)
            TRY(name_preset(c, e, s));
    }
    for (size_t i = 0; i < s->n_presets; i++)
        TRY(apply_preset(c, &s->presets[i], find(c, s->presets[i].key)));
out:
    return st;
}

static status check_missing(const struct conf *c)
{
    status st = OK;
    struct text t = {0};

    for (size_t i = 0; i < c->n; i++)
        if (!c->entries[i].value.set)
            text_add(&t, "%s%s (%s)", t.len ? ", " : "", c->entries[i].row->key,
                     c->entries[i].row->help);
    TRY(text_status(&t));
    ENSURE(t.len == 0, ERR_CONF,
           "missing in the configuration, give it in --config or by --set: %s",
           t.s);
out:
    text_free(&t);
    return st;
}

static status read_file(const char *file, struct yaml_node **root)
{
    status st = OK;
    char *bytes = NULL;
    size_t len = 0;

    TRY(file_read(file, YAML_MAX_BYTES, &bytes, &len));
    TRY(yaml_parse(bytes, len, file, root));
out:
    mem_free(bytes);
    return st;
}

status conf_load(const struct conf_table *tables,
                 size_t n_tables,
                 const struct conf_preset *presets,
                 size_t n_presets,
                 const char *file,
                 const char *const *sets,
                 size_t n_sets,
                 struct conf **out)
{
    status st = OK;
    struct conf *c = NULL;
    struct yaml_node *root = NULL;
    struct sources s = {.presets = presets,
                        .n_presets = n_presets,
                        .file = file,
                        .sets = sets,
                        .n_sets = n_sets};

    TRY(mem_new(1, sizeof *c, &c));
    TRY(lay_out(c, tables, n_tables));
    if (file)
        TRY(read_file(file, &root));
    s.root = root;
    TRY(apply_presets(c, &s));
    if (root)
        TRY(apply_file(c, root, file));
    for (size_t i = 0; i < n_sets; i++)
        TRY(apply_set(c, sets[i], "--set", NULL));
    TRY(check_missing(c));
    for (size_t i = 0; i < c->n; i++)
        value_store(c->entries[i].row, &c->entries[i].value,
                    c->entries[i].target);
    *out = c;
    c = NULL;
out:
    yaml_free(root);
    conf_free(c);
    return st;
}

void conf_free(struct conf *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->n; i++)
        value_clear(c->entries[i].row, &c->entries[i].value);
    mem_free(c->entries);
    mem_free(c);
}

bool conf_given(const struct conf *c, const char *key)
{
    const struct conf_entry *e = find(c, key);

    BUG_IF(!e);
    return e->value.given;
}

const char *conf_key_of(const struct conf *c, const char *text)
{
    const char *key = NULL;
    size_t longest = 0;

    for (size_t i = 0; i < c->n; i++) {
        const struct conf_entry *e = &c->entries[i];
        const char *value = e->row->type == CONF_TEXT ? e->value.as.text : NULL;
        size_t len = value ? strcspn(value, "%{,") : 0;

        if (len <= longest || strncmp(text, value, len) != 0 ||
            (!value[len] && text[len] != ':' && text[len] != '/'))
            continue;
        longest = len;
        key = e->row->key;
    }
    return key;
}
