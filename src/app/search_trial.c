/* One trial: a training by a group of ranks in its own folder. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#include "app/search_tune_impl.h"

status tune_folder(const struct tuning *t, uint32_t trial, char **out)
{
    char name[32];

    (void)snprintf(name, sizeof name, "trials/%05u", trial);
    return run_path(t->run, name, out);
}

const char *tune_weights_name(const struct tuning *t)
{
    return t->conf->value == TUNE_BEST ? "weights-best.nc" : "weights.nc";
}

/* What a running trial's leader knows of it. */
struct watched {
    struct groups *groups;
    bool minimise, last; /* the value that counts */
    double value;
    bool pruned;
};

static status on_step(void *ctx, bool *stop)
{
    struct watched *w = ctx;

    return groups_tick(w->groups, stop);
}

/* As the training chooses its best weights: the first of equal ones, none that
 * is not finite. */
static status on_value(void *ctx, int64_t epoch, double value, bool *stop)
{
    struct watched *w = ctx;
    bool better =
        isnan(w->value) || (w->minimise ? value < w->value : value > w->value);
    status st = groups_report(w->groups, epoch, value, &w->pruned);

    if (w->last || (better && isfinite(value)))
        w->value = value;
    *stop = *stop || w->pruned;
    return st;
}

/* A run folder as fmcib-finetune's own, for people. Rank 0 of the group. */
static status make_folder(const struct tune_settings *s, const char *folder)
{
    struct text t = {0};
    char *path = NULL;
    status st = OK;

    TRY(file_mkdirs(folder));
    TRY(file_sweep(folder));
    text_add(&t, "# fmcib-finetune\n%s", s->identity.s);
    TRY(text_status(&t));
    TRY(file_join(folder, "config.yaml", &path));
    TRY(file_publish_same(path, t.s, t.len));
out:
    mem_free(path);
    text_free(&t);
    return st;
}

/* Texts name files ("PLACE: ...", "PLACE/file: ..."); where they lie is no part
 * of a trial. */
static void drop_place(char *reason, const char *place)
{
    size_t n = strlen(place);

    for (char *at = reason; n > 0 && (at = strstr(at, place)) != NULL;) {
        size_t cut = at[n] == '/' ? n + 1 : n + 2;

        if ((at == reason || at[-1] == ' ') &&
            (at[n] == '/' || (at[n] == ':' && at[n + 1] == ' ')))
            memmove(at, at + cut, strlen(at + cut) + 1);
        else
            at++;
    }
}

static void
explain(const struct train_conf *c, const char *text, char out[GROUP_REASON])
{
    (void)snprintf(out, GROUP_REASON, "%s", text);
    drop_place(out, c->train);
    drop_place(out, c->val);
    drop_place(out, c->test);
    drop_place(out, c->weights);
}

static status judge(const struct tune_settings *s,
                    status st,
                    const struct watched *w,
                    bool recurs,
                    struct group_result *out)
{
    if (w->pruned) {
        out->state = TRIAL_PRUNED;
        return st == STOPPED ? OK : st;
    }
    if ((st != OK && recurs) || (st == OK && !isfinite(w->value))) {
        out->state = TRIAL_FAIL;
        explain(&s->job.train,
                st == OK ? "no validation gave a number" : status_text(),
                out->reason);
        return OK;
    }
    out->state = TRIAL_COMPLETE;
    out->value = w->value;
    return st;
}

static status train(const struct tuning *t,
                    const struct tune_settings *s,
                    const char *folder,
                    struct watched *w,
                    struct group_result *out)
{
    const struct finetune_watch watch = {w, on_step, on_value};
    struct finetune_result result = {0};
    struct finetune_io io = {.run = {.conf = &s->job.train,
                                     .compute = &s->job.compute,
                                     .par = t->group,
                                     .team = t->run->team,
                                     .out = folder,
                                     .run_id = s->run_id,
                                     .identity = s->identity.s,
                                     .resume = true,
                                     .quiet = true,
                                     .stop_after = -1,
                                     .stop_wanted = run_stop_wanted},
                             .augment = &s->job.augment,
                             .watch = &watch,
                             .inner = true};
    status st = finetune_run(&io, &result);

    mem_free(result.last.path);
    mem_free(result.best.path);
    return judge(s, st, w, result.recurs, out);
}

status tune_trial(void *ctx,
                  struct groups *g,
                  uint32_t ticket,
                  const double *x,
                  struct group_result *out)
{
    struct tuning *t = ctx;
    struct tune_settings s = {0};
    struct watched w = {.groups = g,
                        .minimise = tune_minimises(&t->base),
                        .last = t->conf->value == TUNE_LAST,
                        .value = NAN};
    char *folder = NULL;
    status st = tune_settings_load(t, x, &s);

    if (st == OK)
        st = tune_folder(t, ticket, &folder);
    if (st == OK && par_rank(t->group) == 0)
        st = make_folder(&s, folder);
    TRY(par_agree(t->group, st));
    TRY(train(t, &s, folder, &w, out));
out:
    mem_free(folder);
    tune_settings_free(&s);
    return st;
}

/* ---- files of told trials ---- */

static bool ends_in(const char *s, const char *tail)
{
    size_t n = strlen(s);
    size_t m = strlen(tail);

    return n >= m && strcmp(s + n - m, tail) == 0;
}

/* Checkpoints, and with all the weights too. */
static status thin_out(const struct tuning *t, uint32_t trial, bool all)
{
    char *folder = NULL;
    char *path = NULL;
    DIR *dir = NULL;
    struct dirent *e;
    status st = OK;

    TRY(tune_folder(t, trial, &folder));
    dir = opendir(folder);
    while (dir && (e = readdir(dir)) != NULL) {
        if (!ends_in(e->d_name, ".nc") ||
            (!all && strncmp(e->d_name, "checkpoint-", 11) != 0))
            continue;
        TRY(file_join(folder, e->d_name, &path));
        (void)unlink(path);
        mem_free(path);
        path = NULL;
    }
out:
    if (dir)
        (void)closedir(dir);
    mem_free(path);
    mem_free(folder);
    return st;
}

bool tune_best(const struct tuning *t, const struct study *s, uint32_t *best)
{
    bool minimise = tune_minimises(&t->base);
    bool found = false;
    double top = 0;

    for (uint32_t k = study_before(s); k < study_told(s); k++) {
        const struct trial *a = study_trial(s, k);
        bool better = !found || (minimise ? a->value < top : a->value > top);

        if (a->state != TRIAL_COMPLETE || !better)
            continue;
        *best = k;
        top = a->value;
        found = true;
    }
    return found;
}

status tune_told(void *ctx, const struct study *s, uint32_t trial)
{
    enum { KEEP_BEST, KEEP_ALL };
    struct tuning *t = ctx;
    uint32_t best = 0;
    bool is_best = tune_best(t, s, &best) && best == trial;
    status st = OK;

    if (t->conf->keep == KEEP_ALL)
        return OK;
    if (is_best && t->best >= 0)
        TRY(thin_out(t, (uint32_t)t->best, true));
    if (is_best)
        t->best = trial;
    TRY(thin_out(t, trial, !is_best));
out:
    return st;
}
