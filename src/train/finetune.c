/* The data of supervised training; training.c goes through the steps. */
#include "train/finetune.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"

#include "det/digest.h"
#include "train/finetune_impl.h"

static const char HEADER[] =
    "step,lr,loss,feature_sd,grad_norm,param_norm,weights_sha256";

/* Choices of loss.name. */
static const char *const losses[] = {"ce", "bce"};

static struct batch_conf batch_conf_of(const struct finetune *f)
{
    const struct train_conf *c = f->t.io->conf;

    return (struct batch_conf){.seed = (uint64_t)c->seed,
                               .items = (uint32_t)c->items,
                               .kinds = 1,
                               .parts = 1,
                               .part = {{1, f->t.part[0].conf.size[0],
                                         *augment_chain_of(&f->augment[0], 0)}},
                               .pick = f->set[TUNE_TRAIN].pick,
                               .block = f->t.block};
}

/* How many classes the head tells apart. */
static status count_classes(struct finetune *f)
{
    status st = OK;
    const struct train_conf *c = f->t.io->conf;
    int64_t last = c->head.n > 0 ? c->head.v.i[c->head.n - 1] : 0;

    ENSURE(c->loss != TUNE_BCE || last == 1, ERR_CONF,
           "loss.name: bce is of one output, net.head ends with %lld",
           (long long)last);
    ENSURE(c->loss != TUNE_CE || last >= 2, ERR_CONF,
           "loss.name: ce needs an output for each class, net.head ends with "
           "%lld; one output goes with loss.name: bce",
           (long long)last);
    f->classes = c->loss == TUNE_BCE ? 2 : (uint32_t)last;
out:
    return st;
}

/* Its norms look at the whole batch, also of a validation: a batch that ends
 * within a shard would have samples that are none. */
static status check_genesis(const struct train_conf *c)
{
    status st = OK;

    ENSURE(c->items == 1, ERR_CONF,
           "train.items is %lld, net.family: genesis needs 1: its norms take "
           "the statistics of exactly the rows of a batch; a larger batch is "
           "more train.shards",
           (long long)c->items);
    ENSURE(c->trunk != TRUNK_FROZEN_EVAL, ERR_CONF,
           "net.trunk: frozen_eval is of running statistics, which "
           "net.family: genesis never uses; take frozen");
out:
    return st;
}

static status set_net(struct finetune *f)
{
    status st = OK;
    const struct train_conf *c = f->t.io->conf;
    struct net_conf *n = &f->t.part[0].conf;

    if (c->family == NET_GENESIS)
        TRY(check_genesis(c));
    TRY(augment_chosen(f->io->augment, "train", &f->augment[0]));
    ENSURE(augment_views(&f->augment[0]) == 1, ERR_CONF,
           "augment.pipeline makes %d views of a patch, supervised training "
           "takes one: an adaptation or baseline pipeline",
           augment_views(&f->augment[0]));
    TRY(augment_chosen(f->io->augment, "val", &f->augment[1]));
    TRY(train_net_conf(c, augment_edge(augment_chain_of(&f->augment[0], 0)),
                       n));
    n->head_names = NET_HEAD_LIST;
    n->trunk_prefix = "trunk.";
    n->head_prefix = "heads.";
    n->views = 1;
    n->frozen_trunk = c->trunk != TRUNK_LEARNS;
    f->t.parts = 1;
    f->t.objective_conf.loss =
        (struct loss_conf){.name = losses[c->loss], .groups = 1};
    f->t.evaluated = c->trunk == TRUNK_FROZEN_EVAL;
out:
    return st;
}

/* Of everything that is read. */
static status digest_input(struct finetune *f, const char *weights)
{
    status st = OK;
    struct digest *d = NULL;

    TRY(digest_new(&d));
    digest_text(d, "start.weights", weights);
    for (int i = 0; i < TUNE_PARTS; i++)
        digest_text(d, f->set[i].name,
                    f->set[i].source ? source_facts(f->set[i].source)->digest
                                     : "");
    digest_end(d, f->t.input);
out:
    digest_free(d);
    return st;
}

