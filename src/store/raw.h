#ifndef STORE_RAW_H
#define STORE_RAW_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Internal to store/: bytes of a file by position. Read, never mapped: a file
 * that is cut short meanwhile is then an error and no signal, and what was read
 * does not count as memory of the process. Any thread may read. */
struct raw {
    int fd; /* -1: closed */
    uint64_t size;
    const char *path; /* the caller's */
};

/* ERR_FILE: missing, a folder, unreadable. */
status raw_open(const char *path, struct raw *out);
/* n bytes from `at`. ERR_DATA past the end; ERR_FILE. */
status raw_read(const struct raw *r, uint64_t at, size_t n, void *out);
void raw_close(struct raw *r);

/* Little-endian number of 1 to 8 bytes. */
uint64_t raw_le(const unsigned char *p, int bytes);

/* Bytes of a foreign file for a message: printable ASCII or '?', cut. */
enum { RAW_SHOW = 64 };
const char *raw_show(const void *bytes, size_t n, char out[RAW_SHOW]);

/* Is it UTF-8 (no surrogates, shortest forms) and without NUL? */
int raw_is_text(const unsigned char *s, size_t n);

#endif
