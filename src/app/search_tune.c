/* The search over trainings: what is checked before the first trial, groups,
 * study. */
#include "app/search_tune.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#include "app/search_tune_impl.h"
#include "det/digest.h"

#define AT(m) CONF_AT(struct search_tune, m)

const struct conf_row search_tune_rows[] = {
    {"input.job", CONF_TEXT, AT(job), "", 1, 0, NULL, "", PLACEMENT,
     "finetune: job file of fmcib-finetune, the settings of all trials"},
    {"job", CONF_MAP, AT(set), NULL, 1, 0, NULL, "", PLACEMENT,
     "finetune: keys of that job set here, job.train.epochs: 5; its identity "
     "is in base.yaml and in the journal"},
    {"space", CONF_MAP, AT(space), NULL, 1, 0, NULL, "", IDENTITY,
     "what is searched (linear: of C, model.class_weight, model.weight, the "
     "last class's weight where given); KEY: {low: a, high: b}, with log: true "
     "or "
     "step: c, or KEY: {choices: [a, b]}; and when: {OTHER: value}: only where "
     "OTHER has it"},
    {"search.value", CONF_ENUM, AT(value), "best", 1, 0, "best|last", "",
     IDENTITY, "finetune: which validation is a trial's value"},
    {"search.ranks_per_trial", CONF_I64, AT(ranks_per_trial), "1", 1, 1e6, NULL,
     "ranks", PLACEMENT, "finetune: that train one trial together"},
    {"search.failures", CONF_I64, AT(failures), "10", 0, 1e6, NULL, "trials",
     PLACEMENT, "finetune: FAIL in a row that end the search, 0 = any number"},
    {"search.keep", CONF_ENUM, AT(keep), "best", 1, 0, "best|all", "",
     PLACEMENT, "finetune: trials whose weights and checkpoints stay"},
};
const size_t search_tune_rows_n =
    sizeof search_tune_rows / sizeof search_tune_rows[0];

/* ---- before the first trial ---- */

static status check_conf(const struct tuning *t)
{
    int64_t ranks = par_size(t->run->par);
    int64_t per = t->conf->ranks_per_trial;
    status st = OK;

    ENSURE(t->conf->job[0] || t->conf->set.n > 0, ERR_CONF,
           "input.job: a search over trainings needs their job file, for "
           "instance jobs/finetune-task2.yaml");
    ENSURE(ranks % per == 0, ERR_CONF,
           "search.ranks_per_trial: %lld ranks cannot be cut into groups of "
           "%lld; start a multiple of %lld",
           (long long)ranks, (long long)per, (long long)per);
out:
    return st;
}

static status check_base(const struct tuning *t)
{
    const struct space *space = key_space_of(t->space);
    const struct train_conf *c = &t->base.job.train;
    status st = OK;

    ENSURE(c->val[0], ERR_CONF,
           "input.val of the job (%s) is empty: without validations trials "
           "have no value",
           t->conf->job);
    for (uint32_t p = 0; p < space->n; p++)
        ENSURE(strcmp(space->params[p].name, "validate.metric") != 0, ERR_CONF,
               "space.validate.metric: trials of different metrics cannot be "
               "compared; set it in the job");
out:
    return st;
}

static status read_conf(struct tuning *t)
{
    struct conf_table tables[TUNE_TABLES];
    struct tune_job none = {0};
    status st = OK;

    tune_job_tables(&none, tables);
    TRY(check_conf(t));
    TRY(key_space_new(&t->conf->space, "fmcib-finetune", tables, TUNE_TABLES,
                      &t->space));
    TRY(tune_settings_load(t, NULL, &t->base));
    TRY(check_base(t));
out:
    return st;
}

static struct finetune_io base_io(const struct tuning *t)
{
    return (struct finetune_io){.run = {.conf = &t->base.job.train,
                                        .compute = &t->base.job.compute,
                                        .par = t->group,
                                        .team = t->run->team,
                                        .out = t->run->conf.out,
                                        .run_id = t->base.run_id,
                                        .identity = t->base.identity.s,
                                        .quiet = true,
                                        .stop_after = -1},
                                .augment = &t->base.job.augment,
                                .inner = true};
}

/* Everything a trial depends on but its parameters. */
static status digest_data(struct tuning *t, const char *input)
{
    struct digest *d = NULL;
    status st = OK;

    TRY(digest_new(&d));
    digest_text(d, "base", t->base.identity.s);
    digest_text(d, "input", input);
    digest_text(d, "value", t->conf->value == TUNE_BEST ? "best" : "last");
    digest_end(d, t->data);
out:
    digest_free(d);
    return st;
}

