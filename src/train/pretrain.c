/* Open everything (memory is planned and held against what there is), go
 * through the steps, close. Work of one rank ends in par_agree or in a meeting
 * that carries its status, so no rank waits for one that has failed. */
#include "train/pretrain.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "nn/fold.h"
#include "train/pretrain_impl.h"

static size_t gather_bytes(const struct pretrain *p)
{
    size_t row = (size_t)p->net_conf.views * (size_t)p->io->conf->items *
                 (size_t)p->plan.embed;
    size_t v = (size_t)p->io->conf->shards;

    return row * (v * (sizeof(float) + 2 * sizeof(double)) +
                  p->block.n * (sizeof(float) + sizeof(double)));
}

static struct batch_conf batch_conf_of(const struct pretrain *p)
{
    return (struct batch_conf){.seed = (uint64_t)p->io->conf->seed,
                               .items = (uint32_t)p->io->conf->items,
                               .augment = *p->io->augment,
                               .block = p->block};
}

static status open_input(struct pretrain *p)
{
    status st = OK;
    const struct train_conf *c = p->io->conf;
    struct sampler_conf sc = {.seed = (uint64_t)c->seed,
                              .shards = (uint32_t)c->shards,
                              .items = (uint32_t)c->items,
                              .groups = (uint32_t)c->groups};

    if (strcmp(c->patches, "computed") == 0)
        TRY(source_computed((uint64_t)c->seed, (uint32_t)c->computed_rows,
                            (uint32_t)p->io->augment->size, &p->source));
    else
        TRY(source_store(c->patches, (uint64_t)(c->cache_gb * 1e9),
                         &p->source));
    ENSURE(source_facts(p->source)->negatives >= 1, ERR_DATA,
           "%s: has no negatives, pretraining needs them: prepare it with "
           "negatives: stored:K",
           c->patches);
    sc.rows = source_facts(p->source)->rows;
    TRY(sampler_new(&sc, &p->sampler));
    p->steps_per_epoch = sampler_steps(p->sampler);
    p->steps = c->steps ? c->steps : c->epochs * p->steps_per_epoch;
out:
    return st;
}

static status plan_memory(struct pretrain *p, struct pretrain_memory *out)
{
    status st = OK;
    const struct pretrain_io *io = p->io;
    struct batch_conf bc = batch_conf_of(p);
    int threads = team_size(io->team);

    TRY(train_net_conf(io->conf, io->augment->size, &p->net_conf));
    TRY(net_plan(&p->net_conf, p->dtype, p->block.n, threads, &p->plan));
    out->net = p->plan.bytes_total;
    out->state = p->plan.bytes_param;
    out->meet = fold_bytes((uint32_t)io->conf->shards, p->block,
                           p->plan.grad_len, p->dtype);
    out->input =
        batch_bytes(&bc, p->source, threads) + source_facts(p->source)->bytes;
    out->gather = gather_bytes(p);
    out->total = out->net + out->state + out->meet + out->input + out->gather;
out:
    return st;
}

static status check_memory(const struct pretrain *p,
                           const struct pretrain_memory *m)
{
    status st = OK;
    double given = p->io->conf->memory_gb * 1e9;
    double limit = given > 0 ? given : (double)mem_available();

    ENSURE(limit <= 0 || (double)m->total <= limit, ERR_MEM,
           "the plan needs %.3g GB on a rank, %s %.3g GB: take more ranks "
           "(fewer shards on each), smaller train.items, or a machine with "
           "more memory; --dry-run shows the plan",
           (double)m->total / 1e9,
           given > 0 ? "compute.memory_gb allows" : "the machine has free",
           limit / 1e9);
out:
    return st;
}

static status make_buffers(struct pretrain *p)
{
    status st = OK;
    const struct train_conf *c = p->io->conf;
    size_t row =
        (size_t)p->net_conf.views * (size_t)c->items * (size_t)p->plan.embed;
    size_t v = (size_t)c->shards;

    TRY(mem_new(p->block.n * row, sizeof(float), &p->rows_mine));
    TRY(mem_new(p->block.n * row, sizeof(double), &p->d_embed));
    TRY(mem_new(v * row, sizeof(float), &p->rows_all));
    TRY(mem_new(v * row, sizeof(double), &p->embed));
    TRY(mem_new((size_t)par_size(p->io->par), SHA256_HEX, &p->peers));
out:
    return st;
}

