/* fmcib-search: hyper-parameters by a search over linear models (here), or over
 * trainings (search_tune.h). */
#include "base/log.h"
#include "base/mem.h"

#include "app/run.h"
#include "app/search_data.h"
#include "app/search_linear.h"
#include "app/search_model.h"
#include "app/search_pool.h"
#include "app/search_study.h"
#include "app/search_tune.h"
#include "app/search_write.h"

enum over { OVER_LINEAR, OVER_FINETUNE };

struct job {
    int64_t seed;
    struct search_input input;
    struct search_keys keys;
    struct search_tune tune;
    int over; /* enum over */
    int64_t folds;
    int objective, rule, start, weights;
    struct conf_list weight;
    double c_low, c_high, gradient;
    bool features;
};

#define AT(m) CONF_AT(struct job, m)
static const struct conf_row rows[] = {
    {"seed", CONF_I64, AT(seed), "0", 0, 9e15, NULL, "", IDENTITY,
     "master seed"},
    {"search.over", CONF_ENUM, AT(over), "linear", 1, 0, "linear|finetune", "",
     IDENTITY, "what a trial is: a linear model, a run of fmcib-finetune"},
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
    {"data.label", CONF_TEXT, AT(input.label), "", 1, 0, NULL, "", IDENTITY,
     "linear: column of the class, must be given"},
    {"data.split", CONF_TEXT, AT(input.split), "split", 1, 0, NULL, "",
     IDENTITY, "column that says train, val or test"},
    {"data.classes", CONF_I64, AT(input.classes), "0", 0, 1000, NULL, "classes",
     IDENTITY, "how many there must be, 0 = as found"},
    {"data.years", CONF_F64, AT(input.years), "0", 0, 100, NULL, "years",
     IDENTITY,
     "the class is survival of that time, known from data.time and data.event; "
     "data.label is its name; 0 = the class is a column"},
    {"data.time", CONF_TEXT, AT(input.time), "Survival.time", 1, 0, NULL, "",
     IDENTITY, "column of the days to death or last contact"},
    {"data.event", CONF_TEXT, AT(input.event), "deadstatus.event", 1, 0, NULL,
     "", IDENTITY, "column that is 1 for the dead, 0 for the others"},
    {"data.percent", CONF_I64, AT(input.percent), "100", 1, 100, NULL, "%",
     IDENTITY, "share of the training rows; rows as fmcib-data subset --by"},
    {"data.subset_seed", CONF_I64, AT(input.subset_seed), "0", 0, 9e15, NULL,
     "", IDENTITY, "seed of their choice"},
    {"data.patient", CONF_TEXT, AT(input.patient), "", 1, 0, NULL, "", IDENTITY,
     "column of the patient; empty: PatientID, patient, Patient_index, Case "
     "ID, the first digits of Volume_fn, or image_path"},
    {"data.allow_leak", CONF_BOOL, AT(input.allow_leak), "false", 1, 0, NULL,
     "", IDENTITY, "take patients who are in two splits"},
    {"search.objective", CONF_ENUM, AT(objective), "auc", 1, 0,
     "auc|accuracy|balanced_accuracy", "", IDENTITY,
     "what is maximised on the validation table"},
    {"search.folds", CONF_I64, AT(folds), "10", 2, 1000, NULL, "folds",
     IDENTITY, "of the cross-validation"},
    {"model.c_low", CONF_F64, AT(c_low), "1e-6", 1e-12, 1e12, NULL, "",
     IDENTITY, "least C (inverse strength of L2)"},
    {"model.c_high", CONF_F64, AT(c_high), "1e3", 1e-12, 1e12, NULL, "",
     IDENTITY, "largest C"},
    {"model.rules", CONF_ENUM, AT(rule), "exact", 1, 0,
     "exact|sklearn-1.3|sklearn-1.4", "", IDENTITY,
     "where a fit ends: the optimum, or where scikit-learn stops (up to 1.3, "
     "from 1.4 on)"},
    {"model.gradient", CONF_F64, AT(gradient), "1e-10", 1e-10, 0.01, NULL, "",
     IDENTITY,
     "relative gradient an exact fit ends with; a larger one is faster"},
    {"model.start", CONF_ENUM, AT(start), "path", 1, 0, "path|zero", "",
     IDENTITY,
     "of exact fits: between optima at powers of 2 of C, found on the way, or "
     "zero weights, as with given class weights; for a few trials faster"},
    {"model.class_weight", CONF_ENUM, AT(weights), "none", 1, 0,
     "none|balanced|given", "", IDENTITY,
     "of the losses; balanced: all classes together as much"},
    {"model.weights", CONF_F64S, AT(weight), "[]", 1e-9, 1e9, NULL, "",
     IDENTITY, "the given ones, classes ascending"},
    {"output.features", CONF_BOOL, AT(features), "true", 1, 0, NULL, "",
     IDENTITY, "keep the pred_ columns in the result tables"},
};

static const enum metric objectives[] = {METRIC_AUC, METRIC_ACC, METRIC_BA};

struct trial_job {
    const struct search_model *model;
    const struct linear_space *space;
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

    const struct search_point at = linear_space_point(j->space, x);

    return search_model_score(j->model, &at, j->reports ? each_fold : NULL, t,
                              value);
}

/* Rank 0: the best model again, and everything that is left of the search. */
static status publish(const struct job *job,
                      const struct linear_space *space,
                      const struct search_rules *rules,
                      struct search_result *r,
                      struct text *setting)
{
    struct logistic_model *fit = NULL;
    struct search_point at;
    char digest[SHA256_HEX] = "";
    char *path = NULL;
    status st = OK;

