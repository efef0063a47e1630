#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* A fuzz target is one file fuzz_<name>.c with this function: give the bytes
 * to a reader; whatever they are, it returns. Driven by libFuzzer (preset
 * "fuzz"), or by smoke.c with mutated files of corpus/<name>/. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A path under which the bytes can be read as a file; valid until the next
 * call. Ends the process when the system gives no memory. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* What has to hold for every input; else the process aborts. */
#define FUZZ_REQUIRE(cond)                                                     \
    do {                                                                       \
        if (!(cond))                                                           \
            fuzz_fail(__FILE__, __LINE__, #cond);                              \
    } while (0)
_Noreturn void fuzz_fail(const char *file, int line, const char *cond);

#endif
