#include <string.h>

#include "nn/rate.h"
#include "train/pretrain_impl.h"

status pretrain_digest(struct pretrain *p, char hex[SHA256_HEX])
{
    status st = OK;
    int ranks = par_size(p->io->par);

    st = weights_digest(p->weights, hex);
    TRY(par_agree(p->io->par, st));
    TRY(par_allgather(p->io->par, hex, SHA256_HEX, p->peers));
    for (int r = 0; r < ranks; r++)
        ENSURE(memcmp(p->peers[r], p->peers[0], SHA256_HEX) == 0, ERR_COMM,
               "step %lld: rank %d has other weights (%.12s) than rank 0 "
               "(%.12s): faulty memory or processor on its node, or an MPI "
               "library that changes messages",
               (long long)p->step, r, p->peers[r], p->peers[0]);
out:
    return st;
}

/* Embeddings of all shards to every rank, loss and its gradient there. */
static status loss_of_step(struct pretrain *p, struct loss_out *out)
{
    status st = OK;
    const struct meet *meet = meet_par_meet(p->meet);
    uint32_t m = (uint32_t)p->io->conf->items;
    uint32_t views = (uint32_t)p->net_conf.views;
    uint32_t d = (uint32_t)p->plan.embed;
    size_t row = (size_t)views * m * d;
    struct loss_in in = {.output = p->embed};

    for (uint32_t i = 0; i < p->block.n; i++)
        net_embed_f32(p->net, i, p->rows_mine + i * row);
    TRY(meet->gather(meet->ctx, OK, p->rows_mine, row * sizeof(float),
                     p->rows_all));
    loss_by_view(p->rows_all, meet->shards, views, m, d, p->embed);
    in.n = meet->shards * m;
    TRY(loss_run(p->loss, &in, out));
    loss_by_shard(out->grad, meet, views, m, d, p->d_embed);
out:
    return st;
}

status pretrain_step(struct pretrain *p, struct step_facts *out)
{
    status st = OK;
    struct loss_out loss = {0};
    struct rate rate = train_rate(p->io->conf, p->steps);
    int64_t epoch = p->step / p->steps_per_epoch;
    uint32_t step = (uint32_t)(p->step % p->steps_per_epoch);

    out->lr = rate_at(&rate, p->step, epoch);
    st = batch_fill(p->batch, p->net, (uint32_t)epoch, step);
    TRY(net_forward(p->net, st, true));
    TRY(net_feature_sd(p->net, OK, &out->feature_sd));
    st = loss_of_step(p, &loss);
    TRY(net_backward(p->net, st, p->d_embed));
    st = optim_step(p->optim, out->lr, net_param(p->net), net_grad(p->net),
                    NULL);
    TRY(par_agree(p->io->par, st));
    p->step++;
    out->loss = loss.value;
    out->own = loss.own;
    out->other = loss.other;
    out->negative = loss.negative;
    optim_norms(p->optim, &out->grad_norm, &out->param_norm);
    TRY(pretrain_digest(p, out->digest));
out:
    if (st != OK)
        status_prefix("step %lld: ", (long long)p->step + 1);
    return st;
}
