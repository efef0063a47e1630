#ifndef NN_LOSSES_H
#define NN_LOSSES_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "nn/meet.h"

/* Losses over the outputs of a whole step, computed alike on every rank, in
 * double, without meeting: outputs are gathered before. One row of the table
 * in losses.c is one loss:
 *   infonce       negative mining (spec 6.1): views positive 0, 1, negative
 *                 0, 1; against an anchor's other view stand the negatives of
 *                 all other images
 *   ntxent_mined  the study's older loss (spec 6.2), same views: against it
 *                 stand the negatives of the anchor's own view, of all images
 *   ntxent        two views (spec 6.3 as intended): all other embeddings
 *   nnclr, nnclr_gather  views neighbour 0, prediction 0, neighbour 1,
 *                 prediction 1 (spec 6.4): NT-Xent of each pair, neighbours
 *                 constant, within a group / over all
 *   ntxent_bank, nnclr_bank  the same two as the study's files wire them (spec
 *                 6.3): against an anchor of view 0 stand the vectors of its
 *                 group's memory bank alone
 *   swav          scores of high then low crops (spec 6.5)
 *   ce, bce, mae  cross entropy of classes, binary cross entropy of logits,
 *                 mean absolute error (spec 6.6), against in.target */

struct loss_conf {
    const char *name;   /* row of the table */
    double temperature; /* > 0, where there is one */
    uint32_t groups;    /* G, divides n; a group = n / G consecutive samples */
    uint32_t n;         /* most samples of a global batch, V * m */
    uint32_t d;         /* width of an output */
    /* swav */
    uint32_t high, low; /* crops of each kind, high >= 1, together >= 2 */
    uint32_t queue;     /* stored samples a group adds; *_bank too */
    double epsilon;     /* 0.05: sharpness of the codes */
    uint32_t rounds;    /* 3: Sinkhorn-Knopp rounds */
};

struct loss_in {
    const double *output; /* [views][n][d] */
    uint32_t n;           /* samples of this batch, 1..conf.n */
    /* ce: [n] class number; bce, mae: [n][d] */
    const double *target;
    /* swav: scores [high][groups][conf.queue][d], or NULL; *_bank: vectors
     * [groups][conf.queue][d] as they are */
    const double *queue;
};

struct loss_out {
    double value;        /* mean over all samples */
    const double *group; /* [groups] mean over the group's */
    const double *grad;  /* [views][n][d]; the caller's until next run */
    const double *codes; /* swav: [high][n][d] */
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
/* Bytes loss_new takes; 0 for a name there is none of. */
size_t loss_bytes(const struct loss_conf *conf);
/* Views of the loss: 4 for "infonce". */
uint32_t loss_views(const struct loss *l);
/* ERR_NUMERIC if the loss is not finite; names the first sample whose output
 * is not. ERR_DATA: a class out of range. Same bits for any team. The gradient
 * is of the value, with outputs of other groups taken as constants (as
 * DistributedDataParallel averages it). */
status loss_run(struct loss *l, const struct loss_in *in, struct loss_out *out);

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
