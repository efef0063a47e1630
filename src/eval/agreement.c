#include "eval/agreement.h"

#include <math.h>
#include <stdbool.h>

#include "base/mem.h"

#include "det/dist.h"
#include "det/order.h"

const char *icc_name(enum icc_kind kind)
{
    static const char *const name[ICC_KINDS] = {"ICC1,1", "ICC2,1", "ICC3,1",
                                                "ICC1,k", "ICC2,k", "ICC3,k"};

    return name[kind];
}

struct table { /* means of a two-way table without replication */
    const double *data;
    uint32_t n, k;
    double *row, *col; /* [n], [k] */
    double mean, size; /* size: the largest distance from the mean */
};

static status table_means(struct table *t)
{
    status st = OK;

    for (uint32_t i = 0; i < t->n; i++)
        for (uint32_t j = 0; j < t->k; j++) {
            double v = t->data[(size_t)i * t->k + j];

            ENSURE(isfinite(v), ERR_DATA,
                   "icc: target %u, rater %u: %g is no finite number", i, j, v);
            t->row[i] += v / t->k;
            t->col[j] += v / t->n;
        }
    for (uint32_t i = 0; i < t->n; i++)
        t->mean += t->row[i] / t->n;
    for (size_t i = 0; i < (size_t)t->n * t->k; i++)
        t->size = fmax(t->size, fabs(t->data[i]));
out:
    return st;
}

static double squares(const double *mean, uint32_t n, double of)
{
    double sum = 0.0;

    for (uint32_t i = 0; i < n; i++)
        sum += (mean[i] - of) * (mean[i] - of);
    return sum;
}

static void mean_squares(const struct table *t, struct icc *m)
{
    double n = t->n;
    double k = t->k;
    double raters = n * squares(t->col, t->k, t->mean);
    double rest = 0.0;
    /* the rounding of a residual: such a mean square is a zero */
    double zero = 8.0 * 0x1p-52 * t->size;

    for (uint32_t i = 0; i < t->n; i++)
        for (uint32_t j = 0; j < t->k; j++) {
            double v =
                t->data[(size_t)i * t->k + j] - t->row[i] - t->col[j] + t->mean;
            rest += v * v;
        }
    m->between = k * squares(t->row, t->n, t->mean) / (n - 1.0);
    m->raters = raters / (k - 1.0);
    m->error = rest / ((n - 1.0) * (k - 1.0));
    m->error = m->error <= zero * zero ? 0.0 : m->error;
    m->raters = m->raters <= n * zero * zero ? 0.0 : m->raters;
    m->between = m->between <= k * zero * zero ? 0.0 : m->between;
    m->within = (m->raters * (k - 1.0) + m->error * (n - 1.0) * (k - 1.0)) /
                (n * (k - 1.0));
}

/* F and p of both kinds, and the interval of those whose ratio is F itself:
 * single (f - 1) / (f + k - 1), mean of k 1 - 1 / f. */
static void
from_ratio(double f, double df1, double df2, double k, struct icc_value *of[2])
{
    double lo = f / dist_f_quantile(0.975, df1, df2);
    double hi = f * dist_f_quantile(0.975, df2, df1);
    struct icc_value v = {1.0, 1.0, 1.0, f, df1, df2, 0.0};

    *of[0] = *of[1] = v;
    if (isinf(f))
        return;
    of[0]->p = of[1]->p = dist_f_above(f, df1, df2);
    of[0]->icc = (f - 1.0) / (f + k - 1.0);
    of[0]->lo = (lo - 1.0) / (lo + k - 1.0);
    of[0]->hi = (hi - 1.0) / (hi + k - 1.0);
    of[1]->icc = 1.0 - 1.0 / f;
    of[1]->lo = 1.0 - 1.0 / lo;
    of[1]->hi = 1.0 - 1.0 / hi;
}

/* Absolute agreement: degrees of freedom after Satterthwaite. */
static void agreement(const struct icc *m,
                      double n,
                      double k,
                      struct icc_value *single,
                      struct icc_value *mean)
{
    double top = m->between - m->error;
    double more = k * m->raters + (k * n - k - n) * m->error;
    double r = top / (m->between + (k - 1.0) * m->error +
                      k * (m->raters - m->error) / n);
    double fj = m->raters / m->error;
    double a = k * r * fj;
    double b = n * (1.0 + (k - 1.0) * r) - k * r;
    double v =
        (k - 1.0) * (n - 1.0) * (a + b) * (a + b) / ((n - 1.0) * a * a + b * b);
    double lo;
    double hi;

