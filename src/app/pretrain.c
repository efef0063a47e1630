/* fmcib-pretrain: self-supervised pretraining (train/pretrain.h). */
#include "train/pretrain.h"

#include "base/mem.h"

#include "app/cut.h"
#include "app/train_run.h"

struct job {
    struct train_conf train;
    struct compute_conf compute;
    struct augment_conf augment;
    struct live_conf live;
};

static status work(struct run *run, const void *ctx)
{
    const struct job *job = ctx;
    status st = OK;
    struct text identity = {0};
    struct training_result result = {0};
    struct pretrain_io io = {.augment = &job->augment,
                             .live = &job->live,
                             .cut_of = cut_of_identity};

    TRY(train_run_io(run, &job->train, &job->compute, &identity, &io.run));
    if (run->dry_run) {
        TRY(pretrain_plan(&io, &run->plan));
        goto out;
    }
    TRY(pretrain_run(&io, &result));
    TRY(run_result(run, "weights", result.digest, result.path));
out:
    text_free(&identity);
    mem_free(result.path);
    return st;
}

int main(int argc, char **argv)
{
    struct job job = {0};
    const struct conf_table tables[] = {
        {pretrain_rows, pretrain_rows_n, &job.train},
        {step_rows, step_rows_n, &job.train},
        {net_rows, net_rows_n, &job.train},
        {optim_rows, optim_rows_n, &job.train},
        {live_rows, live_rows_n, &job.live},
        {augment_rows, augment_rows_n, &job.augment},
        {compute_rows, compute_rows_n, &job.compute}};
    const struct run_program program = {
        "fmcib-pretrain",
        "Pretrain a 3-D ResNet on lesion patches by contrastive learning with "
        "negative patches (modified SimCLR of the FMCIB study).",
        tables,
        sizeof tables / sizeof tables[0],
        pretrain_presets,
        pretrain_presets_n};

    return run_main(argc, argv, &program, work, &job);
}
