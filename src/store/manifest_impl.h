#ifndef STORE_MANIFEST_IMPL_H
#define STORE_MANIFEST_IMPL_H

#include "store/manifest.h"

/* Of manifest_read.c and manifest.c only. */

/* Sort by_path. ERR_CONF: a path twice, or one that is a folder of another. */
status manifest_index(struct manifest *m);

#endif
