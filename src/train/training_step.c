#include <math.h>
#include <string.h>

#include "nn/rate.h"
#include "train/training.h"

status training_digest(struct training *t, char hex[SHA256_HEX])
{
    status st = OK;
    int ranks = par_size(t->io->par);

    st = weights_digest(t->weights, hex);
    TRY(par_agree(t->io->par, st));
    TRY(par_allgather(t->io->par, hex, SHA256_HEX, t->peers));
    for (int r = 0; r < ranks; r++)
        ENSURE(memcmp(t->peers[r], t->peers[0], SHA256_HEX) == 0, ERR_COMM,
               "step %lld: rank %d has other weights (%.12s) than rank 0 "
               "(%.12s): faulty memory or processor on its node, or an MPI "
               "library that changes messages",
               (long long)t->step, r, t->peers[r], t->peers[0]);
out:
    return st;
}

status training_gather(struct training *t, struct training_part *p, status st)
{
    const struct meet *meet = meet_par_meet(t->meet);
    size_t row = (size_t)(p->conf.views * p->conf.m) * (size_t)p->plan.embed;

    for (uint32_t i = 0; i < t->block.n && st == OK; i++)
        net_embed_f32(p->net, i, p->mine + i * row);
    return meet->gather(meet->ctx, st, p->mine, row * sizeof(float), p->all);
}

/* The first output that is no number says which shard diverged. */
static status check_outputs(const struct training_part *p, uint32_t shards)
{
    uint32_t m = (uint32_t)p->conf.m;
    uint32_t views = (uint32_t)p->conf.views;
    uint32_t d = (uint32_t)p->plan.embed;
    size_t row = (size_t)views * m * d;
    status st = OK;

    for (size_t i = 0; i < shards * row; i++)
        ENSURE(isfinite(p->all[i]), ERR_NUMERIC,
               "shard %zu, view %zu, item %zu: output %zu of the network is "
               "not finite; the training has diverged or an input holds no "
               "number",
               i / row, i / d / m % views, i / d % m, i % d);
out:
    return st;
}

static status gather_middle(struct training *t, uint32_t shards)
{
    const struct meet *meet = meet_par_meet(t->meet);
    const struct training_part *p = &t->part[0];
    size_t row = (size_t)(p->conf.views * p->conf.m) * (size_t)p->plan.middle;
    status st = OK;

    for (uint32_t i = 0; i < t->block.n; i++)
        net_middle_f32(t->net, i, t->middle_mine + i * row);
    TRY(meet->gather(meet->ctx, OK, t->middle_mine, row * sizeof(float),
                     t->middle_all));
    loss_by_view(t->middle_all, shards, (uint32_t)p->conf.views,
                 (uint32_t)p->conf.m, (uint32_t)p->plan.middle, t->middle);
out:
    return st;
}

static void take_prototypes(struct training *t, struct objective_in *in)
{
    size_t weight;
    size_t bias;
    size_t n;
    const struct slice *s = net_slices(t->net, &n);

    if (!t->prototypes || !net_prototypes(t->net, &weight, &bias))
        return;
    in->weight = t->prototypes;
    in->bias = t->prototypes + s[weight].plain;
    slice_get_f64(&s[weight], t->dtype, net_param(t->net), t->prototypes);
    slice_get_f64(&s[bias], t->dtype, net_param(t->net),
                  t->prototypes + s[weight].plain);
}

/* Outputs of all shards to every rank, by view, one part behind the other. */
static status
gather_all(struct training *t, uint32_t shards, struct objective_in *in)
{
    status st = OK;
    double *to = t->output;

    for (uint32_t i = 0; i < t->parts; i++) {
        struct training_part *p = &t->part[i];
        uint32_t views = (uint32_t)p->conf.views;
        uint32_t d = (uint32_t)p->plan.embed;

        TRY(training_gather(t, p, OK));
        TRY(check_outputs(p, shards));
        loss_by_view(p->all, shards, views, (uint32_t)p->conf.m, d, to);
        to += (size_t)views * in->n * d;
    }
    if (t->middle)
        TRY(gather_middle(t, shards));
    take_prototypes(t, in);
out:
    return st;
}

/* Loss and its gradient on every rank. A smaller batch is its first shards; the
 * others' gradient is not looked at. */
