/* LARS (You, Gitman, Ginsburg 2017) as the study has it, spec 6.7: every
 * tensor alike; a tensor or gradient of length 0, and no weight decay at all,
 * take the bare gradient. Plain gradient descent is LARS with q = 1. */
#include "nn/optim_kind.h"

struct descent {
    struct optim *o;
    double lr;
    char *p;
    const char *g;
    const bool *skip;
    bool lars;
};

static status move_chunk(void *ctx, size_t item, int member)
{
    const struct descent *s = ctx;
    struct optim *o = s->o;
    const struct chunk *c = &o->chunks[item];
    const double *norm = o->norms + 2 * (size_t)c->slice;
    double wd = o->conf.weight_decay;
    size_t at = c->offset * o->elem;
    struct lars_desc desc = {.lr = s->lr,
                             .momentum = o->conf.momentum,
                             .weight_decay = wd,
                             .q = 1.0,
                             .keep = 1.0 - o->conf.dampening,
                             .adapt = wd != 0.0,
                             .first = o->steps[c->slice] == 0 ||
                                      o->conf.momentum == 0.0,
                             .nesterov = o->conf.nesterov};

    (void)member;
    if (s->skip && s->skip[c->slice])
        return OK;
    if (s->lars) {
        desc.adapt = desc.adapt && norm[0] != 0.0 && norm[1] != 0.0;
        desc.q =
            o->conf.trust * norm[0] / (norm[1] + wd * norm[0] + o->conf.eps);
    }
    o->ops->vec_lars(o->dev, &desc, s->p + at, s->g + at, o->state + at,
                     c->len);
    return OK;
}

static status
lars(struct optim *o, double lr, void *p, const void *g, const bool *skip)
{
    struct descent s = {o, lr, p, g, skip, true};

    return team_run(o->team, o->first[o->n_slices], move_chunk, &s);
}

static status
sgd(struct optim *o, double lr, void *p, const void *g, const bool *skip)
{
    struct descent s = {o, lr, p, g, skip, false};

    return team_run(o->team, o->first[o->n_slices], move_chunk, &s);
}

const struct optim_kind optim_lars = {"lars", {"momentum:"}, 1, lars};
const struct optim_kind optim_sgd = {"sgd", {"momentum:"}, 1, sgd};
