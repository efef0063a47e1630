/* The parts of a training, its plan, and the way through its steps. Work of one
 * rank ends in par_agree or in a meeting that carries its status, so no rank
 * waits for one that has failed. */
#include "train/training.h"

#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "nn/fold.h"
#include "nn/rate.h"

status training_open(struct training *t, const struct training_io *io)
{
    status st = OK;

    t->io = io;
    t->best_step = -1;
    t->block =
        shard_block((uint32_t)io->conf->shards, (uint32_t)par_size(io->par),
                    (uint32_t)par_rank(io->par));
    TRY(compute_open(io->compute, &t->dev));
    t->dtype = dev_facts(t->dev).dtype;
out:
    return st;
}

static size_t output_row(const struct training *t)
{
    return (size_t)t->net_conf.views * (size_t)t->net_conf.m *
           (size_t)t->plan.embed;
}

static size_t gather_bytes(const struct training *t)
{
    size_t v = (size_t)t->io->conf->shards;

    return output_row(t) * (v * (sizeof(float) + 2 * sizeof(double)) +
                            t->block.n * (sizeof(float) + sizeof(double)));
}

status training_plan(struct training *t,
                     size_t input_bytes,
                     struct training_memory *out)
{
    status st = OK;
    const struct training_io *io = t->io;
    int threads = team_size(io->team);
    size_t vectors = io->conf->optim == OPTIM_ADAM ? 2 : 1;
    struct rate rate = train_rate(io->conf, t->steps);

    TRY(rate_check(&rate));
    TRY(net_plan(&t->net_conf, t->dtype, t->block.n, threads, &t->plan));
    out->net = t->plan.bytes_total;
    out->state = vectors * t->plan.bytes_param;
    out->meet = fold_bytes((uint32_t)io->conf->shards, t->block,
                           t->plan.grad_len, t->dtype);
    out->input = input_bytes;
    out->gather = gather_bytes(t);
    out->total = out->net + out->state + out->meet + out->input + out->gather;
out:
    return st;
}

