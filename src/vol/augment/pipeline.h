#ifndef VOL_AUGMENT_PIPELINE_H
#define VOL_AUGMENT_PIPELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "conf/conf.h"

/* Pipelines as data: a chain is the ordered steps of one view, a pipeline the
 * chains of all views of a patch. The study's own are kept by the name of
 * their YAML file. Drawing and applying: augment.h. */

enum augment_op {
    AUGMENT_CROP,      /* a part, resized to size^3; fraction in [lo, hi) */
    AUGMENT_FLIP,      /* one axis, with probability p */
    AUGMENT_HISTOGRAM, /* bent grey values, with probability p */
    AUGMENT_SMOOTH,    /* Gaussian, with probability p; sigma in [lo, hi) */
    AUGMENT_PAD,       /* zeros around, up to size^3 */
    AUGMENT_TRANSLATE, /* by lo to hi voxels an axis, with probability p */
    AUGMENT_ROTATE,    /* quarter turns in the z, y plane, probability p */
    AUGMENT_TRANSPOSE, /* [z][y][x] becomes [x][y][z] */
    AUGMENT_THRESHOLD, /* v > -1024 ? v : -1024 */
    AUGMENT_NORMALISE, /* (v + 1024) / 3072 */
    AUGMENT_SCALE,     /* (v + 1000) / 2000, clipped to [0, 1] */
    AUGMENT_MED3D      /* percentiles, mean 0, deviation 1, noise for zeros */
};
enum { AUGMENT_OPS = AUGMENT_MED3D + 1 };

struct augment_step {
    enum augment_op op;
    int64_t size; /* AUGMENT_CROP, AUGMENT_PAD: voxels */
    double p;     /* probability; 1 where the op has none */
    double lo, hi;
    bool fused; /* AUGMENT_CROP: round sums as the original's library */
};

enum { AUGMENT_STEPS_MAX = 12, AUGMENT_PARTS_MAX = 4 };

/* Each operation at most once. */
struct augment_chain {
    int32_t n;
    struct augment_step step[AUGMENT_STEPS_MAX];
};

/* Views 0 .. views - 1 of part 0 come first, then those of part 1, ... */
struct augment_pipeline {
    int32_t parts;
    struct {
        int32_t views;
        struct augment_chain chain;
    } part[AUGMENT_PARTS_MAX];
};

int32_t augment_views(const struct augment_pipeline *p);
/* The chain of a view, 0 <= view < augment_views. */
const struct augment_chain *augment_chain_of(const struct augment_pipeline *p,
                                             int32_t view);
/* The edge that the last crop or pad of a chain gives; 0 when it has none. */
int64_t augment_edge(const struct augment_chain *c);

/* A pipeline of the study: config is the path of its YAML file without suffix
 * ("adaptation/fmcib_finetune"), part is "train", "val" or "predict". Sizes
 * are the file's (50, 25, 48) times edge / 50, rounded; edge 50 is the study.
 * ERR_CONF: no such config or part (the text lists what there is), or an edge
 * that is not 4 to 256. */
status augment_preset(const char *config,
                      const char *part,
                      int64_t edge,
                      struct augment_pipeline *out);

/* Presets as a list, for tests and help: row i, NULL after the last. */
struct augment_name {
    const char *config, *part;
};
const struct augment_name *augment_name_at(size_t i);

/* The configs, for rows of type CONF_ENUM; those with a part "train" first. */
#define AUGMENT_TRAIN_CHOICES                                                  \
    "pretraining/fmcib_pretrain|pretraining/original_simclr_pretrain|"         \
    "pretraining/nnclr_pretrain|pretraining/swav_pretrain|"                    \
    "pretraining/autoencoder|adaptation/fmcib_finetune|"                       \
    "baselines/supervised_training/supervised_random_init|"                    \
    "baselines/supervised_training/supervised_finetune|"                       \
    "baselines/med3d/finetune|baselines/models_genesis/finetune"
#define AUGMENT_CHOICES                                                        \
    AUGMENT_TRAIN_CHOICES "|inference/extract_features|"                       \
                          "inference/get_predictions"

/* Keys for programs that let the user choose ("augment.pipeline",
 * "augment.size"; identity). fmcib-pretrain has the rows of augment.h. */
struct augment_choice {
    int pipeline; /* index into AUGMENT_CHOICES */
    int64_t size; /* edge of augment_preset */
};
extern const struct conf_row augment_choice_rows[];
extern const size_t augment_choice_rows_n;
/* augment_preset of what was chosen. ERR_CONF. */
status augment_chosen(const struct augment_choice *c,
                      const char *part,
                      struct augment_pipeline *out);

#endif
