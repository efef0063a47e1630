#ifndef TESTS_UNIT_PNG_SAMPLE_H
#define TESTS_UNIT_PNG_SAMPLE_H

/* PNG files built chunk by chunk, so that the reader is not tested with the
 * library it stands on. */
#include <zlib.h>

#include "base/mem.h"

#include "check.h"
#include "tmp.h"

/* What the header of a picture says. */
struct png_sample {
    uint32_t columns, rows;
    int bits, colour, interlace;
    const uint16_t *pixel; /* [rows][columns] */
};

static inline void png_put_u32(uint8_t *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(v >> 8 * (3 - i));
}

/* Length, type, bytes, check sum; gives the bytes written. */
static inline size_t
png_put_chunk(uint8_t *to, const char *type, const uint8_t *bytes, size_t len)
{
    png_put_u32(to, (uint32_t)len);
    memcpy(to + 4, type, 4);
    if (len > 0)
        memcpy(to + 8, bytes, len);
    png_put_u32(to + 8 + len, (uint32_t)crc32(0, to + 4, (unsigned)(len + 4)));
    return len + 12;
}

/* The whole file in new memory. Rows use filter 0 and 1 (left neighbour). */
static inline uint8_t *png_build(const struct png_sample *s, size_t *out_len)
{
    static const uint8_t magic[8] = {137, 80, 78, 71, 13, 10, 26, 10};
    size_t width = 1 + 2 * (size_t)s->columns;
    size_t raw_len = width * s->rows;
    uLongf packed_len = compressBound((uLong)raw_len);
    uint8_t head[13] = {0};
    uint8_t *raw = NULL;
    uint8_t *packed = NULL;
    uint8_t *file = NULL;
    size_t n = sizeof magic;

    assert_ok(mem_raw(raw_len, 1, &raw));
    assert_ok(mem_raw(packed_len, 1, &packed));
    for (uint32_t j = 0; j < s->rows; j++) {
        uint8_t *row = raw + j * width;

        row[0] = (uint8_t)(j % 2);
        for (uint32_t i = 0; i < s->columns; i++) {
            uint16_t v = s->pixel[(size_t)j * s->columns + i];
            uint16_t left =
                i && j % 2 ? s->pixel[(size_t)j * s->columns + i - 1] : 0;

            row[1 + 2 * i] = (uint8_t)((v >> 8) - (left >> 8));
            row[2 + 2 * i] = (uint8_t)(v - left);
        }
    }
    assert_int_equal(compress2(packed, &packed_len, raw, (uLong)raw_len, 6),
                     Z_OK);
    assert_ok(mem_raw(packed_len + 100, 1, &file));
    memcpy(file, magic, n);
    png_put_u32(head, s->columns);
    png_put_u32(head + 4, s->rows);
    head[8] = (uint8_t)s->bits;
    head[9] = (uint8_t)s->colour;
    head[12] = (uint8_t)s->interlace;
    n += png_put_chunk(file + n, "IHDR", head, sizeof head);
    n += png_put_chunk(file + n, "IDAT", packed, packed_len);
    n += png_put_chunk(file + n, "IEND", NULL, 0);
    mem_free(raw);
    mem_free(packed);
    *out_len = n;
    return file;
}

static inline const char *png_write_sample(const struct png_sample *s,
                                           const char *dir,
                                           const char *name,
                                           char path[TMP_PATH])
{
    size_t len = 0;
    uint8_t *file = png_build(s, &len);

    (void)tmp_write(dir, name, file, len, path);
    mem_free(file);
    return path;
}

#endif