status training_check_memory(const struct training *t,
                             const struct training_memory *m)
{
    status st = OK;
    double given = t->io->conf->memory_gb * 1e9;
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

static status make_buffers(struct training *t)
{
    status st = OK;
    size_t row = output_row(t);
    size_t v = (size_t)t->io->conf->shards;

    TRY(mem_new(t->block.n * row, sizeof(float), &t->rows_mine));
    TRY(mem_new(t->block.n * row, sizeof(double), &t->d_output));
    TRY(mem_new(v * row, sizeof(float), &t->rows_all));
    TRY(mem_new(v * row, sizeof(double), &t->output));
    TRY(mem_new((size_t)par_size(t->io->par), SHA256_HEX, &t->peers));
out:
    return st;
}

status training_make(struct training *t, struct loss_conf loss)
{
    status st = OK;
    const struct training_io *io = t->io;
    struct optim_conf oc = train_optim_conf(io->conf);
    const struct slice *slices;
    size_t n = 0;

    TRY(meet_par_new(io->par, io->team, (uint32_t)io->conf->shards,
                     t->plan.grad_len, t->dtype, &t->meet));
    TRY(net_new(&t->net_conf, meet_par_meet(t->meet), io->team, t->dev,
                &t->net));
    slices = net_slices(t->net, &n);
    TRY(mem_new(n, sizeof *t->skip, &t->skip));
    net_frozen(t->net, t->skip);
    TRY(optim_new(&oc, slices, n, io->team, t->dev, &t->optim));
    loss.n = (uint32_t)(io->conf->shards * io->conf->items);
    loss.d = (uint32_t)t->plan.embed;
    TRY(loss_new(&loss, io->team, &t->loss));
    TRY(weights_new(t->net, io->team, t->dtype, &t->weights));
    TRY(make_buffers(t));
    TRY(net_init(t->net, (uint64_t)io->conf->seed));
out:
    return st;
}

void training_close(struct training *t)
{
    mem_free(t->rows_mine);
    mem_free(t->d_output);
    mem_free(t->rows_all);
    mem_free(t->output);
    mem_free(t->peers);
    mem_free(t->skip);
    weights_free(t->weights);
    loss_free(t->loss);
    optim_free(t->optim);
    net_free(t->net);
    meet_par_free(t->meet);
    dev_close(t->dev);
}

void training_plan_lines(const struct training *t,
                         const struct training_memory *m,
                         struct text *lines)
{
    const struct train_conf *c = t->io->conf;
    double weights = 1e-9 * (double)t->plan.param_plain * (double)t->dtype;

    text_add(lines, "# steps: %lld, %u in an epoch\n", (long long)t->steps,
             t->steps_per_epoch);
    text_add(lines, "# network: %zu parameters, %d features, %d outputs\n",
             t->plan.param_plain, t->plan.features, t->plan.embed);
    text_add(lines,
             "# memory of rank 0: %.3f GB (network and gradients %.3f, "
             "optimiser %.3f, meeting %.3f, input %.3f, outputs %.3f)\n",
             (double)m->total / 1e9, (double)m->net / 1e9,
             (double)m->state / 1e9, (double)m->meet / 1e9,
             (double)m->input / 1e9, (double)m->gather / 1e9);
    text_add(lines,
             "# files: steps.csv, %lld checkpoints of %.3f GB, weights.nc "
             "of %.3f GB\n",
             (long long)c->checkpoint_keep, weights + 1e-9 * (double)m->state,
             weights);
}

static status log_step(struct training *t,
                       const struct training_hooks *hooks,
                       const struct step_facts *f)
{
    status st = OK;
    struct text line = {0};

    text_add(&line, "%lld,", (long long)t->step);
    hooks->figures(f, &line);
    text_add(&line, "%s", f->digest);
    st = text_status(&line);
    TRY(par_agree(t->io->par, st));
    TRY(training_log(t, "steps.csv", line.s));
    if (par_rank(t->io->par) == 0) {
        LOG_F64("train.loss", t->step, f->loss);
        LOG_F64("train.lr", t->step, f->lr);
    }
out:
    text_free(&line);
    return st;
}

static status after_step(struct training *t,
                         const struct training_hooks *hooks,
                         const struct step_facts *f,
                         bool *stop)
{
    status st = OK;
    const struct training_io *io = t->io;
    bool wanted = io->stop_wanted && io->stop_wanted();

    TRY(log_step(t, hooks, f));
    if (hooks->after)
        TRY(hooks->after(hooks->ctx, f));
    TRY(par_any(io->par, wanted || t->stop, stop));
    *stop = *stop || t->step == io->stop_after;
    if (*stop || t->step == t->steps ||
        t->step % io->conf->checkpoint_every == 0)
        TRY(training_save(t));
out:
    return st;
}

static status walk(struct training *t, const struct training_hooks *hooks)
{
    status st = OK;
    struct progress bar;
    struct step_facts f = {0};
    char line[TRAINING_LINE] = "";
    int64_t batch = t->io->conf->shards * t->io->conf->items;
    bool stop = t->stop || t->step == t->io->stop_after;

    progress_start(&bar, t->name, "item", t->step * batch, t->steps * batch,
                   par_rank(t->io->par) == 0 && !t->io->quiet);
    while (t->step < t->steps && !stop) {
        TRY(hooks->step(hooks->ctx, &f));
        TRY(after_step(t, hooks, &f, &stop));
        hooks->show(t, &f, line, sizeof line);
        progress_show(&bar, t->step * batch, line);
    }
    progress_end(&bar, t->step * batch, line);
    if (t->step < t->steps)
        st = STOPPED;
out:
    return st;
}

status training_run(struct training *t,
                    const struct training_hooks *hooks,
                    struct training_result *out)
{
    status st = OK;
    char digest[SHA256_HEX];

    LOG_TEXT("input.digest", -1, t->input);
    LOG_TEXT("compute.variant", -1, dev_facts(t->dev).variant);
    TRY(training_digest(t, digest)); /* all ranks start alike */
    if (t->step == 0 && t->io->conf->checkpoint_start)
        TRY(training_save_weights(t, "weights-start.nc", digest));
    TRY(training_log_start(t, "steps.csv", t->header, t->step));
    TRY(walk(t, hooks));
    TRY(training_save_weights(t, "weights.nc", out->digest));
    TRY(file_join(t->io->out, "weights.nc", &out->path));
out:
    return st;
}
