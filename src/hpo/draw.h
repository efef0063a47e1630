#ifndef HPO_DRAW_H
#define HPO_DRAW_H

#include <stdint.h>

#include "det/mt19937.h"
#include "det/stream.h"

/* Where a sampler's uniform numbers come from: Optuna's own sequence (lag 0)
 * or a stream of the ticket (lag > 0). */
struct draw {
    struct mt19937 *mt; /* NULL: the stream */
    struct stream stream;
};

/* Uniform in [0, 1). */
double draw_double(struct draw *d);

#endif
