#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H

/* cmocka with the includes it wants, so that sorting includes cannot break a
 * test, and the few assertions of ours. */
/* clang-format off */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
/* clang-format on */

#include "base/status.h"

/* The call returns OK, else the test fails with its text and way. */
#define assert_ok(call)                                                        \
    do {                                                                       \
        status st_ = (call);                                                   \
        if (st_ != OK)                                                         \
            fail_msg("%s: %s: %s\n%s", #call, status_name(st_), status_text(), \
                     trail_text());                                            \
    } while (0)

/* The call fails with this code and a text that holds `word`. */
#define assert_fails(call, code, word)                                         \
    do {                                                                       \
        status st_ = (call);                                                   \
        if (st_ != (code) || !strstr(status_text(), (word)))                   \
            fail_msg("%s: %s (%s), expected %s with \"%s\"", #call,            \
                     status_name(st_), status_text(), status_name(code),       \
                     (word));                                                  \
    } while (0)

#define assert_same_bits(a, b, size) assert_memory_equal((a), (b), (size))

/* Floats as they lie in memory: -0 is not +0, a NaN equals itself. */
static inline int same_bits(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

#endif
