#include "app/tune_job.h"

#include <string.h>

void tune_job_tables(struct tune_job *job, struct conf_table out[TUNE_TABLES])
{
    const struct conf_table tables[TUNE_TABLES] = {
        {finetune_rows, finetune_rows_n, &job->train},
        {step_rows, step_rows_n, &job->train},
        {net_rows, net_rows_n, &job->train},
        {optim_rows, optim_rows_n, &job->train},
        {augment_choice_rows, augment_choice_rows_n, &job->augment},
        {compute_rows, compute_rows_n, &job->compute},
        {run_rows, run_rows_n, &job->run}};

    memcpy(out, tables, sizeof tables);
}
