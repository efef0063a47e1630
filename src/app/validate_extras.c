/* What stands beside a metric: curves, DeLong, calibration, tests. */
#include <string.h>

#include "base/mem.h"

#include "app/validate.h"
#include "eval/multiple.h"
#include "eval/permute.h"

enum { BINS = 10 };

static uint32_t rows_of_class(const struct predictions *p, uint32_t k)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < p->rows; i++)
        n += p->y[i] == (int32_t)k;
    return n;
}

/* One column of the scores, and who is of its class. */
static void
one_class(const struct predictions *p, uint32_t k, int32_t *y, double *score)
{
    for (uint32_t i = 0; i < p->rows; i++) {
        y[i] = p->y[i] == (int32_t)k;
        score[i] = p->proba[(size_t)i * p->classes + k];
    }
}

static bool are_probabilities(const double *score, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (score[i] < 0.0 || score[i] > 1.0)
            return false;
    return true;
}

static status calibrate(const struct predictions *p,
                        const int32_t *y,
                        const double *score,
                        struct report_calibration *c)
{
    status st = OK;

    if (!are_probabilities(score, p->rows))
        return OK;
    TRY(mem_new(BINS, sizeof *c->bin, &c->bin));
    TRY(calibration_fit(y, score, p->rows, BINS, c->bin, &c->of));
    c->n = BINS;
out:
    return st;
}

/* The draws of the metrics: what is shown together was resampled alike. */
static status bands(const struct validate_conf *c,
                    const struct predictions *p,
                    uint32_t k,
                    struct report_set *s)
{
    const struct bootstrap b = validate_bootstrap(c);

    return scored_bands(p->scored, k, &b, &s->roc_band[k], &s->pr_band[k]);
}

static status of_class(const struct predictions *p,
                       uint32_t k,
                       struct report_set *s,
                       int32_t *y,
                       double *score)
{
    status st = OK;
    uint32_t with = rows_of_class(p, k);

    one_class(p, k, y, score);
    TRY(calibrate(p, y, score, &s->calibration[k]));
    if (with > 0)
        TRY(scored_pr(p->scored, k, &s->pr[k].recall, &s->pr[k].precision,
                      &s->pr[k].n));
    if (with > 0 && with < p->rows)
        TRY(scored_roc(p->scored, k, &s->roc[k].fpr, &s->roc[k].tpr,
                       &s->roc[k].n));
out:
    return st;
}

/* DeLong's variance needs two rows of either class. */
static bool has_delong(const struct predictions *p)
{
    return p->classes == 2 && rows_of_class(p, 0) > 1 &&
           rows_of_class(p, 1) > 1;
}

status validate_extras(const struct validate_conf *c,
                       const struct predictions *p,
                       struct report_set *s)
{
    status st = OK;
    size_t cells = (size_t)p->classes * p->classes;
    int32_t *y = NULL;
    double *score = NULL;

    TRY(mem_new(p->rows, sizeof *y, &y));
    TRY(mem_new(p->rows, sizeof *score, &score));
    TRY(mem_new(p->classes, sizeof *s->roc, &s->roc));
    TRY(mem_new(p->classes, sizeof *s->pr, &s->pr));
    TRY(mem_new(p->classes, sizeof *s->calibration, &s->calibration));
    TRY(mem_new(p->classes, sizeof *s->roc_band, &s->roc_band));
    TRY(mem_new(p->classes, sizeof *s->pr_band, &s->pr_band));
    TRY(mem_new(cells, sizeof *s->confusion, &s->confusion));
    scored_confusion(p->scored, s->confusion);
    for (uint32_t k = 0; k < p->classes; k++) {
        TRY(of_class(p, k, s, y, score));
        TRY(bands(c, p, k, s));
    }
    if (has_delong(p)) {
        one_class(p, 1, y, score);
        TRY(mem_new(1, sizeof *s->delong, &s->delong));
        TRY(delong_auc(y, score, p->rows, s->delong));
    }
out:
    mem_free(y);
    mem_free(score);
    return st;
}

/* ---- tests of the differences */

static status delong_pair(const struct predictions *a,
                          const struct predictions *b,
                          struct report_difference *d)
{
    status st = OK;
    int32_t *y = NULL;
    double *left = NULL;
    double *right = NULL;

    TRY(mem_new(a->rows, sizeof *y, &y));
    TRY(mem_new(a->rows, sizeof *left, &left));
    TRY(mem_new(a->rows, sizeof *right, &right));
    one_class(b, 1, y, right);
    one_class(a, 1, y, left);
    TRY(mem_new(1, sizeof *d->delong, &d->delong));
    TRY(delong_difference(y, left, right, a->rows, d->delong));
out:
    mem_free(y);
    mem_free(left);
    mem_free(right);
    return st;
}

static status test_one(const struct validate_conf *c,
                       const struct predictions *p,
                       struct report_difference *d)
{
    status st = OK;
    struct bootstrap b = validate_bootstrap(c);
    const struct predictions *left = &p[d->a];
    const struct predictions *right = &p[d->b];
    struct scored *pooled = NULL;

    if (c->permutations > 0)
        b.resamples = (uint32_t)c->permutations;
    TRY(permute_pool(left->y, left->proba, right->proba, left->rows,
                     left->classes, &pooled));
    TRY(permute(pooled, d->metric, &b, &d->v, &d->permuted));
    d->p = c->test ? d->permuted.p_study : d->permuted.p;
    if (d->metric == METRIC_AUC && has_delong(left))
        TRY(delong_pair(left, right, d));
out:
    scored_free(pooled);
    return st;
}

status validate_tests(const struct validate_conf *c,
                      struct report *r,
                      const struct predictions *p)
{
    status st = OK;
    uint32_t n = (uint32_t)r->n_differences;
    double *all = NULL;
    double *holm = NULL;
    double *bh = NULL;

    TRY(mem_new(n, sizeof *all, &all));
    TRY(mem_new(n, sizeof *holm, &holm));
    TRY(mem_new(n, sizeof *bh, &bh));
    for (uint32_t i = 0; i < n; i++) {
        TRY(test_one(c, p, &r->difference[i]));
        all[i] = r->difference[i].p;
    }
    TRY(multiple_holm(all, n, holm));
    TRY(multiple_bh(all, n, bh));
    for (uint32_t i = 0; i < n; i++) {
        r->difference[i].p_holm = holm[i];
        r->difference[i].p_bh = bh[i];
    }
out:
    mem_free(all);
    mem_free(holm);
    mem_free(bh);
    return st;
}
