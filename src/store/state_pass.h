#ifndef STORE_STATE_PASS_H
#define STORE_STATE_PASS_H

#include "base/sha256.h"
#include "base/status.h"
#include "base/team.h"

#include "store/scheme.h"

/* One pass over all weights of a file: each byte is read once, checked, added
 * to the content digest and handed on. Nothing but pieces is held. */

/* n values from element `first` of item `item` of the scheme, row-major: float
 * for float32, float16 and bfloat16, else as state_at says. Called by member
 * 0..size-1 of the team; one item by one member, in order. */
typedef status state_pass_fn(void *ctx,
                             size_t item,
                             int member,
                             uint64_t first,
                             uint64_t n,
                             const void *values);

struct state_pass {
    struct state *state;
    const struct scheme *scheme;
    struct team *team; /* NULL: the caller alone. NetCDF: always */
    state_pass_fn *fn; /* NULL: the digest alone */
    void *ctx;
    const uint64_t *piece; /* [scheme->n] values a call, NULL: any number */
    char (*digests)[SHA256_HEX]; /* [scheme->n] of each tensor, or NULL */
};

/* digest: content digest over (name, array digest), parameters first, then
 * running statistics, in the scheme's order: what a NetCDF file of ours with
 * these weights states, whatever the file they come from. ERR_DATA,
 * ERR_NUMERIC, ERR_MEM, and what fn returns. */
status state_pass_run(const struct state_pass *p, char digest[SHA256_HEX]);

/* Digest of one tensor of any type under a name, as above: int8 counts as
 * int16, bool as uint8, complex numbers as a last dimension of 2. */
status state_pass_tensor(struct state *s,
                         size_t tensor,
                         const char *name,
                         char digest[SHA256_HEX]);

#endif
