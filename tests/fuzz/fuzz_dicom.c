#include <stdbool.h>

#include "base/log.h"

#include "fuzz_memory.h"
#include "vol/dicom_head.h"
#include "vol/scan.h"
#include "vol/volume.h"

/* Whatever the bytes say: a documented status; what is announced lies in the
 * file and can be read, in bounded memory. Encoded pixels are another
 * program's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t lo[3] = {0, 0, 0};
    static bool quiet;
    const char *path = fuzz_file(data, size);
    struct dicom_head h;
    struct scan *s = NULL;
    struct volume v = {.data = NULL};
    status st;

    if (!quiet)
        quiet = log_open(NULL, true) == OK;
    st = dicom_head_read(path, &h);
    FUZZ_REQUIRE(st == OK || st == ERR_DATA);
    if (st == OK && h.pixels == DICOM_NATIVE)
        FUZZ_REQUIRE(h.at + h.bytes <= size);
    fuzz_memory(size);
    if (st == OK && h.pixels == DICOM_ENCODED)
        return 0;
    st = scan_open_as(path, "fuzz.dcm", &s);
    FUZZ_REQUIRE(st == OK || st == ERR_DATA || st == ERR_MEM);
    FUZZ_REQUIRE((st == OK) == (s != NULL));
    fuzz_memory(size);
    if (st != OK)
        return 0;
    FUZZ_REQUIRE(geometry_len(scan_geometry(s)) <= size);
    FUZZ_REQUIRE(scan_part(s, lo, scan_geometry(s)->size, &v) == OK);
    for (size_t i = 0; i < geometry_len(&v.geo); i++)
        FUZZ_REQUIRE(pixel_get(v.pixel, v.data, i) < 1e300);
    volume_free(&v);
    scan_close(s);
    fuzz_memory(size);
    return 0;
}
