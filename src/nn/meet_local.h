#ifndef NN_MEET_LOCAL_H
#define NN_MEET_LOCAL_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "dev/tensor.h"
#include "nn/meet.h"

/* All shards in one process: the meeting is only the tree. For programs of
 * one process, and the yardstick for the meeting over ranks. */
struct meet_local;

/* Room for rows of sum_len doubles (net_plan) and for the members of a team to
 * fold gradients of dtype; team may be NULL. ERR_MEM. */
status meet_local_new(uint32_t shards,
                      size_t sum_len,
                      enum dtype dtype,
                      const struct team *team,
                      struct meet_local **out);
const struct meet *meet_local_get(const struct meet_local *m);
void meet_local_free(struct meet_local *m);
/* Bytes meet_local_new takes. */
size_t meet_local_bytes(uint32_t shards,
                        size_t sum_len,
                        enum dtype dtype,
                        int threads);

#endif
