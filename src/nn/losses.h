#ifndef NN_LOSSES_H
#define NN_LOSSES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "nn/meet.h"

/* Losses over the embeddings of a whole step, computed alike on every rank,
 * in double, without meeting: embeddings are gathered before. One row of the
 * table in losses.c is one loss. */

struct loss_conf {
    const char *name;   /* row of the table: "infonce" */
    double temperature; /* > 0 */
    uint32_t groups;    /* G, divides n; a group = n / G consecutive samples */
    uint32_t n;         /* samples of the global batch, V * m */
    uint32_t d;         /* width of an embedding */
};

struct loss_out {
    double value;        /* mean over all anchors */
    const double *group; /* [groups] mean over the group's anchors */
    const double *grad;  /* [views][n][d]; the caller's until next run */
    double own;          /* mean similarity to the own other view */
    double other;        /* ... of view 0 of different images */
    double negative;     /* ... of view 0 to all of view 2 */
};

struct loss;

/* Everything is allocated here. ERR_CONF: unknown name, n not a multiple of
 * groups, temperature; ERR_MEM. */
status
loss_new(const struct loss_conf *conf, struct team *team, struct loss **out);
void loss_free(struct loss *l);
/* Views of the loss: 4 for "infonce". */
uint32_t loss_views(const struct loss *l);
/* embed [views][n][d]. ERR_NUMERIC if the loss is not finite. Same bits for
 * any team. The gradient is of the value, with embeddings of other groups
 * taken as constants (as DistributedDataParallel averages it). */
status loss_run(struct loss *l, const double *embed, struct loss_out *out);

/* All rows [shards][views * m][d], as meet->gather gives what net_embed gave,
 * into embed [views][shards * m][d]: sample = shard * m + j. */
void loss_by_view(const float *rows,
                  uint32_t shards,
                  uint32_t views,
                  uint32_t m,
                  uint32_t d,
                  double *embed);
void loss_by_view_f64(const double *rows,
                      uint32_t shards,
                      uint32_t views,
                      uint32_t m,
                      uint32_t d,
                      double *embed);
/* grad [views][shards * m][d] into rows [shard_n][views * m][d] of the local
 * shards, as net_backward takes them. */
void loss_by_shard(const double *grad,
                   const struct meet *meet,
                   uint32_t views,
                   uint32_t m,
                   uint32_t d,
                   double *rows);

#endif
