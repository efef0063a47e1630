#ifndef VOL_DECIMAL_H
#define VOL_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/pixel.h"

/* Voxels written as decimal numbers, blanks (or commas) between them, read
 * forward. Integer types take integers in their range only; floats take what
 * strtod takes. The last number has to be followed by a blank, else the file
 * could be cut within it. */
struct decimal; /* opaque */

/* The numbers begin `offset` bytes into the file. ERR_FILE, ERR_MEM. */
status decimal_open(const char *path, uint64_t offset, struct decimal **out);
void decimal_close(struct decimal *d);

/* The next n numbers as voxels of type p. ERR_DATA, ERR_FILE. */
status decimal_next(struct decimal *d, enum pixel p, void *out, size_t n);

#endif
