#ifndef BASE_SHA256_NI_H
#define BASE_SHA256_NI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Inside base/ only: SHA-256's compression (FIPS 180-4, 6.2.2) by the SHA
 * instructions of x86-64, for one message or two at once: a round waits for
 * the one before it, so two messages take little longer than one. */

/* Has this processor the instructions? Else the functions are not called. */
bool sha256_ni_have(void);
/* n blocks of 64 bytes into the state. */
void sha256_ni_one(uint32_t h[8], const uint8_t *p, size_t n);
/* n blocks of each of two messages. */
void sha256_ni_two(uint32_t h[8],
                   const uint8_t *p,
                   uint32_t h2[8],
                   const uint8_t *p2,
                   size_t n);

#endif
