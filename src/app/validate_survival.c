/* Two groups of patients by their score, and how long they live. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#include "app/validate.h"
#include "det/order.h"

status validate_survival_rules(const struct validate_conf *c, struct report *r)
{
    status st = OK;
    char censor[128] = "deaths at any time count";
    char label[128] = "classes as in the table";

    if (c->survival.censor_years > 0.0)
        (void)snprintf(censor, sizeof censor,
                       "deaths from %g years on are censored there, times are "
                       "not cut",
                       c->survival.censor_years);
    if (c->survival.label_years > 0.0)
        (void)snprintf(label, sizeof label,
                       "class 1: alive after %g years; patients censored "
                       "before are %s",
                       c->survival.label_years,
                       c->survival.keep_unknown ? "kept" : "left out");
    r->survival_rules =
        pool_text(&r->pool, &st,
                  "Years of %g days; %s. High risk: score below the threshold. "
                  "Kaplan-Meier and log-rank: %s. Cox: all events, ties by %s.",
                  c->survival.days_per_year, label, censor,
                  c->survival.ties == COX_EFRON ? "Efron" : "Breslow");
    return st;
}

/* Mean of the middle two, or the middle one. */
static status median_of(const double *v, uint32_t n, double *out)
{
    status st = OK;
    uint32_t *order = NULL;

    TRY(mem_new(n, sizeof *order, &order));
    order_f64(v, n, order);
    *out =
        n % 2 ? v[order[n / 2]] : 0.5 * (v[order[n / 2 - 1]] + v[order[n / 2]]);
out:
    mem_free(order);
    return st;
}

/* survival.threshold, or the median of the tuning table's last column. */
static status threshold_of(const struct validate_conf *c,
                           struct pool *pool,
                           const char *set,
                           struct report_survival *s)
{
    status st = OK;
    const char *path = NULL;
    double *proba = NULL;
    uint32_t classes = 0;

    if (*c->survival.threshold) {
        ENSURE(text_to_double(c->survival.threshold, &s->threshold), ERR_CONF,
               "survival.threshold: \"%s\" is no number",
               c->survival.threshold);
        s->threshold_from = "given";
        goto out;
    }
    ENSURE(*c->survival.tuning, ERR_CONF,
           "survival.time is given: who is at high risk needs "
           "survival.threshold or survival.tuning (the tuning rows' "
           "predictions, whose median splits)");
    TRY(validate_path(pool, "survival.tuning", c->survival.tuning, set,
                      (double)c->train_pct, &path));
    TRY(predictions_scores(path, &proba, &s->tuning_rows, &classes));
    for (uint32_t i = 0; i < s->tuning_rows; i++)
        proba[i] = proba[(size_t)i * classes + classes - 1];
    TRY(median_of(proba, s->tuning_rows, &s->threshold));
    s->threshold_from =
        pool_text(pool, &st, "median of %u tuning rows", s->tuning_rows);
out:
    mem_free(proba);
    return st;
}

struct split {
    uint32_t n;
    double *years, *days, *score, *high, *low; /* high, low: 1 in the group */
    int32_t *group, *event, *event_cut;
};

static void split_free(struct split *g)
{
    mem_free(g->years);
    mem_free(g->score);
    mem_free(g->high);
    mem_free(g->low);
    mem_free(g->group);
    mem_free(g->event_cut);
}

static status split_new(const struct validate_conf *c,
                        const struct predictions *p,
                        struct report_survival *s,
                        struct split *g)
{
    status st = OK;
    double until = c->survival.censor_years;

    *g = (struct split){.n = p->rows, .days = p->time, .event = p->event};
    TRY(mem_new(g->n, sizeof *g->years, &g->years));
    TRY(mem_new(g->n, sizeof *g->score, &g->score));
    TRY(mem_new(g->n, sizeof *g->high, &g->high));
    TRY(mem_new(g->n, sizeof *g->low, &g->low));
    TRY(mem_new(g->n, sizeof *g->group, &g->group));
    TRY(mem_new(g->n, sizeof *g->event_cut, &g->event_cut));
    for (uint32_t i = 0; i < g->n; i++) {
        g->years[i] = p->time[i] / c->survival.days_per_year;
        g->score[i] = p->proba[(size_t)i * p->classes + p->classes - 1];
        g->group[i] = g->score[i] < s->threshold ? RISK_HIGH : RISK_LOW;
        g->high[i] = g->group[i] == RISK_HIGH;
        g->low[i] = g->group[i] == RISK_LOW;
        g->event_cut[i] = p->event[i] && !(until > 0.0 && g->years[i] >= until);
        s->n[g->group[i]]++;
        s->events[g->group[i]] += (uint32_t)g->event_cut[i];
    }
out:
    return st;
}

/* Why Cox's model of two groups has no finite optimum, or "". */
static const char *no_hazard(const struct split *g,
                             const struct report_survival *s)
{
    uint32_t events[RISKS] = {0, 0};

    if (s->n[RISK_HIGH] == 0)
        return "nobody is at high risk";
    if (s->n[RISK_LOW] == 0)
        return "nobody is at low risk";
    for (uint32_t i = 0; i < g->n; i++)
        events[g->group[i]] += (uint32_t)g->event[i];
    return events[RISK_HIGH] == 0  ? "nobody at high risk has an event"
           : events[RISK_LOW] == 0 ? "nobody at low risk has an event"
                                   : "";
}

static status hazard(const struct validate_conf *c,
                     const struct split *g,
                     struct report_survival *s)
{
    status st = OK;
    const struct survival days = {g->n, g->days, g->event};
    const double none = __builtin_nan("");

    s->hr = (struct cox_row){none, none, none, none, none, none, none};
    s->cox = (struct cox){none, none, none, none, 0};
    s->hr_missing = no_hazard(g, s);
    if (!*s->hr_missing)
        TRY(cox_fit(&days, g->high, 1, (enum cox_ties)c->survival.ties, &s->hr,
                    &s->cox));
    TRY(concordance_index(&days, g->score, &s->c));
    TRY(concordance_index(&days, g->low, &s->split));
out:
    return st;
}

status validate_survival(const struct validate_conf *c,
                         struct report *r,
                         const struct predictions *p,
                         struct report_set *set)
{
    status st = OK;
    struct report_survival *s = NULL;
    struct split g = {0};
    struct survival years;

    ENSURE(p->classes == 2, ERR_DATA,
           "%s: survival needs scores of two classes (dead, alive), not of %u",
           csv_path(p->table), p->classes);
    TRY(mem_new(1, sizeof *s, &s));
    set->survival = s;
    s->hr_missing = s->threshold_from = "";
    TRY(threshold_of(c, &r->pool, set->name, s));
    TRY(split_new(c, p, s, &g));
    years = (struct survival){g.n, g.years, g.event_cut};
    for (int k = 0; k < RISKS; k++)
        if (s->n[k] > 0)
            TRY(km_fit(&years, g.group, k, &s->km[k]));
    TRY(logrank_test(&years, g.group, RISKS, &s->logrank));
    if (s->n[RISK_LOW] == 0 || s->n[RISK_HIGH] == 0)
        s->logrank.statistic = s->logrank.p = __builtin_nan("");
    TRY(hazard(c, &g, s));
out:
    split_free(&g);
    return st;
}
