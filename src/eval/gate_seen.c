/* What a run has of a published figure. */
#include <string.h>

#include "eval/gate_part.h"

/* Figures beside the metrics (metric_find). */
enum figure {
    FIGURE_HR,
    FIGURE_LOGRANK_P,
    FIGURE_CONCORDANCE,
    FIGURE_GROUP_CONCORDANCE,
    FIGURE_COX_LOGLIK,
    FIGURE_THRESHOLD,
    FIGURE_ICC3,
    FIGURE_PERTURBED_AUC,
    FIGURE_PERTURBED_CONCORDANCE,
    FIGURE_PERTURBED_MSE,
    FIGURES
};
static const char *const NAME[FIGURES] = {"hr",
                                          "logrank_p",
                                          "concordance",
                                          "group_concordance",
                                          "cox_loglik",
                                          "threshold",
                                          "icc3",
                                          "perturbed_auc",
                                          "perturbed_concordance",
                                          "perturbed_mse"};
static const char *const TITLE[FIGURES] = {
    "hazard ratio, high against low risk",
    "log-rank p",
    "concordance index",
    "concordance of the two groups",
    "Cox partial log-likelihood",
    "threshold of risk",
    "ICC3, test against retest",
    "AUC over moved seeds",
    "concordance over moved seeds",
    "feature change over moved seeds"};

static int find(const char *name)
{
    for (int f = 0; f < FIGURES; f++)
        if (strcmp(name, NAME[f]) == 0)
            return f;
    return -1;
}

bool gate_has_figure(const char *name)
{
    return metric_find(name) >= 0 || find(name) >= 0;
}

const char *gate_title(const struct report *r, const char *figure)
{
    int f = find(figure);

    return f >= 0 ? TITLE[f]
                  : metric_title((enum metric)metric_find(figure), r->classes);
}

static void of_interval(const struct interval *v, struct seen *out)
{
    out->value = v->value;
    out->mean = v->mean;
    out->sd = v->sd;
    out->lo = v->lo;
    out->hi = v->hi;
    out->resamples = v->used;
}

static const char *
seen_metric(const struct report *r, const struct record *c, struct seen *out)
{
    enum metric m = (enum metric)metric_find(c->figure);
    int set = report_find(r, c->set);

    if (!gate_has_metric(r, m))
        return "the metric was not asked for (validate.metrics)";
    for (size_t i = 0; i < r->n_shares; i++)
        if (r->share[i].pct == c->train_pct &&
            strcmp(r->share[i].set, c->set) == 0) {
            of_interval(&r->share[i].metric[m], out);
            return "";
        }
    if (set < 0)
        return "this run has no such feature set";
    of_interval(&r->set[set].metric[m], out);
    return "";
}

static const char *seen_difference(const struct report *r,
                                   const struct record *c,
                                   struct seen *out)
{
    enum metric m = (enum metric)metric_find(c->figure);

    for (size_t i = 0; i < r->n_differences; i++) {
        const struct report_difference *d = &r->difference[i];

        if (d->metric == m && strcmp(r->set[d->a].name, c->set) == 0 &&
            strcmp(r->set[d->b].name, c->against) == 0) {
            of_interval(&d->v, out);
            out->p = d->permuted.n > 0 ? d->permuted.p_study : out->p;
            return "";
        }
    }
    return "the difference was not asked for (validate.differences)";
}

static const char *seen_survival(const struct report *r,
                                 const struct record *c,
                                 enum figure f,
                                 struct seen *out)
{
    int set = report_find(r, c->set);
    const struct report_survival *s = set < 0 ? NULL : r->set[set].survival;

    if (!s)
        return "the run has no survival of this set (survival.time)";
    switch (f) {
    case FIGURE_HR:
        out->value = s->hr.hr;
        out->lo = s->hr.lo;
        out->hi = s->hr.hi;
        return *s->hr_missing ? s->hr_missing : "";
    case FIGURE_LOGRANK_P:
        out->value = s->logrank.p;
        break;
    case FIGURE_CONCORDANCE:
        out->value = s->c.index;
        break;
    case FIGURE_GROUP_CONCORDANCE:
        out->value = s->split.index;
        break;
    case FIGURE_COX_LOGLIK:
        out->value = s->cox.loglik;
        return *s->hr_missing ? s->hr_missing : "";
    default: /* FIGURE_THRESHOLD */
        out->value = s->threshold;
        return s->tuning_rows == 0 ? "the threshold was given, not computed"
               : s->tuning_rows != c->n
                   ? "the tuning table has another number of rows"
                   : "";
    }
    return "";
}

static const char *seen_retest(struct report *r,
                               const struct record *c,
                               struct seen *out,
                               status *st)
{
    for (size_t i = 0; i < r->n_retests; i++) {
        const struct report_retest *t = &r->retest[i];

        if (!t->has_icc || strcmp(t->set, c->set) != 0)
            continue;
        if (strcmp(t->cohort, c->cohort) != 0)
            return pool_text(&r->pool, st,
                             "the figure is of cohort %s, the retest of %s",
                             c->cohort, t->cohort);
        if (t->targets != c->n)
            return pool_text(&r->pool, st, "%g patients there, %u here", c->n,
                             t->targets);
        out->value = t->icc.of[ICC_3].icc;
        out->lo = t->icc.of[ICC_3].lo;
        out->hi = t->icc.of[ICC_3].hi;
        return "";
    }
    return "the run has no test and retest of this set (retest.first)";
}

static const char *seen_perturbed(struct report *r,
                                  const struct record *c,
                                  enum figure f,
                                  struct seen *out,
                                  status *st)
{
    int which = (int)f - FIGURE_PERTURBED_AUC;

    for (size_t i = 0; i < r->n_perturbations; i++) {
        const struct report_perturbation *p = &r->perturbation[i];
        uint32_t trials = p->trials - (f == FIGURE_PERTURBED_MSE);

        if (strcmp(p->set, c->set) != 0)
            continue;
        if (p->rows != c->n || trials != c->trials)
            return pool_text(&r->pool, st,
                             "%g trials of %g rows there, %u of %u here",
                             c->trials, c->n, trials, p->rows);
        if (__builtin_isnan(p->mean[which]))
            return "the trials do not have it";
        out->value = p->mean[which];
        out->lo = p->lo[which];
        out->hi = p->hi[which];
        return "";
    }
    return "the run has no trials of moved seeds (perturb.trials)";
}

const char *gate_seen(struct report *r,
                      const struct record *c,
                      struct seen *out,
                      status *st)
{
    const double none = __builtin_nan("");
    int f = find(c->figure);

    *out = (struct seen){none, none, none, none, none, none, 0};
    if (f < 0)
        return c->against ? seen_difference(r, c, out) : seen_metric(r, c, out);
    if (f == FIGURE_ICC3)
        return seen_retest(r, c, out, st);
    if (f >= FIGURE_PERTURBED_AUC)
        return seen_perturbed(r, c, (enum figure)f, out, st);
    return seen_survival(r, c, (enum figure)f, out);
}
