/* The data of pretraining; training.c goes through the steps. */
#include "train/pretrain.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#include "det/digest.h"
#include "train/pretrain_impl.h"
#include "train/start.h"

static const char HEADER[] = "step,lr,loss,own,other,negative,feature_sd,"
                             "grad_norm,param_norm,weights_sha256";

/* Choices of loss.name (enum pretrain_loss), and what the published wiring
 * makes of them. */
static const char *const losses[] = {"infonce", "ntxent_mined", "ntxent",
                                     "nnclr",   "swav",         "mae"};
static const char *const names[2][6] = {
    {"infonce", "ntxent_mined", "ntxent", "nnclr_gather", "swav", "mae"},
    {"infonce", "ntxent_mined", "ntxent_bank", "nnclr_bank", "swav", "mae"}};

/* Of a patch. */
static uint32_t views_of(const struct train_conf *c)
{
    return c->loss == LOSS_MAE ? 1 : 2;
}

/* 2: negatives too. */
static uint32_t kinds(const struct train_conf *c)
{
    return c->loss == LOSS_INFONCE || c->loss == LOSS_NTXENT_MINED ? 2 : 1;
}

static bool has_low(const struct train_conf *c)
{
    return c->loss == LOSS_SWAV && c->low_views > 0;
}

static struct batch_conf batch_conf_of(const struct pretrain *p)
{
    const struct train_conf *c = p->t.io->conf;
    struct augment_conf low = *p->io->augment;

    low.size = c->low_size;
    low.crop_lo = c->low_lo;
    low.crop_hi = c->low_hi;
    return (struct batch_conf){
        .seed = (uint64_t)c->seed,
        .items = (uint32_t)c->items,
        .kinds = kinds(c),
        .parts = p->t.parts,
        .part = {{views_of(c), p->io->augment->size,
                  augment_chain_conf(p->io->augment)},
                 {(uint32_t)c->low_views, low.size, augment_chain_conf(&low)}},
        .block = p->t.block};
}

static void set_objective(struct pretrain *p)
{
    const struct train_conf *c = p->t.io->conf;
    bool bank_of_one = c->wired == WIRED_PUBLISHED && c->loss != LOSS_SWAV;

    p->t.objective_conf = (struct objective_conf){
        .loss = {.name = names[c->wired][c->loss],
                 .temperature = c->temperature,
                 .groups = (uint32_t)c->groups,
                 .high = views_of(c),
                 .low = has_low(c) ? (uint32_t)c->low_views : 0,
                 .queue = bank_of_one ? 1 : (uint32_t)c->queue,
                 .epsilon = c->epsilon,
                 .rounds = (uint32_t)c->rounds},
        .bank = (uint32_t)c->bank,
        .shared = c->banks == 1,
        .queue_epoch = c->queue_epoch};
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
    training_set_steps(&p->t, sampler_steps(p->sampler));
out:
    return st;
}

/* Heads of spec 5.2. */
static status set_tail(const struct train_conf *c, struct net_conf *n)
{
    status st = OK;

    n->head_norm = c->loss == LOSS_NNCLR || c->loss == LOSS_SWAV;
    n->head_norm_last = c->loss == LOSS_NNCLR;
    if (c->loss == LOSS_SWAV) {
        n->tail = NET_PROTOTYPES;
        n->tail_prefix = "prototypes.";
        n->n_tail = 1;
        n->tail_width[0] = (int32_t)c->prototypes;
    }
    if (c->loss != LOSS_NNCLR)
        goto out;
    ENSURE(c->prediction.n >= 1 && c->prediction.n <= NET_HEAD_MAX, ERR_CONF,
           "net.prediction has %u entries: 1 to %d layers make a prediction "
           "head",
           c->prediction.n, NET_HEAD_MAX);
    n->tail = NET_PREDICTION;
    n->tail_prefix = "prediction_head.";
    n->n_tail = (int32_t)c->prediction.n;
    for (int32_t i = 0; i < n->n_tail; i++)
        n->tail_width[i] = (int32_t)c->prediction.v.i[i];
    ENSURE(
        n->tail_width[n->n_tail - 1] == n->head[n->n_head - 1], ERR_CONF,
        "net.prediction ends with %d, net.head with %d: a prediction is held "
        "against a projection, they must have one width",
        n->tail_width[n->n_tail - 1], n->head[n->n_head - 1]);
out:
    return st;
}

static status set_net(struct pretrain *p)
{
    status st = OK;
    const struct train_conf *c = p->t.io->conf;
    struct net_conf *n = &p->t.part[0].conf;

    ENSURE(c->wired == WIRED_INTENDED || c->loss == LOSS_NTXENT ||
               c->loss == LOSS_NNCLR,
           ERR_CONF,
           "loss.wired: published is of loss.name: ntxent and nnclr, not of %s",
           losses[c->loss]);
    ENSURE((c->loss == LOSS_MAE) == (c->family == NET_AUTOENCODER), ERR_CONF,
           "loss.name: %s and net.family: %s do not go together: the "
           "auto-encoder, and no other network, learns by mae",
           losses[c->loss], weights_family((enum net_family)c->family));
    TRY(train_net_conf(c, p->io->augment->size, n));
    p->t.own_target = c->loss == LOSS_MAE;
    n->head_names = NET_HEAD_LAYERS;
    n->trunk_prefix = "backbone.";
    n->head_prefix = "projection_head.";
    n->views = (int32_t)(kinds(c) * views_of(c));
    TRY(set_tail(c, n));
    if (c->loss == LOSS_MAE) {
        n->decoder = true;
        n->n_head = 0;
        n->trunk_prefix = "";
        n->head_prefix = "";
    }
    p->t.parts = has_low(c) ? 2 : 1;
    p->t.part[1].conf = *n;
    p->t.part[1].conf.views = (int32_t)c->low_views;
    for (int i = 0; i < 3; i++)
        p->t.part[1].conf.size[i] = (int32_t)c->low_size;
    set_objective(p);
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
    TRY(training_start_open(&p->t));
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

/* Start weights join the digest of the input. */
static status take_start(struct pretrain *p)
{
    status st = OK;
    char weights[SHA256_HEX];
    struct digest *d = NULL;

    TRY(training_start(&p->t, weights));
    if (weights[0] == '\0')
        return OK;
    TRY(digest_new(&d));
    digest_text(d, "start.weights", weights);
    digest_text(d, "input.patches", p->t.input);
    digest_end(d, p->t.input);
out:
    digest_free(d);
    return st;
}

static status make_parts(struct pretrain *p)
{
    status st = OK;
    struct batch_conf bc = batch_conf_of(p);

    TRY(training_make(&p->t));
    TRY(take_start(p));
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
    struct net *const net[] = {t->net, t->part[1].net};
    status st = batch_fill(p->batch, net, (uint32_t)epoch, step);

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

    training_figures(line, v, sizeof v / sizeof v[0]);
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
