#ifndef STORE_CRC_H
#define STORE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 of zip, gzip and PNG (RFC 1952, section 8) of n more bytes; 0 begins.
 */
uint32_t crc_add(uint32_t crc, const void *bytes, size_t n);

#endif
