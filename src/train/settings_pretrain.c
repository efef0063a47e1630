/* Keys and presets of pretraining. */
#include "train/settings.h"

#define AT(m) CONF_AT(struct train_conf, m)

const struct conf_row pretrain_rows[] = {
    {"recipe", CONF_ENUM, AT(recipe), "intended", 1, 0,
     "intended|yaml-2023-06|yaml-2023|yaml-2025|simclr|simclr-yaml|nnclr|"
     "nnclr-yaml|swav|swav-yaml|autoencoder|autoencoder-yaml",
     "", PLACEMENT,
     "preset that sets the keys below which the published files set"},
    {"input.patches", CONF_TEXT, AT(patches), NULL, 1, 0, NULL, "", PLACEMENT,
     "folder of fmcib-prepare, or \"computed\" for patches made of formulas"},
    {"input.computed_rows", CONF_I64, AT(computed_rows), "64", 1, 1e9, NULL,
     "rows", IDENTITY, "rows of the computed list"},
    {"start.weights", CONF_TEXT, AT(weights), "", 1, 0, NULL, "", PLACEMENT,
     "weights file to begin with; its digest is in the checkpoints"},
    {"start.from", CONF_ENUM, AT(start), "random", 1, 0, "random|trunk|all", "",
     IDENTITY,
     "what is taken from start.weights: nothing, the trunk, trunk and heads"},
    {"train.groups", CONF_I64, AT(groups), "1", 1, 65536, NULL, "groups",
     IDENTITY, "G: processes of the original; gradients stay within a group"},
    {"norm.batches", CONF_ENUM, AT(norm_batches), "per_view", 1, 0,
     "per_view|joint", "", IDENTITY,
     "batch statistics of each view (published), or of all views of one size "
     "together"},
    {"loss.name", CONF_ENUM, AT(loss), "infonce", 1, 0,
     "infonce|ntxent_mined|ntxent|nnclr|swav|mae", "", IDENTITY,
     "infonce: negatives of other images (current file); ntxent_mined: of all "
     "images (June 2023); ntxent: SimCLR, nnclr, swav: no negatives; mae: mean "
     "absolute error of the auto-encoder's outputs against its inputs"},
    {"loss.temperature", CONF_F64, AT(temperature), "0.1", 1e-6, 1e6, NULL, "",
     IDENTITY, "temperature of the contrastive loss"},
    {"loss.wired", CONF_ENUM, AT(wired), "intended", 1, 0, "intended|published",
     "", IDENTITY,
     "ntxent, nnclr; published: against an anchor of view 0 stands one vector, "
     "the memory bank that an argument in the wrong place made"},
    {"loss.banks", CONF_ENUM, AT(banks), "own", 1, 0, "own|first", "", IDENTITY,
     "memory banks and queues of a group hold its own samples, or all hold the "
     "first group's, which torch sends to every process before a step"},
    {"loss.bank", CONF_I64, AT(bank), "4096", 1, 1e7, NULL, "vectors", IDENTITY,
     "nnclr: memory bank of each group, where neighbours are looked for"},
    {"loss.queue", CONF_I64, AT(queue), "3840", 0, 1e7, NULL, "vectors",
     IDENTITY, "swav: stored features of a high crop in each group, 0: none"},
    {"loss.queue_epoch", CONF_I64, AT(queue_epoch), "15", 0, 1e9, NULL,
     "epochs", IDENTITY, "swav: the stored features are used from here on"},
    {"loss.frozen_epochs", CONF_I64, AT(frozen_epochs), "1", 0, 1e9, NULL,
     "epochs", IDENTITY, "swav: first epochs in which prototypes stay"},
    {"loss.epsilon", CONF_F64, AT(epsilon), "0.05", 1e-6, 1e6, NULL, "",
     IDENTITY, "swav: sharpness of the codes"},
    {"loss.rounds", CONF_I64, AT(rounds), "3", 1, 1000, NULL, "rounds",
     IDENTITY, "swav: rounds of Sinkhorn and Knopp"},
    {"net.prediction", CONF_I64S, AT(prediction), "[2048, 128]", 1, 65536, NULL,
     "channels", IDENTITY, "nnclr: widths of the prediction head's layers"},
    {"net.prototypes", CONF_I64, AT(prototypes), "3000", 1, 65536, NULL,
     "prototypes", IDENTITY, "swav: directions the outputs are held against"},
    {"augment.low.views", CONF_I64, AT(low_views), "6", 0, 60, NULL, "views",
     IDENTITY, "swav: small crops beside the two large ones"},
    {"augment.low.size", CONF_I64, AT(low_size), "25", 4, 256, NULL, "voxels",
     IDENTITY, "swav: edge of a small crop"},
    {"augment.low.lo", CONF_F64, AT(low_lo), "0.3", 0.01, 1, NULL, "", IDENTITY,
     "swav: least fraction of a patch in a small crop"},
    {"augment.low.hi", CONF_F64, AT(low_hi), "0.5", 0.01, 1, NULL, "", IDENTITY,
     "swav: largest fraction of a patch in a small crop"},
};
const size_t pretrain_rows_n = sizeof pretrain_rows / sizeof pretrain_rows[0];

