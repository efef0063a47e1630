#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* SHA-256 (FIPS 180-4) by the processor's instructions for it, else through
 * libcrypto. */
struct sha256; /* opaque */
enum { SHA256_SIZE = 32, SHA256_HEX = 65 };

/* A fresh state. ERR_MEM. */
status sha256_new(struct sha256 **out);
void sha256_add(struct sha256 *s, const void *bytes, size_t len);
/* The same of two states (not one), each with its bytes, in little more than
 * the time of one where the processor has the instructions. */
void sha256_add_two(struct sha256 *a,
                    const void *bytes_a,
                    struct sha256 *b,
                    const void *bytes_b,
                    size_t len);
/* The digest; the state starts again from nothing. */
void sha256_end(struct sha256 *s, uint8_t out[SHA256_SIZE]);
void sha256_free(struct sha256 *s);

/* Lower-case text of a digest. */
void sha256_hex(const uint8_t digest[SHA256_SIZE], char out[SHA256_HEX]);

/* One call for a block of bytes. */
status sha256_of(const void *bytes, size_t len, uint8_t out[SHA256_SIZE]);

#endif
