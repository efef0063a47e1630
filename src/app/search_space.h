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
 *     net.trunk: {choices: [learns, frozen]}
 *
 * A number has low and high, and log or step, or choices; every other key has
 * choices. Parameters come in the order of the program's tables. */
struct key_space; /* opaque */

/* tables [n]: of the program. ERR_CONF: an unknown key (the nearest known one
 * is named), a placement key, a range that is empty, a value the key does not
 * take. */
status key_space_new(const struct conf_map *map,
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
