#include "eval/survival.h"

#include <math.h>
#include <stdbool.h>

#include "base/mem.h"

#include "det/dist.h"
#include "det/math.h"
#include "det/order.h"

status survival_check(const struct survival *s)
{
    status st = OK;

    ENSURE(s->n > 0, ERR_DATA, "survival: no subjects");
    for (uint32_t i = 0; i < s->n; i++) {
        ENSURE(isfinite(s->time[i]) && s->time[i] >= 0.0, ERR_DATA,
               "survival: row %u: time %g; need a number, 0 or more", i,
               s->time[i]);
        ENSURE(s->event[i] == 0 || s->event[i] == 1, ERR_DATA,
               "survival: row %u: event %d; need 1 (event) or 0 (censored)", i,
               s->event[i]);
    }
out:
    return st;
}

/* ln(-ln S) +- z sqrt(G) / ln S */
static void log_log_interval(struct km_point *p)
{
    double l;
    double half;

    if (p->s <= 0.0 || p->s >= 1.0) {
        p->lo = p->hi = p->s;
        return;
    }
    l = det_log(p->s);
    half = DIST_NORMAL_975 * sqrt(p->greenwood) / -l;
    p->lo = det_exp(-det_exp(det_log(-l) + half));
    p->hi = det_exp(-det_exp(det_log(-l) - half));
}

/* Subjects `idx`, ascending in time, into points; the first is time 0. */
static void km_points(const struct survival *s,
                      const uint32_t *idx,
                      uint32_t n,
                      struct km *k)
{
    double surviving = 1.0;
    double greenwood = 0.0;
    uint32_t i = 0;

    while (k->n == 0 || i < n) {
        struct km_point *p = &k->at[k->n++];

        *p = (struct km_point){.t = k->n == 1 ? 0.0 : s->time[idx[i]],
                               .at_risk = n - i};
        for (; i < n && s->time[idx[i]] == p->t; i++) {
            p->events += s->event[idx[i]] == 1;
            p->censored += s->event[idx[i]] == 0;
        }
        surviving *= (double)(p->at_risk - p->events) / p->at_risk;
        if (p->events < p->at_risk)
            greenwood += (double)p->events /
                         ((double)p->at_risk * (p->at_risk - p->events));
        p->s = surviving;
        p->greenwood = greenwood;
        log_log_interval(p);
        /* half of the group may come out an ulp above 1/2 */
        if (isinf(k->median) && surviving <= 0.5 + 1e-12)
            k->median = p->t;
    }
}

status km_fit(const struct survival *s,
              const int32_t *group,
              int32_t which,
              struct km *out)
{
    status st = OK;
    struct km k = {.median = (double)INFINITY};
    uint32_t *idx = NULL;
    uint32_t n = 0;

    TRY(survival_check(s));
    TRY(mem_new(s->n, sizeof *idx, &idx));
    order_f64(s->time, s->n, idx);
    for (uint32_t i = 0; i < s->n; i++)
        if (!group || group[idx[i]] == which)
            idx[n++] = idx[i];
    ENSURE(n > 0, ERR_DATA, "survival: nobody is in group %d", which);
    TRY(mem_new((size_t)n + 1, sizeof *k.at, &k.at));
    km_points(s, idx, n, &k);
    *out = k;
out:
    mem_free(idx);
    return st;
}

void km_free(struct km *k)
{
    mem_free(k->at);
    *k = (struct km){0};
}

double km_at(const struct km *k, double t)
{
    double s = 1.0;

    for (uint32_t i = 0; i < k->n && k->at[i].t <= t; i++)
        s = k->at[i].s;
    return s;
}

/* Counts over ranks 1..n with sums of prefixes (Fenwick 1994). */
static void count_add(uint32_t *tree, uint32_t n, uint32_t rank)
{
    for (; rank <= n; rank += rank & (~rank + 1))
        tree[rank]++;
}

static uint32_t count_upto(const uint32_t *tree, uint32_t rank)
{
    uint32_t sum = 0;

    for (; rank > 0; rank -= rank & (~rank + 1))
        sum += tree[rank];
    return sum;
}

/* rank [n] := 1 + number of distinct scores below. */
static void
rank_scores(const double *score, uint32_t n, uint32_t *idx, uint32_t *rank)
{
    uint32_t r = 0;

    order_f64(score, n, idx);
    for (uint32_t i = 0; i < n; i++) {
        if (i == 0 || score[idx[i]] != score[idx[i - 1]])
            r++;
        rank[idx[i]] = r;
    }
}

/* From the latest time on: those who outlive an event are in the tree. */
static void concordance_count(const struct survival *s,
                              const uint32_t *idx,
                              const uint32_t *rank,
                              uint32_t *tree,
                              struct concordance *c)
{
    uint32_t in = 0;
    uint32_t end;

    for (uint32_t hi = s->n; hi > 0; hi = end) {
        double t = s->time[idx[hi - 1]];

        for (end = hi; end > 0 && s->time[idx[end - 1]] == t; end--)
            if (s->event[idx[end - 1]] == 0) {
                count_add(tree, s->n, rank[idx[end - 1]]);
                in++;
            }
        for (uint32_t i = end; i < hi; i++) {
            uint32_t r = rank[idx[i]];

            if (s->event[idx[i]] == 0)
                continue;
            c->pairs += in;
            c->concordant += in - count_upto(tree, r);
            c->tied += count_upto(tree, r) - count_upto(tree, r - 1);
        }
        for (uint32_t i = end; i < hi; i++)
            if (s->event[idx[i]] == 1) {
                count_add(tree, s->n, rank[idx[i]]);
                in++;
            }
    }
}

status concordance_index(const struct survival *s,
                         const double *score,
                         struct concordance *out)
{
    status st = OK;
    struct concordance c = {.index = (double)NAN};
    uint32_t *idx = NULL;
    uint32_t *rank = NULL;
    uint32_t *tree = NULL;

    TRY(survival_check(s));
    for (uint32_t i = 0; i < s->n; i++)
        ENSURE(!isnan(score[i]), ERR_NUMERIC,
               "concordance: row %u: the score is no number", i);
    TRY(mem_new(s->n, sizeof *idx, &idx));
    TRY(mem_new(s->n, sizeof *rank, &rank));
    TRY(mem_new((size_t)s->n + 1, sizeof *tree, &tree));
    rank_scores(score, s->n, idx, rank);
    order_f64(s->time, s->n, idx);
    concordance_count(s, idx, rank, tree, &c);
    if (c.pairs > 0)
        c.index =
            ((double)c.concordant + (double)c.tied / 2.0) / (double)c.pairs;
    *out = c;
out:
    mem_free(idx);
    mem_free(rank);
    mem_free(tree);
    return st;
}
