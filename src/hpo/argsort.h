#ifndef HPO_ARGSORT_H
#define HPO_ARGSORT_H

#include <stdint.h>

/* idx [n] := the permutation numpy's default argsort gives (introsort without
 * its heap part: median of three, insertion sort up to 16, larger side
 * later). It is not stable, and Optuna's kernel widths of equal observations
 * follow it; so the replay of Optuna needs it, nothing else does. No NaN. */
void argsort_numpy(const double *key, uint32_t n, uint32_t *idx);

#endif
