#ifndef EVAL_MULTIPLE_H
#define EVAL_MULTIPLE_H

#include <stdint.h>

#include "base/status.h"

/* p values of several comparisons, corrected: still compared with the level
 * itself. p [n] in 0..1, or NaN for a comparison that does not exist, which
 * stays NaN and does not count. out [n] may be p. ERR_NUMERIC (index), ERR_MEM.
 * Any rank. */

/* No false rejection among all, with any dependence (Holm 1979). */
status multiple_holm(const double *p, uint32_t n, double *out);
/* Share of false among rejections, independent or positively dependent tests
 * (Benjamini, Hochberg 1995). */
status multiple_bh(const double *p, uint32_t n, double *out);

#endif
