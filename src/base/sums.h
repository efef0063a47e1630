#ifndef BASE_SUMS_H
#define BASE_SUMS_H

#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"

/* The sums under which files are published, of a file as it lies on disk. */

enum sum_kind {
    SUM_SHA256, /* FIPS 180-4 */
    SUM_MD5,    /* RFC 1321: finds damage, proves nothing against malice */
    SUM_GIT, /* SHA-1 of "blob <bytes>\0" and the content: git's name of it */
    SUM_KINDS
};
enum { SUM_HEX = SHA256_HEX }; /* the longest, with its NUL */

struct sums {
    uint64_t size; /* bytes read */
    char hex[SUM_KINDS][SUM_HEX];
};

/* "sha256", "md5", "git_blob"; hexadecimal digits it has. */
const char *sum_name(enum sum_kind kind);
size_t sum_digits(enum sum_kind kind);

/* Read the file once and make each sum whose bit (1 << kind) is in `want`; the
 * others are "". ERR_FILE (a file that changed its size while it was read
 * too), ERR_MEM. */
status sums_of_file(const char *path, unsigned want, struct sums *out);

#endif
