/* Good and bad trials. The key of a trial is (group, first, second), compared
 * one after the other; equal keys are in trial order. Only the few best have
 * to be found, so they are kept in a short sorted list. */
#include <math.h>

#include "base/mem.h"

#include "hpo/tpe.h"

enum { GAMMA_MAX = 25 };

struct key {
    int group; /* 0 complete, 1 pruned with reports, 2 without, 3 running */
    double first;
    double second;
    uint32_t trial;
};

uint32_t tpe_gamma(uint32_t n)
{
    uint32_t g = n / 10 + (n % 10 != 0);
    return g < GAMMA_MAX ? g : GAMMA_MAX;
}

uint32_t tpe_gamma_hyperopt(uint32_t n)
{
    uint32_t g = 0; /* ceil(sqrt(n)/4): the least g with 16 g^2 >= n */
    while ((uint64_t)16 * g * g < n && g < GAMMA_MAX)
        g++;
    return g;
}

/* NaN after everything. */
static int compare(double a, double b)
{
    if (isnan(a) || isnan(b))
        return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}

static bool is_before(const struct key *a, const struct key *b)
{
    int c = a->group - b->group;
    if (c == 0)
        c = compare(a->first, b->first);
    if (c == 0)
        c = compare(a->second, b->second);
    return c < 0 || (c == 0 && a->trial < b->trial);
}

static struct key key_of(const struct trial *t, uint32_t number, bool maximise)
{
    double sign = maximise ? -1.0 : 1.0;
    struct key k = {.group = 3, .trial = number};
    if (t->state == TRIAL_COMPLETE) {
        k.group = 0;
        k.second = sign * t->value;
    } else if (t->state == TRIAL_PRUNED && t->n_reports == 0) {
        k.group = 2;
    } else if (t->state == TRIAL_PRUNED) {
        const struct trial_report *last = trial_last(t);
        k.group = 1;
        k.first = -(double)last->step;
        k.second = isnan(last->value) ? (double)INFINITY : sign * last->value;
    }
    return k;
}

/* Insert into the list of the best; what falls off the end is lost. */
static void
keep_best(struct key *best, uint32_t *n, uint32_t most, struct key k)
{
    uint32_t at = *n;
    if (at == most) {
        if (at == 0 || !is_before(&k, &best[at - 1]))
            return;
        at--;
    } else {
        ++*n;
    }
    for (; at > 0 && is_before(&k, &best[at - 1]); at--)
        best[at] = best[at - 1];
    best[at] = k;
}

static bool is_visible(const struct tpe_conf *conf, const struct trial *t)
{
    return t->state == TRIAL_COMPLETE || t->state == TRIAL_PRUNED ||
           (conf->liar && t->state == TRIAL_RUNNING);
}

uint32_t tpe_finished(const struct trial *trials, uint32_t n)
{
    uint32_t finished = 0;
    for (uint32_t i = 0; i < n; i++)
        finished += trials[i].state == TRIAL_COMPLETE ||
                    trials[i].state == TRIAL_PRUNED;
    return finished;
}

status tpe_split(const struct tpe_conf *conf,
                 const struct trial *trials,
                 uint32_t n,
                 uint32_t most,
                 struct tpe_split *out)
{
    struct key *best = NULL;
    bool *is_best = NULL;
    uint32_t n_best = 0;
    status st = OK;

    TRY(mem_raw(most, sizeof *best, &best));
    TRY(mem_new(n, sizeof *is_best, &is_best));
    out->n_below = out->n_above = 0;
    for (uint32_t i = 0; i < n; i++)
        if (is_visible(conf, &trials[i]))
            keep_best(best, &n_best, most,
                      key_of(&trials[i], i, conf->maximise));
    for (uint32_t k = 0; k < n_best; k++)
        is_best[best[k].trial] = true;
    for (uint32_t i = 0; i < n; i++) {
        if (is_best[i])
            out->below[out->n_below++] = i;
        else if (is_visible(conf, &trials[i]))
            out->above[out->n_above++] = i;
    }
out:
    mem_free(is_best);
    mem_free(best);
    return st;
}
