/* The schema: rows of conf/ for single values, and four lists. The texts stay
 * in the tree that was read. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "conf/value.h"
#include "conf/yaml.h"
#include "store/manifest_impl.h"

#define AT(m) CONF_AT(struct manifest, m)
static const struct conf_row HEAD[] = {
    {"id", CONF_TEXT, AT(id), NULL, 1, 0, NULL, "", IDENTITY, "name"},
    {"kind", CONF_ENUM, AT(kind), NULL, 1, 0, "data|model|folder", "", IDENTITY,
     "what it is"},
    {"title", CONF_TEXT, AT(title), "", 1, 0, NULL, "", IDENTITY, "one line"},
    {"access", CONF_ENUM, AT(access), "public", 1, 0, "public|private", "",
     IDENTITY, "can it be had"},
    {"size", CONF_TEXT, AT(size), "", 1, 0, NULL, "", IDENTITY,
     "of the whole, in words"},
    {"licence", CONF_TEXT, AT(licence), "", 1, 0, NULL, "", IDENTITY, "terms"},
    {"licence_source", CONF_TEXT, AT(licence_source), "", 1, 0, NULL, "",
     IDENTITY, "where the terms stand"},
    {"citation", CONF_TEXT, AT(citation), "", 1, 0, NULL, "", IDENTITY,
     "what to cite"},
    {"note", CONF_TEXT, AT(note), "", 1, 0, NULL, "", IDENTITY, "remarks"},
};
#undef AT
#define AT(m) CONF_AT(struct manifest_file, m)
static const struct conf_row FILE_ROWS[] = {
    {"path", CONF_TEXT, AT(path), NULL, 1, 0, NULL, "", IDENTITY, "place"},
    {"bytes", CONF_I64, AT(bytes), NULL, 0, 1e15, NULL, "", IDENTITY, "size"},
    {"sha256", CONF_TEXT, AT(sum[SUM_SHA256]), "", 1, 0, NULL, "", IDENTITY,
     "64 digits"},
    {"md5", CONF_TEXT, AT(sum[SUM_MD5]), "", 1, 0, NULL, "", IDENTITY,
     "32 digits"},
    {"git_blob", CONF_TEXT, AT(sum[SUM_GIT]), "", 1, 0, NULL, "", IDENTITY,
     "40 digits"},
    {"sum_source", CONF_TEXT, AT(sum_source), "", 1, 0, NULL, "", IDENTITY,
     "who published the sum"},
    {"note", CONF_TEXT, AT(note), "", 1, 0, NULL, "", IDENTITY, "remarks"},
};
#undef AT

struct reader {
    const char *name;
    struct manifest *m;
};

/* A map: single values by rows; keys of lists are the caller's. */
struct schema {
    const struct conf_row *rows;
    size_t n_rows;
    const char *const *lists; /* NULL-terminated */
};

static const char *const HEAD_LISTS[] = {"used_for", "pages", "counts", "files",
                                         NULL};
static const char *const FILE_LISTS[] = {"urls", "sum", NULL};
static const struct schema HEAD_SCHEMA = {HEAD, sizeof HEAD / sizeof *HEAD,
                                          HEAD_LISTS};
static const struct schema FILE_SCHEMA = {
    FILE_ROWS, sizeof FILE_ROWS / sizeof *FILE_ROWS, FILE_LISTS};

static const char *nearest(const struct schema *s, const char *key)
{
    const char *best = s->rows[0].key;

    for (size_t i = 1; i < s->n_rows; i++)
        if (text_distance(key, s->rows[i].key) < text_distance(key, best))
            best = s->rows[i].key;
    for (const char *const *l = s->lists; *l; l++)
        if (text_distance(key, *l) < text_distance(key, best))
            best = *l;
    return best;
}

static const struct yaml_node *member(const struct yaml_node *map,
                                      const char *key)
{
    for (const struct yaml_node *n = map->first; n; n = n->next)
        if (strcmp(n->key, key) == 0)
            return n;
    return NULL;
}

