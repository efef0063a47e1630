#include "app/search_study.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

#include "hpo/pruner.h"

#define AT(m)  CONF_AT(struct search_keys, m)
#define NO_END 1e308 /* a threshold nobody reaches */

const struct conf_row SEARCH_ROWS[] = {
    {"search.trials", CONF_I64, AT(trials), "100", 1, 1e6, NULL, "trials",
     IDENTITY, "models tried, with those of a continued study"},
    {"search.lag", CONF_I64, AT(lag), "7", 0, 1e6, NULL, "trials", IDENTITY,
     "results a proposal does without; lag + 1 run at once; 0 = Optuna's own "
     "sequence"},
    {"search.sampler", CONF_ENUM, AT(sampler), "tpe", 1, 0, "tpe|random|grid",
     "", IDENTITY, "how parameters are proposed"},
    {"search.rules", CONF_ENUM, AT(rules), "current", 1, 0, "current|3.1", "",
     IDENTITY, "whose TPE: current Optuna or 3.1"},
    {"search.joint", CONF_ENUM, AT(joint), "rules", 1, 0, "rules|no|yes|groups",
     "", IDENTITY,
     "tpe: several parameters drawn together (rules: current yes, 3.1 no)"},
    {"search.startup", CONF_I64, AT(startup), "10", 0, 1e6, NULL, "trials",
     IDENTITY, "random trials at the start"},
    {"search.candidates", CONF_I64, AT(candidates), "24", 1, 1e4, NULL, "",
     IDENTITY, "candidates a proposal weighs"},
    {"search.grid", CONF_TEXT, AT(grid), "", 1, 0, NULL, "", IDENTITY,
     "sampler grid: values (comma) of the parameter, of several as NAME=... "
     "(semicolon); every combination once"},
    {"search.study", CONF_TEXT, AT(study), "search", 1, 0, NULL, "", IDENTITY,
     "the study's name in its journal"},
    {"search.journal", CONF_TEXT, AT(journal), "", 1, 0, NULL, "", PLACEMENT,
     "journal of Optuna (or of another search) to go on with: its trials come "
     "first; none = journal.log of the run"},
    {"search.pruner", CONF_ENUM, AT(pruner), "none", 1, 0,
     "none|median|percentile|halving|hyperband|patient|threshold|wilcoxon", "",
     IDENTITY, "stops bad trials early, by Optuna's rules"},
    {"search.pruner_percentile", CONF_F64, AT(percentile), "25", 0, 100, NULL,
     "%", IDENTITY, "percentile: the good part that goes on"},
    {"search.pruner_startup", CONF_I64, AT(prune_startup), "5", 0, 1e6, NULL,
     "trials", IDENTITY, "median, percentile: complete trials before it acts"},
    {"search.pruner_min_trials", CONF_I64, AT(min_trials), "1", 1, 1e6, NULL,
     "trials", IDENTITY, "median, percentile: with a value at the step"},
    {"search.pruner_warmup", CONF_I64, AT(warmup), "0", 0, 1e9, NULL, "steps",
     IDENTITY, "median, percentile, threshold: steps nobody is pruned at"},
    {"search.pruner_interval", CONF_I64, AT(interval), "1", 1, 1e9, NULL,
     "steps", IDENTITY, "median, percentile, threshold: asked once in so many"},
    {"search.pruner_min_resource", CONF_I64, AT(min_resource), "0", 0, 1e9,
     NULL, "steps", IDENTITY,
     "halving: first rung, 0 = from the first trials; hyperband: 0 = 1"},
    {"search.pruner_max_resource", CONF_I64, AT(max_resource), "0", 0, 1e9,
     NULL, "steps", IDENTITY, "hyperband: 0 = from the first trials"},
    {"search.pruner_eta", CONF_I64, AT(eta), "0", 0, 1e6, NULL, "", IDENTITY,
     "halving, hyperband: one in so many goes on, 0 = 4, hyperband 3"},
    {"search.pruner_rate", CONF_I64, AT(rate), "0", 0, 100, NULL, "rungs",
     IDENTITY, "halving: rungs left out at the start"},
    {"search.pruner_bootstrap", CONF_I64, AT(bootstrap), "0", 0, 1e6, NULL,
     "trials", IDENTITY, "halving, hyperband: of a rung before it promotes"},
    {"search.pruner_lower", CONF_F64, AT(lower), "-1e308", 1, 0, NULL, "",
     IDENTITY, "threshold: pruned below"},
    {"search.pruner_upper", CONF_F64, AT(upper), "1e308", 1, 0, NULL, "",
     IDENTITY, "threshold: pruned above"},
    {"search.pruner_p", CONF_F64, AT(p), "0.1", 0, 1, NULL, "", IDENTITY,
     "wilcoxon: pruned below this probability"},
    {"search.pruner_steps", CONF_I64, AT(steps), "2", 0, 1e6, NULL, "steps",
     IDENTITY, "wilcoxon: steps before it acts"},
    {"search.pruner_patience", CONF_I64, AT(patience), "-1", -1, 1e9, NULL,
     "steps", IDENTITY,
     "patient: steps without progress; others: wait for it too (-1 = do not)"},
    {"search.pruner_min_delta", CONF_F64, AT(min_delta), "0", 0, 1e308, NULL,
     "", IDENTITY, "patience: what counts as progress"},
};
const size_t SEARCH_ROWS_N = sizeof SEARCH_ROWS / sizeof *SEARCH_ROWS;

