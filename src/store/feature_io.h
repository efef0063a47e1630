#ifndef STORE_FEATURE_IO_H
#define STORE_FEATURE_IO_H

#include "store/feature.h"

/* Internal to store/: the two formats behind features_read. */

/* Not empty, all values finite (ERR_NUMERIC), all texts there. */
status features_check(const char *path, const struct features *f);
status features_read_nc(const char *path, struct features **out);

#endif
