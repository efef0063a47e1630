#include <string.h>
#include <zlib.h>

#include "base/mem.h"

#include "fuzz_memory.h"
#include "vol/png_read.h"

enum { MAGIC = 8, FRAME = 12 }; /* length, type and check sum of a chunk */

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
           p[3];
}

/* Right check sums, or no changed byte would get past them. */
static void mend(uint8_t *file, size_t size)
{
    size_t at = MAGIC;

    while (at < size && size - at >= FRAME &&
           get_u32(file + at) <= size - at - FRAME) {
        size_t len = get_u32(file + at);
        uint32_t sum = (uint32_t)crc32(0, file + at + 4, (unsigned)(len + 4));

        for (int i = 0; i < 4; i++)
            file[at + 8 + len + (size_t)i] = (uint8_t)(sum >> 8 * (3 - i));
        at += FRAME + len;
    }
}

/* Whatever the bytes say: a documented status, and pixels stay in the size
 * that the header announced, which the file can hold. */
static void check(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(data, size);
    uint16_t *pixel = NULL;
    unsigned sum = 0;
    int64_t n[2] = {0, 0};
    status st = png_size(path, &n[0], &n[1]);

    FUZZ_REQUIRE(st == OK || st == ERR_DATA);
    fuzz_memory(size);
    if (st != OK)
        return;
    FUZZ_REQUIRE(n[0] > 0 && n[1] > 0 && n[0] <= 2048 && n[1] <= 2048);
    FUZZ_REQUIRE((uint64_t)(2 * n[0] * n[1]) <= 1032 * (uint64_t)size);
    FUZZ_REQUIRE(mem_raw((size_t)(n[0] * n[1]), sizeof *pixel, &pixel) == OK);
    st = png_read(path, n[0], n[1], pixel);
    FUZZ_REQUIRE(st == OK || st == ERR_DATA);
    for (int64_t i = 0; st == OK && i < n[0] * n[1]; i++)
        sum |= pixel[i];
    FUZZ_REQUIRE(sum <= 65535U); /* so that it is read */
    mem_free(pixel);
    fuzz_memory((size_t)(2 * n[0] * n[1]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *file = NULL;

    check(data, size);
    FUZZ_REQUIRE(mem_raw(size, 1, &file) == OK);
    if (size > 0)
        memcpy(file, data, size);
    mend(file, size);
    check(file, size);
    mem_free(file);
    return 0;
}
