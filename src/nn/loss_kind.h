#ifndef NN_LOSS_KIND_H
#define NN_LOSS_KIND_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "nn/losses.h"

/* A row of the table of losses. work: doubles of scratch memory it wants; run:
 * fills out, whose arrays are in the scratch. */
struct loss_kind {
    const char *name;
    uint32_t views;
    size_t (*work)(const struct loss_conf *conf);
    status (*run)(const struct loss_conf *conf,
                  struct team *team,
                  double *work,
                  const double *embed,
                  struct loss_out *out);
};

extern const struct loss_kind loss_infonce;

#endif
