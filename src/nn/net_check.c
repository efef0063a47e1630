/* Which configurations make a network: limits wide enough for any use, tight
 * enough that no size computed from them overflows. */
#include <math.h>
#include <string.h>

#include "nn/net_int.h"

enum { WIDTH_MAX = 1 << 16, PLANES_MAX = WIDTH_MAX / 4 };

/* What all families share. */
static status check_widths(const struct net_conf *conf)
{
    status st = OK;

    ENSURE(conf->stages >= 1 && conf->stages <= NET_STAGES, ERR_CONF,
           "a network has 1 to %d stages, not %d", NET_STAGES, conf->stages);
    ENSURE(isfinite(conf->widen) && conf->widen > 0, ERR_CONF,
           "widen factor must be above 0");
    for (int i = 0; i < conf->stages; i++) {
        double width = conf->planes[i] * conf->widen;

        ENSURE(conf->layers[i] >= 1 && conf->layers[i] <= 256, ERR_CONF,
               "stage %d of the network has %d blocks, must be 1 to 256", i + 1,
               conf->layers[i]);
        ENSURE(conf->planes[i] >= 1 && width >= 1 && width <= PLANES_MAX,
               ERR_CONF, "stage %d of the network: %d planes x %g", i + 1,
               conf->planes[i], conf->widen);
    }
    for (int i = 0; i < 3; i++)
        ENSURE(conf->size[i] >= 1 && conf->size[i] <= 1024, ERR_CONF,
               "input size %d of the network, must be 1 to 1024",
               conf->size[i]);
    ENSURE(conf->in_channels >= 1 && conf->in_channels <= 1024, ERR_CONF,
           "%d input channels, must be 1 to 1024", conf->in_channels);
out:
    return st;
}

static status check_resnet(const struct net_conf *conf)
{
    status st = OK;

    ENSURE(conf->conv1_stride >= 1 && conf->conv1_stride <= 4, ERR_CONF,
           "stem stride %d, must be 1 to 4", conf->conv1_stride);
out:
    return st;
}

/* Stages of two convolutions, whose pools leave a window of means. */
static status check_genesis(const struct net_conf *conf)
{
    status st = OK;
    int32_t last = conf->stages - 1;
    double features = 2 * conf->planes[last] * conf->widen;

    for (int i = 0; i < conf->stages; i++)
        ENSURE(conf->layers[i] == 2, ERR_CONF,
               "stage %d of the network has %d layers; Models Genesis has 2 in "
               "each",
               i + 1, conf->layers[i]);
    for (int i = 0; i < 3; i++) {
        int32_t left = conf->size[i] >> last;
        int32_t windows = (left - NET_WINDOW) / 2 + 1;

        ENSURE(left >= NET_WINDOW, ERR_CONF,
               "input size %d of the network: %d stages leave %d voxels, the "
               "means at the end need %d",
               conf->size[i], conf->stages, left, NET_WINDOW);
        features *= windows;
    }
    ENSURE(features <= WIDTH_MAX, ERR_CONF,
           "the network would have %.0f features, at most %d are possible: "
           "smaller views",
           features, WIDTH_MAX);
out:
    return st;
}

/* Size of an edge behind the encoder, and what the decoder makes of it. */
static int32_t encoded(const struct net_conf *conf, int32_t size)
{
    for (int i = 0; i < conf->stages; i++)
        size = (size + 1) / conf->strides[i] + 1;
    return size;
}

static int32_t decoded(const struct net_conf *conf, int32_t size)
{
    for (int i = conf->stages - 1; i >= 0; i--)
        size = size * conf->strides[i] - 2;
    return size;
}

/* A norm over one voxel gives 0 whatever comes in. */
static status check_voxels(const struct net_conf *conf)
{
    int32_t size[3] = {conf->size[0], conf->size[1], conf->size[2]};
    double features = conf->middle;
    status st = OK;

    for (int i = 0; i < conf->stages; i++) {
        for (int k = 0; k < 3; k++)
            size[k] = (size[k] + 1) / conf->strides[i] + 1;
        ENSURE(size[0] > 1 || size[1] > 1 || size[2] > 1, ERR_CONF,
               "views of %d x %d x %d voxels are one voxel behind layer %d of "
               "the auto-encoder, whose norm needs two: larger views",
               conf->size[0], conf->size[1], conf->size[2], i + 1);
    }
    for (int k = 0; k < 3; k++) {
        int32_t windows = (size[k] - NET_WINDOW) / NET_WINDOW + 1;

        ENSURE(size[k] >= NET_WINDOW, ERR_CONF,
               "input size %d of the network: the auto-encoder's layers leave "
               "%d voxels, the means of its middle need %d",
               conf->size[k], size[k], NET_WINDOW);
        features *= windows;
    }
    ENSURE(features <= WIDTH_MAX, ERR_CONF,
           "the network would have %.0f features, at most %d are possible: "
           "smaller views",
           features, WIDTH_MAX);
    ENSURE((double)conf->in_channels * conf->size[0] * conf->size[1] *
                   conf->size[2] <
               2147483647.0,
           ERR_CONF, "%d channels of %d x %d x %d voxels are too many",
           conf->in_channels, conf->size[0], conf->size[1], conf->size[2]);
out:
    return st;
}

