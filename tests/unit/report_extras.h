#ifndef TESTS_UNIT_REPORT_EXTRAS_H
#define TESTS_UNIT_REPORT_EXTRAS_H

/* The rest of a made-up report: curves, survival, stability, searches, maps,
 * data; beside report_sample.h. */
#include <math.h>

#include "base/mem.h"

#include "check.h"
#include "det/stream.h"
#include "eval/report.h"

static inline void extra_curves(struct report *r, struct report_set *set)
{
    uint32_t k = r->classes;

    assert_ok(mem_new(k, sizeof *set->pr, &set->pr));
    assert_ok(mem_new(k, sizeof *set->calibration, &set->calibration));
    for (uint32_t c = 0; c < k; c++) {
        struct report_pr *pr = &set->pr[c];
        struct report_calibration *cal = &set->calibration[c];

        pr->n = 50;
        assert_ok(mem_new(pr->n, sizeof(double), &pr->recall));
        assert_ok(mem_new(pr->n, sizeof(double), &pr->precision));
        for (uint32_t i = 0; i < pr->n; i++) {
            pr->recall[i] = i / 49.0;
            pr->precision[i] = 1.0 - 0.8 * pr->recall[i] * pr->recall[i];
        }
        cal->n = 10;
        assert_ok(mem_new(cal->n, sizeof *cal->bin, &cal->bin));
        for (uint32_t b = 0; b < cal->n; b++) {
            bool none = b == 7; /* an empty bin */

            cal->bin[b].n = none ? 0 : 40 - 3 * b;
            cal->bin[b].proba = none ? (double)NAN : (b + 0.5) / 10.0;
            cal->bin[b].share = none ? (double)NAN : b / 11.0;
        }
        cal->of = (struct calibration){.brier = 0.09, .error = 0.04};
    }
}

/* Exponential times, high risk dies three times as fast. */
static inline void extra_survival(struct report_set *set, uint64_t what)
{
    enum { N = 120 };
    double time[N];
    int32_t event[N];
    int32_t group[N];
    double score[N];
    struct report_survival *s = NULL;
    struct stream g = stream_at(8, STREAM_TEST, what, 7, 0);
    const struct survival data = {N, time, event};

    assert_ok(mem_new(1, sizeof *s, &set->survival));
    s = set->survival;
    s->threshold = 0.48;
    s->threshold_from = "median of 88 tuning rows";
    s->hr_missing = "";
    for (int i = 0; i < N; i++) {
        double t = -log(1.0 - stream_double(&g)) * (i % 2 ? 1.5 : 4.5);

        group[i] = i % 2;
        event[i] = t < 6.0;
        time[i] = t < 6.0 ? t : 6.0;
        score[i] = time[i] + stream_double(&g);
    }
    for (int k = 0; k < RISKS; k++) {
        s->n[k] = N / 2;
        for (int i = k; i < N; i += 2)
            s->events[k] += (uint32_t)event[i];
        assert_ok(km_fit(&data, group, k, &s->km[k]));
    }
    assert_ok(logrank_test(&data, group, RISKS, &s->logrank));
    assert_ok(concordance_index(&data, score, &s->c));
    s->hr = (struct cox_row){.hr = 2.9, .lo = 1.9, .hi = 4.4, .p = 1e-5};
}

static inline void extra_shares(struct report *r)
{
    static const double pct[] = {100.0, 10.0, 50.0, 20.0}; /* any order */
    struct report_share *s = NULL;

    for (size_t i = 0; i < r->n_sets; i++)
        for (size_t k = 0; k < 4; k++) {
            assert_ok(REPORT_ADD(r, share, n_shares, cap_shares, &s));
            s->set = r->set[i].name;
            s->pct = pct[k];
            for (uint32_t m = 0; m < r->n_metrics; m++) {
                double v = 0.5 + 0.003 * pct[k] * (double)(i + 1) / 4.0;

                s->metric[r->metric[m]] = (struct interval){
                    .value = v, .lo = v - 0.04, .hi = v + .03};
            }
        }
}

