/* Settings of the trials: the job file, job.*, and the parameters. */
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"

#include "app/search_tune_impl.h"

/* Choices of validate.metric. */
static const char *const metrics[] = {"auc", "ap", "map", "ba", "acc", "loss"};
enum { LOSS = 5 };

bool tune_minimises(const struct tune_settings *s)
{
    return s->job.train.metric == LOSS;
}

const char *tune_metric(const struct tune_settings *s)
{
    return metrics[s->job.train.metric];
}

struct sets {
    char **at;
    size_t n;
};

static status add_set(struct sets *s, struct text *t)
{
    status st = OK;

    TRY(text_status(t));
    TRY(mem_text(t->s, &s->at[s->n]));
    s->n++;
    t->len = 0;
out:
    return st;
}

/* A list as --set takes it: [a, b] without quotes. */
static status put_list(const struct conf_item *item, struct text *t)
{
    struct json *list = NULL;
    status st = OK;

    TRY(json_parse(item->text, strlen(item->text), item->name, &list));
    for (size_t i = 0; i < json_len(list); i++)
        text_add(t, "%s%s", i ? ", " : "[", json_text(json_at(list, i)));
    text_add(t, "%s]", json_len(list) ? "" : "[");
out:
    json_free(list);
    return st;
}

static status
make_sets(const struct tuning *t, const double *x, struct sets *out)
{
    const struct conf_map *set = &t->conf->set;
    uint32_t n = x ? key_space_of(t->space)->n : 0;
    struct text word = {0};
    status st = OK;

    TRY(mem_new(set->n + n, sizeof *out->at, &out->at));
    for (size_t i = 0; i < set->n; i++) {
        text_add(&word, "%s=", set->at[i].name);
        if (set->at[i].list)
            TRY(put_list(&set->at[i], &word));
        else
            text_add(&word, "%s", set->at[i].text);
        TRY(add_set(out, &word));
    }
    for (uint32_t p = 0; p < n; p++) {
        if (isnan(x[p])) /* not in this trial: as in the job */
            continue;
        key_space_set(t->space, p, x[p], &word);
        TRY(add_set(out, &word));
    }
out:
    text_free(&word);
    return st;
}

static void free_sets(struct sets *s)
{
    for (size_t i = 0; i < s->n; i++)
        mem_free(s->at[i]);
    mem_free(s->at);
}

static status
load(const struct tuning *t, const double *x, struct tune_settings *out)
{
    struct conf_table tables[TUNE_TABLES];
    struct sets sets = {0};
    const char *file = t->conf->job[0] ? t->conf->job : NULL;
    status st = OK;

    *out = (struct tune_settings){0};
    tune_job_tables(&out->job, tables);
    TRY(make_sets(t, x, &sets));
    st = conf_load(tables, TUNE_TABLES, finetune_presets, finetune_presets_n,
                   file, (const char *const *)sets.at, sets.n, &out->conf);
    if (st != OK)
        status_prefix("settings of the trials (input.job, job.*): ");
    TRY(st);
    conf_dump(out->conf, false, &out->identity);
    TRY(text_status(&out->identity));
    TRY(conf_run_id(out->conf, "fmcib-finetune", out->run_id));
out:
    free_sets(&sets);
    return st;
}

/* Days may pass between the start and a trial. */
static status check_base(const struct tuning *t)
{
    struct tune_settings now = {0};
    struct text differs = {0};
    status st = OK;

    TRY(load(t, NULL, &now));
    ENSURE(!conf_difference(t->base.identity.s, now.identity.s, &differs),
           ERR_RUN, "%s: has been changed since the search began (%s)",
           t->conf->job, differs.s);
out:
    tune_settings_free(&now);
    text_free(&differs);
    return st;
}

status tune_settings_load(const struct tuning *t,
                          const double *x,
                          struct tune_settings *out)
{
    status st = OK;

    if (x)
        TRY(check_base(t));
    TRY(load(t, x, out));
out:
    return st;
}

void tune_settings_free(struct tune_settings *s)
{
    conf_free(s->conf);
    text_free(&s->identity);
    *s = (struct tune_settings){0};
}