static status check_autoencoder(const struct net_conf *conf)
{
    status st = OK;

    for (int i = 0; i < conf->stages; i++) {
        ENSURE(
            conf->layers[i] == 1, ERR_CONF,
            "stage %d of the network has %d layers; an auto-encoder has 1 in "
            "each",
            i + 1, conf->layers[i]);
        ENSURE(conf->strides[i] >= 1 && conf->strides[i] <= 4, ERR_CONF,
               "layer %d of the auto-encoder has stride %d, must be 1 to 4",
               i + 1, conf->strides[i]);
    }
    ENSURE(conf->middle >= 1 && conf->middle <= WIDTH_MAX, ERR_CONF,
           "the middle of the auto-encoder has %d channels, must be 1 to %d",
           conf->middle, WIDTH_MAX);
    TRY(check_voxels(conf));
    for (int i = 0; i < 3 && conf->decoder; i++) {
        int32_t back = decoded(conf, encoded(conf, conf->size[i]));

        ENSURE(back == conf->size[i], ERR_CONF,
               "the auto-encoder makes edges of %d voxels out of %d, which "
               "cannot be compared: take views of %d",
               back, conf->size[i], back);
    }
    ENSURE(!conf->decoder || conf->n_head + conf->n_tail == 0, ERR_CONF,
           "an auto-encoder with a decoder has no head");
out:
    return st;
}

static status check_trunk(const struct net_conf *conf)
{
    status st = OK;

    TRY(check_widths(conf));
    switch (conf->family) {
    case NET_RESNET:
        return check_resnet(conf);
    case NET_GENESIS:
        return check_genesis(conf);
    case NET_AUTOENCODER:
        return check_autoencoder(conf);
    }
    BUG_IF(true);
out:
    return st;
}

static status check_tail(const struct net_conf *conf)
{
    status st = OK;
    int32_t most = conf->tail == NET_NO_TAIL      ? 0
                   : conf->tail == NET_PROTOTYPES ? 1
                                                  : NET_HEAD_MAX;

    ENSURE(conf->n_tail <= most && (conf->n_tail >= 1 || most == 0), ERR_CONF,
           "a prediction head has 1 to %d layers and prototypes one, not %d",
           NET_HEAD_MAX, conf->n_tail);
    for (int i = 0; i < conf->n_tail; i++)
        ENSURE(conf->tail_width[i] >= 1 && conf->tail_width[i] <= WIDTH_MAX,
               ERR_CONF, "layer %d behind the head has width %d", i + 1,
               conf->tail_width[i]);
out:
    return st;
}

static status check_rest(const struct net_conf *conf)
{
    status st = OK;
    double rows = (double)conf->views * conf->m;

    ENSURE(!conf->frozen_trunk || conf->n_head + conf->n_tail > 0, ERR_CONF,
           "a network with a frozen trunk and no head has nothing to learn");
    ENSURE(conf->n_head >= 0 && conf->n_head <= NET_HEAD_MAX, ERR_CONF,
           "a head has 0 to %d layers, not %d", NET_HEAD_MAX, conf->n_head);
    for (int i = 0; i < conf->n_head; i++)
        ENSURE(conf->head[i] >= 1 && conf->head[i] <= WIDTH_MAX, ERR_CONF,
               "layer %d of the head has width %d", i + 1, conf->head[i]);
    TRY(check_tail(conf));
    ENSURE(conf->views >= 1 && conf->views <= 64 && conf->m >= 1, ERR_CONF,
           "a shard of %d views x %d samples", conf->views, conf->m);
    for (int i = 0; i < 3; i++)
        rows *= conf->size[i];
    ENSURE(rows < 2147483647.0, ERR_CONF,
           "a shard of %d views x %d samples of %d x %d x %d voxels is too "
           "large; more shards with fewer samples each are the remedy",
           conf->views, conf->m, conf->size[0], conf->size[1], conf->size[2]);
    ENSURE(strlen(conf->trunk_prefix ? conf->trunk_prefix : "") < NAME_PART &&
               strlen(conf->head_prefix ? conf->head_prefix : "") < NAME_PART &&
               strlen(conf->tail_prefix ? conf->tail_prefix : "") < NAME_PART,
           ERR_CONF, "prefix of parameter names is too long");
out:
    return st;
}

/* A head alone: features come in. */
static status check_no_trunk(const struct net_conf *conf)
{
    status st = OK;

    ENSURE(conf->in_channels >= 1 && conf->in_channels <= WIDTH_MAX, ERR_CONF,
           "a head on %d features, must be 1 to %d", conf->in_channels,
           WIDTH_MAX);
    for (int i = 0; i < 3; i++)
        ENSURE(conf->size[i] == 1, ERR_CONF,
               "a head alone takes features, not images of %d voxels",
               conf->size[i]);
out:
    return st;
}

status program_check(const struct net_conf *conf)
{
    status st = OK;

    if (conf->stages == 0)
        TRY(check_no_trunk(conf));
    else
        TRY(check_trunk(conf));
    TRY(check_rest(conf));
out:
    return st;
}