/* What the repository's pretraining files of June and November 2023 and of
 * 2025 say (spec 6.9, Q1, Q17, Q18): two processes; in June the older loss and
 * normalised patches; in 2025 the scheduler is stepped once an epoch. */
static const char *const YAML_2023_06[] = {
    "train.groups=2",         "norm.batches=per_view",
    "optim.lr=0.075",         "optim.schedule=cosine_step",
    "optim.t_max=17917",      "net.zero_theory_bias=false",
    "loss.name=ntxent_mined", "augment.order=normalised",
    "train.epochs=100",       NULL};
static const char *const YAML_2023[] = {
    "train.groups=2",    "norm.batches=per_view",
    "optim.lr=0.075",    "optim.schedule=cosine_step",
    "optim.t_max=17917", "net.zero_theory_bias=false",
    "train.epochs=100",  NULL};
static const char *const YAML_2025[] = {
    "train.groups=2",    "norm.batches=per_view",
    "optim.lr=0.075",    "optim.schedule=cosine_epoch",
    "optim.t_max=17917", "net.zero_theory_bias=false",
    "train.epochs=100",  NULL};
static const char *const INTENDED[] = {"train.groups=1",
                                       "optim.schedule=cosine_step",
                                       "net.zero_theory_bias=true", NULL};

/* The baselines (spec 4.16, 5.2, 6.3 to 6.9): normalised before augmentation,
 * LARS 0.3 x batch / 256, of SwAV 0.6; the auto-encoder Adam. -yaml: two
 * processes, the wrong argument of the loss, the scheduler of 2025. */
#define BASELINE "augment.order=normalised", "train.epochs=100"
#define PUBLISHED                                                              \
    "train.groups=2", "norm.batches=per_view", "optim.t_max=17917",            \
        "optim.schedule=cosine_epoch", "net.zero_theory_bias=false",           \
        "loss.banks=first"
#define CORRECTED                                                              \
    "train.groups=1", "optim.schedule=cosine_step", "net.zero_theory_bias=true"
#define SIMCLR_KEYS BASELINE, "loss.name=ntxent", "optim.lr=0.075"
#define NNCLR_KEYS                                                             \
    BASELINE, "loss.name=nnclr", "optim.lr=0.075", "loss.bank=4096",           \
        "net.head=[2048, 2048, 128]", "net.prediction=[2048, 128]"
#define SWAV_KEYS                                                              \
    BASELINE, "loss.name=swav", "optim.lr=0.15", "net.head=[2048, 128]",       \
        "net.prototypes=3000", "loss.queue=3840", "loss.queue_epoch=15",       \
        "loss.frozen_epochs=1", "augment.low.views=6"
#define AUTOENCODER_KEYS                                                       \
    BASELINE, "loss.name=mae", "net.family=autoencoder",                       \
        "net.layers=[1, 1, 1, 1, 1, 1, 1]",                                    \
        "net.planes=[128, 512, 128, 256, 1024, 256, 1024]", "net.widen=1",     \
        "net.strides=[2, 2, 2, 1, 2, 2, 2]", "net.middle=2048",                \
        "optim.name=adam", "optim.lr=0.001", "optim.weight_decay=1e-6"
static const char *const SIMCLR[] = {SIMCLR_KEYS, CORRECTED, NULL};
static const char *const SIMCLR_YAML[] = {SIMCLR_KEYS, PUBLISHED,
                                          "loss.wired=published", NULL};
static const char *const NNCLR[] = {NNCLR_KEYS, CORRECTED, NULL};
static const char *const NNCLR_YAML[] = {NNCLR_KEYS, PUBLISHED,
                                         "loss.wired=published", NULL};
static const char *const SWAV[] = {SWAV_KEYS, CORRECTED, NULL};
static const char *const SWAV_YAML[] = {SWAV_KEYS, PUBLISHED, NULL};
static const char *const AUTOENCODER[] = {AUTOENCODER_KEYS, CORRECTED, NULL};
static const char *const AUTOENCODER_YAML[] = {AUTOENCODER_KEYS, PUBLISHED,
                                               NULL};

const struct conf_preset pretrain_presets[] = {
    {"recipe", "yaml-2023-06", YAML_2023_06},
    {"recipe", "yaml-2023", YAML_2023},
    {"recipe", "yaml-2025", YAML_2025},
    {"recipe", "intended", INTENDED},
    {"recipe", "simclr", SIMCLR},
    {"recipe", "simclr-yaml", SIMCLR_YAML},
    {"recipe", "nnclr", NNCLR},
    {"recipe", "nnclr-yaml", NNCLR_YAML},
    {"recipe", "swav", SWAV},
    {"recipe", "swav-yaml", SWAV_YAML},
    {"recipe", "autoencoder", AUTOENCODER},
    {"recipe", "autoencoder-yaml", AUTOENCODER_YAML},
};
const size_t pretrain_presets_n =
    sizeof pretrain_presets / sizeof pretrain_presets[0];
