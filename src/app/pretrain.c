/* fmcib-pretrain: self-supervised pretraining (train/pretrain.h). */
#include "train/pretrain.h"

#include "base/mem.h"

#include "app/cut.h"
#include "app/run.h"

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
    struct pretrain_io io = {.run = {.conf = &job->train,
                                     .compute = &job->compute,
                                     .par = run->par,
                                     .team = run->team,
                                     .out = run->conf.out,
                                     .run_id = run->run_id,
                                     .resume = run->resume,
                                     .quiet = run->conf.quiet,
                                     .stop_after = run->conf.stop_after,
                                     .stop_wanted = run_stop_wanted},
                             .augment = &job->augment,
                             .live = &job->live,
                             .cut_of = cut_of_identity};

    if (run->dry_run)
        return pretrain_plan(&io, &run->plan);
    conf_dump(run->settings, false, &identity);
    TRY(text_status(&identity));
    io.run.identity = identity.s;
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
