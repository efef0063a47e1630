/* Statistics of a report as JSON, and their memory. */
#include "base/mem.h"

#include "eval/report_part.h"

static const char *const RISK[RISKS] = {"low", "high"};

static void number(struct text *t, const char *key, double v)
{
    text_add(t, ", \"%s\": ", key);
    report_number(t, v);
}

/* ---- of a set */

static void put_calibration(const struct report *r,
                            const struct report_set *s,
                            struct text *t)
{
    text_add(t, ",\n     \"calibration\": [");
    for (uint32_t k = 0; k < r->classes; k++) {
        const struct report_calibration *c = &s->calibration[k];

        text_add(t, "%s{\"class\": %u", k ? ", " : "", k);
        if (c->n > 0) {
            number(t, "brier", c->of.brier);
            number(t, "error", c->of.error);
        }
        text_add(t, ", \"bins\": [");
        for (uint32_t b = 0; b < c->n; b++) {
            text_add(t, "%s[%u, ", b ? ", " : "", c->bin[b].n);
            report_number(t, c->bin[b].proba);
            text_add(t, ", ");
            report_number(t, c->bin[b].share);
            text_add(t, "]");
        }
        text_add(t, "]}");
    }
    text_add(t, "]");
}

/* Areas of each class with the intervals of the bands. */
static void
put_areas(const struct report *r, const struct report_set *s, struct text *t)
{
    text_add(t, ",\n     \"one_against_rest\": [");
    for (uint32_t k = 0; k < r->classes; k++) {
        text_add(t, "%s{\"class\": %u, \"auc\": ", k ? ",\n      " : "", k);
        report_interval(t, &s->roc_band[k].area);
        text_add(t, ", \"ap\": ");
        report_interval(t, &s->pr_band[k].area);
        text_add(t, "}");
    }
    text_add(t, "]");
}

static void put_confusion(const struct report *r,
                          const struct report_set *s,
                          struct text *t)
{
    text_add(t, ",\n     \"confusion\": [");
    for (uint32_t i = 0; i < r->classes; i++)
        for (uint32_t k = 0; k < r->classes; k++)
            text_add(t, "%s%u%s",
                     k   ? ", "
                     : i ? ", ["
                         : "[",
                     s->confusion[(size_t)i * r->classes + k],
                     k + 1 == r->classes ? "]" : "");
    text_add(t, "]");
}

static void put_delong(const struct delong *d, struct text *t)
{
    text_add(t, ",\n     \"delong\": {\"auc\": ");
    report_number(t, d->auc);
    number(t, "se", d->se);
    number(t, "low", d->lo);
    number(t, "high", d->hi);
    text_add(t, "}");
}

static void put_km(const struct km *k, struct text *t)
{
    text_add(t, "\"median_years\": ");
    report_number(t, k->median);
    text_add(t, ", \"curve\": [");
    for (uint32_t i = 0; i < k->n; i++) {
        const struct km_point *p = &k->at[i];
        const double v[] = {p->t, p->s, p->lo, p->hi};

        text_add(t, "%s[", i ? ", " : "");
        for (int j = 0; j < 4; j++) {
            report_number(t, v[j]);
            text_add(t, ", ");
        }
        text_add(t, "%u, %u, %u]", p->at_risk, p->events, p->censored);
    }
    text_add(t, "]");
}

static void put_hazard(const struct report_survival *s, struct text *t)
{
    text_add(t, "     \"cox\": {");
    report_member(t, "missing", s->hr_missing);
    number(t, "hazard_ratio", s->hr.hr);
    number(t, "low", s->hr.lo);
    number(t, "high", s->hr.hi);
    number(t, "coef", s->hr.coef);
    number(t, "se", s->hr.se);
    number(t, "p", s->hr.p);
    number(t, "loglik", s->cox.loglik);
    number(t, "loglik_null", s->cox.loglik_null);
    number(t, "likelihood_ratio", s->cox.lr);
    number(t, "likelihood_ratio_p", s->cox.lr_p);
    text_add(t, "}");
}

