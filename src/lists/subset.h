#ifndef LISTS_SUBSET_H
#define LISTS_SUBSET_H

#include <stdint.h>

#include "base/csv.h"
#include "base/status.h"

/* Parts of a list for experiments with less data (the study's own choice of
 * rows for 10, 20 and 50 % is not published, so this is a rule of ours):
 *
 *  1. within each class the rows are permuted: stream (seed, STREAM_SPLIT,
 *     a = 1, b = number of the class); classes are numbered by their first row
 *     and are the texts of one column, or there is one class of all rows;
 *  2. place i of a class of n gets the rank (i + 1/2) / n; all rows are sorted
 *     by rank, ties by row;
 *  3. p percent are the first round(rows * p / 100) rows of this order, halves
 *     up, one at least.
 *
 * So a smaller part lies within every larger one, and each class keeps its
 * share to within a row or so. Rows depend on their number in the list, not on
 * what they hold. */

/* order [rows]: the rows by rank. column: NULL, or the label. ERR_DATA: no
 * such column. */
status subset_order(const struct csv *t,
                    const char *column,
                    uint64_t seed,
                    uint32_t *order);
/* Rows of p percent. 0 < p <= 100. */
uint32_t subset_rows(uint32_t rows, double percent);

#endif
