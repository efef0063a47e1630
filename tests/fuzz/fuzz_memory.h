#ifndef TESTS_FUZZ_FUZZ_MEMORY_H
#define TESTS_FUZZ_FUZZ_MEMORY_H

#include <sys/resource.h>

#include "fuzz.h"

/* A sanitizer keeps freed memory. */
#if defined(__SANITIZE_ADDRESS__)
    #define FUZZ_SANITIZED 1
#elif defined(__has_feature)
    #define FUZZ_SANITIZED __has_feature(address_sanitizer)
#else
    #define FUZZ_SANITIZED 0
#endif

/* The process has never held more than 4 times `held` bytes and 16 MB above
 * what it held after its first input. */
static inline void fuzz_memory(size_t held)
{
    static size_t start;
    struct rusage u;
    size_t peak;

    FUZZ_REQUIRE(getrusage(RUSAGE_SELF, &u) == 0);
    peak = (size_t)u.ru_maxrss * 1024;
    start = start ? start : peak;
    FUZZ_REQUIRE(FUZZ_SANITIZED || peak <= start + 4 * held + (16 << 20));
}

#endif