static status open_sampler(struct finetune *f)
{
    status st = OK;
    const struct train_conf *c = f->t.io->conf;
    struct sampler_conf sc = {.seed = (uint64_t)c->seed,
                              .rows = f->set[TUNE_TRAIN].rows,
                              .shards = (uint32_t)c->shards,
                              .items = (uint32_t)c->items,
                              .groups = 1,
                              .keep_last = !c->drop_last};

    TRY(sampler_new(&sc, &f->sampler));
    training_set_steps(&f->t, sampler_steps(f->sampler));
out:
    return st;
}

/* Local part: backend, input, plan. */
static status prepare_rank(struct finetune *f,
                           const struct training_io *io,
                           struct training_memory *m)
{
    status st = OK;
    struct batch_conf bc;

    TRY(training_open(&f->t, io));
    f->t.name = "finetune";
    f->t.header = HEADER;
    TRY(count_classes(f));
    TRY(set_net(f));
    TRY(training_start_open(&f->t));
    TRY(tune_open_sets(f));
    TRY(open_sampler(f));
    bc = batch_conf_of(f);
    TRY(training_plan(
        &f->t,
        batch_bytes(&bc, f->set[TUNE_TRAIN].source, team_size(io->team)) +
            tune_set_bytes(f) + tune_eval_bytes(f),
        m));
out:
    return st;
}

static status start(struct finetune *f,
                    const struct finetune_io *io,
                    struct training_memory *m)
{
    f->io = io;
    return par_agree(io->run.par, prepare_rank(f, &io->run, m));
}

static status make_parts(struct finetune *f)
{
    status st = OK;
    const struct train_conf *c = f->t.io->conf;
    struct batch_conf bc = batch_conf_of(f);
    char weights[SHA256_HEX];

    TRY(training_make(&f->t));
    TRY(batch_new(&bc, f->set[TUNE_TRAIN].source, f->sampler, f->t.io->team,
                  &f->batch));
    TRY(mem_new((size_t)(c->shards * c->items), sizeof *f->target, &f->target));
    TRY(mem_new((size_t)c->items, sizeof *f->rows, &f->rows));
    TRY(tune_eval_new(f));
    TRY(training_start(&f->t, weights));
    TRY(digest_input(f, weights));
out:
    return st;
}

static void close_all(struct finetune *f)
{
    tune_eval_free(f);
    mem_free(f->target);
    mem_free(f->rows);
    batch_free(f->batch);
    training_close(&f->t);
    sampler_free(f->sampler);
    tune_close_sets(f);
}

status finetune_plan(const struct finetune_io *io, struct text *lines)
{
    status st = OK;
    const struct train_conf *c = io->run.conf;
    struct finetune f = {0};
    struct training_memory m = {0};

    TRY(start(&f, io, &m));
    text_add(lines,
             "# batch: %lld = %lld shards x %lld items, of %u rows in %u "
             "classes",
             (long long)c->shards * c->items, (long long)c->shards,
             (long long)c->items, f.set[TUNE_TRAIN].rows, f.classes);
    if (!io->inner)
        text_add(lines, "; at most %lld threads on all ranks together can work",
                 (long long)c->shards);
    text_add(lines, "\n");
    training_plan_lines(&f.t, &m, lines);
    TRY(text_status(lines));
out:
    close_all(&f);
    return st;
}

/* Labels of the batch, on every rank alike. */
static void take_labels(struct finetune *f, uint32_t epoch, uint32_t step)
{
    uint32_t m = (uint32_t)f->t.io->conf->items;
    const struct tune_set *set = &f->set[TUNE_TRAIN];

    for (uint32_t s = 0; s < sampler_shards(f->sampler, step); s++) {
        sampler_rows(f->sampler, epoch, step, s, f->rows);
        for (uint32_t j = 0; j < m; j++)
            f->target[s * m + j] = (double)set->label[set->pick[f->rows[j]]];
    }
}

static status step_hook(void *ctx, struct step_facts *out)
{
    struct finetune *f = ctx;
    struct training *t = &f->t;
    uint32_t epoch = (uint32_t)(t->step / t->steps_per_epoch);
    uint32_t step = (uint32_t)(t->step % t->steps_per_epoch);
    status st = batch_fill(f->batch, &t->net, epoch, step);

    f->unread = f->unread || st != OK;
    take_labels(f, epoch, step);
    return training_step(t, st, sampler_shards(f->sampler, step), f->target,
                         out);
}

