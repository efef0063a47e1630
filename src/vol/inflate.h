#ifndef VOL_INFLATE_H
#define VOL_INFLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A gzip (RFC 1952) or zlib (RFC 1950) stream that lies in a file, read
 * forward. Gzip members one after the other are one stream. ISA-L does the
 * work where the build found it, else zlib; the bytes are the same. Memory:
 * 1 MB at most. */
struct inflate; /* opaque */

enum inflate_kind { INFLATE_GZIP, INFLATE_ZLIB };

/* The stream begins `offset` bytes into the file. ERR_FILE, ERR_MEM. */
status inflate_open(const char *path,
                    uint64_t offset,
                    enum inflate_kind kind,
                    struct inflate **out);
void inflate_close(struct inflate *f);

/* The next len bytes; `what` names them in an error. ERR_DATA: truncated or
 * damaged. ERR_FILE. */
status inflate_next(struct inflate *f, void *to, size_t len, const char *what);
/* Pass over len bytes. */
status inflate_skip(struct inflate *f, uint64_t len, const char *what);
/* Behind the bytes that matter: the rest of the present member (64 KB of it)
 * is read, so that the check sum at its end is checked. */
status inflate_end(struct inflate *f);

/* Does a gzip stream begin `offset` bytes into the file? By its magic number;
 * files are named wrongly often enough. ERR_FILE. */
status inflate_is_gzip(const char *path, uint64_t offset, bool *out);

#endif
