/* fmcib-search: the linear model of a task, its C chosen by TPE. */
#include "base/log.h"
#include "base/mem.h"

#include "app/run.h"
#include "app/search_data.h"
#include "app/search_model.h"
#include "app/search_pool.h"
#include "app/search_study.h"
#include "app/search_write.h"

struct job {
    int64_t seed;
    struct search_input input;
    struct search_keys keys;
    int64_t folds;
    int objective;
    double c_low, c_high;
    bool features;
};

#define AT(m) CONF_AT(struct job, m)
static const struct conf_row rows[] = {
    {"seed", CONF_I64, AT(seed), "0", 0, 9e15, NULL, "", IDENTITY,
     "master seed"},
    {"input.features", CONF_TEXT, AT(input.features), "", 1, 0, NULL, "",
     PLACEMENT,
     "feature tables, joined side by side if several (comma): folders with "
     "train, val, test, names with {split}, or files with a split column"},
    {"input.train", CONF_TEXT, AT(input.file[SPLIT_TRAIN]), "", 1, 0, NULL, "",
     PLACEMENT, "training tables instead (comma: joined side by side)"},
    {"input.val", CONF_TEXT, AT(input.file[SPLIT_VAL]), "", 1, 0, NULL, "",
     PLACEMENT, "validation tables; none = cross-validation in training"},
    {"input.test", CONF_TEXT, AT(input.file[SPLIT_TEST]), "", 1, 0, NULL, "",
     PLACEMENT, "test tables; none = no test results"},
    {"data.label", CONF_TEXT, AT(input.label), NULL, 1, 0, NULL, "", IDENTITY,
     "column of the class"},
    {"data.split", CONF_TEXT, AT(input.split), "split", 1, 0, NULL, "",
     IDENTITY, "column that says train, val or test"},
    {"data.classes", CONF_I64, AT(input.classes), "0", 0, 1000, NULL, "classes",
     IDENTITY, "how many there must be, 0 = as found"},
    {"search.objective", CONF_ENUM, AT(objective), "auc", 1, 0,
     "auc|accuracy|balanced_accuracy", "", IDENTITY,
     "what is maximised on the validation table"},
    {"search.folds", CONF_I64, AT(folds), "10", 2, 1000, NULL, "folds",
     IDENTITY, "of the cross-validation"},
    {"model.c_low", CONF_F64, AT(c_low), "1e-6", 1e-12, 1e12, NULL, "",
     IDENTITY, "least C (inverse strength of L2)"},
    {"model.c_high", CONF_F64, AT(c_high), "1e3", 1e-12, 1e12, NULL, "",
     IDENTITY, "largest C"},
    {"output.features", CONF_BOOL, AT(features), "true", 1, 0, NULL, "",
     IDENTITY, "keep the pred_ columns in the result tables"},
};

static const enum metric objectives[] = {METRIC_AUC, METRIC_ACC, METRIC_BA};

struct trial_job {
    const struct search_model *model;
    bool reports; /* somebody listens to folds */
};

static status each_fold(void *ctx, uint32_t fold, double score, bool *stop)
{
    return pool_report(ctx, fold, score, stop);
}

static status
trial(void *ctx, const double *x, struct pool_trial *t, double *value)
{
    const struct trial_job *j = ctx;

    return search_model_score(j->model, x[0], j->reports ? each_fold : NULL, t,
                              value);
}

/* Rank 0: the best model again, and everything that is left of the search. */
static status publish(const struct job *job,
                      const struct search_rules *rules,
                      struct search_result *r,
                      struct text *setting)
{
    struct logistic_model *fit = NULL;
    char digest[SHA256_HEX] = "";
    char *path = NULL;
    status st = OK;

    search_setting(&job->keys, job->seed, rules, setting);
    TRY(text_status(setting));
    r->setting = setting->s;
    ENSURE(study_best(r->study, &r->best), ERR_NUMERIC,
           "none of the %u trials has a value", study_told(r->study));
    TRY(search_model_fit(r->model, study_trial(r->study, r->best)->x[0], &fit));
    r->fit = fit;
    for (int s = SPLIT_VAL; s < SPLITS; s++)
        if (r->data->set[s].rows > 0)
            TRY(search_model_proba(r->model, fit, &r->data->set[s],
                                   &r->proba[s]));
    TRY(search_write_best(r));
    TRY(search_write_model(r));
    TRY(search_write_predictions(r, SPLIT_VAL));
    TRY(search_write_predictions(r, SPLIT_TEST));
    TRY(search_write_study(r, digest, &path));
    TRY(run_result(r->run, "study", digest, path));
out:
    for (int s = 0; s < SPLITS; s++)
        mem_free(r->proba[s]);
    mem_free(path);
    logistic_model_free(fit);
    return st;
}

