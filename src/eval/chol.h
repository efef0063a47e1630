#ifndef EVAL_CHOL_H
#define EVAL_CHOL_H

#include <stdint.h>

/* Cholesky's factor of a small symmetric positive definite matrix a [d][d], in
 * place in the lower half: a = L L'. pivot [d] := the squared diagonal of L.
 * Returns d, or the first column whose pivot is not above floor [column]
 * (which depends on those before it, or is zero). Any rank. */
uint32_t chol_factor(double *a, uint32_t d, const double *floor, double *pivot);
/* b [d] := the solution of L L' x = b. */
void chol_solve(const double *l, uint32_t d, double *b);

#endif
