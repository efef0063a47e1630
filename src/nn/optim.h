#ifndef NN_OPTIM_H
#define NN_OPTIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"
#include "base/team.h"

#include "dev/dev.h"
#include "nn/net.h"

/* Optimisers on flat vectors. One row of the table in optim.c is one rule:
 *   lars  You, Gitman, Ginsburg 2017 as the study has it (spec 6.7), every
 *         tensor alike
 *   sgd   gradient descent with momentum (Polyak 1964; Nesterov 1983)
 *   adam  Kingma, Ba 2015, weight decay added to the gradient */
struct optim_conf {
    const char *name;
    double momentum, dampening; /* lars, sgd: 0.9, 0 */
    bool nesterov;
    double beta1, beta2; /* adam: 0.9, 0.999 */
    double weight_decay;
    double trust; /* lars: 0.001 */
    double eps;   /* lars, adam: 1e-8 */
};

enum { OPTIM_VECTORS = 2 };

struct optim;

/* State: flat vectors (momentum; first and second moment) and a count of steps
 * per slice. Any rank. ERR_CONF: unknown name, momentum or beta outside [0, 1),
 * decay below 0; ERR_MEM. */
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

/* For checkpoints: the state vectors with the prefix of their names in files,
 * and the steps every slice took part in. */
size_t optim_vectors(const struct optim *o);
void *optim_vector(struct optim *o, size_t i, const char **prefix);
int64_t *optim_steps(struct optim *o, size_t *n_slices);
/* Length of gradient and of parameters over all slices, of the last step. */
void optim_norms(const struct optim *o, double *grad, double *param);

#endif
