#ifndef LISTS_SPLIT_H
#define LISTS_SPLIT_H

#include <stdint.h>

#include "base/status.h"

/* Two halves as scikit-learn 1.x's train_test_split(test_size=0.5,
 * random_state=seed) cuts them: the second has ceil(n/2) rows, the first the
 * rest; both are in drawn order. */

/* Without classes: one permutation, its beginning is the second half. n >= 2.
 * first [n/2], second [n - n/2]: numbers of rows. */
status split_half(uint32_t seed, uint32_t n, uint32_t *first, uint32_t *second);

/* With stratify=cls: cls [n] in 0..classes-1, each class twice at least.
 * ERR_DATA else. */
status split_strata(uint32_t seed,
                    uint32_t n,
                    const uint32_t *cls,
                    uint32_t classes,
                    uint32_t *first,
                    uint32_t *second);

#endif