    search_setting(&job->keys, job->seed, rules, setting);
    TRY(text_status(setting));
    r->setting = setting->s;
    ENSURE(study_best(r->study, &r->best), ERR_NUMERIC,
           "none of the %u trials has a value", study_told(r->study));
    at = linear_space_point(space, study_trial(r->study, r->best)->x);
    TRY(search_model_fit(r->model, &at, &fit));
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
                  "model.json, val_results.csv, test_results.csv");
}

static status search(struct run *run,
                     const struct job *job,
                     const struct linear_space *space,
                     const struct search_data *data)
{
    const struct search_model_conf conf = {.metric = objectives[job->objective],
                                           .folds = (uint32_t)job->folds,
                                           .rule =
                                               (enum logistic_rule)job->rule,
                                           .goal = job->gradient,
                                           .path = job->start == 0,
                                           .weight = job->weight.v.f};
    struct search_result result = {
        .run = run,
        .data = data,
        .space = linear_space_of(space),
        .objective = objectives[job->objective],
        .folds = data->set[SPLIT_VAL].rows > 0 ? 0 : (uint32_t)job->folds,
        .input = &job->input,
        .features = job->features};
    struct pool_job pool = {.par = run->par,
                            .n_params = linear_space_of(space)->n,
                            .fn = trial,
                            .stop_after = run->conf.stop_after,
                            .quiet = run->conf.quiet,
                            .stop_wanted = run_stop_wanted};
    struct search_model *model = NULL;
    struct trial_job ctx = {.space = space,
                            .reports = job->keys.pruner != SEARCH_PRUNE_NONE};
    struct search_rules rules = {0};
    struct text setting = {0};
    bool first = par_rank(run->par) == 0;
    bool stopped = false;
    status st = OK;

    st = search_model_new(data, &conf, run->team, &model);
    if (st == OK && first)
        st = search_study_open(run, &job->keys, job->seed, true, data->digest,
                               linear_space_of(space), &rules, &pool.study);
    TRY(par_agree(run->par, st));
    ctx.model = model;
    pool.ctx = &ctx;
    TRY(pool_run(&pool, &stopped));
    result.model = model;
    result.study = pool.study;
    if (first && !stopped)
        st = publish(job, space, &rules, &result, &setting);
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

/* Where the space says nothing of them. */
static status check_weights(const struct job *job)
{
    status st = OK;

    ENSURE(job->tune.space.n > 0 ||
               (job->weights == WEIGHTS_GIVEN) == (job->weight.n > 0),
           ERR_CONF,
           "model.weights and model.class_weight: given belong together");
out:
    return st;
}

static status count_weights(const struct job *job, const struct search_data *d)
{
    status st = OK;

    ENSURE(job->weight.n == 0 || job->weight.n == d->classes, ERR_CONF,
           "model.weights: %u of them for %u classes", job->weight.n,
           d->classes);
out:
    return st;
}

static void note_leaks(const struct search_data *d)
{
    static const char *const name[] = {"train and val", "train and test",
                                       "val and test"};

    for (int k = 0; k < SPLITS; k++)
        if (d->shared[k][1])
            log_info("%s share patients (%s): %u and %u of their rows", name[k],
                     d->patient, d->shared[k][0], d->shared[k][1]);
    if (d->left_out)
        log_info("%u rows left out: last seen alive before data.years",
                 d->left_out);
}

static status linear(struct run *run, const struct job *job)
{
    const struct linear_range range = {job->c_low, job->c_high,
                                       (enum search_weights)job->weights,
                                       job->weight.n > 0};
    struct linear_space *space = NULL;
    struct search_data *data = NULL;
    status st = OK;

    ENSURE(job->input.label[0], ERR_CONF,
           "data.label is missing: the column of the class");
    ENSURE(job->c_low < job->c_high, ERR_CONF,
           "model.c_low (%g) must be below model.c_high (%g)", job->c_low,
           job->c_high);
    TRY(check_weights(job));
    TRY(linear_space_new(&job->tune.space, &range, &space));
    st = search_data_read(&job->input, &data);
    if (st == OK)
        st = count_weights(job, data);
    TRY(par_agree(run->par, st));
    note_leaks(data);
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
    TRY(search(run, job, space, data));
out:
    linear_space_free(space);
    search_data_free(data);
    return st;
}

static status work(struct run *run, const void *ctx)
{
    const struct job *job = ctx;
    status st = OK;

    if (job->over == OVER_LINEAR)
        return linear(run, job);
    ENSURE(!job->input.features[0] && !job->input.file[SPLIT_TRAIN][0],
           ERR_CONF,
           "input.features, input.train: are for linear models; trainings "
           "have their input in the job (input.job)");
    TRY(search_keys_check(&job->keys, NULL));
    TRY(search_tune(run, &job->tune, &job->keys, job->seed));
out:
    return st;
}

int main(int argc, char **argv)
{
    struct job job = {0};
    const struct conf_table tables[] = {
        {rows, sizeof rows / sizeof rows[0], &job},
        {SEARCH_ROWS, SEARCH_ROWS_N, &job.keys},
        {search_tune_rows, search_tune_rows_n, &job.tune}};
    const struct run_program program = {
        "fmcib-search",
        "Hyper-parameters of a linear model on extracted features, or of "
        "supervised training, by a search that any number of ranks share.",
        tables,
        3,
        NULL,
        0};

    return run_main(argc, argv, &program, work, &job);
}
