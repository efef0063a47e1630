#ifndef VOL_HEADING_H
#define VOL_HEADING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/layout.h"

/* Headers that are lines of text (NRRD, MetaImage), and the files they name. */
struct heading {
    const char *path;
    char *text; /* the first bytes of the file, 1 MB at most */
    size_t len;
    size_t at; /* of the next line: after the last one, where voxels begin */
    int line;  /* number of the line read last, from 1 */
};

/* path stays the caller's. ERR_FILE, ERR_MEM. */
status heading_open(const char *path, struct heading *out);
void heading_free(struct heading *h);

/* The next line, without its end and blanks around it, changed in place; valid
 * until heading_free. NULL at the end of the text. *ended: a line end was
 * there. */
char *heading_line(struct heading *h, bool *ended);

/* The value of a key that is n numbers between blanks. ERR_DATA names path,
 * line, key, value. */
status heading_numbers(const struct heading *h,
                       const char *key,
                       const char *value,
                       int n,
                       double *out);
status heading_integers(const struct heading *h,
                        const char *key,
                        const char *value,
                        int n,
                        int64_t *out);

/* Add the segment of one more file, named beside the header. model: all of
 * the segment but path. */
status heading_file(const struct heading *h,
                    const char *name,
                    const struct segment *model,
                    struct layout *l);
/* The files that remain as lines of the header. They share the slices
 * evenly; flat: one slice each. ERR_DATA. */
status heading_list(struct heading *h,
                    const struct segment *model,
                    bool flat,
                    struct layout *l);
/* The files of "PATTERN first last step [dimension]", where PATTERN holds one
 * %d, %0Nd or %Nd. They share the slices evenly. ERR_DATA. */
status heading_pattern(const struct heading *h,
                       const char *value,
                       const struct segment *model,
                       struct layout *l);

#endif