static void
plan(struct run *run, const struct job *job, const struct search_data *d)
{
    double bytes = 0;

    for (int s = 0; s < SPLITS; s++)
        bytes += 2.0 * (double)sizeof(double) * d->set[s].rows * d->dim;
    run_plan(run, "rows: %u train, %u val, %u test; %u features, %u classes",
             d->set[SPLIT_TRAIN].rows, d->set[SPLIT_VAL].rows,
             d->set[SPLIT_TEST].rows, d->dim, d->classes);
    run_plan(run,
             "at once: at most %lld trials; memory of a rank: about "
             "%.0f MB",
             (long long)job->keys.lag + 1, 2.0 * bytes / 1e6 + 10);
    run_plan(run, "files: journal.log, study.json, best_params.json, model.nc, "
                  "val_results.csv, test_results.csv");
}

static status
search(struct run *run, const struct job *job, const struct search_data *data)
{
    const struct space_param param = {.name = "C",
                                      .kind = SPACE_FLOAT,
                                      .low = job->c_low,
                                      .high = job->c_high,
                                      .log = true};
    const struct space space = {1, &param};
    struct search_result result = {
        .run = run,
        .data = data,
        .objective = objectives[job->objective],
        .folds = data->set[SPLIT_VAL].rows > 0 ? 0 : (uint32_t)job->folds,
        .label = job->input.label,
        .features = job->features};
    struct pool_job pool = {.par = run->par,
                            .n_params = 1,
                            .fn = trial,
                            .stop_after = run->conf.stop_after,
                            .quiet = run->conf.quiet,
                            .stop_wanted = run_stop_wanted};
    struct search_model *model = NULL;
    struct trial_job ctx = {.reports = job->keys.pruner != SEARCH_PRUNE_NONE};
    struct search_rules rules = {0};
    struct text setting = {0};
    bool first = par_rank(run->par) == 0;
    bool stopped = false;
    status st = OK;

    st = search_model_new(data, objectives[job->objective],
                          (uint32_t)job->folds, run->team, &model);
    if (st == OK && first)
        st = search_study_open(run, &job->keys, job->seed, true, data->digest,
                               &space, &rules, &pool.study);
    TRY(par_agree(run->par, st));
    ctx.model = model;
    pool.ctx = &ctx;
    TRY(pool_run(&pool, &stopped));
    result.model = model;
    result.study = pool.study;
    if (first && !stopped)
        st = publish(job, &rules, &result, &setting);
    TRY(par_agree(run->par, st));
    if (stopped)
        st = STOPPED;
out:
    text_free(&setting);
    study_close(pool.study);
    search_rules_free(&rules);
    search_model_free(model);
    return st;
}

static status work(struct run *run, const void *ctx)
{
    const struct job *job = ctx;
    struct search_data *data = NULL;
    status st = OK;

    ENSURE(job->c_low < job->c_high, ERR_CONF,
           "model.c_low (%g) must be below model.c_high (%g)", job->c_low,
           job->c_high);
    st = search_data_read(&job->input, &data);
    TRY(par_agree(run->par, st));
    TRY(search_keys_check(&job->keys,
                          data->set[SPLIT_VAL].rows == 0
                              ? NULL
                              : "a trial with a validation table has none; "
                                "leave the table out for cross-validation"));
    plan(run, job, data);
    if (run->dry_run)
        goto out;
    LOG_TEXT("input.features", -1, data->digest);
    if (par_size(run->par) > job->keys.lag + 1)
        log_info("search.lag %lld lets %lld trials run at once; of %d ranks "
                 "the others idle",
                 (long long)job->keys.lag, (long long)job->keys.lag + 1,
                 par_size(run->par));
    TRY(search(run, job, data));
out:
    search_data_free(data);
    return st;
}

int main(int argc, char **argv)
{
    struct job job = {0};
    const struct conf_table tables[] = {
        {rows, sizeof rows / sizeof rows[0], &job},
        {SEARCH_ROWS, SEARCH_ROWS_N, &job.keys}};
    const struct run_program program = {
        "fmcib-search",
        "Linear model of a task on extracted features; its penalty is chosen "
        "by a search that any number of ranks share.",
        tables,
        2,
        NULL,
        0};

    return run_main(argc, argv, &program, work, &job);
}