static status known_keys(const struct reader *r,
                         const struct schema *s,
                         const struct yaml_node *map)
{
    status st = OK;

    ENSURE(map->kind == YAML_MAP, ERR_CONF,
           "%s:%" PRIu32 ": keys and values (key: value) are needed", r->name,
           map->line);
    for (const struct yaml_node *n = map->first; n; n = n->next) {
        bool known = false;

        for (size_t i = 0; i < s->n_rows; i++)
            known |= strcmp(n->key, s->rows[i].key) == 0;
        for (const char *const *l = s->lists; *l; l++)
            known |= strcmp(n->key, *l) == 0;
        ENSURE(known, ERR_CONF,
               "%s:%" PRIu32 ": unknown key \"%.120s\"; the nearest known key "
               "is \"%s\"",
               r->name, n->line, n->key, nearest(s, n->key));
    }
out:
    return st;
}

/* Texts point into the tree; `unknown` is the word for a number nobody gave. */
static status take_value(const struct reader *r,
                         const struct conf_row *row,
                         const struct yaml_node *n,
                         void *target)
{
    status st = OK;
    struct conf_value v = {0};
    char where[600];
    char *at = (char *)target + row->offset;

    (void)snprintf(where, sizeof where, "%s:%" PRIu32, r->name, n->line);
    if (row->type == CONF_I64 && n->kind == YAML_SCALAR &&
        strcmp(n->text, "unknown") == 0) {
        const int64_t none = -1;

        memcpy(at, &none, sizeof none);
        goto out;
    }
    TRY(value_from_node(row, n, where, &v));
    if (row->type == CONF_TEXT)
        memcpy(at, &(const char *){n->text}, sizeof(const char *));
    else
        value_store(row, &v, target);
out:
    value_clear(row, &v);
    return st;
}

static status take_rows(const struct reader *r,
                        const struct schema *s,
                        const struct yaml_node *map,
                        void *target)
{
    status st = OK;

    TRY(known_keys(r, s, map));
    for (size_t i = 0; i < s->n_rows; i++) {
        const struct conf_row *row = &s->rows[i];
        const struct yaml_node *n = member(map, row->key);

        ENSURE(n || row->def, ERR_CONF,
               "%s:%" PRIu32 ": key \"%s\" is missing (%s)", r->name, map->line,
               row->key, row->help);
        if (n)
            TRY(take_value(r, row, n, target));
        else if (row->type == CONF_TEXT) /* all defaults of texts are "" */
            memcpy((char *)target + row->offset, &(const char *){""},
                   sizeof(const char *));
    }
out:
    return st;
}

static uint32_t children(const struct yaml_node *n)
{
    uint32_t count = 0;

    for (const struct yaml_node *c = n->first; c; c = c->next)
        count++;
    return count;
}

static status need_list(const struct reader *r, const struct yaml_node *n)
{
    status st = OK;

    ENSURE(n->kind == YAML_LIST, ERR_CONF,
           "%s:%" PRIu32 ": %s: a list is needed", r->name, n->line, n->key);
out:
    return st;
}

/* A list of texts; the key may be absent. */
static status take_texts(const struct reader *r,
                         const struct yaml_node *map,
                         const char *key,
                         struct manifest_texts *out)
{
    status st = OK;
    const struct yaml_node *n = member(map, key);

    if (!n)
        goto out;
    TRY(need_list(r, n));
    TRY(mem_new(children(n), sizeof *out->at, &out->at));
    for (const struct yaml_node *c = n->first; c; c = c->next) {
        ENSURE(c->kind == YAML_SCALAR && *c->text && text_is_clean(c->text),
               ERR_CONF, "%s:%" PRIu32 ": %s: a text of one line is needed",
               r->name, c->line, key);
        out->at[out->n++] = c->text;
    }
out:
    return st;
}

static status count_value(const struct reader *r,
                          const struct yaml_node *c,
                          struct manifest_count *out)
{
    status st = OK;
    int64_t v = -1;
    bool text = strcmp(c->key, "what") == 0 || strcmp(c->key, "source") == 0;

    ENSURE(c->kind == YAML_SCALAR && text_is_clean(c->text) &&
               text_is_clean(c->key),
           ERR_CONF, "%s:%" PRIu32 ": %s: one value is needed", r->name,
           c->line, c->key);
    if (text) {
        *(c->key[0] == 'w' ? &out->what : &out->source) = c->text;
        goto out;
    }
    ENSURE(!c->quoted && text_to_i64(c->text, &v) && v >= 0, ERR_CONF,
           "%s:%" PRIu32 ": %s: \"%s\" is not a whole number from 0", r->name,
           c->line, c->key, c->text);
    out->name[out->n] = c->key;
    out->value[out->n++] = v;
out:
    return st;
}

