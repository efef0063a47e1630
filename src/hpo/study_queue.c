/* Trials that wait in a queue with values their user gave them (Optuna's
 * enqueue_trial): taken before new ones are made, in their order. */
#include <math.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

#include "hpo/study_part.h"

static const char attr_name[] = "fixed_params";

uint32_t study_queue_start(const struct journal_study *j)
{
    size_t n = j->n_trials;

    while (n > 0 && j->trials[n - 1].state == TRIAL_WAITING)
        n--;
    return (uint32_t)n;
}

/* Optuna warns of a value out of range and takes it; here no trial has what its
 * parameter cannot be. */
static status fix(const struct space_param *p, const struct json *v, double *x)
{
    struct text range = {0};
    status st = OK;

    TRY(space_value(p, v, x));
    space_text(p, &range);
    ENSURE(space_takes(p, *x), ERR_DATA,
           "%s is %g there, which is not in its range here, %s; search a wider "
           "one, or tell that trial FAIL by Optuna",
           p->name, *x, range.s ? range.s : "");
out:
    text_free(&range);
    return st;
}

/* What nobody searches is passed over, as by Optuna. */
static void
note_unknown(const struct study *s, uint32_t t, const struct json *fixed)
{
    for (size_t i = 0; i < json_len(fixed); i++)
        if (space_find(s->space, json_key(fixed, i)) == s->space->n)
            log_warn(
                "trial %u of the queue has %s, which is not searched here: "
                "passed over",
                t, json_key(fixed, i));
}

static status
read_fixed(struct study *s, uint32_t t, const struct json *fixed, bool waits)
{
    double *x = NULL;
    status st = OK;

    TRY(mem_raw(s->space->n, sizeof *x, &x));
    for (uint32_t p = 0; p < s->space->n; p++) {
        const struct space_param *param = &s->space->params[p];
        const struct json *v = json_get(fixed, param->name);

        x[p] = NAN;
        if (v)
            TRY(fix(param, v, &x[p]));
        ENSURE(v || !s->grid || param->n_when > 0, ERR_DATA,
               "it has no %s, and a grid draws none; take another sampler, or "
               "tell that trial FAIL by Optuna",
               param->name);
    }
    if (waits)
        note_unknown(s, t, fixed);
    s->fixed[t] = x;
    x = NULL;
out:
    if (st != OK)
        status_prefix("trial %u of the queue: ", t);
    mem_free(x);
    return st;
}

status study_read_queue(struct study *s, const struct journal_study *j)
{
    status st = OK;

    for (uint32_t t = s->before; t < j->n_trials && t < s->room; t++) {
        const struct json *fixed =
            journal_attr(&j->trials[t].system, attr_name);
        bool waits = j->trials[t].state == TRIAL_WAITING;

        if (json_is_object(fixed))
            TRY(read_fixed(s, t, fixed, waits));
        if (waits)
            s->trial_id[t] = j->trials[t].id;
    }
    s->queue_end = (uint32_t)j->n_trials;
out:
    return st;
}
