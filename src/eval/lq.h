#ifndef EVAL_LQ_H
#define EVAL_LQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "eval/mat.h"

/* X = L Q for a wide X [n][p], n < p: Householder reflectors of rows, applied
 * in blocks of LQ_BLOCK (Schreiber and Van Loan 1989, compact WY). Internal to
 * eval/. */
enum { LQ_BLOCK = 32 };

struct lq {
    const struct mat_ops *ops;
    uint32_t n, p;
    double *v;          /* row i: reflector i, zero left of its diagonal */
    const double **row; /* [n] into v */
    double *t;          /* [blocks][LQ_BLOCK][LQ_BLOCK], upper triangular */
};

/* l: n row pointers; row i gets L(i, 0..i), the rest is not touched. Same bits
 * for any team, which may be NULL. ERR_MEM. */
status lq_make(const double *x,
               uint32_t n,
               uint32_t p,
               struct team *team,
               double *const *l,
               struct lq *out);
void lq_clear(struct lq *q);

/* Panels [p][width] in place, width MAT_WIDTH or 1: Q' (v; 0), and Q w, whose
 * first n rows count. scratch [2 LQ_BLOCK][width]. */
void lq_expand(const struct lq *q,
               size_t width,
               double *panel,
               double *scratch);
void lq_project(const struct lq *q,
                size_t width,
                double *panel,
                double *scratch);

#endif
