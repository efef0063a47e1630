#ifndef NN_LOSS_KIND_H
#define NN_LOSS_KIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "nn/losses.h"

/* A row of the table of losses. work: doubles of scratch memory it wants; run:
 * fills out, whose arrays are in the scratch. in->n is at most conf->n. */
struct loss_kind {
    const char *name;
    uint32_t views;   /* 0: conf high + low */
    bool temperature; /* has one */
    bool target;      /* needs in->target */
    size_t (*work)(const struct loss_conf *conf);
    status (*run)(const struct loss_conf *conf,
                  struct team *team,
                  double *work,
                  const struct loss_in *in,
                  struct loss_out *out);
};

extern const struct loss_kind loss_infonce;
extern const struct loss_kind loss_ntxent_mined;
extern const struct loss_kind loss_ntxent;
extern const struct loss_kind loss_nnclr;
extern const struct loss_kind loss_nnclr_gather;
extern const struct loss_kind loss_ntxent_bank;
extern const struct loss_kind loss_nnclr_bank;
extern const struct loss_kind loss_swav;
extern const struct loss_kind loss_ce;
extern const struct loss_kind loss_bce;
extern const struct loss_kind loss_mae;

#endif
