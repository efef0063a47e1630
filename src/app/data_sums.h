#ifndef APP_DATA_SUMS_H
#define APP_DATA_SUMS_H

#include "base/sums.h"

#include "app/tool.h"

/* Sums of many files by all ranks and threads. The answer does not depend on
 * how many there are. */

struct data_item {
    const char *path; /* relative to the folder */
    uint64_t size;    /* expected bytes, to share the work */
    unsigned want;    /* sums, as bits 1 << kind */
};

struct data_made {
    struct sums sums;
    char fault[512]; /* why it could not be read, "" when it was */
};

/* items [n] and made [n] are rank 0's; so_far is the status it comes with,
 * others come with OK. All ranks, same status. ERR_MEM, ERR_COMM. */
status data_sums(struct tool *tool,
                 status so_far,
                 const char *dir,
                 const struct data_item *items,
                 size_t n,
                 struct data_made *made);

#endif
