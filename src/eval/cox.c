#include "eval/cox.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#include "det/dist.h"
#include "det/math.h"
#include "det/order.h"
#include "eval/chol.h"

enum { STEPS = 100, HALVINGS = 40 };

/* The information along a direction may fall this far below its value at 0
 * before the likelihood is called monotone: at a finite optimum it keeps the
 * size of the spread among those at risk, on the way to infinity it falls by
 * e with every step. */
static const double MONOTONE = 1e-9;

struct work {
    const struct survival *s;
    const double *x; /* [n][d] standardised */
    uint32_t d;
    enum cox_ties ties;
    uint32_t *idx; /* [n] by time */
    double *mean, *sd, *b, *trial, *grad, *floor, *pivot;
    double *info;                                 /* [d][d] */
    double *risk1, *risk2, *died1, *died2, *sum1; /* first and second moments */
    double *eta;                                  /* [n] */
    double *scaled;                               /* [n][d], owned */
};

static void work_free(struct work *w)
{
    mem_free(w->idx);
    mem_free(w->mean);
    mem_free(w->info);
    mem_free(w->eta);
    mem_free(w->scaled);
}

static status work_new(struct work *w)
{
    status st = OK;
    size_t d = w->d;
    double *v = NULL;

    TRY(mem_new(w->s->n, sizeof *w->idx, &w->idx));
    TRY(mem_new(d * 10, sizeof *v, &v));
    w->mean = v;
    w->sd = v + d;
    w->b = v + 2 * d;
    w->trial = v + 3 * d;
    w->grad = v + 4 * d;
    w->floor = v + 5 * d;
    w->pivot = v + 6 * d;
    w->risk1 = v + 7 * d;
    w->died1 = v + 8 * d;
    w->sum1 = v + 9 * d;
    TRY(mem_new(d * d * 3, sizeof *w->info, &w->info));
    w->risk2 = w->info + d * d;
    w->died2 = w->info + 2 * d * d;
    TRY(mem_new(w->s->n, sizeof *w->eta, &w->eta));
    TRY(mem_new(w->s->n * d, sizeof *w->scaled, &w->scaled));
    w->x = w->scaled;
    order_f64(w->s->time, w->s->n, w->idx);
out:
    return st;
}

static status check_columns(const double *x, uint32_t n, uint32_t d)
{
    status st = OK;

    for (size_t i = 0; i < (size_t)n * d; i++)
        ENSURE(isfinite(x[i]), ERR_DATA,
               "cox: row %zu, covariate %zu: %g is no finite number", i / d,
               i % d, x[i]);
    for (uint32_t k = 0; k < d; k++) {
        bool differ = false;

        for (uint32_t i = 1; i < n; i++)
            differ = differ || x[(size_t)i * d + k] != x[k];
        ENSURE(differ, ERR_DATA, "cox: covariate %u is constant (%g)", k, x[k]);
    }
out:
    return st;
}

/* Columns of mean 0 and sample variance 1. */
static void standardise(struct work *w, const double *x)
{
    uint32_t n = w->s->n;

    for (uint32_t k = 0; k < w->d; k++) {
        double sum = 0.0;
        double sq = 0.0;

        for (uint32_t i = 0; i < n; i++)
            sum += x[(size_t)i * w->d + k];
        w->mean[k] = sum / n;
        for (uint32_t i = 0; i < n; i++) {
            double v = x[(size_t)i * w->d + k] - w->mean[k];

            sq += v * v;
        }
        w->sd[k] = sqrt(sq / (n - 1));
        for (uint32_t i = 0; i < n; i++)
            w->scaled[(size_t)i * w->d + k] =
                (x[(size_t)i * w->d + k] - w->mean[k]) / w->sd[k];
    }
}

static void add_moments(
    const double *x, uint32_t d, double theta, double *first, double *second)
{
    for (uint32_t j = 0; j < d; j++) {
        first[j] += theta * x[j];
        for (uint32_t k = 0; k <= j; k++)
            second[(size_t)j * d + k] += theta * x[j] * x[k];
    }
}

/* The deaths of one time: -ln of the sum over the risk set, its gradient and
 * its curvature, once for each death. */
static double
add_deaths(struct work *w, uint32_t deaths, double risk0, double died0)
{
    double loglik = 0.0;
    uint32_t d = w->d;

    for (uint32_t l = 0; l < deaths; l++) {
        double c = w->ties == COX_EFRON ? (double)l / deaths : 0.0;
        double sum0 = risk0 - c * died0;

        loglik -= det_log(sum0);
        for (uint32_t j = 0; j < d; j++) {
            w->sum1[j] = (w->risk1[j] - c * w->died1[j]) / sum0;
            w->grad[j] -= w->sum1[j];
            for (uint32_t k = 0; k <= j; k++) {
                size_t at = (size_t)j * d + k;

                w->info[at] += (w->risk2[at] - c * w->died2[at]) / sum0 -
                               w->sum1[j] * w->sum1[k];
            }
        }
    }
    return loglik;
}

/* eta := x b, shifted so that its largest is 0 (the likelihood does not see
 * it, the exponential stays in range). */
static void linear_part(struct work *w, const double *b)
{
    double most = -(double)INFINITY;

    for (uint32_t i = 0; i < w->s->n; i++) {
        w->eta[i] = 0.0;
        for (uint32_t k = 0; k < w->d; k++)
            w->eta[i] += w->x[(size_t)i * w->d + k] * b[k];
        most = fmax(most, w->eta[i]);
    }
    for (uint32_t i = 0; i < w->s->n; i++)
        w->eta[i] -= most;
}

