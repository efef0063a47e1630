/* The data of pretraining; training.c goes through the steps. */
#include "train/pretrain.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#include "train/pretrain_impl.h"

static const char HEADER[] = "step,lr,loss,own,other,negative,feature_sd,"
                             "grad_norm,param_norm,weights_sha256";

/* Choices of loss.name; the last needs no negatives. */
static const char *const losses[] = {"infonce", "ntxent_mined", "ntxent"};
enum { NTXENT = 2, VIEWS = 2 };

static uint32_t kinds(const struct train_conf *c)
{
    return c->loss == NTXENT ? 1 : 2;
}

static struct batch_conf batch_conf_of(const struct pretrain *p)
{
    const struct train_conf *c = p->t.io->conf;

    return (struct batch_conf){.seed = (uint64_t)c->seed,
                               .items = (uint32_t)c->items,
                               .kinds = kinds(c),
                               .views = VIEWS,
                               .size = p->io->augment->size,
                               .chain = augment_chain_conf(p->io->augment),
                               .block = p->t.block};
}

static status open_input(struct pretrain *p)
{
    status st = OK;
    const struct train_conf *c = p->t.io->conf;
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
    ENSURE(!source_facts(p->source)->normalised, ERR_DATA,
           "%s: patches of the inference path are normalised, pretraining "
           "needs HU: prepare them with patch.path training",
           c->patches);
    if (p->io->live && p->io->live->from == LIVE_LIVE && kinds(c) > 1)
        TRY(source_live(p->source, p->io->live, (uint64_t)c->seed,
                        p->io->cut_of));
    ENSURE(kinds(c) == 1 || source_facts(p->source)->live ||
               source_facts(p->source)->negatives >= 1,
           ERR_DATA,
           "%s: has no negatives, loss.name: %s needs them: prepare it with "
           "negatives.stored, or set negatives.from to live",
           c->patches, losses[c->loss]);
    sc.rows = source_facts(p->source)->rows;
    TRY(sampler_new(&sc, &p->sampler));
    TRY(source_all_numbers(p->source, "input.patches", c->patches, sc.rows,
                           NULL,
                           kinds(c) > 1 && !source_facts(p->source)->live));
    memcpy(p->t.input, source_facts(p->source)->digest, SHA256_HEX);
    p->t.steps_per_epoch = sampler_steps(p->sampler);
    p->t.steps = c->steps ? c->steps : c->epochs * p->t.steps_per_epoch;
out:
    return st;
}

static status set_net(struct pretrain *p)
{
    status st = OK;
    const struct train_conf *c = p->t.io->conf;
    struct net_conf *n = &p->t.net_conf;

    TRY(train_net_conf(c, p->io->augment->size, n));
    n->head_names = NET_HEAD_LAYERS;
    n->trunk_prefix = "backbone.";
    n->head_prefix = "projection_head.";
    n->views = (int32_t)(kinds(c) * VIEWS);
    n->joint = c->norm_batches == 1;
out:
    return st;
}

/* Local part: backend, input, plan. */
static status prepare_rank(struct pretrain *p,
                           const struct training_io *io,
                           struct training_memory *m)
{
    status st = OK;
    struct batch_conf bc;

    TRY(training_open(&p->t, io));
    p->t.name = "pretrain";
    p->t.header = HEADER;
    TRY(open_input(p));
    TRY(set_net(p));
    bc = batch_conf_of(p);
    TRY(training_plan(&p->t,
                      batch_bytes(&bc, p->source, team_size(io->team)) +
                          source_facts(p->source)->bytes,
                      m));
out:
    return st;
}

static status start(struct pretrain *p,
                    const struct pretrain_io *io,
                    struct training_memory *m)
{
    p->io = io;
    return par_agree(io->run.par, prepare_rank(p, &io->run, m));
}