static const char *const pruner_names[] = {
    "none",      "median",  "percentile", "halving",
    "hyperband", "patient", "threshold",  "wilcoxon"};

/* ---- pruner ---- */

static double open_end(double v)
{
    return fabs(v) >= NO_END ? copysign((double)INFINITY, v) : v;
}

static struct pruner_conf pruner_of(const struct search_keys *k, bool maximise)
{
    static const enum pruner_kind kind[] = {
        PRUNER_NONE,      PRUNER_PERCENTILE, PRUNER_PERCENTILE,
        PRUNER_HALVING,   PRUNER_HYPERBAND,  PRUNER_NONE,
        PRUNER_THRESHOLD, PRUNER_WILCOXON};
    struct pruner_conf c = pruner_defaults(kind[k->pruner]);

    c.maximise = maximise;
    if (k->pruner == SEARCH_PRUNE_PERCENTILE)
        c.percentile = k->percentile;
    c.n_startup = (uint32_t)k->prune_startup;
    c.n_min = (uint32_t)k->min_trials;
    c.warmup = k->warmup;
    c.interval = k->interval;
    if (k->min_resource > 0)
        c.min_resource = k->min_resource;
    c.max_resource = k->max_resource;
    if (k->eta > 0)
        c.eta = k->eta;
    c.rate = k->rate;
    c.bootstrap = (size_t)k->bootstrap;
    c.study = k->study;
    c.lower = open_end(k->lower);
    c.upper = open_end(k->upper);
    c.p = k->p;
    c.n_steps = (uint32_t)k->steps;
    c.patience = k->patience;
    c.min_delta = k->min_delta;
    return c;
}

status search_keys_check(const struct search_keys *k, const char *no_steps)
{
    const struct pruner_conf pruner = pruner_of(k, true);
    status st = OK;

    ENSURE(k->pruner == SEARCH_PRUNE_NONE || !no_steps, ERR_CONF,
           "search.pruner %s looks at values on the way, and %s",
           pruner_names[k->pruner], no_steps);
    ENSURE(k->pruner != SEARCH_PRUNE_PATIENT || k->patience >= 0, ERR_CONF,
           "search.pruner patient needs search.pruner_patience, the steps it "
           "waits for progress");
    ENSURE(k->pruner != SEARCH_PRUNE_NONE || k->patience < 0, ERR_CONF,
           "search.pruner_patience without a pruner; say search.pruner "
           "patient");
    ENSURE((k->sampler == STUDY_GRID) == (*k->grid != '\0'), ERR_CONF,
           "search.sampler grid and search.grid, its values, belong together");
    TRY(pruner_check(&pruner));
out:
    return st;
}

/* ---- grid ---- */

/* A text without the blanks around it, cut in place. */
static char *trim(char *s)
{
    size_t n;

    s += strspn(s, " \t");
    n = strlen(s);
    while (n > 0 && strchr(" \t", s[n - 1]))
        s[--n] = '\0';
    return s;
}

/* The internal value of a word; a choice may stand without its quotes. */
static bool value_of(const struct space_param *p, const char *word, double *x)
{
    if (p->kind != SPACE_CATEGORICAL)
        return text_to_double(word, x);
    for (uint32_t c = 0; c < p->n_choices; c++) {
        const char *choice = p->choices[c];
        size_t n = strlen(word);
        if (!strcmp(choice, word) ||
            (choice[0] == '"' && !strncmp(choice + 1, word, n) &&
             !strcmp(choice + 1 + n, "\""))) {
            *x = c;
            return true;
        }
    }
    return false;
}

/* "v, v, v" into values; *n of them. */
static status read_values(const struct space_param *p,
                          char *list,
                          double *values,
                          uint32_t *n)
{
    char *rest = NULL;
    status st = OK;

    *n = 0;
    for (char *w = strtok_r(list, ",", &rest); w;
         w = strtok_r(NULL, ",", &rest)) {
        w = trim(w);
        ENSURE(value_of(p, w, &values[*n]), ERR_CONF,
               "search.grid: \"%s\" is no value of %s (values are divided by "
               "commas)",
               w, p->name);
        ++*n;
    }
out:
    return st;
}

/* One "NAME=v, v" (the name may be left out where there is one parameter). */
static status read_axis(const struct space *space,
                        char *part,
                        double *values,
                        struct grid_axis *axes)
{
    char *list = strchr(part, '=');
    uint32_t p = 0;
    uint32_t n = 0;
    status st = OK;

