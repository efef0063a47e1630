#ifndef APP_TUNE_JOB_H
#define APP_TUNE_JOB_H

#include "app/run.h"
#include "train/finetune.h"

/* The settings of fmcib-finetune, for it and for a search over it. */
struct tune_job {
    struct train_conf train;
    struct compute_conf compute;
    struct augment_choice augment;
    struct run_conf run;
};

/* The last table is run_rows. */
enum { TUNE_TABLES = 7 };
void tune_job_tables(struct tune_job *job, struct conf_table out[TUNE_TABLES]);

#endif
