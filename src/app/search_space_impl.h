#ifndef APP_SEARCH_SPACE_IMPL_H
#define APP_SEARCH_SPACE_IMPL_H

#include "app/search_space.h"

/* Inside of a key space: search_space.c (ranges and choices), search_when.c
 * (conditions, and the order they ask for). */

struct key_param {
    const struct conf_row *row;
    uint32_t n;
    char **text; /* [n] choices as --set takes them */
    char **json; /* [n] and as the journal has them */
    struct space_when *when;
    double **values; /* [n_when] of the conditions */
    uint32_t n_when;
};

struct key_space {
    struct space space;
    struct space_param *param; /* [space.n] */
    struct key_param *key;     /* [space.n] */
};

/* A value of a key in its canonical form; item: what says it. */
status key_canonical(const struct conf_row *row,
                     const struct conf_item *item,
                     const char *text,
                     struct text *out);

/* The next parameter of the space, without its conditions. */
status key_take(const struct conf_map *map,
                const struct conf_row *row,
                struct key_space *s);

/* The key that a condition on the parameter `key` is about; NULL: the item is
 * none. */
const char *key_condition(const struct conf_item *item, const char *key);

/* The keys row [n], in the order of the tables, as parameters with conditions,
 * each after those it depends on. row is used up. */
status key_space_order(const struct conf_map *map,
                       const struct conf_row **row,
                       uint32_t n,
                       struct key_space *s);

#endif
