#ifndef DET_ORDER_H
#define DET_ORDER_H

#include <stddef.h>
#include <stdint.h>

/* Sorting only with a total order: equal keys are ordered by index. */

/* idx [n] := the permutation that sorts key [n] ascending, ties by index;
 * NaN after everything. */
void order_f64(const double *key, uint32_t n, uint32_t *idx);
/* The same, descending by key, ties still by ascending index. */
void order_f64_desc(const double *key, uint32_t n, uint32_t *idx);
/* By bytes (strcmp), ties by index. */
void order_text(const char *const *key, uint32_t n, uint32_t *idx);

#endif