static status after_hook(void *ctx, const struct step_facts *facts)
{
    struct finetune *f = ctx;
    status st = OK;

    (void)facts;
    if (tune_validates(f))
        TRY(tune_validate(f));
    TRY(tune_watch_step(f));
out:
    return st;
}

static void figures(const struct step_facts *f, struct text *line)
{
    const double v[] = {f->lr, f->loss, f->feature_sd, f->grad_norm,
                        f->param_norm};

    training_figures(line, v, sizeof v / sizeof v[0]);
}

static void show(const struct training *t,
                 const struct step_facts *f,
                 char *line,
                 size_t size)
{
    int len = snprintf(line, size, "step %lld loss %.4f", (long long)t->step,
                       f->loss);

    if (t->best_step >= 0)
        (void)snprintf(line + len, size - (size_t)len, " best %.4f (step %lld)",
                       t->best, (long long)t->best_step);
}

static status write_start(struct finetune *f)
{
    status st = OK;

    if (par_rank(f->t.io->par) == 0)
        st = tune_write_subset(f);
    TRY(par_agree(f->t.io->par, st));
    if (f->set[TUNE_VAL].source)
        TRY(training_log_start(&f->t, "validation.csv", TUNE_VALIDATION_HEADER,
                               tune_validations(f)));
    TRY(tune_watch_replay(f));
out:
    return st;
}

static status run(struct finetune *f, struct finetune_result *out)
{
    status st = OK;
    const struct training_hooks hooks = {.ctx = f,
                                         .step = step_hook,
                                         .after = after_hook,
                                         .figures = figures,
                                         .show = show};

    TRY(write_start(f));
    TRY(training_run(&f->t, &hooks, &out->last));
    TRY(tune_finish_best(f, &out->best));
    if (f->io->inner)
        goto out;
    TRY(tune_predict(f, TUNE_VAL));
    TRY(tune_predict(f, TUNE_TEST));
out:
    return st;
}

/* All there is before the first step. */
static status prepare(struct finetune *f, const struct finetune_io *io)
{
    struct training_memory m = {0};
    status st = OK;

    TRY(start(f, io, &m));
    st = training_check_memory(&f->t, &m);
    if (st == OK)
        st = make_parts(f);
    TRY(par_agree(io->run.par, st));
out:
    return st;
}

/* Of an error in the steps: did numbers run away, and not a file fail? */
static bool ran_away(struct finetune *f, status st)
{
    bool unread = false;

    return st == ERR_NUMERIC &&
           par_any(f->t.io->par, f->unread, &unread) == OK && !unread;
}

status finetune_run(const struct finetune_io *io, struct finetune_result *out)
{
    status st = OK;
    struct finetune f = {0};

    st = prepare(&f, io);
    out->recurs = st == ERR_CONF || st == ERR_DATA;
    TRY(st);
    if (io->run.resume)
        TRY(training_load(&f.t));
    st = run(&f, out);
    out->recurs = ran_away(&f, st);
    TRY(st);
out:
    close_all(&f);
    return st;
}

status finetune_check(const struct finetune_io *io, char input[SHA256_HEX])
{
    status st = OK;
    struct finetune f = {0};

    TRY(prepare(&f, io));
    memcpy(input, f.t.input, SHA256_HEX);
out:
    close_all(&f);
    return st;
}

static status
score(struct finetune *f, enum tune_part part, struct finetune_score *out)
{
    status st = OK;
    double v[TUNE_FIGURES] = {0};

    *out = (struct finetune_score){.rows = f->set[part].rows};
    if (out->rows == 0)
        goto out;
    TRY(tune_predict(f, part));
    TRY(tune_measure(f, &f->set[part], v));
    out->loss = v[0];
    out->auc = v[1];
    out->ap = v[2];
    out->map = v[3];
    out->ba = v[4];
    out->acc = v[5];
out:
    return st;
}

status finetune_predict(const struct finetune_io *io,
                        const char *weights,
                        struct finetune_score out[2])
{
    status st = OK;
    struct finetune f = {0};
    struct finetune_io all = *io;
    struct train_conf conf = *io->run.conf;

    conf.start = START_ALL;
    conf.weights = weights;
    all.run.conf = &conf;
    TRY(prepare(&f, &all));
    TRY(score(&f, TUNE_VAL, &out[0]));
    TRY(score(&f, TUNE_TEST, &out[1]));
out:
    close_all(&f);
    return st;
}
