#ifndef EVAL_MAP_PART_H
#define EVAL_MAP_PART_H

#include <stddef.h>

#include "eval/map.h"
#include "eval/mat.h"

/* Internal to eval/map*.c. */
struct map {
    const struct mat_ops *ops;
    struct team *team;
    uint32_t n, p;
    double *x;          /* [n][p] centred */
    const double **row; /* [n] into x */
    double *dist;       /* [n][n] squared distances, 0 on the diagonal */
};

/* fn for item 0..n-1, by the team if there is one. */
status map_each(const struct map *m, size_t n, team_fn *fn, void *ctx);

#endif