static status loss_of_step(struct training *t,
                           uint32_t shards,
                           int64_t epoch,
                           const double *target,
                           struct loss_out *out)
{
    status st = OK;
    struct meet few = *meet_par_meet(t->meet);
    uint32_t m = (uint32_t)t->part[0].conf.m;
    struct objective_in in = {.output = t->output,
                              .middle = t->middle,
                              .n = shards * m,
                              .epoch = epoch,
                              .target = target};
    const double *grad;

    if (t->own_target)
        return net_input_error(t->net, OK, &out->value);
    TRY(gather_all(t, shards, &in));
    TRY(objective_run(t->objective, &in, out));
    few.shards = shards;
    few.shard_n = few.shard_lo >= shards                ? 0
                  : few.shard_lo + few.shard_n > shards ? shards - few.shard_lo
                                                        : few.shard_n;
    grad = out->grad;
    for (uint32_t i = 0; i < t->parts; i++) {
        uint32_t views = (uint32_t)t->part[i].conf.views;
        uint32_t d = (uint32_t)t->part[i].plan.embed;

        loss_by_shard(grad, &few, views, m, d, t->part[i].grad);
        grad += (size_t)views * in.n * d;
    }
out:
    return st;
}

/* High crops before low ones, so running statistics move in view order. */
static status forward(struct training *t, status st, uint32_t shards)
{
    net_unit_rows(t->net);
    for (uint32_t i = 0; i < t->parts; i++) {
        net_set_shards(t->part[i].net, shards);
        st = net_forward(t->part[i].net, st, !t->evaluated);
        if (t->evaluated || !net_meets(t->net))
            st = par_agree(t->io->par, st); /* no meeting was on the way */
        TRY(st);
    }
out:
    return st;
}

static status backward(struct training *t, status st)
{
    for (uint32_t i = 0; i < t->parts; i++)
        TRY(net_backward(t->part[i].net, st, t->part[i].grad));
    for (uint32_t i = 1; i < t->parts; i++)
        net_add_gradient(t->net, t->part[i].net);
out:
    return st;
}

/* The step ended in a gradient or tensor that is not finite. The sum hides
 * which shard it came from: once more, looking at each. Nothing has moved but
 * running statistics, and the training is over. */
static status blame(struct training *t, status st, uint32_t shards)
{
    status found = st;
    struct loss_out loss;
    struct trail trail;

    trail_save(&trail);
    for (uint32_t i = 0; i < t->parts; i++)
        net_look(t->part[i].net);
    TRY(forward(t, OK, shards));
    if (t->own_target)
        TRY(net_input_error(t->net, OK, &loss.value));
    TRY(backward(t, OK));
    trail_load(&trail);
    st = found;
out:
    return st;
}

/* Prototypes are not moved in the first epochs. */
static void freeze_prototypes(struct training *t, int64_t epoch)
{
    size_t weight;
    size_t bias;

    if (!net_prototypes(t->net, &weight, &bias))
        return;
    t->skip[weight] = epoch < t->io->conf->frozen_epochs;
    t->skip[bias] = t->skip[weight];
}

status training_step(struct training *t,
                     status st,
                     uint32_t shards,
                     const double *target,
                     struct step_facts *out)
{
    struct loss_out loss = {0};
    struct rate rate = train_rate(t->io->conf, t->steps);
    int64_t epoch = t->step / t->steps_per_epoch;

    out->lr = rate_at(&rate, t->step, epoch);
    TRY(forward(t, st, shards));
    TRY(net_feature_sd(t->net, OK, &out->feature_sd));
    st = loss_of_step(t, shards, epoch, target, &loss);
    TRY(backward(t, st));
    freeze_prototypes(t, epoch);
    st = optim_step(t->optim, out->lr, net_param(t->net), net_grad(t->net),
                    t->skip);
    st = par_agree(t->io->par, st);
    if (st == ERR_NUMERIC)
        st = blame(t, st, shards);
    TRY(st);
    t->step++;
    out->loss = loss.value;
    out->own = loss.own;
    out->other = loss.other;
    out->negative = loss.negative;
    optim_norms(t->optim, &out->grad_norm, &out->param_norm);
    TRY(training_digest(t, out->digest));
out:
    if (st != OK)
        status_prefix("step %lld: ", (long long)t->step + 1);
    return st;
}
