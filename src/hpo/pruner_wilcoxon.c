/* The signed-rank test (Wilcoxon 1945) as Optuna asks scipy 1.10 for it: one
 * side, ranks of zeros split between the signs, exact up to 50 differences
 * without zeros. */
#include <math.h>

#include "base/mem.h"

#include "det/math.h"
#include "det/order.h"
#include "hpo/pruner_part.h"

enum { EXACT_MOST = 50, RANK_SUMS = EXACT_MOST * (EXACT_MOST + 1) / 2 + 1 };

struct signed_ranks {
    double plus, zero;
    double ties; /* sum of t^3 - t over groups of t equal sizes */
};

static struct signed_ranks rank_signs(const double *diff,
                                      const double *size,
                                      const uint32_t *idx,
                                      uint32_t n)
{
    struct signed_ranks s = {0};
    uint32_t end;

    for (uint32_t i = 0; i < n; i = end) {
        double rank;
        double same;

        for (end = i; end < n && size[idx[end]] == size[idx[i]];)
            end++;
        rank = 0.5 * ((double)i + 1.0 + end);
        same = end - i;
        s.ties += same * (same * same - 1.0);
        for (uint32_t k = i; k < end; k++) {
            s.plus += diff[idx[k]] > 0.0 ? rank : 0.0;
            s.zero += diff[idx[k]] == 0.0 ? rank : 0.0;
        }
    }
    return s;
}

/* P(rank sum >= w), or <= w, of n signs that are fair coins: counts of subsets
 * of 1..n by their sum, exact in doubles for 50. */
static status exact(uint32_t n, double w, bool above, double *p)
{
    status st = OK;
    uint32_t most = n * (n + 1) / 2;
    uint32_t at = (uint32_t)w; /* half a rank, of ties, is dropped */
    double *count = NULL;
    double sum = 0.0;

    TRY(mem_new(RANK_SUMS, sizeof *count, &count));
    count[0] = 1.0;
    for (uint32_t k = 1; k <= n; k++)
        for (uint32_t s = k * (k + 1) / 2; s >= k; s--)
            count[s] += count[s - k];
    for (uint32_t s = above ? at : 0; s <= (above ? most : at); s++)
        sum += count[s];
    for (uint32_t k = 0; k < n; k++)
        sum *= 0.5;
    *p = sum;
out:
    mem_free(count);
    return st;
}

static double approximate(uint32_t n, const struct signed_ranks *s, bool above)
{
    double m = n;
    double variance = (m * (m + 1.0) * (2.0 * m + 1.0) - 0.5 * s->ties) / 24.0;
    double z = (s->plus + s->zero / 2.0 - m * (m + 1.0) / 4.0) / sqrt(variance);

    return 0.5 * det_erfc((above ? z : -z) * 0.7071067811865476);
}

/* p that the differences are above (or below) zero by chance. */
static status signed_rank(const double *diff, uint32_t n, bool above, double *p)
{
    status st = OK;
    double *size = NULL;
    uint32_t *idx = NULL;
    struct signed_ranks s;

    TRY(mem_new(n, sizeof *size, &size));
    TRY(mem_new(n, sizeof *idx, &idx));
    for (uint32_t i = 0; i < n; i++)
        size[i] = fabs(diff[i]);
    order_f64(size, n, idx);
    s = rank_signs(diff, size, idx, n);
    if (n <= EXACT_MOST && s.zero == 0.0)
        TRY(exact(n, s.plus, above, p));
    else
        *p = approximate(n, &s, above);
out:
    mem_free(size);
    mem_free(idx);
    return st;
}

static const struct trial *
best_trial(const struct trial *trials, uint32_t n, bool maximise)
{
    const struct trial *top = NULL;

    for (uint32_t i = 0; i < n; i++) {
        const struct trial *t = &trials[i];

        if (t->state == TRIAL_COMPLETE &&
            (!top ||
             (maximise ? t->value > top->value : t->value < top->value)))
            top = t;
    }
    return top;
}

/* Mean of the reports; false when one is not finite or there are none. */
static bool mean_of(const struct trial *t, double *mean)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < t->n_reports; i++) {
        if (!isfinite(t->reports[i].value))
            return false;
        sum += t->reports[i].value;
    }
    *mean = sum / t->n_reports;
    return t->n_reports > 0;
}

status pruner_wilcoxon(const struct pruner *p,
                       const struct trial *trials,
                       uint32_t n,
                       uint32_t at,
                       bool *prune)
{
    status st = OK;
    bool maximise = p->conf.maximise;
    const struct trial *own = &trials[at];
    const struct trial *top = best_trial(trials, n, maximise);
    double *diff = NULL;
    double own_mean;
    double top_mean;
    double value;
    double chance;
    uint32_t m = 0;

    if (!top || !mean_of(own, &own_mean) || !mean_of(top, &top_mean))
        goto out;
    TRY(mem_new(own->n_reports, sizeof *diff, &diff));
    for (uint32_t i = 0; i < own->n_reports; i++)
        if (pruner_at(top, own->reports[i].step, &value))
            diff[m++] = own->reports[i].value - value;
    if (m < 2 || m < p->conf.n_steps)
        goto out;
    /* a trial whose mean is no worse goes on, whatever the ranks say */
    if (maximise ? top_mean <= own_mean : top_mean >= own_mean)
        goto out;
    TRY(signed_rank(diff, m, !maximise, &chance));
    *prune = chance < p->conf.p;
out:
    mem_free(diff);
    return st;
}
