#ifndef TESTS_GOLDEN_GOLDEN_NET_H
#define TESTS_GOLDEN_GOLDEN_NET_H

#include <stdint.h>

#include "base/json.h"
#include "base/team.h"

#include "dev/dev.h"
#include "golden/golden.h"
#include "nn/meet_local.h"
#include "nn/net.h"

/* A network of one process with everything it needs. */
struct golden_net {
    struct dev *dev;
    enum dtype dtype;
    struct team *team;
    struct meet_local *local;
    struct net *net;
};

/* conf with the trunk fields of a JSON case (family, block, layers, planes,
 * size, in_channels, widen, conv1_stride, shortcut, bias_downsample,
 * no_max_pool, strides, middle); what is missing is the study's default. One
 * view of one sample.
 */
struct net_conf golden_net_conf(const struct json *c);

status golden_net_open(const struct net_conf *conf,
                       const char *backend,
                       uint32_t shards,
                       int threads,
                       struct golden_net *out);
void golden_net_close(struct golden_net *g);

/* Parameters and running statistics from the formula; `tensors` is the case's
 * list, in state-dict order; ERR_DATA unless names, order and shapes are those
 * of the net. */
status golden_net_fill(struct golden_net *g,
                       uint64_t seed,
                       uint64_t stream,
                       const struct json *tensors);

/* A slice of a flat vector, or running statistics, by PyTorch's name, in plain
 * order as doubles; *n elements; freed with mem_free. ERR_DATA: unknown. */
status golden_net_vector(struct golden_net *g,
                         const void *vec,
                         const char *name,
                         double **out,
                         size_t *n);
status golden_net_buffer(struct golden_net *g,
                         const char *name,
                         double **out,
                         size_t *n);

#endif
