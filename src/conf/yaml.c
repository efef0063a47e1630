/* libyaml's events build a tree; the stack of open nodes is an array because
 * depth is limited. */
#include "conf/yaml.h"

#include <inttypes.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

enum { FIRST_BLOCK = 4 << 10, BLOCK = 64 << 10 };

/* Nodes and texts lie one after the other in blocks. */
struct block {
    struct block *next;
    size_t size;
    size_t used;
};

struct tree {
    struct yaml_node root; /* first: yaml_free gets its address */
    struct block *blocks;  /* the one in use first */
};

/* A map or list that has not ended. */
struct open_node {
    struct yaml_node *node;
    struct yaml_node *last; /* child */
    int children;
};

struct builder {
    const char *name;
    struct tree *tree;
    struct open_node open[YAML_DEPTH];
    int depth;
    char *key; /* read, waits for its value */
    uint32_t key_line;
    size_t values;
    size_t most_values;
    int documents;
    bool begun;
    bool ended;
};

static status take_bytes(struct tree *t, size_t size, void *out_ptr)
{
    status st = OK;
    struct block *b = t->blocks;
    const size_t head = (sizeof *b + 7) / 8 * 8;
    char *p = NULL;

    size = (size + 7) / 8 * 8;
    if (!b || b->size - b->used < size) {
        size_t least = b ? BLOCK : FIRST_BLOCK;
        size_t whole = head + size > least ? head + size : least;

        TRY(mem_raw(whole, 1, &b));
        *b = (struct block){t->blocks, whole, head};
        t->blocks = b;
    }
    p = (char *)b + b->used;
    b->used += size;
    memset(p, 0, size);
    memcpy(out_ptr, &p, sizeof p);
out:
    return st;
}

void yaml_free(struct yaml_node *root)
{
    struct tree *t = (struct tree *)root;

    while (t && t->blocks) {
        struct block *next = t->blocks->next;

        mem_free(t->blocks);
        t->blocks = next;
    }
    mem_free(t);
}

static status copy_scalar(const struct builder *b,
                          const yaml_event_t *e,
                          uint32_t line,
                          char **out)
{
    status st = OK;
    const char *s = (const char *)e->data.scalar.value;
    size_t len = e->data.scalar.length;

    ENSURE(strlen(s) == len, ERR_CONF, "%s:%" PRIu32 ": a zero byte in a text",
           b->name, line);
    TRY(take_bytes(b->tree, len + 1, out));
    memcpy(*out, s, len);
out:
    return st;
}

static status take_key(struct builder *b, const yaml_event_t *e, uint32_t line)
{
    status st = OK;
    const struct open_node *map = &b->open[b->depth - 1];

    ENSURE(e->type == YAML_SCALAR_EVENT, ERR_CONF,
           "%s:%" PRIu32 ": a key must be a word", b->name, line);
    ENSURE(map->children < YAML_KEYS, ERR_CONF,
           "%s:%" PRIu32 ": more than %d keys in one map", b->name, line,
           YAML_KEYS);
    TRY(copy_scalar(b, e, line, &b->key));
    b->key_line = line;
    for (const struct yaml_node *n = map->node->first; n; n = n->next)
        ENSURE(strcmp(n->key, b->key) != 0, ERR_CONF,
               "%s:%" PRIu32 ": key \"%s\" is there twice (first in line "
               "%" PRIu32 ")",
               b->name, line, b->key, n->line);
out:
    return st;
}

/* A new node in the open one; the first is the root. */
static status hang(struct builder *b, uint32_t line, struct yaml_node **out)
{
    status st = OK;
    struct open_node *up = b->depth ? &b->open[b->depth - 1] : NULL;
    struct yaml_node *n = &b->tree->root;

    ENSURE(++b->values <= b->most_values, ERR_CONF,
           "%s:%" PRIu32 ": more than %zu values, too many for its size",
           b->name, line, b->most_values);
    b->begun = true;
    if (up) {
        TRY(take_bytes(b->tree, sizeof *n, &n));
        *(up->last ? &up->last->next : &up->node->first) = n;
        up->last = n;
        up->children++;
    }
    n->key = b->key;
    n->line = b->key ? b->key_line : line;
    b->key = NULL;
    *out = n;
out:
    return st;
}

static status take_node(struct builder *b, const yaml_event_t *e, uint32_t line)
{
    status st = OK;
    struct yaml_node *n = NULL;

    ENSURE(e->type == YAML_SCALAR_EVENT || b->depth < YAML_DEPTH, ERR_CONF,
           "%s:%" PRIu32 ": nested deeper than %d levels", b->name, line,
           YAML_DEPTH);
    TRY(hang(b, line, &n));
    if (e->type == YAML_SCALAR_EVENT) {
        n->kind = YAML_SCALAR;
        n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
        TRY(copy_scalar(b, e, line, &n->text));
    } else {
        n->kind = e->type == YAML_MAPPING_START_EVENT ? YAML_MAP : YAML_LIST;
        b->open[b->depth++] = (struct open_node){.node = n};
    }
out:
    return st;
}