static inline void extra_stability(struct report *r)
{
    struct report_retest *t = NULL;
    struct report_perturbation *p = NULL;

    assert_ok(REPORT_ADD(r, retest, n_retests, cap_retests, &t));
    *t = (struct report_retest){.set = "pretrained",
                                .targets = 26,
                                .values = 26 * 4096,
                                .has_icc = true,
                                .has_values = true,
                                .rho = 0.98,
                                .r2 = 0.97,
                                .mse = 0.0012};
    t->icc.of[ICC_3] = (struct icc_value){.icc = 0.98, .lo = .95, .hi = .99};
    assert_ok(
        REPORT_ADD(r, perturbation, n_perturbations, cap_perturbations, &p));
    p->set = "pretrained";
    p->trials = 50;
    p->rows = 170;
    assert_ok(mem_new(p->trials, sizeof(double), &p->auc));
    assert_ok(mem_new(p->trials, sizeof(double), &p->c));
    for (uint32_t i = 0; i < p->trials; i++) {
        p->auc[i] = 0.94 + 0.001 * (i * 7 % 13);
        p->c[i] = NAN;
    }
    p->mean[0] = 0.946;
    p->sd[0] = 0.004;
    p->lo[0] = 0.940;
    p->hi[0] = 0.952;
    p->mean[1] = p->mean[2] = NAN;
}

/* Two parameters, a pruned and a failed trial, another without a value. */
static inline void extra_search(struct report *r)
{
    struct report_search *s = NULL;
    struct report_param *p = NULL;

    assert_ok(REPORT_ADD(r, search, n_searches, cap_searches, &s));
    s->set = "pretrained";
    s->objective = "objective (auc)";
    s->n = 40;
    assert_ok(mem_new(s->n, sizeof *s->state, &s->state));
    assert_ok(mem_new(s->n, sizeof *s->value, &s->value));
    for (int k = 0; k < 2; k++) {
        assert_ok(REPORT_ADD(s, param, n_params, cap_params, &p));
        p->name = k ? "momentum" : "C";
        p->importance = k ? 0.07 : 0.81;
        assert_ok(mem_new(s->n, sizeof *p->x, &p->x));
        for (uint32_t i = 0; i < s->n; i++)
            p->x[i] = k ? 0.9 + 0.002 * (i * 11 % 40)
                        : pow(10.0, -6.0 + (i * 7 % 40) / 5.0);
    }
    for (uint32_t i = 0; i < s->n; i++)
        s->value[i] = 0.8 - 0.01 * fabs(log10(s->param[0].x[i]) + 2.0);
    s->state[5] = TRIAL_CUT;
    s->state[9] = TRIAL_BROKEN;
    s->value[9] = NAN;
}

static inline void extra_maps(struct report *r)
{
    struct stream g = stream_at(8, STREAM_TEST, 55, 0, 0);

    for (int k = 0; k < 2; k++) {
        struct report_map *m = NULL;

        assert_ok(REPORT_ADD(r, map, n_maps, cap_maps, &m));
        *m = (struct report_map){.set = "pretrained",
                                 .tsne = k == 1,
                                 .n = 200,
                                 .rows = 384,
                                 .share = {0.41, 0.12},
                                 .perplexity = 30.0,
                                 .divergence = 0.5,
                                 .trust = 0.97,
                                 .neighbours = 10,
                                 .steps = 1000};
        assert_ok(mem_new(m->n, 2 * sizeof *m->xy, &m->xy));
        assert_ok(mem_new(m->n, sizeof *m->y, &m->y));
        for (size_t i = 0; i < m->n; i++) {
            m->y[i] = (int32_t)(i % r->classes);
            m->xy[2 * i] = 3.0 * cos(m->y[i]) + stream_normal(&g);
            m->xy[2 * i + 1] = 3.0 * sin(m->y[i]) + stream_normal(&g);
        }
    }
}

static inline void extra_lists(struct report *r)
{
    struct report_source *s = NULL;
    struct report_deviation *v = NULL;

    assert_ok(REPORT_ADD(r, source, n_sources, cap_sources, &s));
    *s = (struct report_source){.id = "luna16",
                                .ok = 5,
                                .missing = 1,
                                .worst = "lists/task2_val.csv: missing"};
    assert_ok(REPORT_ADD(r, deviation, n_deviations, cap_deviations, &v));
    *v = (struct report_deviation){"augment.crop.lo", "0.75", "0.5",
                                   "code, 2023-11", ""};
}

static inline void extra_fill(struct report *r)
{
    for (size_t i = 0; i < r->n_sets; i++) {
        extra_curves(r, &r->set[i]);
        if (i >= 2)
            extra_survival(&r->set[i], i);
    }
    r->set[3].survival->km[RISK_HIGH].at[0].lo = NAN;
    r->survival_rules = "Deaths before two years count as not alive.";
    extra_shares(r);
    extra_stability(r);
    extra_search(r);
    extra_maps(r);
    extra_lists(r);
}

#endif
