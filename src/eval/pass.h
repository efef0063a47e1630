#ifndef EVAL_PASS_H
#define EVAL_PASS_H

#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "eval/mat.h"

/* One way over a matrix A [n][m] that uses each row twice while it is near:
 * z = A b, something for each row, g = A' r. Internal to eval/. */
struct pass_rows {
    const struct mat_ops *ops;
    struct team *team;        /* may be NULL */
    const double *const *row; /* [n], each [m] */
    const uint32_t *len;      /* [n] columns from here on are zero */
    uint32_t n, m;
};

/* Called for each row, in any order, by any thread. */
typedef void pass_fn(void *ctx, uint32_t row);

/* What a pass computes; panels are [panels][n][8] and [panels][m][8]. */
struct pass {
    uint32_t panels;
    const double *b; /* [panels][m][8] */
    double *z;       /* [panels][n][8] := A b */
    pass_fn *each;   /* NULL: none; it may read z and write r of its row */
    void *ctx;
    const double *r; /* [panels][n][8] */
    double *g;       /* [panels][m][8] := A' r; NULL: z only */
    double *partial; /* pass_partial_len; not used when g is NULL */
};

/* Rows are cut into chunks that depend on n alone; g is the sum of the chunks'
 * products in ascending order, so the team changes no bit. */
status pass_run(const struct pass_rows *rows, const struct pass *p);
size_t pass_partial_len(uint32_t n, uint32_t m, uint32_t panels);

#endif