static void put_survival(const struct report_survival *s, struct text *t)
{
    text_add(t, ",\n     \"survival\": {\"threshold\": ");
    report_number(t, s->threshold);
    text_add(t, ", ");
    report_member(t, "threshold_from", s->threshold_from);
    text_add(t, ",\n     \"logrank\": {\"statistic\": ");
    report_number(t, s->logrank.statistic);
    number(t, "p", s->logrank.p);
    text_add(t, "},\n");
    put_hazard(s, t);
    text_add(t,
             ",\n     \"concordance\": {\"pairs\": %llu, \"concordant\": "
             "%llu, \"tied\": %llu, \"index\": ",
             (unsigned long long)s->c.pairs,
             (unsigned long long)s->c.concordant,
             (unsigned long long)s->c.tied);
    report_number(t, s->c.index);
    number(t, "of_groups", s->split.index);
    text_add(t, "},\n     \"groups\": [");
    for (int g = 0; g < RISKS; g++) {
        text_add(t, "%s{", g ? ",\n      " : "");
        report_member(t, "risk", RISK[g]);
        text_add(t, ", \"n\": %u, \"events\": %u, ", s->n[g], s->events[g]);
        put_km(&s->km[g], t);
        text_add(t, "}");
    }
    text_add(t, "]}");
}

void report_set_json(const struct report *r,
                     const struct report_set *s,
                     struct text *t)
{
    if (s->delong)
        put_delong(s->delong, t);
    if (s->confusion)
        put_confusion(r, s, t);
    if (s->roc_band && s->pr_band)
        put_areas(r, s, t);
    if (s->calibration)
        put_calibration(r, s, t);
    if (s->survival)
        put_survival(s->survival, t);
}

void report_set_free(struct report_set *s, uint32_t classes)
{
    for (uint32_t k = 0; s->pr && k < classes; k++) {
        mem_free(s->pr[k].recall);
        mem_free(s->pr[k].precision);
    }
    for (uint32_t k = 0; s->calibration && k < classes; k++)
        mem_free(s->calibration[k].bin);
    for (int g = 0; s->survival && g < RISKS; g++)
        km_free(&s->survival->km[g]);
    mem_free(s->pr);
    mem_free(s->roc_band);
    mem_free(s->pr_band);
    mem_free(s->confusion);
    mem_free(s->calibration);
    mem_free(s->delong);
    mem_free(s->survival);
}

/* ---- of a difference */

void report_difference_json(const struct report_difference *d, struct text *t)
{
    if (d->permuted.n > 0) {
        text_add(t,
                 ",\n     \"permuted\": {\"n\": %u, \"above\": %u, \"beyond\": "
                 "%u",
                 d->permuted.n, d->permuted.above, d->permuted.beyond);
        number(t, "p_study", d->permuted.p_study);
        number(t, "p_two_sided", d->permuted.p);
        text_add(t, "}");
        number(t, "p", d->p);
        number(t, "p_holm", d->p_holm);
        number(t, "p_benjamini_hochberg", d->p_bh);
    }
    if (d->delong) {
        text_add(t, ",\n     \"delong\": {\"difference\": ");
        report_number(t, d->delong->diff);
        number(t, "se", d->delong->se);
        number(t, "low", d->delong->lo);
        number(t, "high", d->delong->hi);
        number(t, "p", d->delong->p);
        text_add(t, "}");
    }
}

/* ---- of the report */

