/* A yardstick for inflating: libdeflate, where the build found it. */
#ifdef FMCIB_LIBDEFLATE
    #include <libdeflate.h>
#endif

#include <math.h>

#include "base/file.h"
#include "base/mem.h"

#include "bench.h"

#ifdef FMCIB_LIBDEFLATE
status bench_libdeflate(const char *path, size_t bytes, int runs, double *ms)
{
    status st = OK;
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    char *in = NULL;
    char *out = NULL;
    size_t len = 0;

    *ms = HUGE_VAL;
    ENSURE(d, ERR_MEM, "no memory for libdeflate");
    TRY(file_read(path, SIZE_MAX / 2, &in, &len));
    TRY(mem_new(bytes, 1, &out));
    for (int r = 0; r < runs; r++) {
        double t = bench_seconds();
        /* it stops where the room is full: at the last slice wanted */
        enum libdeflate_result rc =
            libdeflate_gzip_decompress(d, in, len, out, bytes, NULL);

        t = 1e3 * (bench_seconds() - t);
        ENSURE(rc != LIBDEFLATE_BAD_DATA, ERR_DATA, "%s: libdeflate fails",
               path);
        *ms = t < *ms ? t : *ms;
    }
out:
    libdeflate_free_decompressor(d);
    mem_free(in);
    mem_free(out);
    return st;
}
#else
status bench_libdeflate(const char *path, size_t bytes, int runs, double *ms)
{
    (void)path;
    (void)bytes;
    (void)runs;
    *ms = 0.0;
    return OK;
}
#endif
