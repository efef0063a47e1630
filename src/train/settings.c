#include "train/settings.h"

#define AT(m) CONF_AT(struct train_conf, m)

const struct conf_row step_rows[] = {
    {"seed", CONF_I64, AT(seed), "0", 0, 9e15, NULL, "", IDENTITY,
     "master seed; every random number comes from it"},
    {"input.cache_gb", CONF_F64, AT(cache_gb), "4", 0, 1e6, NULL, "GB",
     PLACEMENT, "patch stores up to this size are held in memory"},
    {"train.shards", CONF_I64, AT(shards), "64", 1, 65536, NULL, "shards",
     IDENTITY, "V: virtual shards a step is cut into"},
    {"train.items", CONF_I64, AT(items), "1", 1, 4096, NULL, "items", IDENTITY,
     "m: lesions of a shard; V times m is the batch"},
    {"train.epochs", CONF_I64, AT(epochs), "100", 1, 1e9, NULL, "epochs",
     IDENTITY, "times through the list"},
    {"train.steps", CONF_I64, AT(steps), "0", 0, 1e12, NULL, "steps", IDENTITY,
     "steps in all, 0 = those of train.epochs"},
    {"compute.memory_gb", CONF_F64, AT(memory_gb), "0", 0, 1e6, NULL, "GB",
     PLACEMENT, "memory a rank may plan with, 0 = what the machine has free"},
    {"checkpoint.every", CONF_I64, AT(checkpoint_every), "100", 1, 1e12, NULL,
     "steps", PLACEMENT, "steps between checkpoints"},
    {"checkpoint.keep", CONF_I64, AT(checkpoint_keep), "2", 1, 1e6, NULL,
     "files", PLACEMENT, "newest checkpoints that are kept"},
    {"checkpoint.start", CONF_BOOL, AT(checkpoint_start), "false", 1, 0, NULL,
     "", PLACEMENT, "also write the start, weights-start.nc"},
};
const size_t step_rows_n = sizeof step_rows / sizeof step_rows[0];

const struct conf_row net_rows[] = {
    {"net.family", CONF_ENUM, AT(family), "resnet", 1, 0,
     "resnet|genesis|autoencoder", "", IDENTITY,
     "residual network, the encoder of Models Genesis (net.planes; each stage "
     "ends twice as wide), or the auto-encoder (net.planes, strides, middle)"},
    {"net.strides", CONF_I64S, AT(strides), "[2, 2, 2, 1, 2, 2, 2]", 1, 4, NULL,
     "voxels", IDENTITY, "autoencoder: stride of each stage"},
    {"net.middle", CONF_I64, AT(middle), "2048", 1, 65536, NULL, "channels",
     IDENTITY, "autoencoder: width between encoder and decoder"},
    {"net.block", CONF_ENUM, AT(block), "bottleneck", 1, 0, "basic|bottleneck",
     "", IDENTITY, "residual block"},
    {"net.layers", CONF_I64S, AT(layers), "[3, 4, 6, 3]", 1, 100, NULL,
     "blocks", IDENTITY, "blocks of each stage"},
    {"net.planes", CONF_I64S, AT(planes), "[64, 128, 256, 512]", 1, 65536, NULL,
     "channels", IDENTITY, "planes of each stage before widening"},
    {"net.widen", CONF_F64, AT(widen), "2", 0.01, 64, NULL, "", IDENTITY,
     "widen factor"},
    {"net.conv1_stride", CONF_I64, AT(conv1_stride), "2", 1, 4, NULL, "voxels",
     IDENTITY, "stride of the stem"},
    {"net.max_pool", CONF_BOOL, AT(max_pool), "true", 1, 0, NULL, "", IDENTITY,
     "max pooling after the stem"},
    {"net.shortcut", CONF_ENUM, AT(shortcut), "B", 1, 0, "A|B", "", IDENTITY,
     "A: subsample without gradient, B: convolution"},
    {"net.bias_downsample", CONF_BOOL, AT(bias_downsample), "true", 1, 0, NULL,
     "", IDENTITY, "bias in the convolution of shortcut B"},
    {"net.head", CONF_I64S, AT(head), "[2048, 128]", 1, 65536, NULL, "channels",
     IDENTITY, "widths of the head's layers after the features"},
    {"net.zero_theory_bias", CONF_BOOL, AT(zero_theory_bias), "true", 1, 0,
     NULL, "", IDENTITY,
     "gradient of downsample.0.bias is exactly 0, not rounding noise"},
};
const size_t net_rows_n = sizeof net_rows / sizeof net_rows[0];

