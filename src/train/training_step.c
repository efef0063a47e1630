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

status training_gather(struct training *t, status st)
{
    const struct meet *meet = meet_par_meet(t->meet);
    size_t row =
        (size_t)(t->net_conf.views * t->net_conf.m) * (size_t)t->plan.embed;

    for (uint32_t i = 0; i < t->block.n && st == OK; i++)
        net_embed_f32(t->net, i, t->rows_mine + i * row);
    return meet->gather(meet->ctx, st, t->rows_mine, row * sizeof(float),
                        t->rows_all);
}

/* The first output that is no number says which shard diverged. */
static status check_outputs(const struct training *t, uint32_t shards)
{
    uint32_t m = (uint32_t)t->net_conf.m;
    uint32_t views = (uint32_t)t->net_conf.views;
    uint32_t d = (uint32_t)t->plan.embed;
    size_t row = (size_t)views * m * d;
    status st = OK;

    for (size_t i = 0; i < shards * row; i++)
        ENSURE(isfinite(t->rows_all[i]), ERR_NUMERIC,
               "shard %zu, view %zu, item %zu: output %zu of the network is "
               "not finite; the training has diverged or an input holds no "
               "number",
               i / row, i / d / m % views, i / d % m, i % d);
out:
    return st;
}

/* Outputs of all shards to every rank, loss and its gradient there. A smaller
 * batch is its first shards; the others' gradient is not looked at. */
static status loss_of_step(struct training *t,
                           uint32_t shards,
                           const double *target,
                           struct loss_out *out)
{
    status st = OK;
    struct meet few = *meet_par_meet(t->meet);
    uint32_t m = (uint32_t)t->net_conf.m;
    uint32_t views = (uint32_t)t->net_conf.views;
    uint32_t d = (uint32_t)t->plan.embed;
    struct loss_in in = {
        .output = t->output, .n = shards * m, .target = target};

    TRY(training_gather(t, OK));
    TRY(check_outputs(t, shards));
    loss_by_view(t->rows_all, shards, views, m, d, t->output);
    TRY(loss_run(t->loss, &in, out));
    few.shards = shards;
    few.shard_n = few.shard_lo >= shards                ? 0
                  : few.shard_lo + few.shard_n > shards ? shards - few.shard_lo
                                                        : few.shard_n;
    loss_by_shard(out->grad, &few, views, m, d, t->d_output);
out:
    return st;
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
    net_set_shards(t->net, shards);
    st = net_forward(t->net, st, !t->evaluated);
    if (t->evaluated)
        st = par_agree(t->io->par, st); /* no meeting was on the way */
    TRY(st);
    TRY(net_feature_sd(t->net, OK, &out->feature_sd));
    st = loss_of_step(t, shards, target, &loss);
    TRY(net_backward(t->net, st, t->d_output));
    st = optim_step(t->optim, out->lr, net_param(t->net), net_grad(t->net),
                    t->skip);
    TRY(par_agree(t->io->par, st));
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
