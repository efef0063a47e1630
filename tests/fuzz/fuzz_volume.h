#ifndef TESTS_FUZZ_FUZZ_VOLUME_H
#define TESTS_FUZZ_FUZZ_VOLUME_H

#include <stdbool.h>
#include <string.h>

#include "base/log.h"

#include "fuzz_memory.h"
#include "vol/scan.h"

static inline bool fuzz_documented(status st)
{
    return st == OK || st == ERR_DATA || st == ERR_FILE || st == ERR_MEM;
}

/* A box chosen by the bytes equals that part of the whole. */
static inline void
fuzz_box(struct scan *s, const struct volume *v, const uint8_t *data, size_t n)
{
    const int64_t *size = v->geo.size;
    size_t voxel = pixel_size(v->pixel);
    int64_t lo[3];
    int64_t hi[3];
    struct volume part = {0};
    const char *p;

    for (size_t a = 0; a < 3; a++) {
        lo[a] = data[a % n] % size[a];
        hi[a] = lo[a] + 1 + data[(a + 3) % n] % (size[a] - lo[a]);
    }
    FUZZ_REQUIRE(scan_part(s, lo, hi, &part) == OK);
    p = part.data;
    for (int64_t k = lo[2]; k < hi[2]; k++)
        for (int64_t j = lo[1]; j < hi[1]; j++) {
            size_t at = (size_t)((k * size[1] + j) * size[0] + lo[0]);
            size_t len = (size_t)(hi[0] - lo[0]) * voxel;

            FUZZ_REQUIRE(memcmp(p, (const char *)v->data + at * voxel, len) ==
                         0);
            p += len;
        }
    volume_free(&part);
}

/* Read the bytes as a volume of the format that `name` has: a documented
 * status whatever they are; what is accepted is possible, and can be read in
 * parts. Memory: 4 times the file and 16 MB; compressed files: 4 times what
 * the header says, which the file must be able to hold. */
static inline void
fuzz_volume(const uint8_t *data, size_t size, const char *name)
{
    static const int64_t zero[3];
    static bool quiet;
    struct scan *s = NULL;
    struct volume v = {0};
    size_t held = size;
    status st = OK;

    if (!quiet)
        quiet = log_open(NULL, true) == OK; /* odd headers warn */
    st = scan_open_as(fuzz_file(data, size), name, &s);
    FUZZ_REQUIRE(fuzz_documented(st) && (st == OK) == (s != NULL));
    if (st == OK) {
        const struct geometry *g = scan_geometry(s);

        FUZZ_REQUIRE(geometry_check(g, name) == OK);
        held = geometry_len(g) * pixel_size(scan_pixel(s));
        FUZZ_REQUIRE(held <= 4 * size * 1032);
        st = scan_part(s, zero, g->size, &v);
        FUZZ_REQUIRE(fuzz_documented(st) && (st == OK) == (v.data != NULL));
        if (st == OK)
            fuzz_box(s, &v, data, size);
        if (held < size)
            held = size;
    }
    volume_free(&v);
    scan_close(s);
    fuzz_memory(held);
}

#endif