/* {what: "...", source: "...", anything: number, ...} */
static status take_count(const struct reader *r,
                         const struct yaml_node *map,
                         struct manifest_count *out)
{
    status st = OK;
    uint32_t n = children(map);

    ENSURE(map->kind == YAML_MAP, ERR_CONF,
           "%s:%" PRIu32 ": counts: {what: ..., source: ..., name: number} is "
           "needed",
           r->name, map->line);
    TRY(mem_new(n, sizeof *out->name, &out->name));
    TRY(mem_new(n, sizeof *out->value, &out->value));
    for (const struct yaml_node *c = map->first; c; c = c->next)
        TRY(count_value(r, c, out));
    ENSURE(out->what && out->source && out->n, ERR_CONF,
           "%s:%" PRIu32 ": counts: what, source and a number are needed",
           r->name, map->line);
out:
    return st;
}

static bool is_hex(const char *s)
{
    return strspn(s, "0123456789abcdef") == strlen(s);
}

static status check_sums(const struct reader *r,
                         const struct yaml_node *map,
                         const struct manifest_file *f)
{
    status st = OK;
    const struct yaml_node *said = member(map, "sum");
    bool none = said && said->kind == YAML_SCALAR && !said->quoted &&
                strcmp(said->text, "none") == 0;

    ENSURE(!said || none, ERR_CONF,
           "%s:%" PRIu32 ": sum: its only value is none (no published sum); a "
           "sum goes under sha256, md5 or git_blob",
           r->name, said->line);
    for (int k = 0; k < SUM_KINDS; k++)
        ENSURE(!*f->sum[k] ||
                   (strlen(f->sum[k]) == sum_digits((enum sum_kind)k) &&
                    is_hex(f->sum[k])),
               ERR_CONF,
               "%s:%" PRIu32 ": %s: \"%.80s\" is not %zu lower-case "
               "hexadecimal digits",
               r->name, f->line, sum_name((enum sum_kind)k), f->sum[k],
               sum_digits((enum sum_kind)k));
    ENSURE(manifest_sums(f) || none, ERR_CONF,
           "%s:%" PRIu32 ": %s: no sum; write sha256, md5 or git_blob, or "
           "\"sum: none\" if none is published",
           r->name, f->line, f->path);
    ENSURE(!manifest_sums(f) || !none, ERR_CONF,
           "%s:%" PRIu32 ": %s: has a sum and says \"sum: none\"", r->name,
           f->line, f->path);
    ENSURE(!manifest_sums(f) || *f->sum_source || r->m->kind == MANIFEST_FOLDER,
           ERR_CONF,
           "%s:%" PRIu32 ": %s: sum_source is missing (who published the sum)",
           r->name, f->line, f->path);
out:
    return st;
}

static bool is_url(const char *s)
{
    size_t len = strlen(s);

    if (strncmp(s, "https://", 8) != 0 && strncmp(s, "http://", 7) != 0 &&
        strncmp(s, "file:///", 8) != 0)
        return false;
    for (const char *c = s; *c; c++)
        if (*c <= ' ' || *c > '~' || *c == '"' || *c == '\\')
            return false;
    return len < 2000;
}

static bool ends_with(const char *s, const char *tail)
{
    size_t n = strlen(s);
    size_t t = strlen(tail);

    return n >= t && strcmp(s + n - t, tail) == 0;
}

static status check_file(const struct reader *r, const struct manifest_file *f)
{
    status st = OK;
    const char *fault = manifest_path_fault(f->path);

    ENSURE(!fault, ERR_CONF, "%s:%" PRIu32 ": path \"%.200s\": %s", r->name,
           f->line, f->path, fault);
    for (uint32_t i = 0; i < f->urls.n; i++)
        ENSURE(is_url(f->urls.at[i]), ERR_CONF,
               "%s:%" PRIu32 ": %s: \"%.200s\" is no address (https://..., "
               "http://... or file:///..., no blanks); other places go under "
               "pages",
               r->name, f->line, f->path, f->urls.at[i]);
    ENSURE(r->m->kind == MANIFEST_FOLDER ||
               !(ends_with(f->path, ".part") || ends_with(f->path, ".bad")),
           ERR_CONF,
           "%s:%" PRIu32
           ": path \"%s\": .part and .bad are names of unfinished "
           "and damaged downloads",
           r->name, f->line, f->path);
out:
    return st;
}