    if (m->error == 0.0 && m->raters > 0.0)
        v = k - 1.0; /* the limit for a vanishing error */
    single->icc = r;
    mean->icc = top / (m->between + (m->raters - m->error) / n);
    if (m->error == 0.0 && m->raters == 0.0) {
        single->lo = single->hi = mean->lo = mean->hi = 1.0;
        return;
    }
    lo = dist_f_quantile(0.975, n - 1.0, v);
    hi = dist_f_quantile(0.975, v, n - 1.0);
    single->lo =
        n * (m->between - lo * m->error) / (lo * more + n * m->between);
    single->hi =
        n * (hi * m->between - m->error) / (more + n * hi * m->between);
    mean->lo = single->lo * k / (1.0 + single->lo * (k - 1.0));
    mean->hi = single->hi * k / (1.0 + single->hi * (k - 1.0));
}

status icc_fit(const double *data, uint32_t n, uint32_t k, struct icc *out)
{
    status st = OK;
    struct table t = {.data = data, .n = n, .k = k};
    struct icc m = {0};

    ENSURE(n >= 2 && k >= 2, ERR_DATA,
           "icc: %u targets by %u raters; need two of each", n, k);
    TRY(mem_new(n, sizeof *t.row, &t.row));
    TRY(mem_new(k, sizeof *t.col, &t.col));
    TRY(table_means(&t));
    mean_squares(&t, &m);
    ENSURE(m.between > 0.0, ERR_DATA, "icc: all %u targets have one mean", n);
    from_ratio(m.between / m.within, n - 1.0, (double)n * (k - 1.0), k,
               (struct icc_value *[]){&m.of[ICC_1], &m.of[ICC_1K]});
    from_ratio(m.between / m.error, n - 1.0, (n - 1.0) * (k - 1.0), k,
               (struct icc_value *[]){&m.of[ICC_3], &m.of[ICC_3K]});
    m.of[ICC_2] = m.of[ICC_3];
    m.of[ICC_2K] = m.of[ICC_3K];
    agreement(&m, n, k, &m.of[ICC_2], &m.of[ICC_2K]);
    *out = m;
out:
    mem_free(t.row);
    mem_free(t.col);
    return st;
}

/* rank [n] := mean rank from 1. */
static void mean_ranks(const double *x, uint32_t n, uint32_t *idx, double *rank)
{
    uint32_t end;

    order_f64(x, n, idx);
    for (uint32_t i = 0; i < n; i = end) {
        for (end = i; end < n && x[idx[end]] == x[idx[i]];)
            end++;
        for (uint32_t k = i; k < end; k++)
            rank[idx[k]] = 0.5 * ((double)i + 1.0 + end);
    }
}

status
spearman(const double *x, const double *y, uint32_t n, double *rho, double *p)
{
    status st = OK;
    uint32_t *idx = NULL;
    double *a = NULL;
    double mean = 0.5 * ((double)n + 1.0);
    double xx = 0.0;
    double yy = 0.0;
    double xy = 0.0;
    double r;

    ENSURE(n >= 3, ERR_DATA, "spearman: %u rows; need 3", n);
    for (uint32_t i = 0; i < n; i++)
        ENSURE(!isnan(x[i]) && !isnan(y[i]), ERR_DATA,
               "spearman: row %u is no number", i);
    TRY(mem_new(n, sizeof *idx, &idx));
    TRY(mem_new(2 * (size_t)n, sizeof *a, &a));
    mean_ranks(x, n, idx, a);
    mean_ranks(y, n, idx, a + n);
    /* sums of quarters: exact */
    for (uint32_t i = 0; i < n; i++) {
        xx += (a[i] - mean) * (a[i] - mean);
        yy += (a[n + i] - mean) * (a[n + i] - mean);
        xy += (a[i] - mean) * (a[n + i] - mean);
    }
    ENSURE(xx > 0.0 && yy > 0.0, ERR_DATA, "spearman: the %s is constant",
           xx > 0.0 ? "second" : "first");
    r = xy / sqrt(xx * yy);
    *rho = r;
    *p = fabs(r) >= 1.0
             ? 0.0
             : dist_t_two(r * sqrt((n - 2.0) / ((1.0 - r) * (1.0 + r))),
                          n - 2.0);
out:
    mem_free(idx);
    mem_free(a);
    return st;
}

status
r_squared(const double *truth, const double *pred, uint32_t n, double *out)
{
    status st = OK;
    double mean = 0.0;
    double rest = 0.0;
    double total = 0.0;
    bool differ = false;

    ENSURE(n >= 2, ERR_DATA, "R squared: %u rows; need 2", n);
    for (uint32_t i = 0; i < n; i++) {
        ENSURE(isfinite(truth[i]) && isfinite(pred[i]), ERR_DATA,
               "R squared: row %u is no finite number", i);
        mean += truth[i] / n;
        differ = differ || truth[i] != truth[0];
    }
    ENSURE(differ, ERR_DATA, "R squared: the truth is constant");
    for (uint32_t i = 0; i < n; i++) {
        rest += (truth[i] - pred[i]) * (truth[i] - pred[i]);
        total += (truth[i] - mean) * (truth[i] - mean);
    }
    *out = 1.0 - rest / total;
out:
    return st;
}
