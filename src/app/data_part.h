#ifndef APP_DATA_PART_H
#define APP_DATA_PART_H

#include <stdint.h>

#include "base/status.h"

/* PATH.part: what has come of a file so far. Who has it open holds a lock on
 * it, and so does the curl that adds to it, even when its parent dies. */
struct part {
    const char *path; /* final name */
    char *name;       /* PATH.part */
    int fd;
};

/* Make or open it. ERR_RUN: another process has it; ERR_FILE. */
status part_open(const char *path, struct part *p);
/* Bytes so far. */
uint64_t part_size(const struct part *p);
/* Back to nothing. ERR_FILE. */
status part_empty(struct part *p);
/* It becomes the file. ERR_FILE. */
status part_publish(struct part *p);
/* It becomes PATH.bad, a new one is begun. ERR_FILE, ERR_RUN. */
status part_reject(struct part *p);
/* Give it up; an empty one is removed. NULL name: not open. */
void part_close(struct part *p);

#endif
