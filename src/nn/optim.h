#ifndef NN_OPTIM_H
#define NN_OPTIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "dev/dev.h"
#include "nn/net.h"

/* Optimisers on flat vectors. One row of the table in optim.c is one rule.
 * "lars": You, Gitman, Ginsburg 2017 as the study has it (spec 6.7), every
 * tensor alike. */
struct optim_conf {
    const char *name; /* "lars" */
    double momentum;
    double weight_decay;
    double trust; /* 0.001 */
    double eps;   /* 1e-8 */
};

struct optim;

/* State: one flat vector (momentum) and a started flag per slice. Any rank.
 * ERR_CONF: unknown name; ERR_MEM. */
status optim_new(const struct optim_conf *conf,
                 const struct slice *slices,
                 size_t n_slices,
                 struct team *team,
                 struct dev *dev,
                 struct optim **out);
void optim_free(struct optim *o);
/* Bytes optim_new takes, beside parameters and gradient. */
size_t optim_bytes(const struct optim_conf *conf,
                   const struct slice *slices,
                   size_t n_slices,
                   enum dtype dtype);

/* One step with learning rate lr on parameters p [param_len], gradient g.
 * skip [n_slices] or NULL: slices without gradient; nothing of them moves.
 * ERR_NUMERIC: a norm is not finite (names the tensor; p is untouched). */
status optim_step(
    struct optim *o, double lr, void *p, const void *g, const bool *skip);

/* For checkpoints: the momentum vector and the flags (0 or 1). */
void *optim_state(struct optim *o);
uint8_t *optim_started(struct optim *o, size_t *n_slices);
/* Length of gradient and of parameters over all slices, of the last step. */
void optim_norms(const struct optim *o, double *grad, double *param);

#endif