/* Log partial likelihood at b, its gradient and information; from the latest
 * time on, so that the risk set only grows. */
static double evaluate(struct work *w, const double *b)
{
    const struct survival *s = w->s;
    size_t dd = (size_t)w->d * w->d;
    double loglik = 0.0;
    double risk0 = 0.0;
    uint32_t lo;

    linear_part(w, b);
    memset(w->grad, 0, w->d * sizeof *w->grad);
    memset(w->info, 0, 2 * dd * sizeof *w->info); /* risk2 as well */
    memset(w->risk1, 0, w->d * sizeof *w->risk1);
    for (uint32_t hi = s->n; hi > 0; hi = lo) {
        double t = s->time[w->idx[hi - 1]];
        double died0 = 0.0;
        uint32_t deaths = 0;

        memset(w->died1, 0, w->d * sizeof *w->died1);
        memset(w->died2, 0, dd * sizeof *w->died2);
        for (lo = hi; lo > 0 && s->time[w->idx[lo - 1]] == t; lo--) {
            uint32_t i = w->idx[lo - 1];
            const double *x = w->x + (size_t)i * w->d;
            double theta = det_exp(w->eta[i]);

            risk0 += theta;
            add_moments(x, w->d, theta, w->risk1, w->risk2);
            if (s->event[i] == 0)
                continue;
            deaths++;
            died0 += theta;
            add_moments(x, w->d, theta, w->died1, w->died2);
            loglik += w->eta[i];
            for (uint32_t k = 0; k < w->d; k++)
                w->grad[k] += x[k];
        }
        loglik += add_deaths(w, deaths, risk0, died0);
    }
    return loglik;
}

/* The factor of the information in place of it. */
static status factor(struct work *w, uint32_t step)
{
    status st = OK;
    uint32_t bad;

    for (uint32_t j = 0; step == 0 && j < w->d; j++)
        w->floor[j] = 1e-10 * w->info[(size_t)j * w->d + j];
    bad = chol_factor(w->info, w->d, w->floor, w->pivot);
    ENSURE(bad == w->d || step > 0, ERR_DATA,
           "cox: covariate %u follows from those before it, or does not vary "
           "among those at risk",
           bad);
    ENSURE(bad == w->d && step < STEPS, ERR_DATA,
           "cox: monotone likelihood: covariate %u separates the events, no "
           "finite hazard ratio exists",
           bad < w->d ? bad : 0);
    for (uint32_t j = 0; step == 0 && j < w->d; j++)
        w->floor[j] = MONOTONE * w->pivot[j];
out:
    return st;
}

/* b to the optimum; the factor of its information is left in info. */
static status optimum(struct work *w, struct cox *c)
{
    status st = OK;
    bool done = false;

    c->loglik_null = c->loglik = evaluate(w, w->b);
    TRY(factor(w, 0));
    while (!done) {
        double far = 0.0;
        double now;
        int halved = 0;

        chol_solve(w->info, w->d, w->grad); /* the step */
        for (uint32_t k = 0; k < w->d; k++) {
            w->trial[k] = w->b[k] + w->grad[k];
            far = fmax(far, fabs(w->grad[k]));
        }
        /* Newton's error is squared by the step that is taken now */
        done = far <= 1e-9;
        now = evaluate(w, w->trial);
        while (now < c->loglik - 1e-12 * fabs(c->loglik) &&
               halved++ < HALVINGS) {
            for (uint32_t k = 0; k < w->d; k++)
                w->trial[k] = 0.5 * (w->trial[k] + w->b[k]);
            now = evaluate(w, w->trial);
        }
        memcpy(w->b, w->trial, w->d * sizeof *w->b);
        c->loglik = now;
        TRY(factor(w, ++c->steps));
    }
out:
    return st;
}

static void fill_rows(struct work *w, struct cox_row *rows)
{
    for (uint32_t k = 0; k < w->d; k++) {
        struct cox_row *r = &rows[k];

        memset(w->trial, 0, w->d * sizeof *w->trial);
        w->trial[k] = 1.0;
        chol_solve(w->info, w->d, w->trial); /* column k of the inverse */
        r->coef = w->b[k] / w->sd[k];
        r->se = sqrt(w->trial[k]) / w->sd[k];
        r->hr = det_exp(r->coef);
        r->lo = det_exp(r->coef - DIST_NORMAL_975 * r->se);
        r->hi = det_exp(r->coef + DIST_NORMAL_975 * r->se);
        r->z = r->coef / r->se;
        r->p = dist_normal_two(r->z);
    }
}

status cox_fit(const struct survival *s,
               const double *x,
               uint32_t d,
               enum cox_ties ties,
               struct cox_row *rows,
               struct cox *out)
{
    status st = OK;
    struct work w = {.s = s, .d = d, .ties = ties};
    struct cox c = {0};
    uint32_t events = 0;

    TRY(survival_check(s));
    for (uint32_t i = 0; i < s->n; i++)
        events += s->event[i] == 1;
    ENSURE(d > 0 && events > 0, ERR_DATA,
           "cox: %u covariates and %u events of %u subjects; need one of each",
           d, events, s->n);
    TRY(check_columns(x, s->n, d));
    TRY(work_new(&w));
    standardise(&w, x);
    TRY(optimum(&w, &c));
    fill_rows(&w, rows);
    c.lr = 2.0 * (c.loglik - c.loglik_null);
    c.lr_p = dist_chi2_above(c.lr, d);
    *out = c;
out:
    work_free(&w);
    return st;
}