const struct conf_row optim_rows[] = {
    {"optim.name", CONF_ENUM, AT(optim), "lars", 1, 0, "lars|sgd|adam", "",
     IDENTITY, "optimiser"},
    {"optim.lr", CONF_F64, AT(lr), "0.075", 1, 0, NULL, "", IDENTITY,
     "base learning rate, above 0"},
    {"optim.momentum", CONF_F64, AT(momentum), "0.9", 0, 1, NULL, "", IDENTITY,
     "momentum (lars, sgd)"},
    {"optim.dampening", CONF_F64, AT(dampening), "0", 0, 1, NULL, "", IDENTITY,
     "share of a new gradient that momentum leaves out (lars, sgd)"},
    {"optim.nesterov", CONF_BOOL, AT(nesterov), "false", 1, 0, NULL, "",
     IDENTITY, "Nesterov's step (lars, sgd)"},
    {"optim.beta1", CONF_F64, AT(beta1), "0.9", 0, 1, NULL, "", IDENTITY,
     "decay of the first moment (adam)"},
    {"optim.beta2", CONF_F64, AT(beta2), "0.999", 0, 1, NULL, "", IDENTITY,
     "decay of the second moment (adam)"},
    {"optim.weight_decay", CONF_F64, AT(weight_decay), "1e-6", 0, 1e6, NULL, "",
     IDENTITY, "weight decay, added to the gradient"},
    {"optim.trust", CONF_F64, AT(trust), "0.001", 0, 1e6, NULL, "", IDENTITY,
     "trust coefficient (lars)"},
    {"optim.schedule", CONF_ENUM, AT(schedule), "cosine_step", 1, 0,
     "constant|cosine_step|cosine_epoch|step", "", IDENTITY,
     "cosine over steps, or stepped once an epoch as published by mistake; "
     "step: drops every drop_every epochs"},
    {"optim.t_max", CONF_I64, AT(t_max), "0", 0, 1e12, NULL, "steps", IDENTITY,
     "half period of the cosine, 0 = all steps"},
    {"optim.drop_every", CONF_I64, AT(drop_every), "30", 1, 1e9, NULL, "epochs",
     IDENTITY, "schedule step: epochs between drops"},
    {"optim.drop_by", CONF_F64, AT(drop_by), "0.1", 1e-9, 1, NULL, "", IDENTITY,
     "schedule step: factor of a drop"},
    {"optim.warmup", CONF_I64, AT(warmup), "0", 0, 1e12, NULL, "steps",
     IDENTITY, "first steps over which the rate rises to its value"},
};
const size_t optim_rows_n = sizeof optim_rows / sizeof optim_rows[0];

#define CAT(m) CONF_AT(struct compute_conf, m)
const struct conf_row compute_rows[] = {
    {"compute.arithmetic", CONF_ENUM, CAT(arithmetic), "cpu", 1, 0, "cpu|cpu64",
     "", IDENTITY, "float arithmetic, or double for checks"},
    {"compute.backend", CONF_ENUM, CAT(backend), "simd", 1, 0, "simd|ref", "",
     PLACEMENT, "same bits; ref is plain C"},
    {"compute.variant", CONF_ENUM, CAT(variant), "auto", 1, 0,
     "auto|avx512|avx2|neon|c", "", PLACEMENT, "instruction set, same bits"},
};
const size_t compute_rows_n = sizeof compute_rows / sizeof compute_rows[0];

