#ifndef STORE_MATCH_H
#define STORE_MATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "store/scheme.h"

/* Do the weights of a file fit a network? Exactly: each wanted tensor is there
 * once with its shape, and no other is. */

enum match_kind {
    MATCH_WEIGHT,   /* finite numbers */
    MATCH_VARIANCE, /* finite and not negative */
    MATCH_COUNTER   /* int64 */
};

struct match_want {
    enum scheme_role role;
    const char *bare; /* scheme.h */
    /* of a network with two heads: which one ("projection_head."); else NULL */
    const char *prefix;
    enum match_kind kind;
    int rank;
    uint64_t dim[5];
};

/* tensor[i]: which tensor of the state want i is. drop_heads: the named rule
 * "features need the trunk only"; the file's heads and decoder are then not
 * looked at. ERR_DATA lists what is missing, unexpected, of another shape or
 * type, and what network the file seems to hold. Floats may be float32, float16
 * and bfloat16 in any mixture, or float64 throughout. */
status match_find(const struct state *s,
                  const struct scheme *l,
                  const struct match_want *want,
                  size_t n,
                  bool drop_heads,
                  size_t *tensor);

/* n values from element `first` of a wanted tensor: finite, a variance not
 * negative. ERR_DATA names tensor and element. */
status match_f32(const char *path,
                 const struct match_want *want,
                 uint64_t first,
                 const float *v,
                 size_t n);
status match_f64(const char *path,
                 const struct match_want *want,
                 uint64_t first,
                 const double *v,
                 size_t n);

#endif