static status make_parts(struct pretrain *p)
{
    status st = OK;
    const struct pretrain_io *io = p->io;
    struct loss_conf lc = train_loss_conf(io->conf);
    struct optim_conf oc = train_optim_conf(io->conf);
    struct batch_conf bc = batch_conf_of(p);
    struct rate rate = train_rate(io->conf, p->steps);
    const struct slice *slices;
    size_t n = 0;

    TRY(rate_check(&rate));
    TRY(meet_par_new(io->par, io->team, (uint32_t)io->conf->shards,
                     p->plan.grad_len, p->dtype, &p->meet));
    TRY(net_new(&p->net_conf, meet_par_meet(p->meet), io->team, p->dev,
                &p->net));
    slices = net_slices(p->net, &n);
    TRY(optim_new(&oc, slices, n, io->team, p->dev, &p->optim));
    TRY(loss_new(&lc, io->team, &p->loss));
    TRY(weights_new(p->net, io->team, p->dtype, &p->weights));
    TRY(batch_new(&bc, p->source, p->sampler, io->team, &p->batch));
    TRY(make_buffers(p));
    TRY(net_init(p->net, (uint64_t)io->conf->seed));
out:
    return st;
}

void pretrain_close(struct pretrain *p)
{
    mem_free(p->rows_mine);
    mem_free(p->d_embed);
    mem_free(p->rows_all);
    mem_free(p->embed);
    mem_free(p->peers);
    batch_free(p->batch);
    weights_free(p->weights);
    loss_free(p->loss);
    optim_free(p->optim);
    net_free(p->net);
    meet_par_free(p->meet);
    sampler_free(p->sampler);
    source_close(p->source);
    dev_close(p->dev);
}

/* Local part: backend, input, plan. */
static status prepare_rank(struct pretrain *p, struct pretrain_memory *m)
{
    status st = OK;

    TRY(compute_open(p->io->compute, &p->dev));
    p->dtype = dev_facts(p->dev).dtype;
    TRY(open_input(p));
    TRY(plan_memory(p, m));
out:
    return st;
}

static status start(struct pretrain *p,
                    const struct pretrain_io *io,
                    struct pretrain_memory *m)
{
    p->io = io;
    p->block =
        shard_block((uint32_t)io->conf->shards, (uint32_t)par_size(io->par),
                    (uint32_t)par_rank(io->par));
    return par_agree(io->par, prepare_rank(p, m));
}

static void plan_lines(const struct pretrain *p,
                       const struct pretrain_memory *m,
                       struct text *t)
{
    const struct train_conf *c = p->io->conf;

    text_add(t,
             "# batch: %lld = %lld shards x %lld items, in %lld groups; "
             "at most %lld threads on all ranks together can work\n",
             (long long)c->shards * c->items, (long long)c->shards,
             (long long)c->items, (long long)c->groups, (long long)c->shards);
    text_add(t, "# steps: %lld, %u in an epoch of %u rows\n",
             (long long)p->steps, p->steps_per_epoch,
             source_facts(p->source)->rows);
    text_add(t, "# network: %zu parameters, %d features, %d outputs\n",
             p->plan.param_plain, p->plan.features, p->plan.embed);
    text_add(t,
             "# memory of rank 0: %.3f GB (network and gradients %.3f, "
             "momentum %.3f, meeting %.3f, input %.3f, embeddings %.3f)\n",
             (double)m->total / 1e9, (double)m->net / 1e9,
             (double)m->state / 1e9, (double)m->meet / 1e9,
             (double)m->input / 1e9, (double)m->gather / 1e9);
    text_add(t,
             "# files: steps.csv, %lld checkpoints of %.3f GB, weights.nc "
             "of %.3f GB\n",
             (long long)c->checkpoint_keep,
             2e-9 * (double)p->plan.param_plain * (double)p->dtype,
             1e-9 * (double)p->plan.param_plain * (double)p->dtype);
}