status compute_open(const struct compute_conf *c, struct dev **out)
{
    static const char *const variant[] = {"auto", "avx512", "avx2", "neon",
                                          "c"};
    status st = OK;
    struct dev *d = NULL;
    char digest[65];

    if (c->arithmetic == 1)
        TRY(dev_open("ref64", "auto", &d));
    else if (c->backend == 1)
        TRY(dev_open("ref", "auto", &d));
    else
        TRY(dev_open("simd", variant[c->variant], &d));
    TRY(dev_probe(d, digest));
    *out = d;
    d = NULL;
out:
    dev_close(d);
    return st;
}

static status set_autoencoder(const struct train_conf *c, struct net_conf *n)
{
    status st = OK;

    ENSURE(c->strides.n == c->planes.n, ERR_CONF,
           "net.strides has %u entries and net.planes %u: an auto-encoder has "
           "one of each for every stage",
           c->strides.n, c->planes.n);
    for (uint32_t i = 0; i < c->strides.n; i++)
        n->strides[i] = (int32_t)c->strides.v.i[i];
    n->middle = (int32_t)c->middle;
out:
    return st;
}

status
train_net_conf(const struct train_conf *c, int64_t size, struct net_conf *out)
{
    status st = OK;
    struct net_conf n = {0};

    ENSURE(c->layers.n == c->planes.n && c->layers.n >= 1 &&
               c->layers.n <= NET_STAGES,
           ERR_CONF,
           "net.layers has %u entries and net.planes %u: one of each for every "
           "stage, at most %d",
           c->layers.n, c->planes.n, NET_STAGES);
    ENSURE(c->head.n >= 1 && c->head.n <= NET_HEAD_MAX, ERR_CONF,
           "net.head has %u entries: 1 to %d layers make a projection head",
           c->head.n, NET_HEAD_MAX);
    n.family = (enum net_family)c->family;
    n.block = c->block == 0 ? NET_BASIC : NET_BOTTLENECK;
    n.stages = (int32_t)c->layers.n;
    for (uint32_t i = 0; i < c->layers.n; i++) {
        n.layers[i] = (int32_t)c->layers.v.i[i];
        n.planes[i] = (int32_t)c->planes.v.i[i];
    }
    n.widen = c->widen;
    n.in_channels = 1;
    for (int i = 0; i < 3; i++)
        n.size[i] = (int32_t)size;
    n.conv1_stride = (int32_t)c->conv1_stride;
    n.no_max_pool = !c->max_pool;
    n.shortcut = c->shortcut == 0 ? NET_SHORTCUT_A : NET_SHORTCUT_B;
    n.bias_downsample = c->bias_downsample;
    n.n_head = (int32_t)c->head.n;
    for (uint32_t i = 0; i < c->head.n; i++)
        n.head[i] = (int32_t)c->head.v.i[i];
    n.m = (int32_t)c->items;
    n.joint = c->norm_batches == 1;
    n.zero_theory_bias = c->zero_theory_bias;
    n.backward = true;
    if (n.family == NET_AUTOENCODER)
        TRY(set_autoencoder(c, &n));
    *out = n;
out:
    return st;
}

struct optim_conf train_optim_conf(const struct train_conf *c)
{
    static const char *const name[] = {"lars", "sgd", "adam"};

    return (struct optim_conf){.name = name[c->optim],
                               .momentum = c->momentum,
                               .dampening = c->dampening,
                               .nesterov = c->nesterov,
                               .beta1 = c->beta1,
                               .beta2 = c->beta2,
                               .weight_decay = c->weight_decay,
                               .trust = c->trust,
                               .eps = 1e-8};
}

struct rate train_rate(const struct train_conf *c, int64_t steps)
{
    static const enum rate_kind kind[] = {RATE_CONSTANT, RATE_COSINE_STEP,
                                          RATE_COSINE_EPOCH, RATE_STEP};

    return (struct rate){.kind = kind[c->schedule],
                         .base = c->lr,
                         .t_max = c->t_max ? c->t_max : steps,
                         .size = c->drop_every,
                         .gamma = c->drop_by,
                         .warmup = c->warmup};
}
