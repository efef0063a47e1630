#include <stdbool.h>

#include "base/log.h"

#include "fuzz.h"
#include "vol/scan.h"

/* Whatever the bytes say: a documented status, and every voxel that is
 * announced can be read. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool quiet;
    const char *path = fuzz_file(data, size);
    static const int64_t zero[3];
    struct scan *scan = NULL;
    struct volume v = {0};
    const uint8_t *bytes = NULL;
    size_t n = 0;
    unsigned sum = 0;
    status st = OK;

    if (!quiet)
        quiet = log_open(NULL, true) == OK; /* warnings of odd headers */
    st = scan_open_as(path, "x.nii", &scan);
    if (st == OK)
        st = scan_part(scan, zero, scan_geometry(scan)->size, &v);
    scan_close(scan);
    FUZZ_REQUIRE(st == OK || st == ERR_DATA || st == ERR_FILE || st == ERR_MEM);
    FUZZ_REQUIRE((st == OK) == (v.data != NULL));
    if (st != OK)
        return 0;
    n = pixel_size(v.pixel);
    for (int i = 0; i < 3; i++) {
        FUZZ_REQUIRE(v.geo.size[i] > 0);
        FUZZ_REQUIRE(v.geo.spacing[i] > 0);
        n *= (size_t)v.geo.size[i];
    }
    bytes = v.data;
    for (size_t i = 0; i < n; i++)
        sum += bytes[i];
    FUZZ_REQUIRE(sum <= 255 * n); /* so that it is read */
    volume_free(&v);
    return 0;
}
