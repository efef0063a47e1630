#ifndef HPO_GRID_H
#define HPO_GRID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"
#include "base/text.h"

#include "det/mt19937.h"
#include "hpo/space.h"

/* Every combination of given values once, as the current GridSampler of Optuna:
 * places, the numbers of combinations, are shuffled once by the seed, and trial
 * t takes place t while there is one; later ones draw from what is left. (3.1
 * draws every place from a Python set, whose order is the interpreter's.) */

struct grid_axis { /* of one parameter of the space, in its order */
    uint32_t n;
    const double *values; /* internal values, within the parameter's range */
};

enum { GRID_MOST = 1 << 20 };
#define GRID_NONE UINT32_MAX

struct grid; /* opaque */

/* axes [space->n], copied; space must outlive the grid. trials: how many may
 * be asked for. ERR_CONF: no value, one out of range or twice, more than
 * GRID_MOST combinations, a seed beyond 32 bits. */
status grid_new(const struct space *space,
                const struct grid_axis *axes,
                uint64_t seed,
                struct grid **out);
void grid_free(struct grid *g);
uint32_t grid_size(const struct grid *g);

/* The combination at a place: x [space->n]. */
void grid_at(const struct grid *g, uint32_t place, double *x);

/* How many trials are to come when `before` are there; taken [grid_size] says
 * how many of these have a place. */
uint32_t
grid_left(const struct grid *g, uint32_t before, const uint32_t *taken);
/* The place of the next trial, whose number is t; GRID_NONE: all are taken. */
uint32_t grid_next(struct grid *g, uint32_t t, const uint32_t *taken);

/* The place a trial of Optuna's has: its attributes grid_id and search_space.
 * GRID_NONE: none, or of another grid. */
uint32_t grid_place(const struct grid *g,
                    const struct json *grid_id,
                    const struct json *search_space);

/* All values as Optuna notes them: {"C": [0.1, 1.0], ...}, names ascending. */
void grid_text(const struct grid *g, struct text *out);

#endif