static status
refuse_extras(const struct builder *b, const yaml_event_t *e, uint32_t line)
{
    status st = OK;
    const yaml_char_t *anchor = NULL;
    const yaml_char_t *tag = NULL;

    ENSURE(e->type != YAML_ALIAS_EVENT, ERR_CONF,
           "%s:%" PRIu32 ": alias *%s: aliases are not used here, write the "
           "value out",
           b->name, line, (const char *)e->data.alias.anchor);
    if (e->type == YAML_SCALAR_EVENT) {
        anchor = e->data.scalar.anchor;
        tag = e->data.scalar.tag;
    } else if (e->type == YAML_SEQUENCE_START_EVENT) {
        anchor = e->data.sequence_start.anchor;
        tag = e->data.sequence_start.tag;
    } else if (e->type == YAML_MAPPING_START_EVENT) {
        anchor = e->data.mapping_start.anchor;
        tag = e->data.mapping_start.tag;
    }
    ENSURE(!anchor, ERR_CONF,
           "%s:%" PRIu32 ": anchor &%s: anchors are not used here", b->name,
           line, (const char *)anchor);
    ENSURE(!tag, ERR_CONF, "%s:%" PRIu32 ": tag %s: tags are not used here",
           b->name, line, (const char *)tag);
out:
    return st;
}

static status take_event(struct builder *b, const yaml_event_t *e)
{
    status st = OK;
    uint32_t line = (uint32_t)e->start_mark.line + 1;
    const struct yaml_node *up = b->depth ? b->open[b->depth - 1].node : NULL;

    TRY(refuse_extras(b, e, line));
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        ENSURE(++b->documents == 1, ERR_CONF,
               "%s:%" PRIu32 ": a second document", b->name, line);
        break;
    case YAML_SCALAR_EVENT:
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        if (up && up->kind == YAML_MAP && !b->key)
            TRY(take_key(b, e, line));
        else
            TRY(take_node(b, e, line));
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        break;
    case YAML_STREAM_END_EVENT:
        b->ended = true;
        break;
    default:
        break;
    }
out:
    return st;
}

static status parse_events(yaml_parser_t *parser, struct builder *b)
{
    status st = OK;

    while (!b->ended) {
        yaml_event_t e;

        ENSURE(yaml_parser_parse(parser, &e), ERR_CONF,
               "%s:%zu: not valid YAML: %s%s%s", b->name,
               parser->problem_mark.line + 1,
               parser->problem ? parser->problem : "unreadable",
               parser->context ? ", " : "",
               parser->context ? parser->context : "");
        st = take_event(b, &e);
        yaml_event_delete(&e);
        TRY(st);
    }
out:
    return st;
}

status yaml_parse(const char *bytes,
                  size_t len,
                  const char *name,
                  struct yaml_node **out)
{
    status st = OK;
    struct builder b = {.name = name, .most_values = YAML_VALUES + len / 24};
    yaml_parser_t parser;

    TRY(mem_new(1, sizeof *b.tree, &b.tree));
    ENSURE(yaml_parser_initialize(&parser), ERR_MEM,
           "out of memory while reading %s", name);
    yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, len);
    st = parse_events(&parser, &b);
    yaml_parser_delete(&parser);
    TRY(st);
    if (!b.begun) {
        b.tree->root.kind = YAML_MAP;
        b.tree->root.line = 1;
    }
    *out = &b.tree->root;
    b.tree = NULL;
out:
    yaml_free(b.tree ? &b.tree->root : NULL);
    return st;
}

bool yaml_is_null(const struct yaml_node *n)
{
    return n->kind == YAML_SCALAR && !n->quoted &&
           (!*n->text || strcmp(n->text, "~") == 0 ||
            strcmp(n->text, "null") == 0);
}

static bool is_not_finite(const char *s)
{
    static const char *const words[] = {".nan", ".NaN", ".NAN",
                                        ".inf", ".Inf", ".INF"};

    s += *s == '-' || *s == '+';
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(s, words[i]) == 0)
            return true;
    return false;
}

static status
put_scalar(const struct yaml_node *n, const char *name, struct text *t)
{
    status st = OK;
    double d;
    int64_t i;

    ENSURE(n->quoted || !is_not_finite(n->text), ERR_CONF,
           "%s:%" PRIu32 ": %s is not a finite number", name, n->line, n->text);
    if (yaml_is_null(n))
        text_add(t, "null");
    else if (!n->quoted &&
             (strcmp(n->text, "true") == 0 || strcmp(n->text, "false") == 0))
        text_add(t, "%s", n->text);
    else if (!n->quoted && text_to_i64(n->text, &i))
        text_add(t, "%" PRId64, i);
    else if (!n->quoted && text_to_double(n->text, &d))
        text_double(t, d);
    else
        text_json(t, n->text);
out:
    return st;
}

static status
put_node(const struct yaml_node *n, const char *name, struct text *t)
{
    status st = OK;

    if (n->kind == YAML_SCALAR)
        return put_scalar(n, name, t);
    text_add(t, n->kind == YAML_MAP ? "{" : "[");
    for (const struct yaml_node *c = n->first; c; c = c->next) {
        if (c->key) {
            text_json(t, c->key);
            text_add(t, ": ");
        }
        TRY(put_node(c, name, t)); /* at most YAML_DEPTH deep */
        text_add(t, c->next ? ", " : "");
    }
    text_add(t, n->kind == YAML_MAP ? "}" : "]");
out:
    return st;
}

status yaml_read_json(const char *path, struct json **out)
{
    status st = OK;
    struct yaml_node *root = NULL;
    struct text t = {0};
    char *bytes = NULL;
    size_t len = 0;

    TRY(file_read(path, YAML_MAX_BYTES, &bytes, &len));
    TRY(yaml_parse(bytes, len, path, &root));
    TRY(put_node(root, path, &t));
    TRY(text_status(&t));
    TRY(json_parse(t.s, t.len, path, out));
out:
    mem_free(bytes);
    yaml_free(root);
    text_free(&t);
    return st;
}
