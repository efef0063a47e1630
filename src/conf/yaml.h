#ifndef CONF_YAML_H
#define CONF_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"

/* The strict part of YAML that is used here: one document of maps, lists and
 * scalars. Refused (ERR_CONF with name:line): aliases, anchors, tags, a key
 * twice in one map, keys that are no scalars, more than YAML_DEPTH levels,
 * more than YAML_KEYS keys in a map, more values than files of people have
 * (YAML_VALUES and one for 24 bytes; it bounds memory by the file's size), zero
 * bytes, a second document. */

enum {
    YAML_DEPTH = 8,
    YAML_KEYS = 1000,
    YAML_VALUES = 65536,
    YAML_MAX_BYTES = 4 << 20
};
enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

/* Plain data; members of a map carry their key. */
struct yaml_node {
    char *key;               /* NULL outside maps */
    char *text;              /* scalars */
    struct yaml_node *first; /* children in file order */
    struct yaml_node *next;
    uint32_t line; /* from 1: of the key in a map, else of the value */
    uint8_t kind;  /* enum yaml_kind */
    bool quoted;   /* a scalar in quotes is text, whatever it looks like */
};

/* name is for messages. An empty document gives an empty map. The caller ends
 * it with yaml_free. ERR_CONF, ERR_MEM. */
status yaml_parse(const char *bytes,
                  size_t len,
                  const char *name,
                  struct yaml_node **out);
void yaml_free(struct yaml_node *root);

/* Is the scalar "no value": empty, ~ or null without quotes? */
bool yaml_is_null(const struct yaml_node *n);

/* A YAML file for which there is no schema table (lists of gates, manifests)
 * as a JSON tree (json_free): plain true, false, null and numbers by the rules
 * of JSON (1e-6 and .5 are numbers too), everything else text; .nan and .inf
 * are refused. ERR_FILE, ERR_CONF, ERR_MEM. */
status yaml_read_json(const char *path, struct json **out);

#endif
