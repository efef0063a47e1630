#include "hpo/pruner.h"

#include <math.h>

#include "base/mem.h"

#include "hpo/pruner_part.h"

struct pruner_conf pruner_defaults(enum pruner_kind kind)
{
    return (struct pruner_conf){
        .kind = kind,
        .percentile = 50.0,
        .n_startup = 5,
        .n_min = 1,
        .interval = 1,
        .min_resource = kind == PRUNER_HYPERBAND ? 1 : 0,
        .eta = kind == PRUNER_HYPERBAND ? 3 : 4,
        .lower = -(double)INFINITY,
        .upper = (double)INFINITY,
        .p = 0.1,
        .n_steps = 2,
        .patience = -1,
    };
}

static bool in(double v, double lo, double hi)
{
    return v >= lo && v <= hi;
}

status pruner_check(const struct pruner_conf *c)
{
    status st = OK;
    bool band = c->kind == PRUNER_HYPERBAND;

    ENSURE(c->kind <= PRUNER_WILCOXON, ERR_CONF, "pruner: kind %d is unknown",
           (int)c->kind);
    ENSURE(in(c->percentile, 0.0, 100.0), ERR_CONF,
           "pruner: percentile %g; need 0 .. 100", c->percentile);
    ENSURE(c->n_min >= 1 && c->warmup >= 0 && c->interval >= 1, ERR_CONF,
           "pruner: n_min %u, warmup %lld, interval %lld; need at least 1, 0, "
           "1",
           c->n_min, (long long)c->warmup, (long long)c->interval);
    ENSURE(c->min_resource >= band && c->rate >= 0 && c->eta >= 2, ERR_CONF,
           "pruner: min_resource %lld, rate %lld, eta %lld; need at least %d, "
           "0, 2",
           (long long)c->min_resource, (long long)c->rate, (long long)c->eta,
           band);
    ENSURE(!band || (c->study && *c->study), ERR_CONF,
           "pruner: hyperband needs the study's name");
    ENSURE(!band || c->max_resource == 0 || c->max_resource >= c->min_resource,
           ERR_CONF, "pruner: max_resource %lld is below min_resource %lld",
           (long long)c->max_resource, (long long)c->min_resource);
    ENSURE(c->bootstrap == 0 || (band ? c->max_resource : c->min_resource) > 0,
           ERR_CONF, "pruner: bootstrap needs a resource that is given");
    ENSURE(c->lower <= c->upper, ERR_CONF, "pruner: lower %g is above upper %g",
           c->lower, c->upper);
    ENSURE(in(c->p, 0.0, 1.0), ERR_CONF, "pruner: p %g; need 0 .. 1", c->p);
    ENSURE(c->patience >= -1 && c->min_delta >= 0.0, ERR_CONF,
           "pruner: patience %lld, min_delta %g; need at least -1 and 0",
           (long long)c->patience, c->min_delta);
out:
    return st;
}

static void put(struct text *t, const char *key, double v)
{
    text_add(t, " %s %.17g", key, v);
}

void pruner_text(const struct pruner_conf *c, struct text *t)
{
    static const char *const name[] = {"none",      "percentile", "halving",
                                       "hyperband", "threshold",  "wilcoxon"};
    bool band = c->kind == PRUNER_HYPERBAND;

    text_add(t, "%s", name[c->kind]);
    if (c->kind == PRUNER_PERCENTILE) {
        text_add(t, " %.17g", c->percentile);
        put(t, "startup", c->n_startup);
        put(t, "min_trials", c->n_min);
    }
    if (c->kind == PRUNER_PERCENTILE || c->kind == PRUNER_THRESHOLD) {
        put(t, "warmup", (double)c->warmup);
        put(t, "interval", (double)c->interval);
    }
    if (c->kind == PRUNER_HALVING || band) {
        put(t, "min_resource", (double)c->min_resource);
        put(t, "eta", (double)c->eta);
        put(t, "bootstrap", (double)c->bootstrap);
        put(t, band ? "max_resource" : "rate",
            (double)(band ? c->max_resource : c->rate));
    }
    if (c->kind == PRUNER_THRESHOLD) {
        put(t, "lower", c->lower);
        put(t, "upper", c->upper);
    }
    if (c->kind == PRUNER_WILCOXON) {
        put(t, "p", c->p);
        put(t, "steps", c->n_steps);
    }
    if (c->patience >= 0) {
        put(t, "patience", (double)c->patience);
        put(t, "min_delta", c->min_delta);
    }
}

status pruner_start(const struct pruner_conf *conf, struct pruner *out)
{
    status st = OK;

    TRY(pruner_check(conf));
    *out = (struct pruner){.conf = *conf, .min_resource = conf->min_resource};
out:
    return st;
}

bool pruner_at(const struct trial *t, int64_t step, double *value)
{
    for (uint32_t i = 0; i < t->n_reports; i++)
        if (t->reports[i].step == step) {
            *value = t->reports[i].value;
            return true;
        }
    return false;
}

int64_t pruner_longest(const struct trial *trials, uint32_t n)
{
    int64_t most = -1;

    for (uint32_t i = 0; i < n; i++) {
        const struct trial_report *last = trial_last(&trials[i]);

        if (trials[i].state == TRIAL_COMPLETE && last && last->step > most)
            most = last->step;
    }
    return most;
}

/* Nothing else reported since the interval of the last step began. */
static bool asked_now(const struct pruner_conf *c, const struct trial *t)
{
    int64_t step = trial_last(t)->step;
    int64_t start;

    if (step < c->warmup)
        return false;
    start = (step - c->warmup) / c->interval * c->interval + c->warmup;
    for (uint32_t i = 0; i < t->n_reports; i++)
        if (t->reports[i].step != step && t->reports[i].step >= start)
            return false;
    return true;
}

