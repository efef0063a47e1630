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

/* Keys of pretraining, one struct filled by train_rows, and what they mean for
 * the parts (network, loss, optimiser). */
struct train_conf {
    int64_t seed;
    int recipe;
    /* input */
    const char *patches; /* a patch store, or "computed" */
    int64_t computed_rows;
    double cache_gb;
    /* cut of a step */
    int64_t shards, items, groups, epochs, steps;
    /* network */
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
    double temperature;
    double lr, momentum, weight_decay, trust;
    int schedule;
    int64_t t_max;
    /* compute */
    double memory_gb;
    /* checkpoints */
    int64_t checkpoint_every, checkpoint_keep;
    bool checkpoint_start;
};

extern const struct conf_row train_rows[];
extern const size_t train_rows_n;
/* Presets of the key "recipe": yaml-2023, yaml-2025, intended. */
extern const struct conf_preset train_presets[];
extern const size_t train_presets_n;

/* Keys of the CPU backend alone, for other programs: compute.*. */
struct compute_conf {
    int arithmetic, backend, variant;
};
extern const struct conf_row compute_rows[];
extern const size_t compute_rows_n;
/* Open the backend they name ("ref64" for arithmetic cpu64) and put it to the
 * known-answer test. Any rank. ERR_CONF, ERR_NUMERIC. */
status compute_open(const struct compute_conf *c, struct dev **out);

/* The network of these keys for views of `size` voxels. ERR_CONF: lists of
 * unequal length, head without layers. */
status
train_net_conf(const struct train_conf *c, int64_t size, struct net_conf *out);
struct loss_conf train_loss_conf(const struct train_conf *c);
struct optim_conf train_optim_conf(const struct train_conf *c);
struct rate train_rate(const struct train_conf *c, int64_t steps);

#endif
