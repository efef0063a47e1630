#ifndef TRAIN_FINETUNE_H
#define TRAIN_FINETUNE_H

#include "base/text.h"

#include "train/training.h"
#include "vol/augment/pipeline.h"

/* Supervised training of a network on labelled patches (spec 5.2, 6.6, 6.8):
 * from a random start, on a trunk (the foundation model or a supervised one),
 * or on a whole supervised model. Beside the files of training.h:
 *   validation.csv          one line a validation: loss and metrics
 *   best-<step>.nc          weights of the best validation so far; at the end
 *                           weights-best.nc
 *   train_<p>_percent.csv   the rows of a subset (data.percent below 100)
 *   val_results.csv, test_results.csv   predictions of the last weights, in
 *                           the study's layout (spec 7, 8) */

enum tune_trunk { TRUNK_LEARNS, TRUNK_FROZEN, TRUNK_FROZEN_EVAL };
enum tune_loss { TUNE_CE, TUNE_BCE };

/* For a caller that trains in-process. Called by rank 0 of the training's ranks
 * alone; *stop: end at a checkpoint, as after a signal (STOPPED). */
struct finetune_watch {
    void *ctx;
    status (*step)(void *ctx, bool *stop); /* after each step */
    /* A validation by validate.metric; after a resume first of all those that
     * were before it. epoch: begun by then, 1 or more, ascending. */
    status (*validated)(void *ctx, int64_t epoch, double value, bool *stop);
};

struct finetune_io {
    struct training_io run;
    const struct augment_choice *augment;
    const struct finetune_watch *watch; /* or NULL */
    bool inner; /* part of a search: no predictions at the end */
};

struct finetune_result {
    struct training_result last;
    struct training_result best; /* path NULL without validation */
    bool recurs; /* set on errors: with these settings it would happen again,
                    they cannot be or numbers run away; no fault of files */
};

/* Predictions of a set: rows and figures, NaN where there are none. */
struct finetune_score {
    uint32_t rows;
    double loss, auc, ap, map, ba, acc;
};

/* As pretrain_plan, pretrain_run. Before the first step ERR_DATA also for:
 * weights of another network (names the key), labels that are none of the
 * head's classes, a class without a row, a validation list of one patient, a
 * patch without a number; ERR_CONF: learning rate, head that does not fit the
 * loss. */
status finetune_plan(const struct finetune_io *io, struct text *lines);
status finetune_run(const struct finetune_io *io, struct finetune_result *out);
/* Everything that finetune_run does before its first step but a folder; input:
 * digest of start weights and lists. All ranks. */
status finetune_check(const struct finetune_io *io, char input[SHA256_HEX]);
/* val_results.csv and test_results.csv in io->run.out by the weights of a
 * training with these settings. out: validation, test. All ranks. */
status finetune_predict(const struct finetune_io *io,
                        const char *weights,
                        struct finetune_score out[2]);

#endif
