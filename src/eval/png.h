#ifndef EVAL_PNG_H
#define EVAL_PNG_H

#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

/* Append "data:image/png;base64,..." of an 8-bit grey picture, pixels
 * [height][width], to out. Blocks are stored, not deflated: the bytes depend
 * on the pixels alone. ERR_MEM, ERR_DATA (empty). */
status png_data_uri(const uint8_t *pixels,
                    uint32_t width,
                    uint32_t height,
                    struct text *out);

#endif