/* base.yaml: identity of the job, written by the first run in the folder. */
static status keep_base(const struct tuning *t)
{
    enum { BASE_MAX = 1 << 20 };
    struct text differs = {0};
    char *path = NULL;
    char *theirs = NULL;
    size_t len = 0;
    status st = OK;

    TRY(run_path(t->run, "base.yaml", &path));
    if (!file_exists(path)) {
        TRY(file_publish(path, t->base.identity.s, t->base.identity.len));
        goto out;
    }
    TRY(file_read(path, BASE_MAX, &theirs, &len));
    ENSURE(!conf_difference(theirs, t->base.identity.s, &differs), ERR_RUN,
           "%s: the search was begun with other settings of its trials (%s); "
           "take another --out, or the job it was begun with",
           t->run->conf.out, differs.s);
out:
    mem_free(path);
    mem_free(theirs);
    text_free(&differs);
    return st;
}

static status check_input(struct tuning *t)
{
    const struct finetune_io io = base_io(t);
    char input[SHA256_HEX];
    bool events = log_events(false);
    status st = finetune_check(&io, input);

    (void)log_events(events);
    TRY(par_agree(t->run->par, st));
    TRY(digest_data(t, input));
    if (par_rank(t->run->par) == 0)
        st = keep_base(t);
    TRY(par_agree(t->run->par, st));
out:
    return st;
}

static status plan(struct tuning *t)
{
    const struct space *space = key_space_of(t->space);
    const struct finetune_io io = base_io(t);
    int64_t most = t->keys->lag + 1;
    int64_t per = t->conf->ranks_per_trial;
    struct run *run = t->run;
    status st = OK;

    run_plan(run,
             "at once: at most %" PRId64 " ranks, %" PRId64
             " trials of %" PRId64 "; at most %" PRId64
             " threads on all ranks together can work",
             most * per, most, per, most * t->base.job.train.shards);
    for (uint32_t p = 0; p < space->n; p++) {
        struct text line = {0};

        space_text(&space->params[p], &line);
        run_plan(run, "%s: %s", space->params[p].name, line.s ? line.s : "");
        text_free(&line);
    }
    run_plan(run, "a trial:");
    st = finetune_plan(&io, &run->plan);
    return par_agree(run->par, st);
}

/* ---- the search ---- */

static status open_study(const struct tuning *t,
                         int64_t seed,
                         struct search_rules *rules,
                         struct study **out)
{
    return search_study_open(t->run, t->keys, seed, !tune_minimises(&t->base),
                             t->data, key_space_of(t->space), rules, out);
}

static void speak(const struct tuning *t)
{
    int64_t groups = par_size(t->run->par) / t->conf->ranks_per_trial;

    LOG_TEXT("input.job", -1, t->data);
    if (groups > t->keys->lag + 1)
        log_info("search.lag %lld lets %lld trials run at once; of %lld groups "
                 "of ranks the others idle",
                 (long long)t->keys->lag, (long long)t->keys->lag + 1,
                 (long long)groups);
}

static status search(struct tuning *t, int64_t seed)
{
    struct group_job job = {.par = t->run->par,
                            .group = t->group,
                            .ranks_per_trial = (int)t->conf->ranks_per_trial,
                            .n_params = key_space_of(t->space)->n,
                            .stop_after = t->run->conf.stop_after,
                            .failures = t->conf->failures,
                            .quiet = t->run->conf.quiet,
                            .stop_wanted = run_stop_wanted,
                            .fn = tune_trial,
                            .told = tune_told,
                            .ctx = t};
    struct search_rules rules = {0};
    bool stopped = false;
    status st = OK;

    if (par_rank(t->run->par) == 0)
        st = open_study(t, seed, &rules, &job.study);
    TRY(par_agree(t->run->par, st));
    TRY(groups_run(&job, &stopped));
    ENSURE(!stopped, STOPPED, "stopped");
    TRY(tune_publish(t, job.study, &rules, seed));
out:
    study_close(job.study);
    search_rules_free(&rules);
    return st;
}

status search_tune(struct run *run,
                   const struct search_tune *conf,
                   const struct search_keys *keys,
                   int64_t seed)
{
    struct tuning t = {.run = run, .conf = conf, .keys = keys, .best = -1};
    int group = par_rank(run->par) / (int)conf->ranks_per_trial;
    status st = OK;

    TRY(par_agree(run->par, read_conf(&t)));
    TRY(par_split(run->par, group, &t.group));
    if (run->dry_run) {
        TRY(plan(&t));
        goto out;
    }
    TRY(check_input(&t));
    speak(&t);
    TRY(search(&t, seed));
out:
    tune_settings_free(&t.base);
    key_space_free(t.space);
    par_stop(t.group);
    return st;
}
