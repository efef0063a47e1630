#ifndef APP_TRAIN_RUN_H
#define APP_TRAIN_RUN_H

#include "app/run.h"
#include "train/training.h"

/* What a run hands to its training. identity is filled with the dump of the
 * identity configuration, which out points at; text_free. ERR_MEM. */
status train_run_io(struct run *run,
                    const struct train_conf *conf,
                    const struct compute_conf *compute,
                    struct text *identity,
                    struct training_io *out);

#endif
