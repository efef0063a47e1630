#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"

const char *fuzz_file(const uint8_t *data, size_t size)
{
    static char path[64];
    static int fd = -1;

    if (fd >= 0)
        (void)close(fd);
    fd = memfd_create("fuzz", 0);
    FUZZ_REQUIRE(fd >= 0);
    while (size) {
        ssize_t n = write(fd, data, size);

        FUZZ_REQUIRE(n > 0);
        data += n;
        size -= (size_t)n;
    }
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    return path;
}

_Noreturn void fuzz_fail(const char *file, int line, const char *cond)
{
    (void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, cond);
    abort();
}
