#ifndef BASE_WALK_H
#define BASE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* The files below a folder, sorted by the bytes of their paths. Links are
 * followed, to files and to folders; a link to a folder it lies in is refused.
 */

enum { WALK_DEPTH = 64 }; /* folders in folders */

struct walk_file {
    char *path; /* relative to the folder, parts joined by '/' */
    uint64_t size;
    bool regular; /* else a pipe, socket, device or dangling link: size 0 */
};

struct walk {
    struct walk_file *at;
    size_t n, cap;
};

/* Start with {0}; walk_free ends it. ERR_FILE: a folder cannot be read;
 * ERR_DATA: a link leads back, nested deeper than WALK_DEPTH; ERR_MEM. */
status walk_files(const char *dir, struct walk *out);
void walk_free(struct walk *w);

#endif
