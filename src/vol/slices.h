#ifndef VOL_SLICES_H
#define VOL_SLICES_H

#include <stdint.h>

#include "base/status.h"

#include "vol/layout.h"

/* Whole slices of a volume that cannot be read at any place (compressed, text,
 * pictures): decoded forward and kept as long as they are wanted. */
struct slices; /* opaque */

/* The layout stays the caller's and must outlive this. ERR_MEM. */
status slices_open(const struct layout *l, struct slices **out);
void slices_close(struct slices *s);

/* Have slices lo <= k < hi in memory, forget those below lo. Going back to a
 * slice that was forgotten decodes from the first one again. Errors of the
 * readers; after one, nothing is kept. */
status slices_keep(struct slices *s, int64_t lo, int64_t hi);
/* A slice that slices_keep was asked for: [size1][size0] of the stored type,
 * byte order of the file; valid until the next call. */
const void *slices_at(const struct slices *s, int64_t k);
/* Slice k to `to`, which is kept nowhere. */
status slices_pass(struct slices *s, int64_t k, void *to);

#endif
