#ifndef BASE_FILE_OUT_H
#define BASE_FILE_OUT_H

#include <stddef.h>

#include "base/status.h"

/* A file written piece by piece and published at its end (base/file.h): until
 * then nothing stands under its name. */
struct file_out; /* opaque */

/* ERR_FILE, ERR_MEM. */
status file_out_open(const char *path, struct file_out **out);
status file_out_put(struct file_out *o, const void *bytes, size_t n);
/* Synced and renamed, or ERR_FILE; file_out_close follows in any case. */
status file_out_publish(struct file_out *o);
/* NULL is fine. What was not published is removed. */
void file_out_close(struct file_out *o);

#endif
