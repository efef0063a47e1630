#include <string.h>
#include <zlib.h>

#include "base/mem.h"

#include "fuzz.h"
#include "fuzz_state.h"

/* Programs of torch.save: the bytes become data.pkl of an archive whose
 * checksums hold, so that they reach the reader of programs. */

struct part {
    const char *name;
    const uint8_t *bytes;
    size_t size, at;
};

static uint8_t *put(uint8_t *p, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++)
        *p++ = (uint8_t)(v >> (8 * i));
    return p;
}

/* The fields that a local header and a row of the directory share. */
static uint8_t *put_common(uint8_t *p, const struct part *e)
{
    p = put(p, 20, 2);
    p = put(p, 0, 8);
    p = put(p, crc32(0, e->bytes, (uInt)e->size), 4);
    p = put(p, e->size, 4);
    p = put(p, e->size, 4);
    p = put(p, strlen(e->name), 2);
    return put(p, 0, 2);
}

static size_t make_zip(struct part *e, size_t n, uint8_t *out)
{
    uint8_t *p = out;
    size_t at;

    for (size_t i = 0; i < n; i++) {
        e[i].at = (size_t)(p - out);
        p = put_common(put(p, 0x04034b50, 4), &e[i]);
        memcpy(p, e[i].name, strlen(e[i].name));
        p += strlen(e[i].name);
        if (e[i].size)
            memcpy(p, e[i].bytes, e[i].size);
        p += e[i].size;
    }
    at = (size_t)(p - out);
    for (size_t i = 0; i < n; i++) {
        p = put_common(put(put(p, 0x02014b50, 4), 20, 2), &e[i]);
        p = put(p, 0, 8);
        p = put(put(p, 0, 2), e[i].at, 4);
        memcpy(p, e[i].name, strlen(e[i].name));
        p += strlen(e[i].name);
    }
    n = (size_t)(p - out) - at;
    p = put(put(p, 0x06054b50, 4), 0, 4);
    p = put(put(p, 3, 2), 3, 2);
    p = put(put(put(p, n, 4), at, 4), 0, 2);
    return (size_t)(p - out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t values[24] = {1, 2, 3};
    struct part part[] = {{"a/data.pkl", data, size, 0},
                          {"a/data/0", values, 24, 0},
                          {"a/data/1", values, 8, 0}};
    uint8_t *zip = NULL;

    FUZZ_REQUIRE(mem_raw(size + 1024, 1, &zip) == OK);
    fuzz_state(zip, make_zip(part, 3, zip));
    mem_free(zip);
    return 0;
}
