#ifndef APP_SEARCH_LINEAR_H
#define APP_SEARCH_LINEAR_H

#include "app/search_model.h"
#include "conf/conf.h"
#include "hpo/space.h"

/* The space of a search over linear models: C between c_low and c_high, or
 * what `space` says (search_space.h) of C, model.class_weight and model.weight:
 *
 *   space:
 *     C: {low: 1e-6, high: 1e3, log: true}
 *     model.class_weight: {choices: [none, balanced, given]}
 *     model.weight: {low: 0.1, high: 10, log: true,
 *                    when: {model.class_weight: given}}
 */
struct linear_space; /* opaque */

struct linear_range { /* what holds where the space says nothing */
    double c_low, c_high;
    enum search_weights weights;
    bool list; /* model.weights is given */
};

/* ERR_CONF: as key_space_new; C is missing or conditional; given weights that
 * nobody gives. */
status linear_space_new(const struct conf_map *map,
                        const struct linear_range *range,
                        struct linear_space **out);
void linear_space_free(struct linear_space *s);
const struct space *linear_space_of(const struct linear_space *s);
/* The model a trial's parameters x [space n] ask for. */
struct search_point linear_space_point(const struct linear_space *s,
                                       const double *x);

#endif
