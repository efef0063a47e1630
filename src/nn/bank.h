#ifndef NN_BANK_H
#define NN_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

/* Memory banks: the last `size` embeddings of every group (a process of the
 * original keeps its own; DESIGN decision 11), filled in the order of samples,
 * the same on every rank. A batch that reaches the end is cut there and the
 * next one begins at the front (spec 6.4). shared: with torch's
 * DistributedDataParallel a bank is a buffer, which the first process sends to
 * all before each step (torch 2.15; not in the spec). They are state: rows,
 * places and counts go into checkpoints. */
struct bank; /* opaque */

struct bank_conf {
    uint32_t groups, size, d;
    bool shared;    /* all groups keep the samples of group 0 */
    uint32_t n;     /* most samples of a global batch */
    uint64_t seed;  /* of the start: normal vectors brought to length 1, */
    uint32_t which; /* stream_at(seed, STREAM_BANK, which, group, row) */
};

/* ERR_CONF: no rows; ERR_MEM. */
status
bank_new(const struct bank_conf *conf, struct team *team, struct bank **out);
void bank_free(struct bank *b);

/* [groups][size][d]; len: how many doubles. */
double *bank_rows(struct bank *b, size_t *len);
/* [groups] where the next sample goes, then how many a group was given. */
int64_t *bank_state(struct bank *b, size_t *len);

/* For each sample of z [n][d] the row of its group's bank with the largest
 * cosine, the first of several (Dwibedi et al. 2021): near [n][d], as stored.
 * Same bits for any team. */
status bank_nearest(struct bank *b, const double *z, uint32_t n, double *near);
/* Which rows those were, of the last bank_nearest. */
const uint32_t *bank_index(const struct bank *b);
/* z [n][d] into the banks; n a multiple of groups. */
void bank_push(struct bank *b, const double *z, uint32_t n);

#endif
