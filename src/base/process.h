#ifndef BASE_PROCESS_H
#define BASE_PROCESS_H

#include <stdint.h>

#include "base/status.h"
#include "base/text.h"

/* Another program run to its end, for what the suite leaves to others. */

struct process {
    const char *const *argv; /* NULL at the end; argv[0] is found on PATH */
    double limit_s;          /* of time; it is killed then */
    uint64_t file_most;      /* bytes of a file it writes, 0: any */
    uint64_t memory_most;    /* bytes of address space, 0: any */
};

/* Wait for it. Input is empty; output and error output go to `output`, at most
 * 64 KB. *code: exit status, 128 + number of the signal that ended it.
 * ERR_FILE: it is not on PATH. ERR_RUN: no time left, or no process. ERR_MEM.
 */
status process_run(const struct process *p, struct text *output, int *code);

#endif
