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
    uint32_t width; /* of a panel: MAT_WIDTH or 1 */
};

/* Called for each row, in any order, by any thread. */
typedef void pass_fn(void *ctx, uint32_t row);

/* What a pass computes; panels are [panels][n][width] and [panels][m][width].
 * With width 1 there is one panel, and rows, b and g have pass_padded(m)
 * elements, zero beyond m. */
struct pass {
    uint32_t panels;
    const double *b; /* [panels][m][width] */
    double *z;       /* [panels][n][width] := A b */
    pass_fn *each;   /* NULL: none; it may read z and write r of its row */
    void *ctx;
    const double *r; /* [panels][n][width] */
    double *g;       /* [panels][m][width] := A' r; NULL: z only */
    double *partial; /* pass_partial_len; not used when g is NULL */
};

/* Rows are cut into chunks that depend on n alone; g is the sum of the chunks'
 * products in ascending order, so the team changes no bit. */
status pass_run(const struct pass_rows *rows, const struct pass *p);
size_t pass_partial_len(const struct pass_rows *rows, uint32_t panels);
/* Elements of a column of m: whole vectors for width 1. */
size_t pass_padded(uint32_t m, uint32_t width);

#endif
