#ifndef TESTS_FUZZ_FUZZ_STATE_H
#define TESTS_FUZZ_FUZZ_STATE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/resource.h>

#include "fuzz.h"
#include "store/state.h"

/* A sanitizer keeps freed memory. */
#if defined(__SANITIZE_ADDRESS__)
    #define FUZZ_SANITIZED 1
#elif defined(__has_feature)
    #define FUZZ_SANITIZED __has_feature(address_sanitizer)
#else
    #define FUZZ_SANITIZED 0
#endif

/* Largest memory of the process so far, bytes. */
static inline size_t fuzz_peak(void)
{
    struct rusage u;

    FUZZ_REQUIRE(getrusage(RUSAGE_SELF, &u) == 0);
    return (size_t)u.ru_maxrss * 1024;
}

/* Open the bytes as a file of weights and read all of it: a documented status
 * whatever they are, within 4 times the file and 16 MB. */
static inline void fuzz_state(const uint8_t *data, size_t size)
{
    static size_t start;
    struct state *s = NULL;
    status st = state_open(fuzz_file(data, size), &s);

    FUZZ_REQUIRE((st == OK) == (s != NULL));
    if (st == OK) {
        FUZZ_REQUIRE(state_count(s) > 0);
        st = state_check(s);
    }
    FUZZ_REQUIRE(st == OK || st == ERR_DATA || st == ERR_NUMERIC);
    state_close(s);
    if (start == 0)
        start = fuzz_peak();
    FUZZ_REQUIRE(FUZZ_SANITIZED ||
                 fuzz_peak() <= start + 4 * size + (16 << 20));
}

#endif
