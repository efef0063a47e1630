#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Files of ours are published by rename: written as PATH.tmp-<pid>, synced,
 * renamed, folder synced. A file under its final name is complete. */

/* A whole file in memory, plus a NUL after it; *len does not count the NUL.
 * Refuses folders and more than max_len bytes. Caller frees with mem_free.
 * ERR_FILE, ERR_DATA (too long), ERR_MEM. */
status file_read(const char *path, size_t max_len, char **out, size_t *len);

/* Publish len bytes under path. ERR_FILE. */
status file_publish(const char *path, const void *bytes, size_t len);

/* The same, but a file that is there stays, and must hold the same: ERR_RUN. */
status file_publish_same(const char *path, const void *bytes, size_t len);

/* The temporary name to write to (caller frees), and the end of it: fsync,
 * rename to path, fsync the folder. */
status file_tmp_name(const char *path, char **out);
status file_rename(const char *tmp, const char *path);

/* Remove what killed processes left in a folder: names that end in
 * .tmp-<number>. For the owner of the folder only. A folder that is not there
 * is fine. ERR_MEM. */
status file_sweep(const char *dir);

/* Append one line (a '\n' is added) with a single write. ERR_FILE. */
status file_append_line(const char *path, const char *line);

/* Make a folder and its parents. ERR_FILE. */
status file_mkdirs(const char *path);

/* "dir/name" in new memory; "name" itself when it is absolute. */
status file_join(const char *dir, const char *name, char **out);

bool file_exists(const char *path);
bool file_is_dir(const char *path);
/* Bytes of a regular file. ERR_FILE names the path and the cause. */
status file_size(const char *path, uint64_t *out);

#endif
