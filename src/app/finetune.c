/* fmcib-finetune: supervised training (train/finetune.h). */
#include "train/finetune.h"

#include "base/mem.h"

#include "app/train_run.h"
#include "app/tune_job.h"

static status work(struct run *run, const void *ctx)
{
    const struct tune_job *job = ctx;
    status st = OK;
    struct text identity = {0};
    struct finetune_result result = {0};
    struct finetune_io io = {.augment = &job->augment};

    TRY(train_run_io(run, &job->train, &job->compute, &identity, &io.run));
    if (run->dry_run) {
        TRY(finetune_plan(&io, &run->plan));
        goto out;
    }
    TRY(finetune_run(&io, &result));
    if (result.best.path)
        TRY(run_result(run, "weights-best", result.best.digest,
                       result.best.path));
    TRY(run_result(run, "weights", result.last.digest, result.last.path));
out:
    text_free(&identity);
    mem_free(result.last.path);
    mem_free(result.best.path);
    return st;
}

int main(int argc, char **argv)
{
    struct tune_job job = {0};
    struct conf_table tables[TUNE_TABLES];
    const struct run_program program = {
        "fmcib-finetune",
        "Train a network (3-D ResNet, or the encoder of Models Genesis) with a "
        "head on labelled patches: from a random "
        "start, on the pretrained trunk, or on a supervised model.",
        tables,
        TUNE_TABLES - 1, /* run_main has the last */
        finetune_presets,
        finetune_presets_n};

    tune_job_tables(&job, tables);
    return run_main(argc, argv, &program, work, &job);
}
