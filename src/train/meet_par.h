#ifndef TRAIN_MEET_PAR_H
#define TRAIN_MEET_PAR_H

#include "base/team.h"

#include "nn/meet.h"
#include "par/par.h"

/* The meeting of shards over MPI: nn/meet.h on top of par and det/tree. */
struct meet_par; /* opaque */

/* shards: V. max_len, dtype: longest gradient vector that will be pushed;
 * its buffers (meet_par_bytes, but for what par_parts_memory says) are made
 * here, so that a step allocates nothing. par and team are the caller's and
 * outlive it; par adds with the team. Any rank. ERR_MEM. */
status meet_par_new(struct par *par,
                    struct team *team,
                    uint32_t shards,
                    size_t max_len,
                    enum dtype dtype,
                    struct meet_par **out);
/* Bytes of it all on this rank. */
size_t meet_par_bytes(const struct par *par,
                      int threads,
                      uint32_t shards,
                      size_t max_len,
                      enum dtype dtype);
/* The functions to hand to nn; valid as long as m. */
const struct meet *meet_par_meet(const struct meet_par *m);
void meet_par_free(struct meet_par *m);

#endif