/* The best of reports [n], NaN left out; NaN when none is left. */
static double best(const struct trial_report *r, uint32_t n, bool maximise)
{
    double top = (double)NAN;

    for (uint32_t i = 0; i < n; i++)
        if (isnan(top) || (maximise ? r[i].value > top : r[i].value < top))
            top = r[i].value;
    return top;
}

/* Bring the k-th smallest of v [n] to its place, none above it before it and
 * none below it after it (Hoare 1961). No NaN. */
static void select_kth(double *v, uint32_t n, uint32_t k)
{
    int64_t lo = 0;
    int64_t hi = (int64_t)n - 1;

    while (lo < hi) {
        double pivot = v[lo + (hi - lo) / 2];
        int64_t i = lo;
        int64_t j = hi;
        while (i <= j) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i > j)
                break;
            double t = v[i];
            v[i++] = v[j];
            v[j--] = t;
        }
        if (k <= j)
            hi = j;
        else if (k >= i)
            lo = i;
        else
            break;
    }
}

/* Linear between the neighbours of (n - 1) q / 100, as numpy does it. */
static double percentile(double *v, uint32_t n, double q)
{
    double h = (n - 1) * (q / 100.0);
    uint32_t k = (uint32_t)floor(h);
    double t = h - k;
    double b;

    select_kth(v, n, k);
    b = k + 1 < n ? v[k + 1] : v[k];
    for (uint32_t i = k + 1; i < n; i++)
        b = v[i] < b ? v[i] : b;
    return t >= 0.5 ? b - (b - v[k]) * (1.0 - t) : v[k] + (b - v[k]) * t;
}

/* Worse than the percentile of the values [n] (NaN left out)? */
static bool
worse(const struct pruner_conf *c, double own, double *v, uint32_t n)
{
    uint32_t m = 0;
    double p;

    for (uint32_t i = 0; i < n; i++)
        if (!isnan(v[i]))
            v[m++] = v[i];
    if (m == 0)
        return false;
    p = percentile(v, m, c->maximise ? 100.0 - c->percentile : c->percentile);
    return c->maximise ? own < p : own > p;
}

static status by_percentile(const struct pruner_conf *c,
                            const struct trial *trials,
                            uint32_t n,
                            uint32_t at,
                            bool *prune)
{
    status st = OK;
    const struct trial *t = &trials[at];
    double own = best(t->reports, t->n_reports, c->maximise);
    uint32_t complete = 0;
    uint32_t m = 0;
    double *v = NULL;

    for (uint32_t i = 0; i < n; i++)
        complete += trials[i].state == TRIAL_COMPLETE;
    if (complete == 0 || complete < c->n_startup || !asked_now(c, t))
        goto out;
    if (isnan(own)) {
        *prune = true;
        goto out;
    }
    TRY(mem_new(complete, sizeof *v, &v));
    for (uint32_t i = 0; i < n; i++)
        if (trials[i].state == TRIAL_COMPLETE &&
            pruner_at(&trials[i], trial_last(t)->step, &v[m]))
            m++;
    if (m > 0 && m >= c->n_min)
        *prune = worse(c, own, v, m);
out:
    mem_free(v);
    return st;
}

static bool by_threshold(const struct pruner_conf *c, const struct trial *t)
{
    return asked_now(c, t) && !in(trial_last(t)->value, c->lower, c->upper);
}

/* No progress: the last patience + 1 reports, in the order of steps, against
 * those before. */
static status
stands_still(const struct pruner_conf *c, const struct trial *t, bool *still)
{
    status st = OK;
    struct trial_report *r = NULL;
    uint32_t n = t->n_reports;
    uint32_t late;
    double before;
    double after;

    *still = false;
    if ((int64_t)n <= c->patience + 1)
        goto out;
    late = (uint32_t)c->patience + 1;
    TRY(mem_new(n, sizeof *r, &r));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = i;

        for (; k > 0 && r[k - 1].step > t->reports[i].step; k--)
            r[k] = r[k - 1];
        r[k] = t->reports[i];
    }
    before = best(r, n - late, c->maximise);
    after = best(r + (n - late), late, c->maximise);
    *still = c->maximise ? before - c->min_delta > after
                         : before + c->min_delta < after;
out:
    mem_free(r);
    return st;
}

static status ask(struct pruner *p,
                  const struct trial *trials,
                  uint32_t n,
                  uint32_t at,
                  struct pruner_verdict *v)
{
    switch (p->conf.kind) {
    case PRUNER_PERCENTILE:
        return by_percentile(&p->conf, trials, n, at, &v->prune);
    case PRUNER_HALVING:
        return pruner_halving(p, trials, n, at, v);
    case PRUNER_HYPERBAND:
        return pruner_hyperband(p, trials, n, at, v);
    case PRUNER_THRESHOLD:
        v->prune = by_threshold(&p->conf, &trials[at]);
        return OK;
    case PRUNER_WILCOXON:
        return pruner_wilcoxon(p, trials, n, at, &v->prune);
    case PRUNER_NONE:
        v->prune = p->conf.patience >= 0;
        return OK;
    }
    return OK;
}

status pruner_ask(struct pruner *p,
                  const struct trial *trials,
                  uint32_t n,
                  uint32_t at,
                  struct pruner_verdict *out)
{
    status st = OK;
    struct pruner_verdict v = {0};
    bool still = true;

    BUG_IF(at >= n);
    if (p->conf.patience >= 0)
        TRY(stands_still(&p->conf, &trials[at], &still));
    if (still && trials[at].n_reports > 0)
        TRY(ask(p, trials, n, at, &v));
    *out = v;
out:
    return st;
}