status pretrain_plan(const struct pretrain_io *io, struct text *lines)
{
    status st = OK;
    struct pretrain p = {0};
    struct pretrain_memory m = {0};

    TRY(start(&p, io, &m));
    plan_lines(&p, &m, lines);
    TRY(text_status(lines));
out:
    pretrain_close(&p);
    return st;
}

/* The warning of a collapsed encoder: all lesions on one point. */
static void watch_health(const struct pretrain *p, const struct step_facts *f)
{
    if (p->step % 10 != 0 || p->step < 20)
        return;
    if (f->own > 0.95 && f->other > 0.95) {
        log_warn("step %lld: the encoder collapses: other lesions look like "
                 "the own one (similarity %.3f and %.3f, feature deviation "
                 "%.3f); norm.batches: per_view can do this on small batches, "
                 "joint cannot",
                 (long long)p->step, f->other, f->own, f->feature_sd);
        LOG_F64("train.collapse", p->step, f->other);
    }
}

static status finish_run(struct pretrain *p, struct pretrain_result *out)
{
    status st = OK;

    TRY(pretrain_save_weights(p, "weights.nc", out->digest));
    TRY(file_join(p->io->out, "weights.nc", &out->path));
out:
    return st;
}

static status
after_step(struct pretrain *p, const struct step_facts *f, bool *stop)
{
    status st = OK;
    const struct pretrain_io *io = p->io;
    bool wanted = io->stop_wanted && io->stop_wanted();

    st = pretrain_log_step(p, f);
    TRY(par_agree(io->par, st));
    if (par_rank(io->par) == 0)
        watch_health(p, f);
    TRY(par_any(io->par, wanted, stop));
    *stop = *stop || p->step == io->stop_after;
    if (*stop || p->step == p->steps ||
        p->step % io->conf->checkpoint_every == 0)
        TRY(pretrain_save(p));
out:
    return st;
}

static status train(struct pretrain *p)
{
    status st = OK;
    struct progress bar;
    struct step_facts f = {0};
    char line[128] = "";
    int64_t batch = p->io->conf->shards * p->io->conf->items;
    bool stop = p->step == p->io->stop_after;

    progress_start(&bar, "pretrain", "item", p->step * batch, p->steps * batch,
                   par_rank(p->io->par) == 0 && !p->io->quiet);
    while (p->step < p->steps && !stop) {
        TRY(pretrain_step(p, &f));
        TRY(after_step(p, &f, &stop));
        (void)snprintf(line, sizeof line,
                       "step %lld loss %.4f own %.3f other %.3f negative "
                       "%.3f sd %.3f",
                       (long long)p->step, f.loss, f.own, f.other, f.negative,
                       f.feature_sd);
        progress_show(&bar, p->step * batch, line);
    }
    progress_end(&bar, p->step * batch, line);
    if (p->step < p->steps)
        st = STOPPED;
out:
    return st;
}

status pretrain_open(struct pretrain *p, const struct pretrain_io *io)
{
    status st = OK;
    struct pretrain_memory m = {0};

    TRY(start(p, io, &m));
    st = check_memory(p, &m);
    if (st == OK)
        st = make_parts(p);
    TRY(par_agree(io->par, st));
out:
    return st;
}

status pretrain_run(const struct pretrain_io *io, struct pretrain_result *out)
{
    status st = OK;
    struct pretrain p = {0};
    char digest[SHA256_HEX];

    TRY(pretrain_open(&p, io));
    LOG_TEXT("input.digest", -1, source_facts(p.source)->digest);
    LOG_TEXT("compute.variant", -1, dev_facts(p.dev).variant);
    if (io->resume)
        TRY(pretrain_load(&p));
    TRY(pretrain_digest(&p, digest)); /* all ranks start alike */
    if (p.step == 0 && io->conf->checkpoint_start)
        TRY(pretrain_save_weights(&p, "weights-start.nc", digest));
    TRY(pretrain_log_start(&p));
    TRY(train(&p));
    TRY(finish_run(&p, out));
out:
    pretrain_close(&p);
    return st;
}
