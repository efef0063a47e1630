#ifndef VOL_PNG_READ_H
#define VOL_PNG_READ_H

#include <stdint.h>

#include "base/status.h"

/* PNG pictures of one grey channel of 16 bits (ISO/IEC 15948), nothing else;
 * at most 2048 x 2048 pixels. Errors of libpng, its warnings about damage
 * included, are ERR_DATA with its words. */

/* Size from the header alone. */
status png_size(const char *path, int64_t *columns, int64_t *rows);

/* All pixels, [rows][columns], the whole file checked. ERR_DATA also when the
 * size is another one. Memory: some KB. */
status png_read(const char *path, int64_t columns, int64_t rows, uint16_t *out);

#endif