static status make_parts(struct pretrain *p)
{
    status st = OK;
    const struct train_conf *c = p->t.io->conf;
    struct batch_conf bc = batch_conf_of(p);
    struct loss_conf lc = {.name = losses[c->loss],
                           .temperature = c->temperature,
                           .groups = (uint32_t)c->groups};

    TRY(training_make(&p->t, lc));
    TRY(batch_new(&bc, p->source, p->sampler, p->t.io->team, &p->batch));
out:
    return st;
}

void pretrain_close(struct pretrain *p)
{
    batch_free(p->batch);
    training_close(&p->t);
    sampler_free(p->sampler);
    source_close(p->source);
}

status pretrain_plan(const struct pretrain_io *io, struct text *lines)
{
    status st = OK;
    const struct train_conf *c = io->run.conf;
    struct pretrain p = {0};
    struct training_memory m = {0};

    TRY(start(&p, io, &m));
    text_add(lines,
             "# batch: %lld = %lld shards x %lld items, in %lld groups, of %u "
             "rows; at most %lld threads on all ranks together can work\n",
             (long long)c->shards * c->items, (long long)c->shards,
             (long long)c->items, (long long)c->groups,
             source_facts(p.source)->rows, (long long)c->shards);
    training_plan_lines(&p.t, &m, lines);
    TRY(text_status(lines));
out:
    pretrain_close(&p);
    return st;
}

status pretrain_step(struct pretrain *p, struct step_facts *out)
{
    struct training *t = &p->t;
    int64_t epoch = t->step / t->steps_per_epoch;
    uint32_t step = (uint32_t)(t->step % t->steps_per_epoch);
    status st = batch_fill(p->batch, t->net, (uint32_t)epoch, step);

    return training_step(t, st, sampler_shards(p->sampler, step), NULL, out);
}

static status step_hook(void *ctx, struct step_facts *out)
{
    return pretrain_step(ctx, out);
}

static void figures(const struct step_facts *f, struct text *line)
{
    const double v[] = {f->lr,        f->loss,      f->own,
                        f->other,     f->negative,  f->feature_sd,
                        f->grad_norm, f->param_norm};

    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) {
        text_double(line, v[i]);
        text_put(line, ",", 1);
    }
}

static void show(const struct training *t,
                 const struct step_facts *f,
                 char *line,
                 size_t size)
{
    (void)snprintf(line, size,
                   "step %lld loss %.4f own %.3f other %.3f negative %.3f sd "
                   "%.3f",
                   (long long)t->step, f->loss, f->own, f->other, f->negative,
                   f->feature_sd);
}

/* The warning of a collapsed encoder: all lesions on one point. */
static status watch_health(void *ctx, const struct step_facts *f)
{
    const struct training *t = &((struct pretrain *)ctx)->t;

    if (par_rank(t->io->par) != 0 || t->step % 10 != 0 || t->step < 20)
        return OK;
    if (f->own > 0.95 && f->other > 0.95) {
        log_warn("step %lld: the encoder collapses: other lesions look like "
                 "the own one (similarity %.3f and %.3f, feature deviation "
                 "%.3f); norm.batches: per_view can do this on small batches, "
                 "joint cannot",
                 (long long)t->step, f->other, f->own, f->feature_sd);
        LOG_F64("train.collapse", t->step, f->other);
    }
    return OK;
}

status pretrain_open(struct pretrain *p, const struct pretrain_io *io)
{
    status st = OK;
    struct training_memory m = {0};

    TRY(start(p, io, &m));
    st = training_check_memory(&p->t, &m);
    if (st == OK)
        st = make_parts(p);
    TRY(par_agree(io->run.par, st));
out:
    return st;
}

status pretrain_run(const struct pretrain_io *io, struct training_result *out)
{
    status st = OK;
    struct pretrain p = {0};
    const struct training_hooks hooks = {.ctx = &p,
                                         .step = step_hook,
                                         .after = watch_health,
                                         .figures = figures,
                                         .show = show};

    TRY(pretrain_open(&p, io));
    if (io->run.resume)
        TRY(training_load(&p.t));
    TRY(training_run(&p.t, &hooks, out));
out:
    pretrain_close(&p);
    return st;
}