    if (list)
        *list++ = '\0';
    ENSURE(list || space->n == 1, ERR_CONF,
           "search.grid: %s: which parameter? NAME=value, value; NAME=...",
           part);
    while (list && p < space->n &&
           strcmp(trim(part), space->params[p].name) != 0)
        p++;
    ENSURE(p < space->n, ERR_CONF, "search.grid: no parameter %s is searched",
           trim(part));
    ENSURE(!axes[p].values, ERR_CONF,
           "search.grid has %s twice (values are divided by commas, \";\" "
           "begins another parameter)",
           space->params[p].name);
    TRY(read_values(&space->params[p], list ? list : part, values, &n));
    axes[p] = (struct grid_axis){n, values};
out:
    return st;
}

static status
read_grid(const char *text, const struct space *space, struct search_rules *r)
{
    char *copy = NULL;
    char *rest = NULL;
    double *values;
    status st = OK;

    TRY(mem_text(text, &copy));
    TRY(mem_new(space->n, sizeof *r->grid, &r->grid));
    TRY(mem_new(strlen(text) + 1, sizeof *r->values, &r->values));
    values = r->values;
    for (char *part = strtok_r(copy, ";", &rest); part;
         part = strtok_r(NULL, ";", &rest)) {
        size_t most = strlen(part);
        TRY(read_axis(space, part, values, r->grid));
        values += most;
    }
    for (uint32_t p = 0; p < space->n; p++)
        ENSURE(r->grid[p].n > 0, ERR_CONF, "search.grid has no value of %s",
               space->params[p].name);
out:
    mem_free(copy);
    return st;
}

/* ---- the study ---- */

void search_rules_free(struct search_rules *r)
{
    mem_free(r->grid);
    mem_free(r->values);
    *r = (struct search_rules){0};
}

static struct tpe_conf tpe_of(const struct search_keys *k, bool maximise)
{
    enum { BY_RULES, NO, YES, GROUPS };
    struct tpe_conf c = tpe_defaults();

    c.parzen.rules = (enum tpe_rules)k->rules;
    c.n_startup = (uint32_t)k->startup;
    c.n_candidates = (uint32_t)k->candidates;
    c.maximise = maximise;
    c.multivariate =
        k->joint == BY_RULES ? k->rules != TPE_V31 : k->joint != NO;
    c.group = k->joint == GROUPS;
    return c;
}

status search_study_open(const struct run *run,
                         const struct search_keys *k,
                         int64_t seed,
                         bool maximise,
                         const char *data,
                         const struct space *space,
                         struct search_rules *rules,
                         struct study **out)
{
    struct study_conf conf = {.name = k->study,
                              .seed = (uint64_t)seed,
                              .trials = (uint32_t)k->trials,
                              .lag = (uint32_t)k->lag,
                              .sampler = (enum study_sampler)k->sampler,
                              .tpe = tpe_of(k, maximise),
                              .data = data,
                              .adopt = *k->journal != '\0'};
    char *path = NULL;
    status st = OK;

    rules->pruner = pruner_of(k, maximise);
    if (k->pruner != SEARCH_PRUNE_NONE)
        conf.pruner = &rules->pruner;
    if (k->sampler == STUDY_GRID)
        TRY(read_grid(k->grid, space, rules));
    conf.grid = rules->grid;
    if (conf.adopt)
        TRY(mem_text(k->journal, &path));
    else
        TRY(run_path(run, "journal.log", &path));
    TRY(study_open(path, &conf, space, run->resume && !run->fresh, out));
out:
    mem_free(path);
    return st;
}

void search_params(const struct space *space, const double *x, struct text *t)
{
    const char *comma = "";

    for (uint32_t p = 0; p < space->n; p++) {
        const struct space_param *s = &space->params[p];

        if (isnan(x[p])) /* the trial does not have it */
            continue;
        text_add(t, "%s\"%s\": ", comma, s->name);
        if (s->kind == SPACE_CATEGORICAL)
            text_add(t, "%s", s->choices[(uint32_t)x[p]]);
        else
            text_double(t, x[p]);
        comma = ", ";
    }
}

void search_setting(const struct search_keys *k,
                    int64_t seed,
                    const struct search_rules *rules,
                    struct text *t)
{
    static const char *const sampler[] = {"tpe", "random", "grid"};

    text_add(t,
             "\"seed\": %lld, \"lag\": %lld, \"trials\": %lld, "
             "\"sampler\": \"%s\", \"rules\": \"%s\"",
             (long long)seed, (long long)k->lag, (long long)k->trials,
             sampler[k->sampler], k->rules == TPE_V31 ? "3.1" : "current");
    if (k->pruner == SEARCH_PRUNE_NONE)
        return;
    text_add(t, ", \"pruner\": \"");
    pruner_text(&rules->pruner, t);
    text_add(t, "\"");
}