static status take_file(const struct reader *r,
                        const struct yaml_node *map,
                        struct manifest_file *f)
{
    status st = OK;

    f->line = map->line;
    TRY(take_rows(r, &FILE_SCHEMA, map, f));
    TRY(take_texts(r, map, "urls", &f->urls));
    TRY(check_file(r, f));
    TRY(check_sums(r, map, f));
out:
    return st;
}

static status take_lists(const struct reader *r, const struct yaml_node *root)
{
    status st = OK;
    struct manifest *m = r->m;
    const struct yaml_node *counts = member(root, "counts");
    const struct yaml_node *files = member(root, "files");

    TRY(take_texts(r, root, "used_for", &m->used_for));
    TRY(take_texts(r, root, "pages", &m->pages));
    if (counts) {
        TRY(need_list(r, counts));
        TRY(mem_new(children(counts), sizeof *m->counts, &m->counts));
        for (const struct yaml_node *c = counts->first; c; c = c->next)
            TRY(take_count(r, c, &m->counts[m->n_counts++]));
    }
    ENSURE(files, ERR_CONF,
           "%s:%" PRIu32 ": key \"files\" is missing (a list, [] when there is "
           "none)",
           r->name, root->line);
    TRY(need_list(r, files));
    TRY(mem_new(children(files), sizeof *m->files, &m->files));
    for (const struct yaml_node *c = files->first; c; c = c->next)
        TRY(take_file(r, c, &m->files[m->n_files++]));
out:
    return st;
}

static status check_head(const struct reader *r, const struct yaml_node *root)
{
    status st = OK;
    const struct manifest *m = r->m;

    ENSURE(strspn(m->id, "abcdefghijklmnopqrstuvwxyz0123456789_-") ==
                   strlen(m->id) &&
               strlen(m->id) <= 64,
           ERR_CONF,
           "%s:%" PRIu32 ": id \"%.80s\": small letters, digits, - and _ are "
           "needed, at most 64",
           r->name, member(root, "id")->line, m->id);
    if (m->kind == MANIFEST_FOLDER)
        goto out;
    ENSURE(*m->title && *m->licence && *m->citation, ERR_CONF,
           "%s:%" PRIu32 ": title, licence and citation are needed (unknown, "
           "where nothing is known)",
           r->name, root->line);
out:
    return st;
}

/* From a tree, which is the manifest's from then on. */
static status
from_tree(struct yaml_node *root, const char *name, struct manifest **out)
{
    status st = OK;
    struct manifest *m = NULL;
    struct reader r = {.name = name};

    st = mem_new(1, sizeof *m, &m);
    if (st != OK)
        yaml_free(root);
    TRY(st);
    r.m = m;
    m->root = root;
    TRY(mem_text(name, &m->name));
    TRY(take_rows(&r, &HEAD_SCHEMA, root, m));
    TRY(check_head(&r, root));
    TRY(take_lists(&r, root));
    TRY(manifest_index(m));
    *out = m;
    m = NULL;
out:
    manifest_free(m);
    return st;
}

status manifest_parse(const char *bytes,
                      size_t len,
                      const char *name,
                      struct manifest **out)
{
    status st = OK;
    struct yaml_node *root = NULL;

    TRY(yaml_parse(bytes, len, name, &root));
    TRY(from_tree(root, name, out));
out:
    return st;
}

/* The bytes go before the manifest is made of the tree: a list of 200,000
 * files is large. */
status manifest_read(const char *path, struct manifest **out)
{
    status st = OK;
    struct yaml_node *root = NULL;
    char *bytes = NULL;
    size_t len = 0;

    TRY(file_read(path, MANIFEST_MAX_BYTES, &bytes, &len));
    st = yaml_parse(bytes, len, path, &root);
    mem_free(bytes);
    TRY(st);
    TRY(from_tree(root, path, out));
out:
    return st;
}
