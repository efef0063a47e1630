/* The parts of a training, its plan, and the way through its steps. Work of one
 * rank ends in par_agree or in a meeting that carries its status, so no rank
 * waits for one that has failed. */
#include "train/training.h"

#include <stdio.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

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

void training_set_steps(struct training *t, uint32_t steps_per_epoch)
{
    const struct train_conf *c = t->io->conf;

    t->steps_per_epoch = steps_per_epoch;
    t->steps = c->steps ? c->steps : c->epochs * steps_per_epoch;
}

void training_figures(struct text *line, const double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        text_double(line, v[i]);
        text_put(line, ",", 1);
    }
}

/* Values of a shard. */
static size_t output_row(const struct training_part *p)
{
    return (size_t)p->conf.views * (size_t)p->conf.m * (size_t)p->plan.embed;
}

static size_t middle_row(const struct training_part *p)
{
    return (size_t)p->conf.views * (size_t)p->conf.m * (size_t)p->plan.middle;
}

static size_t gather_bytes(const struct training *t)
{
    size_t v = (size_t)t->io->conf->shards;
    size_t bytes;

    if (t->own_target)
        return 0;
    bytes = objective_bytes(&t->objective_conf);
    for (uint32_t i = 0; i < t->parts; i++)
        bytes += output_row(&t->part[i]) *
                 (v * (sizeof(float) + 2 * sizeof(double)) +
                  t->block.n * (sizeof(float) + sizeof(double)));
    return bytes;
}

/* All networks; they share parameters and running statistics. */
static status plan_parts(struct training *t, struct training_memory *out)
{
    int threads = team_size(t->io->team);
    status st = OK;

    out->net = 0;
    for (uint32_t i = 0; i < t->parts; i++) {
        struct training_part *p = &t->part[i];

        TRY(net_plan(&p->conf, t->dtype, t->block.n, threads, &p->plan));
        out->net += p->plan.bytes_total - (i > 0 ? p->plan.bytes_param : 0);
    }
out:
    return st;
}

status training_plan(struct training *t,
                     size_t input_bytes,
                     struct training_memory *out)
{
    status st = OK;
    const struct training_io *io = t->io;
    const struct net_plan *plan = &t->part[0].plan;
    size_t vectors = io->conf->optim == OPTIM_ADAM ? 2 : 1;
    struct rate rate = train_rate(io->conf, t->steps);

    TRY(rate_check(&rate));
    TRY(plan_parts(t, out));
    t->objective_conf.loss.n = (uint32_t)(io->conf->shards * io->conf->items);
    t->objective_conf.loss.d = (uint32_t)plan->embed;
    t->objective_conf.middle = (uint32_t)plan->middle;
    out->state = vectors * plan->bytes_param;
    out->meet =
        meet_par_bytes(io->par, team_size(io->team), (uint32_t)io->conf->shards,
                       plan->grad_len, t->dtype);
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

/* What is kept of the middle, and of prototypes. */
static status make_middle(struct training *t)
{
    status st = OK;
    size_t row = middle_row(&t->part[0]);
    size_t v = (size_t)t->io->conf->shards;
    size_t d = (size_t)t->part[0].plan.embed;
    size_t weight;
    size_t bias;

    TRY(mem_new(t->block.n * row, sizeof(float), &t->middle_mine));
    TRY(mem_new(v * row, sizeof(float), &t->middle_all));
    TRY(mem_new(v * row, sizeof(double), &t->middle));
    if (net_prototypes(t->net, &weight, &bias))
        TRY(mem_new(d * ((size_t)t->part[0].plan.middle + 1), sizeof(double),
                    &t->prototypes));
out:
    return st;
}

static status make_buffers(struct training *t)
{
    status st = OK;
    size_t v = (size_t)t->io->conf->shards;
    size_t all = 0;

    TRY(mem_new((size_t)par_size(t->io->par), SHA256_HEX, &t->peers));
    if (t->own_target)
        return OK;
    for (uint32_t i = 0; i < t->parts; i++) {
        struct training_part *p = &t->part[i];
        size_t row = output_row(p);

        TRY(mem_new(t->block.n * row, sizeof(float), &p->mine));
        TRY(mem_new(t->block.n * row, sizeof(double), &p->grad));
        TRY(mem_new(v * row, sizeof(float), &p->all));
        all += row;
    }
    TRY(mem_new(v * all, sizeof(double), &t->output));
    if (objective_needs_middle(t->objective))
        TRY(make_middle(t));
out:
    return st;
}

static status make_nets(struct training *t)
{
    status st = OK;
    const struct training_io *io = t->io;
    struct training_part *p = t->part;

    TRY(meet_par_new(io->par, io->team, (uint32_t)io->conf->shards,
                     p[0].plan.grad_len, t->dtype, &t->meet));
    TRY(net_new(&p[0].conf, meet_par_meet(t->meet), io->team, t->dev,
                &p[0].net));
    t->net = p[0].net;
    for (uint32_t i = 1; i < t->parts; i++)
        TRY(net_twin(t->net, &p[i].conf, &p[i].net));
out:
    return st;
}

status training_make(struct training *t)
{
    status st = OK;
    const struct training_io *io = t->io;
    struct optim_conf oc = train_optim_conf(io->conf);
    const struct slice *slices;
    size_t n = 0;

    TRY(make_nets(t));
    slices = net_slices(t->net, &n);
    TRY(mem_new(n, sizeof *t->skip, &t->skip));
    net_frozen(t->net, t->skip);
    TRY(optim_new(&oc, slices, n, io->team, t->dev, &t->optim));
    t->objective_conf.seed = (uint64_t)io->conf->seed;
    if (!t->own_target)
        TRY(objective_new(&t->objective_conf, io->team, &t->objective));
    TRY(weights_new(t->net, io->team, t->dtype, &t->weights));
    TRY(make_buffers(t));
    TRY(net_init(t->net, (uint64_t)io->conf->seed));
out:
    return st;
}

void training_close(struct training *t)
{
    import_close(t->start);
    for (uint32_t i = t->parts; i-- > 0;) {
        mem_free(t->part[i].mine);
        mem_free(t->part[i].all);
        mem_free(t->part[i].grad);
    }
    mem_free(t->output);
    mem_free(t->middle_mine);
    mem_free(t->middle_all);
    mem_free(t->middle);
    mem_free(t->prototypes);
    mem_free(t->peers);
    mem_free(t->skip);
    weights_free(t->weights);
    objective_free(t->objective);
    optim_free(t->optim);
    for (uint32_t i = t->parts; i-- > 0;) /* twins first */
        net_free(t->part[i].net);
    meet_par_free(t->meet);
    dev_close(t->dev);
}

void training_plan_lines(const struct training *t,
                         const struct training_memory *m,
                         struct text *lines)
{
    const struct train_conf *c = t->io->conf;
    double weights =
        1e-9 * (double)t->part[0].plan.param_plain * (double)t->dtype;

    text_add(lines, "# steps: %lld, %u in an epoch\n", (long long)t->steps,
             t->steps_per_epoch);
    text_add(lines, "# network: %zu parameters, %d features, %d outputs\n",
             t->part[0].plan.param_plain, t->part[0].plan.features,
             t->part[0].plan.embed);
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
