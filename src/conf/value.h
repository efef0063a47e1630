#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf/conf.h"
#include "conf/yaml.h"

/* One value of one row: read, checked, written, stored. */
struct conf_value {
    bool set;   /* by anybody, the default included */
    bool given; /* by preset, file or --set */
    union {
        int64_t i;
        double f;
        bool b;
        int choice;
        char *text; /* owned */
        struct conf_list list;
        struct conf_map map; /* owned */
    } as;
};

/* Read a node of a file; where ("file:line") begins messages. The value
 * changes on success only. ERR_CONF: wrong type, out of range. */
status value_from_node(const struct conf_row *row,
                       const struct yaml_node *n,
                       const char *where,
                       struct conf_value *v);

/* Read a text as it stands in --set, a preset or a default: texts verbatim,
 * lists as [a, b]. */
status value_from_text(const struct conf_row *row,
                       const char *text,
                       const char *where,
                       struct conf_value *v);

/* Add the canonical form: one line of YAML that reads back as the same. */
void value_put(const struct conf_row *row,
               const struct conf_value *v,
               struct text *t);

/* Write it to its place in the struct of the table. */
void value_store(const struct conf_row *row,
                 const struct conf_value *v,
                 void *target);

void value_clear(const struct conf_row *row, struct conf_value *v);

/* The same for a row of type CONF_MAP: dump lines "key.name: value", one for
 * each item, with `mark` at the end. */
void map_put(const struct conf_row *row,
             const struct conf_map *m,
             const char *mark,
             struct text *t);
/* An item by its name, from a node of a file or a text of --set; one that is
 * there is replaced. ERR_CONF: a name that is none, a group, twice in the file.
 */
status map_from_node(const struct conf_row *row,
                     const char *name,
                     const struct yaml_node *n,
                     const char *where,
                     struct conf_map *m);
status map_from_text(const struct conf_row *row,
                     const char *name,
                     const char *text,
                     const char *where,
                     struct conf_map *m);
void map_clear(struct conf_map *m);

/* What a value of the row has to be, in words: "a whole number, 1 to 9". */
void value_wanted(const struct conf_row *row, struct text *t);

#endif
