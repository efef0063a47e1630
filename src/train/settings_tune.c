/* Keys and presets of supervised training. */
#include "train/settings.h"

#define AT(m) CONF_AT(struct train_conf, m)

const struct conf_row finetune_rows[] = {
    {"recipe", CONF_ENUM, AT(recipe), "fmcib_finetune", 1, 0,
     "fmcib_finetune|fmcib_finetune-2023|supervised_random_init|"
     "supervised_finetune|med3d|models_genesis|none",
     "", PLACEMENT,
     "preset of the keys that the study's file of this name sets"},
    {"task", CONF_ENUM, AT(task), "none", 1, 0,
     "none|task1|task2|task2_2class|task3", "", PLACEMENT,
     "preset of head, loss and label: lesion site, malignancy, survival"},
    {"input.train", CONF_TEXT, AT(train), NULL, 1, 0, NULL, "", PLACEMENT,
     "training patches, a folder of fmcib-prepare"},
    {"input.val", CONF_TEXT, AT(val), "", 1, 0, NULL, "", PLACEMENT,
     "validation patches, a folder of fmcib-prepare"},
    {"input.test", CONF_TEXT, AT(test), "", 1, 0, NULL, "", PLACEMENT,
     "patches to predict at the end, a folder of fmcib-prepare"},
    {"start.weights", CONF_TEXT, AT(weights), "", 1, 0, NULL, "", PLACEMENT,
     "weights file to begin with; its digest is in the checkpoints"},
    {"start.from", CONF_ENUM, AT(start), "trunk", 1, 0, "random|trunk|all", "",
     IDENTITY,
     "what is taken from start.weights: nothing, the trunk, trunk and head"},
    {"data.label", CONF_TEXT, AT(label), "label", 1, 0, NULL, "", IDENTITY,
     "column of the class"},
    {"data.first_label", CONF_I64, AT(first_label), "0", -1e9, 1e9, NULL, "",
     IDENTITY, "label of class 0; the others follow"},
    {"data.percent", CONF_I64, AT(percent), "100", 1, 100, NULL, "%", IDENTITY,
     "share of the training list that is used; rows as fmcib-data subset"},
    {"data.subset_seed", CONF_I64, AT(subset_seed), "0", 0, 9e15, NULL, "",
     IDENTITY, "which rows a share holds; larger shares hold smaller ones"},
    {"train.drop_last", CONF_BOOL, AT(drop_last), "false", 1, 0, NULL, "",
     IDENTITY, "leave out what does not fill a batch, else a smaller batch"},
    {"net.trunk", CONF_ENUM, AT(trunk), "learns", 1, 0,
     "learns|frozen|frozen_eval", "", IDENTITY,
     "frozen: no gradient, batch statistics; frozen_eval: running statistics"},
    {"loss.name", CONF_ENUM, AT(loss), "ce", 1, 0, "ce|bce", "", IDENTITY,
     "cross entropy of classes, or binary cross entropy of one output"},
    {"validate.every", CONF_I64, AT(validate_every), "5", 1, 1e9, NULL,
     "epochs", IDENTITY, "epochs between validations; one at the end too"},
    {"validate.metric", CONF_ENUM, AT(metric), "auc", 1, 0,
     "auc|ap|map|ba|acc|loss", "", IDENTITY,
     "what makes a validation the best one"},
};
const size_t finetune_rows_n = sizeof finetune_rows / sizeof finetune_rows[0];

/* Spec 6.8, 6.9, 4.16; the stem's stride of the files (1) is a key of its own
 * and stays 2 (Q23). */
#define ADAM                                                                   \
    "optim.name=adam", "optim.lr=0.001", "optim.weight_decay=0",               \
        "optim.schedule=step", "optim.drop_every=30", "optim.drop_by=0.1"
static const char *const FINETUNE[] = {
    "augment.pipeline=adaptation/fmcib_finetune",
    "train.shards=32",
    "train.drop_last=false",
    "train.epochs=100",
    "validate.every=5",
    "start.from=trunk",
    ADAM,
    NULL};
static const char *const FINETUNE_2023[] = {
    "augment.pipeline=adaptation/fmcib_finetune",
    "train.shards=32",
    "train.drop_last=false",
    "train.epochs=100",
    "validate.every=5",
    "start.from=trunk",
    "optim.name=sgd",
    "optim.lr=0.0125",
    "optim.momentum=0.9",
    "optim.weight_decay=0",
    "optim.schedule=step",
    "optim.drop_every=30",
    "optim.drop_by=0.1",
    NULL};
static const char *const RANDOM_INIT[] = {
    "augment.pipeline=baselines/supervised_training/supervised_random_init",
    "train.shards=8",
    "train.drop_last=true",
    "train.epochs=100",
    "validate.every=1",
    "start.from=random",
    ADAM,
    NULL};
static const char *const SUPERVISED[] = {
    "augment.pipeline=baselines/supervised_training/supervised_finetune",
    "train.shards=8",
    "train.drop_last=true",
    "train.epochs=100",
    "validate.every=5",
    "start.from=trunk",
    ADAM,
    NULL};

/* The other networks; spec 5.5, 6.9. The head of the file fits task 2. */
static const char *const MED3D[] = {"augment.pipeline=baselines/med3d/finetune",
                                    "train.shards=32",
                                    "train.drop_last=false",
                                    "train.epochs=100",
                                    "validate.every=5",
                                    "start.from=trunk",
                                    "net.widen=1",
                                    "net.bias_downsample=false",
                                    "net.conv1_stride=1",
                                    ADAM,
                                    NULL};
static const char *const GENESIS[] = {
    "augment.pipeline=baselines/models_genesis/finetune",
    "train.shards=32",
    "train.drop_last=false",
    "train.epochs=100",
    "validate.every=5",
    "start.from=trunk",
    "net.family=genesis",
    "net.layers=[2, 2, 2, 2]",
    "net.planes=[32, 64, 128, 256]",
    "net.widen=1",
    ADAM,
    NULL};

/* Heads of spec 5.2. */
static const char *const TASK1[] = {"net.head=[2048, 8]", "loss.name=ce",
                                    "data.label=Coarse_lesion_type",
                                    "validate.metric=map", NULL};
static const char *const TASK2[] = {"net.head=[2048, 1]", "loss.name=bce",
                                    "data.label=malignancy",
                                    "validate.metric=auc", NULL};
static const char *const TASK2_2CLASS[] = {
    "net.head=[2048, 512, 256, 2]", "loss.name=ce", "data.label=malignancy",
    "validate.metric=auc", NULL};
static const char *const TASK3[] = {"net.head=[2048, 512, 256, 1]",
                                    "loss.name=bce", "data.label=survival",
                                    "validate.metric=auc", NULL};

const struct conf_preset finetune_presets[] = {
    {"recipe", "fmcib_finetune", FINETUNE},
    {"recipe", "fmcib_finetune-2023", FINETUNE_2023},
    {"recipe", "supervised_random_init", RANDOM_INIT},
    {"recipe", "supervised_finetune", SUPERVISED},
    {"recipe", "med3d", MED3D},
    {"recipe", "models_genesis", GENESIS},
    {"task", "task1", TASK1},
    {"task", "task2", TASK2},
    {"task", "task2_2class", TASK2_2CLASS},
    {"task", "task3", TASK3},
};
const size_t finetune_presets_n =
    sizeof finetune_presets / sizeof finetune_presets[0];
