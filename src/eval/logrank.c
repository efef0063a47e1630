/* The log-rank test of survival.h. */
#include <math.h>

#include "base/mem.h"

#include "det/dist.h"
#include "det/order.h"
#include "eval/eigen.h"
#include "eval/survival.h"

struct sums { /* by group; variance [groups][groups] */
    uint32_t groups;
    double *observed, *expected, *variance;
    uint32_t *at_risk, *events;
};

static status sums_new(struct sums *m, uint32_t groups)
{
    status st = OK;

    *m = (struct sums){.groups = groups};
    TRY(mem_new(groups, sizeof *m->observed, &m->observed));
    TRY(mem_new(groups, sizeof *m->expected, &m->expected));
    TRY(mem_new((size_t)groups * groups, sizeof *m->variance, &m->variance));
    TRY(mem_new(groups, sizeof *m->at_risk, &m->at_risk));
    TRY(mem_new(groups, sizeof *m->events, &m->events));
out:
    return st;
}

static void sums_free(struct sums *m)
{
    mem_free(m->observed);
    mem_free(m->expected);
    mem_free(m->variance);
    mem_free(m->at_risk);
    mem_free(m->events);
}

/* One event time: n at risk, d events. */
static void add_time(struct sums *m, uint32_t n, uint32_t d)
{
    double factor = (double)d * (n > 1 ? (double)(n - d) / (n - 1) : 1.0);

    for (uint32_t j = 0; j < m->groups; j++) {
        double share = (double)m->at_risk[j] / n;

        m->observed[j] += m->events[j];
        m->expected[j] += share * d;
        for (uint32_t k = 0; k < m->groups; k++)
            m->variance[(size_t)j * m->groups + k] +=
                factor * share * ((j == k) - (double)m->at_risk[k] / n);
    }
}

static void add_times(struct sums *m,
                      const struct survival *s,
                      const int32_t *group,
                      const uint32_t *idx)
{
    uint32_t end;

    for (uint32_t i = 0; i < s->n; i++)
        m->at_risk[group[i]]++;
    for (uint32_t i = 0; i < s->n; i = end) {
        uint32_t d = 0;

        for (uint32_t g = 0; g < m->groups; g++)
            m->events[g] = 0;
        for (end = i; end < s->n && s->time[idx[end]] == s->time[idx[i]];
             end++) {
            m->events[group[idx[end]]] += s->event[idx[end]] == 1;
            d += s->event[idx[end]] == 1;
        }
        if (d > 0)
            add_time(m, s->n - i, d);
        for (uint32_t k = i; k < end; k++)
            m->at_risk[group[idx[k]]]--;
    }
}

/* z' pinv(v) z over the first groups - 1; an eigenvalue of rounding size (a
 * group nobody of which is ever at risk) counts as 0. */
static status quadratic(const struct sums *m, double *out)
{
    status st = OK;
    uint32_t q = m->groups - 1;
    double *v = NULL;
    double *values = NULL;
    double *vt = NULL;
    double largest = 0.0;
    double sum = 0.0;

    TRY(mem_new((size_t)q * q, sizeof *v, &v));
    TRY(mem_new(q, sizeof *values, &values));
    TRY(mem_new((size_t)q * q, sizeof *vt, &vt));
    for (uint32_t j = 0; j < q; j++)
        for (uint32_t k = 0; k < q; k++)
            v[(size_t)j * q + k] = m->variance[(size_t)j * m->groups + k];
    TRY(eigen_symmetric(v, q, values, vt));
    for (uint32_t j = 0; j < q; j++)
        largest = fmax(largest, fabs(values[j]));
    for (uint32_t j = 0; j < q; j++) {
        double along = 0.0;

        for (uint32_t k = 0; k < q; k++)
            along += vt[(size_t)j * q + k] * (m->observed[k] - m->expected[k]);
        if (fabs(values[j]) > 1e-14 * largest)
            sum += along * along / values[j];
    }
    *out = sum;
out:
    mem_free(v);
    mem_free(values);
    mem_free(vt);
    return st;
}

static void hand_out(const struct sums *m, struct logrank *io)
{
    for (uint32_t j = 0; j < m->groups; j++) {
        if (io->observed)
            io->observed[j] = m->observed[j];
        if (io->expected)
            io->expected[j] = m->expected[j];
    }
    for (size_t j = 0; io->variance && j < (size_t)m->groups * m->groups; j++)
        io->variance[j] = m->variance[j];
}

status logrank_test(const struct survival *s,
                    const int32_t *group,
                    uint32_t groups,
                    struct logrank *io)
{
    status st = OK;
    struct sums m = {0};
    uint32_t *idx = NULL;
    double statistic = (double)NAN;

    TRY(survival_check(s));
    ENSURE(groups > 0, ERR_DATA, "log-rank: no groups");
    for (uint32_t i = 0; i < s->n; i++)
        ENSURE(group[i] >= 0 && (uint32_t)group[i] < groups, ERR_DATA,
               "log-rank: row %u: group %d; need 0 .. %u", i, group[i],
               groups - 1);
    TRY(sums_new(&m, groups));
    TRY(mem_new(s->n, sizeof *idx, &idx));
    order_f64(s->time, s->n, idx);
    add_times(&m, s, group, idx);
    if (groups > 1)
        TRY(quadratic(&m, &statistic));
    io->statistic = statistic;
    io->df = groups - 1;
    io->p = groups > 1 ? dist_chi2_above(statistic, groups - 1) : statistic;
    hand_out(&m, io);
out:
    sums_free(&m);
    mem_free(idx);
    return st;
}