static void put_shares(const struct report *r, struct text *t)
{
    text_add(t, "  \"shares\": [");
    for (size_t i = 0; i < r->n_shares; i++) {
        const struct report_share *s = &r->share[i];

        text_add(t, "%s\n    {", i ? "," : "");
        report_member(t, "set", s->set);
        number(t, "train_pct", s->pct);
        for (uint32_t m = 0; m < r->n_metrics; m++) {
            text_add(t, ",\n     \"%s\": ", metric_name(r->metric[m]));
            report_interval(t, &s->metric[r->metric[m]]);
        }
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n");
}

static void put_retest(const struct report_retest *s, struct text *t)
{
    const struct icc_value *v = &s->icc.of[ICC_3];

    report_member(t, "set", s->set);
    text_add(t, ", ");
    report_member(t, "cohort", s->cohort);
    text_add(t, ", \"targets\": %u, \"values\": %u", s->targets, s->values);
    if (s->has_icc) {
        number(t, "icc3", v->icc);
        number(t, "low", v->lo);
        number(t, "high", v->hi);
        number(t, "p", v->p);
    }
    if (s->has_values) {
        number(t, "spearman", s->rho);
        number(t, "spearman_p", s->rho_p);
        number(t, "r_squared", s->r2);
        number(t, "mean_squared_difference", s->mse);
    }
}

static void
put_trials(const char *key, const double *v, uint32_t n, struct text *t)
{
    text_add(t, ",\n     \"%s\": [", key);
    for (uint32_t i = 0; v && i < n; i++) {
        text_add(t, "%s", i ? ", " : "");
        report_number(t, v[i]);
    }
    text_add(t, "]");
}

static void put_perturbation(const struct report_perturbation *p,
                             struct text *t)
{
    static const char *const name[] = {"auc", "concordance", "feature_mse"};
    const double *const all[] = {p->auc, p->c, p->mse};

    report_member(t, "set", p->set);
    text_add(t, ", \"trials\": %u, \"rows\": %u", p->trials, p->rows);
    for (int i = 0; i < 3; i++) {
        text_add(t, ",\n     \"of_%s\": {\"mean\": ", name[i]);
        report_number(t, p->mean[i]);
        number(t, "sd", p->sd[i]);
        number(t, "low", p->lo[i]);
        number(t, "high", p->hi[i]);
        text_add(t, "}");
        put_trials(name[i], all[i], p->trials, t);
    }
}

static void put_discrepancies(const struct report *r, struct text *t)
{
    text_add(t, "  \"discrepancies\": [");
    for (size_t i = 0; i < r->n_discrepancies; i++) {
        const struct report_discrepancy *d = &r->discrepancy[i];

        text_add(t, "%s\n    {\"id\": %lld, ", i ? "," : "", (long long)d->id);
        report_member(t, "what", d->what);
        text_add(t, ",\n     ");
        report_member(t, "where", d->where);
        text_add(t, ",\n     ");
        report_member(t, "consequence", d->consequence);
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n");
}

void report_stats_json(const struct report *r, struct text *t)
{
    text_add(t, "  ");
    report_member(t, "draws", r->draws);
    text_add(t, ", ");
    report_member(t, "test", r->test);
    text_add(t, ", ");
    report_member(t, "survival_rules", r->survival_rules);
    text_add(t, ", \"rows_without_known_state\": %u,\n", r->left_out);
    put_shares(r, t);
    text_add(t, "  \"retests\": [");
    for (size_t i = 0; i < r->n_retests; i++) {
        text_add(t, "%s\n    {", i ? "," : "");
        put_retest(&r->retest[i], t);
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n  \"perturbations\": [");
    for (size_t i = 0; i < r->n_perturbations; i++) {
        text_add(t, "%s\n    {", i ? "," : "");
        put_perturbation(&r->perturbation[i], t);
        text_add(t, "}");
    }
    text_add(t, "\n  ],\n");
    put_discrepancies(r, t);
}

void report_stats_free(struct report *r)
{
    for (size_t i = 0; i < r->n_differences; i++)
        mem_free(r->difference[i].delong);
    for (size_t i = 0; i < r->n_perturbations; i++) {
        mem_free(r->perturbation[i].auc);
        mem_free(r->perturbation[i].c);
        mem_free(r->perturbation[i].mse);
    }
    mem_free(r->share);
    mem_free(r->retest);
    mem_free(r->perturbation);
    mem_free(r->discrepancy);
}
