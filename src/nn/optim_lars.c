/* LARS (You, Gitman, Ginsburg 2017) as the study has it, spec 6.7: every
 * tensor alike; a tensor or gradient of length 0, and no weight decay at all,
 * take the bare gradient. */
#include "nn/optim_kind.h"

struct lars {
    struct optim *o;
    double lr;
    char *p;
    const char *g;
    const bool *skip;
};

static status move_chunk(void *ctx, size_t item, int member)
{
    const struct lars *l = ctx;
    struct optim *o = l->o;
    const struct chunk *c = &o->chunks[item];
    const double *norm = o->norms + 2 * (size_t)c->slice;
    double wd = o->conf.weight_decay;
    size_t at = c->offset * o->elem;
    struct lars_desc desc = {.lr = l->lr,
                             .momentum = o->conf.momentum,
                             .weight_decay = wd,
                             .first = !o->started[c->slice]};

    (void)member;
    if (l->skip && l->skip[c->slice])
        return OK;
    desc.adapt = wd != 0.0 && norm[0] != 0.0 && norm[1] != 0.0;
    if (desc.adapt)
        desc.q =
            o->conf.trust * norm[0] / (norm[1] + wd * norm[0] + o->conf.eps);
    o->ops->vec_lars(o->dev, &desc, l->p + at, l->g + at, o->state + at,
                     c->len);
    return OK;
}

static status
step(struct optim *o, double lr, void *p, const void *g, const bool *skip)
{
    struct lars l = {o, lr, p, g, skip};

    return team_run(o->team, o->first[o->n_slices], move_chunk, &l);
}

const struct optim_kind optim_lars = {"lars", 1, step};
