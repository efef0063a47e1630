/* The trials of a study, for its history and the importance of parameters. */
#include <string.h>

#include "base/mem.h"

#include "app/validate.h"
#include "eval/importance.h"

static bool is_param(const char *key)
{
    static const char *const other[] = {"number", "state", "value"};

    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        if (strcmp(key, other[i]) == 0)
            return false;
    return true;
}

/* The parameter by name, made when it is new: NaN in every trial so far. */
static status param_of(struct report *r,
                       struct report_search *s,
                       const char *name,
                       struct report_param **out)
{
    status st = OK;
    struct report_param *p = NULL;

    for (size_t k = 0; k < s->n_params; k++)
        if (strcmp(s->param[k].name, name) == 0) {
            *out = &s->param[k];
            return OK;
        }
    TRY(REPORT_ADD(s, param, n_params, cap_params, &p));
    p->name = pool_text(&r->pool, &st, "%s", name);
    TRY(st);
    TRY(mem_raw(s->n, sizeof *p->x, &p->x));
    for (uint32_t i = 0; i < s->n; i++)
        p->x[i] = __builtin_nan("");
    *out = p;
out:
    return st;
}

/* The parameters of a trial: members of its own, or of its "params", where one
 * that did not exist is missing. */
static const struct json *params_of(const struct json *history, uint32_t trial)
{
    const struct json *t = json_at(history, trial);
    const struct json *params = json_get(t, "params");

    return json_is_object(params) ? params : t;
}

/* Words are numbered in the order they first occur. */
static double number_of(const struct json *history,
                        uint32_t trial,
                        const char *name,
                        const struct report_param *p)
{
    const struct json *v = json_get(params_of(history, trial), name);
    double next = 0.0;

    if (json_is_number(v) || !json_text(v))
        return json_f64(v, __builtin_nan(""));
    for (uint32_t i = 0; i < trial; i++) {
        const char *word = json_text(json_get(params_of(history, i), name));

        if (word && strcmp(word, json_text(v)) == 0)
            return p->x[i];
        next = word && p->x[i] >= next ? p->x[i] + 1.0 : next;
    }
    return next;
}

static status one_trial(struct report *r,
                        struct report_search *s,
                        const struct json *history,
                        uint32_t i)
{
    status st = OK;
    const struct json *trial = json_at(history, i);
    const char *state = json_text(json_get(trial, "state"));
    const struct json *params = params_of(history, i);
    struct report_param *p = NULL;

    s->value[i] = json_f64(json_get(trial, "value"), __builtin_nan(""));
    s->state[i] = TRIAL_BROKEN;
    if (!state || strcmp(state, "COMPLETE") == 0)
        s->state[i] = TRIAL_DONE;
    else if (strcmp(state, "PRUNED") == 0)
        s->state[i] = TRIAL_CUT;
    for (size_t k = 0; k < json_len(params); k++) {
        const char *name = json_key(params, k);
        const struct json *v = json_member(params, k);

        if ((params == trial && !is_param(name)) ||
            (!json_is_number(v) && !json_is_text(v)))
            continue;
        TRY(param_of(r, s, name, &p));
        p->words = p->words || !json_is_number(v);
        p->x[i] = number_of(history, i, name, p);
    }
out:
    return st;
}

/* Importance over the trials that ended with a value. */
static status weigh(struct report_search *s)
{
    status st = OK;
    double *x = NULL;
    double *y = NULL;

    TRY(mem_raw(s->n, sizeof *x, &x));
    TRY(mem_raw(s->n, sizeof *y, &y));
    for (size_t k = 0; k < s->n_params; k++) {
        uint32_t n = 0;

        for (uint32_t i = 0; i < s->n; i++) {
            if (s->state[i] != TRIAL_DONE || __builtin_isnan(s->value[i]))
                continue;
            x[n] = s->param[k].x[i];
            y[n++] = s->value[i];
        }
        TRY(importance_of(x, y, n, s->param[k].words, &s->param[k].importance));
    }
out:
    mem_free(x);
    mem_free(y);
    return st;
}

status
validate_search(struct report *r, const char *set, const struct json *study)
{
    status st = OK;
    const struct json *history = json_get(study, "history");
    const char *objective = json_text(json_get(study, "objective"));
    const char *direction = json_text(json_get(study, "direction"));
    struct report_search *s = NULL;

    if (json_len(history) == 0)
        return OK;
    TRY(REPORT_ADD(r, search, n_searches, cap_searches, &s));
    s->set = set;
    s->objective = objective
                       ? pool_text(&r->pool, &st, "objective (%s)", objective)
                       : "objective";
    TRY(st);
    s->minimise = direction && strncmp(direction, "minimi", 6) == 0;
    s->n = (uint32_t)json_len(history);
    TRY(mem_new(s->n, sizeof *s->state, &s->state));
    TRY(mem_new(s->n, sizeof *s->value, &s->value));
    for (uint32_t i = 0; i < s->n; i++)
        TRY(one_trial(r, s, history, i));
    TRY(weigh(s));
out:
    return st;
}
