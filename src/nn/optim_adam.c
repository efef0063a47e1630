/* Adam (Kingma, Ba 2015, algorithm 1) with decay added to the gradient. The
 * corrections of the start count a tensor's own steps: one that had no gradient
 * stays behind. */
#include <math.h>

#include "nn/optim_kind.h"

struct adam {
    struct optim *o;
    double lr;
    char *p;
    const char *g;
    const bool *skip;
};

/* By squaring: the same few products on every machine. */
static double power(double base, int64_t n)
{
    double out = 1.0;

    for (; n > 0; n /= 2) {
        if (n % 2)
            out *= base;
        base *= base;
    }
    return out;
}

static status move_chunk(void *ctx, size_t item, int member)
{
    const struct adam *a = ctx;
    struct optim *o = a->o;
    const struct optim_conf *conf = &o->conf;
    const struct chunk *c = &o->chunks[item];
    int64_t step = o->steps[c->slice] + 1;
    size_t at = c->offset * o->elem;
    struct adam_desc desc = {.lr = a->lr / (1.0 - power(conf->beta1, step)),
                             .c1 = 1.0 - conf->beta1,
                             .c2 = 1.0 - conf->beta2,
                             .beta2 = conf->beta2,
                             .root = 1.0 / sqrt(1.0 - power(conf->beta2, step)),
                             .eps = conf->eps,
                             .weight_decay = conf->weight_decay,
                             .decay = conf->weight_decay != 0.0};

    (void)member;
    if (a->skip && a->skip[c->slice])
        return OK;
    o->ops->vec_adam(o->dev, &desc, a->p + at, a->g + at, o->state + at,
                     o->state + o->param_len * o->elem + at, c->len);
    return OK;
}

static status
step(struct optim *o, double lr, void *p, const void *g, const bool *skip)
{
    struct adam a = {o, lr, p, g, skip};

    return team_run(o->team, o->first[o->n_slices], move_chunk, &a);
}

const struct optim_kind optim_adam = {
    "adam", {"exp_avg:", "exp_avg_sq:"}, 2, step};
