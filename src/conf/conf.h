#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"
#include "base/text.h"

/* Configuration: YAML (libyaml) into plain structs through one table. A row
 * says everything of a key: where it goes, type, default, range, unit, help,
 * and whether it changes results (identity) or only who computes where
 * (placement, DESIGN decision 9). Parser, --help, canonical dump, run id and
 * the placement test read the same rows. */

enum conf_type {
    CONF_I64,  /* int64_t */
    CONF_F64,  /* double, finite */
    CONF_BOOL, /* bool: true/false */
    CONF_TEXT, /* const char *, owned by the conf; "" allowed if def is "" */
    CONF_ENUM, /* int: index into choices "a|b|c" */
    CONF_I64S, /* struct conf_list of int64_t: [1, 1, 1, 1] */
    CONF_F64S, /* struct conf_list of double */
    CONF_MAP   /* struct conf_map: whatever keys stand below this one */
};

enum conf_role { IDENTITY, PLACEMENT };

enum { CONF_LIST_MAX = 16 };
struct conf_list {
    uint32_t n;
    union {
        int64_t i[CONF_LIST_MAX];
        double f[CONF_LIST_MAX];
    } v;
};

/* A key below a row of type CONF_MAP. Which there may be is for the program to
 * say. */
struct conf_item {
    char *name; /* without the row's key: "optim.lr.low" */
    char *text; /* a scalar as it stands, or a JSON list of texts */
    bool list;
    uint32_t line; /* in the file, 0 when not from there */
};
struct conf_map {
    size_t n;
    struct conf_item *at; /* by name, ascending */
};

struct conf_row {
    const char *key; /* dotted: "train.steps" */
    enum conf_type type;
    size_t offset;       /* in the struct that is filled */
    const char *def;     /* default as YAML text; NULL = must be given; a map
                            has none */
    double lo, hi;       /* numbers and list elements; lo > hi: no limit */
    const char *choices; /* CONF_ENUM */
    const char *unit;    /* "" when none */
    enum conf_role role;
    const char *help; /* one line */
};

/* A struct member as (type, offset) pair: CONF_AT(struct s, member). */
#define CONF_AT(s, m) offsetof(s, m)

/* One program = several tables, each with the struct it fills. */
struct conf_table {
    const struct conf_row *rows;
    size_t n;
    void *target;
};

/* A recipe preset: the key that names it and what it sets before the file is
 * read; "key=value" texts, NULL-terminated. The run id sees only the keys that
 * are set, not the name. The key has a row of type CONF_ENUM at the top level
 * (no dot); a choice without a preset sets nothing. */
struct conf_preset {
    const char *key;  /* "recipe" */
    const char *name; /* "intended" */
    const char *const *sets;
};

struct conf; /* opaque, owns the texts the structs point at */

/* defaults < preset < file < --set. file NULL: none. In the file nested maps
 * and dotted keys mean the same; in sets ("key=value", the last one of a key
 * holds) a text stands as it is, without quotes, a list as [a, b]. The structs
 * change on success only. Texts are UTF-8 without control characters. ERR_BUG:
 * a table is wrong. ERR_CONF: unknown key
 * (with file:line and the nearest known key), duplicate key, wrong type, out
 * of range, alias, anchor, tag, deeper than 8, NaN, missing key. ERR_FILE. */
status conf_load(const struct conf_table *tables,
                 size_t n_tables,
                 const struct conf_preset *presets,
                 size_t n_presets,
                 const char *file,
                 const char *const *sets,
                 size_t n_sets,
                 struct conf **out);
void conf_free(struct conf *c);

/* Was the key given (preset, file or --set)? */
bool conf_given(const struct conf *c, const char *key);

/* The key of type CONF_TEXT whose value stands at the beginning of text, a
 * path or what is below it; of a value with '%', '{' or ',' what stands before
 * that. The longest wins. NULL: none. */
const char *conf_key_of(const struct conf *c, const char *text);

/* Canonical YAML, table order, one line "key: value" for each, defaults filled
 * in; reads back as the same. With placement false only identity keys; else
 * the others are marked by a comment. */
void conf_dump(const struct conf *c, bool placement, struct text *out);
/* SHA-256 of program name + identity dump. */
status
conf_run_id(const struct conf *c, const char *program, char hex[SHA256_HEX]);
/* Help of all keys: "key (unit, default X, identity): help". */
void conf_help(const struct conf_table *tables,
               size_t n_tables,
               struct text *out);
/* First identity key whose value differs between two canonical dumps (texts of
 * conf_dump), with both values, as one line; false when none differs. */
bool conf_difference(const char *dump_a, const char *dump_b, struct text *out);

#endif
