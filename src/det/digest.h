#ifndef DET_DIGEST_H
#define DET_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"

/* Digests are over content: names, types, shapes and little-endian values,
 * never over the bytes of a container (DESIGN decision 7). Each item adds
 * "name\0type\0rank,dims\0" (text) and its values; so two contents have equal
 * digests only if they are equal item by item. */
struct digest; /* opaque */

enum digest_type {
    DIGEST_F32,
    DIGEST_F64,
    DIGEST_I16,
    DIGEST_I32,
    DIGEST_I64,
    DIGEST_U8,
    DIGEST_I8,
    DIGEST_U16,
    DIGEST_U32
};

status digest_new(struct digest **out);
/* An array of shape dim[rank]; values are host order, n = product of dim. */
void digest_array(struct digest *d,
                  const char *name,
                  enum digest_type type,
                  int rank,
                  const uint64_t *dim,
                  const void *values);
/* The same in pieces: the head, then all values in order, n at a time. */
void digest_array_start(struct digest *d,
                        const char *name,
                        enum digest_type type,
                        int rank,
                        const uint64_t *dim);
void digest_values(struct digest *d,
                   enum digest_type type,
                   const void *values,
                   uint64_t n);
/* n values into each of two digests, faster than one after the other. */
void digest_values_two(struct digest *a,
                       const void *values_a,
                       struct digest *b,
                       const void *values_b,
                       enum digest_type type,
                       uint64_t n);
void digest_text(struct digest *d, const char *name, const char *value);
void digest_i64(struct digest *d, const char *name, int64_t value);
void digest_f64(struct digest *d, const char *name, double value);
void digest_end(struct digest *d, char hex[SHA256_HEX]);
void digest_free(struct digest *d);

#endif
