#ifndef TESTS_GOLDEN_GOLDEN_SSL_H
#define TESTS_GOLDEN_GOLDEN_SSL_H

#include "base/sha256.h"
#include "base/status.h"
#include "base/team.h"

#include "dev/dev.h"
#include "nn/meet.h"
#include "nn/net.h"

/* The pretraining runs that golden/network/train.json lists, on any number of
 * ranks: some steps with loss 6.1 (groups = W), LARS and the cosine per step,
 * checked against the original at every step. */
struct golden_ssl_case {
    char name[64];
    uint32_t batch, groups; /* of all ranks together; W */
};
enum { GOLDEN_SSL_MAX = 16 };

/* The first cap runs of the list; how many. Skips the test without the file. */
size_t golden_ssl_cases(struct golden_ssl_case *out, size_t cap);

/* Sizes for the meeting of a run with V = shards, which divides its batch and
 * is a multiple of W. */
status golden_ssl_plan(const char *name,
                       uint32_t shards,
                       enum dtype dtype,
                       struct net_plan *out);

/* All ranks of the meeting. ERR_NUMERIC names the first number out of bounds:
 * for double 1e-9 of the tensor's largest value, for float the last column of
 * the README. zero_bias: gradient of downsample.0.bias exact 0 instead of its
 * rounding noise (trap 3). hex (or NULL): SHA-256 of all parameters after. */
status golden_ssl_run(const char *name,
                      const struct meet *meet,
                      struct team *team,
                      struct dev *dev,
                      bool zero_bias,
                      char hex[SHA256_HEX]);

#endif
