#ifndef APP_SEARCH_SPACE_H
#define APP_SEARCH_SPACE_H

#include "base/text.h"

#include "conf/conf.h"
#include "hpo/space.h"

/* The space of a search over another program's runs, as its YAML says:
 *
 *   space:
 *     optim.lr: {low: 1e-5, high: 1e-2, log: true}
 *     train.epochs: {low: 20, high: 100, step: 20}
 *     optim.name: {choices: [sgd, adam]}
 *     optim.momentum: {low: 0, high: 0.99, when: {optim.name: sgd}}
 *
 * A number has low and high, and log or step, or choices; every other key has
 * choices. With `when` the parameter exists only in trials in which other
 * parameters exist and have that value, or one of a list; elsewhere the key is
 * as the trials' settings have it. Parameters come in the order of the
 * program's tables, but none before those it depends on. */
struct key_space; /* opaque */

/* tables [n]: of the program, called `owner` in messages. ERR_CONF: an unknown
 * key (the nearest known one is named), a placement key, a range that is empty,
 * a value the key does not take; a condition on a key that is not searched, on
 * a value it never has, or on itself. */
status key_space_new(const struct conf_map *map,
                     const char *owner,
                     const struct conf_table *tables,
                     size_t n_tables,
                     struct key_space **out);
void key_space_free(struct key_space *s);
const struct space *key_space_of(const struct key_space *s);

/* "key=value" of parameter p at x, as --set takes it. */
void key_space_set(const struct key_space *s,
                   uint32_t p,
                   double x,
                   struct text *out);
/* The value alone. */
void key_space_value(const struct key_space *s,
                     uint32_t p,
                     double x,
                     struct text *out);

#endif
