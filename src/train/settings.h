#ifndef TRAIN_SETTINGS_H
#define TRAIN_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "conf/conf.h"
#include "nn/losses.h"
#include "nn/net.h"
#include "nn/optim.h"
#include "nn/rate.h"
#include "vol/augment/augment.h"

/* Keys of pretraining and of supervised training. One struct is filled by the
 * tables that a program has; what they mean for the parts (network, loss,
 * optimiser) is below. */
struct train_conf {
    int64_t seed;
    int recipe;
    double cache_gb;
    /* cut of a step */
    int64_t shards, items, groups, epochs, steps;
    bool drop_last;
    /* network */
    int family;               /* enum net_family */
    struct conf_list strides; /* of the auto-encoder, as middle */
    int64_t middle;
    int block;
    struct conf_list layers, planes, head;
    double widen;
    int64_t conv1_stride;
    bool max_pool;
    int shortcut;
    bool bias_downsample;
    bool zero_theory_bias;
    int norm_batches;
    /* loss, optimiser */
    int loss;
    double temperature;
    int optim;
    double lr, momentum, dampening, beta1, beta2, weight_decay, trust;
    bool nesterov;
    int schedule;
    int64_t t_max, drop_every, warmup;
    double drop_by;
    /* what it begins with */
    int start; /* enum train_start */
    const char *weights;
    /* compute */
    double memory_gb;
    /* checkpoints */
    int64_t checkpoint_every, checkpoint_keep;
    bool checkpoint_start;
    /* pretraining alone */
    const char *patches; /* a patch store, or "computed" */
    int64_t computed_rows;
    int wired; /* enum loss_wiring */
    int banks; /* 0 own, 1 first */
    int64_t bank, queue, queue_epoch, frozen_epochs, rounds;
    double epsilon;
    struct conf_list prediction;
    int64_t prototypes;
    int64_t low_views, low_size;
    double low_lo, low_hi;
    /* supervised training alone: finetune.h */
    int task;
    const char *train, *val, *test; /* patch stores */
    const char *label;
    int64_t first_label;
    int64_t percent, subset_seed;
    int trunk; /* enum tune_trunk */
    int64_t validate_every;
    int metric; /* choice of validate.metric */
};

/* loss.name of pretraining. */
enum pretrain_loss {
    LOSS_INFONCE,
    LOSS_NTXENT_MINED,
    LOSS_NTXENT,
    LOSS_NNCLR,
    LOSS_SWAV,
    LOSS_MAE
};
/* start.from */
enum train_start { START_RANDOM, START_TRUNK, START_ALL };
enum loss_wiring { WIRED_INTENDED, WIRED_PUBLISHED };

enum train_optim { OPTIM_LARS, OPTIM_SGD, OPTIM_ADAM };

/* Tables over struct train_conf: both trainings have step, net and optimiser
 * keys; the others are one program's. */
extern const struct conf_row step_rows[];
extern const size_t step_rows_n;
extern const struct conf_row net_rows[];
extern const size_t net_rows_n;
extern const struct conf_row optim_rows[];
extern const size_t optim_rows_n;
extern const struct conf_row pretrain_rows[];
extern const size_t pretrain_rows_n;
extern const struct conf_row finetune_rows[];
extern const size_t finetune_rows_n;
/* Presets of "recipe" of pretraining (settings_pretrain.c), and of "recipe" and
 * "task" of supervised training. */
extern const struct conf_preset pretrain_presets[];
extern const size_t pretrain_presets_n;
extern const struct conf_preset finetune_presets[];
extern const size_t finetune_presets_n;

/* Keys of the CPU backend alone, for other programs: compute.*. */
struct compute_conf {
    int arithmetic, backend, variant;
};
extern const struct conf_row compute_rows[];
extern const size_t compute_rows_n;
/* Open the backend they name ("ref64" for arithmetic cpu64) and put it to the
 * known-answer test. Any rank. ERR_CONF, ERR_NUMERIC. */
status compute_open(const struct compute_conf *c, struct dev **out);

/* The network of these keys for views of `size` voxels; head, names and views
 * are the program's (train_head fills the head from net.head). ERR_CONF: lists
 * of unequal length. */
status
train_net_conf(const struct train_conf *c, int64_t size, struct net_conf *out);
struct optim_conf train_optim_conf(const struct train_conf *c);
struct rate train_rate(const struct train_conf *c, int64_t steps);

#endif
