#ifndef TESTS_FUZZ_FUZZ_STATE_H
#define TESTS_FUZZ_FUZZ_STATE_H

#include <stdbool.h>
#include <stdio.h>

#include "fuzz_memory.h"
#include "store/state.h"

/* Open the bytes as a file of weights and read all of it: a documented status
 * whatever they are, within 4 times the file and 16 MB. */
static inline void fuzz_state(const uint8_t *data, size_t size)
{
    struct state *s = NULL;
    status st = state_open(fuzz_file(data, size), &s);

    FUZZ_REQUIRE((st == OK) == (s != NULL));
    if (st == OK) {
        FUZZ_REQUIRE(state_count(s) > 0);
        st = state_check(s);
    }
    FUZZ_REQUIRE(st == OK || st == ERR_DATA || st == ERR_NUMERIC);
    state_close(s);
    fuzz_memory(size);
}

#endif
