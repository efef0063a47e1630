/* The network of an extraction and what is done to a patch before it. */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#include "det/stream.h"
#include "train/extract_impl.h"
#include "train/import.h"

/* The stride of the stem is not in the weights: it fits any. */
static void set_stem(struct extract *x, bool told)
{
    const struct extract_io *io = x->io;
    int32_t origin = x->conf.conv1_stride;
    bool say = par_rank(io->par) == 0 && !io->quiet;

    if (io->stem > 0)
        x->conf.conv1_stride = io->stem;
    if (io->stem > 0 && io->stem != origin && par_rank(io->par) == 0)
        log_warn("%s: %s stem stride %d, here it is %d (extract.stem_stride); "
                 "the weights fit, but their features change",
                 io->weights,
                 told ? "was trained with"
                      : "says no stem stride; the published weights have",
                 origin, io->stem);
    else if (io->stem == 0 && !told && say)
        log_info("%s says no stem stride; taken as the published weights have "
                 "it, 2",
                 io->weights);
}

/* No larger than needed to have every thread at work. */
static void set_batch(struct extract *x)
{
    uint32_t rows = source_facts(x->io->source)->rows;
    uint32_t threads = x->meet.shards * (uint32_t)par_size(x->io->par);
    uint32_t each = (rows + threads - 1) / threads;

    x->batch = each < x->io->batch ? each : x->io->batch;
    x->conf.m = (int32_t)x->batch;
}

/* Rows that share the statistics of norms: a shard each, all on one rank. */
static status set_group(struct extract *x, enum dtype dtype)
{
    status st = OK;
    struct team *team = x->io->team;
    struct net_plan plan;

    ENSURE(!x->io->fold, ERR_CONF,
           "extract.fold needs running statistics; Models Genesis takes those "
           "of the batch");
    ENSURE(x->io->stem == 0, ERR_CONF,
           "extract.stem_stride: %d, but Models Genesis has no stem",
           x->io->stem);
    x->group = x->io->group;
    x->batch = 1;
    x->conf.m = 1;
    TRY(net_plan(&x->conf, dtype, x->group, team_size(team), &plan));
    TRY(meet_local_new(x->group, plan.sum_len, dtype, team, &x->local));
    x->meet = *meet_local_get(x->local);
out:
    return st;
}

static status check_autoencoder(const struct extract *x)
{
    status st = OK;

    ENSURE(!x->io->fold, ERR_CONF,
           "extract.fold needs batch norms; the auto-encoder has none");
    ENSURE(x->io->stem == 0, ERR_CONF,
           "extract.stem_stride: %d, but the auto-encoder has no stem",
           x->io->stem);
out:
    return st;
}

static status set_shards(struct extract *x, enum dtype dtype, bool told)
{
    status st = OK;

    if (x->conf.family == NET_GENESIS)
        return set_group(x, dtype);
    if (x->conf.family == NET_AUTOENCODER)
        TRY(check_autoencoder(x));
    else
        set_stem(x, told);
    x->meet.shards = (uint32_t)team_size(x->io->team);
    x->meet.shard_n = x->meet.shards;
    set_batch(x);
out:
    return st;
}

static status open_net(struct extract *x)
{
    status st = OK;
    struct import *file = NULL;
    enum dtype dtype;
    bool told = false;

    TRY(compute_open(x->io->compute, &x->dev));
    dtype = dev_facts(x->dev).dtype;
    TRY(import_open(x->io->weights, &file));
    TRY(import_net_conf(file, &x->conf, &told));
    x->conf.n_head = 0;
    x->conf.tail = NET_NO_TAIL;
    x->conf.n_tail = 0;
    x->conf.decoder = false;
    TRY(set_shards(x, dtype, told));
    TRY(net_new(&x->conf, &x->meet, x->io->team, x->dev, &x->net));
    TRY(import_fill(file, &x->conf, x->net, x->io->team, dtype, true));
    if (x->io->fold)
        net_fold(x->net);
    memcpy(x->done.weights, import_digest(file), SHA256_HEX);
out:
    import_close(file);
    return st;
}

/* The steps of a baseline, with the network's edge for the file's. */
static status open_chain(struct extract *x)
{
    static const char *const config[] = {
        [EXTRACT_MED3D] = "baselines/med3d/finetune",
        [EXTRACT_GENESIS] = "baselines/models_genesis/finetune"};
    status st = OK;
    const struct source_facts *f = source_facts(x->io->source);
    enum extract_pipeline choice = x->io->pipeline;
    struct augment_pipeline p;

    if (choice == EXTRACT_AUTO)
        choice =
            x->conf.family == NET_GENESIS ? EXTRACT_GENESIS : EXTRACT_PLAIN;
    if (choice == EXTRACT_PLAIN)
        return OK;
    ENSURE(!f->normalised, ERR_CONF,
           "the transforms of %s begin with HU, patch.path: inference gives "
           "normalised voxels; take patch.path: training",
           config[choice]);
    TRY(augment_preset(config[choice], "predict", x->conf.size[0], &p));
    x->chain = *augment_chain_of(&p, 0);
    for (int32_t i = 0; i < x->chain.n; i++)
        if (x->chain.step[i].size > 0)
            x->chain.step[i].size = x->conf.size[0];
    x->chain_len = (augment_chain_len(&x->chain, f->max_edge) + 15) / 16 * 16;
    x->scratch_len =
        (x->chain_len + augment_chain_scratch(&x->chain, f->max_edge) + 15) /
        16 * 16;
    TRY(mem_raw((size_t)team_size(x->io->team) * x->scratch_len, sizeof(float),
                &x->scratch));
    x->chained = true;
out:
    return st;
}

status extract_open(struct extract *x)
{
    status st = OK;

    TRY(open_net(x));
    TRY(open_chain(x));
out:
    return st;
}

void extract_close(struct extract *x)
{
    mem_free(x->scratch);
    net_free(x->net);
    meet_local_free(x->local);
    dev_close(x->dev);
}

status
extract_view(struct extract *x, const struct patch *p, int member, float *view)
{
    status st = OK;
    float *scratch = x->scratch + (size_t)member * x->scratch_len;
    struct image image = {.data = scratch};
    struct stream none = stream_at(0, STREAM_AUGMENT, 0, 0, 0);
    bool normalised = source_facts(x->io->source)->normalised;

    if (!x->chained)
        return (normalised ? augment_fit : augment_plain)(x->conf.size[0], p,
                                                          view);
    TRY(augment_chain_view(&x->chain, p, &none, &image,
                           scratch + x->chain_len));
    image_fit(&image, x->conf.size[0], view);
out:
    return st;
}
