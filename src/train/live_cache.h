#ifndef TRAIN_LIVE_CACHE_H
#define TRAIN_LIVE_CACHE_H

#include <stdint.h>

#include "base/status.h"

#include "vol/cutter.h"

/* Voxels of volumes that must be decoded (compressed files, folders of slices),
 * written once into a folder of a local disk.
 * The files together stay below a bound: those used longest ago are removed
 * first. The ranks of a node may share the folder; each keeps the bound before
 * it adds a file. Files are named by path, size and time of the volume and are
 * published by rename, so a folder may be kept, shared or lost at any time and
 * changes no byte of what is read. (Of a header with its voxels in another
 * file, and of a folder, only the header and the folder itself are looked at.)
 */
struct live_cache; /* opaque */

/* ERR_FILE: the folder cannot be made. ERR_MEM. */
status
live_cache_open(const char *dir, uint64_t bytes, struct live_cache **out);
void live_cache_close(struct live_cache *k);

/* A box (not empty) of the volume `path` that c has open, through the cache.
 * A volume that does not fit, or a disk that is full, is read without it. As
 * cutter_read. */
status live_cache_read(struct live_cache *k,
                       const char *path,
                       struct cutter *c,
                       const int64_t lo[3],
                       const int64_t hi[3],
                       struct volume *out);

#endif
