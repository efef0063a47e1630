#include "eval/delong.h"

#include <math.h>

#include "base/mem.h"

#include "det/dist.h"
#include "det/order.h"

/* For each row the share of the other class it is placed right of (negatives:
 * left of), ties 1/2; its mean over either class is the area. */
struct placement {
    double *value; /* [n] */
    double auc;
};

static void place(const int32_t *y,
                  const double *score,
                  const uint32_t *idx,
                  uint32_t n,
                  const double class_n[2],
                  struct placement *p)
{
    double below[2] = {0.0, 0.0};
    double twice = 0.0; /* of the pairs, in halves: exact */
    uint32_t end;

    for (uint32_t i = 0; i < n; i = end) {
        double here[2] = {0.0, 0.0};

        for (end = i; end < n && score[idx[end]] == score[idx[i]]; end++)
            here[y[idx[end]] > 0] += 1.0;
        for (uint32_t k = i; k < end; k++) {
            int positive = y[idx[k]] > 0;
            double left = below[!positive] + 0.5 * here[!positive];

            p->value[idx[k]] =
                (positive ? left : class_n[1] - left) / class_n[!positive];
        }
        twice += here[1] * (2.0 * below[0] + here[0]);
        below[0] += here[0];
        below[1] += here[1];
    }
    p->auc = twice / (2.0 * class_n[0] * class_n[1]);
}

/* Covariance of two areas: that of the placements, by class. */
static double covariance(const int32_t *y,
                         const struct placement *a,
                         const struct placement *b,
                         uint32_t n,
                         const double class_n[2])
{
    double sum[2] = {0.0, 0.0};

    for (uint32_t i = 0; i < n; i++)
        sum[y[i] > 0] += (a->value[i] - a->auc) * (b->value[i] - b->auc);
    return sum[0] / ((class_n[0] - 1.0) * class_n[0]) +
           sum[1] / ((class_n[1] - 1.0) * class_n[1]);
}

static status
count(const int32_t *y, const double *score, uint32_t n, double class_n[2])
{
    status st = OK;

    class_n[0] = class_n[1] = 0.0;
    for (uint32_t i = 0; i < n; i++) {
        ENSURE(isfinite(score[i]), ERR_NUMERIC,
               "DeLong: row %u: score %g is not finite", i, score[i]);
        class_n[y[i] > 0] += 1.0;
    }
    ENSURE(class_n[0] >= 2.0 && class_n[1] >= 2.0, ERR_DATA,
           "DeLong: %.0f negative and %.0f positive rows; need two of each",
           class_n[0], class_n[1]);
out:
    return st;
}

static status placed(const int32_t *y,
                     const double *score,
                     uint32_t n,
                     const double class_n[2],
                     struct placement *p)
{
    status st = OK;
    uint32_t *idx = NULL;

    TRY(mem_new(n, sizeof *p->value, &p->value));
    TRY(mem_new(n, sizeof *idx, &idx));
    order_f64(score, n, idx);
    place(y, score, idx, n, class_n, p);
out:
    mem_free(idx);
    return st;
}

static struct delong area(double auc, double variance)
{
    double se = sqrt(variance);

    return (struct delong){auc, se, fmax(auc - DIST_NORMAL_975 * se, 0.0),
                           fmin(auc + DIST_NORMAL_975 * se, 1.0)};
}

status delong_auc(const int32_t *y,
                  const double *score,
                  uint32_t n,
                  struct delong *out)
{
    status st = OK;
    struct placement p = {0};
    double class_n[2];

    TRY(count(y, score, n, class_n));
    TRY(placed(y, score, n, class_n, &p));
    *out = area(p.auc, covariance(y, &p, &p, n, class_n));
out:
    mem_free(p.value);
    return st;
}

status delong_difference(const int32_t *y,
                         const double *a,
                         const double *b,
                         uint32_t n,
                         struct delong_pair *out)
{
    status st = OK;
    struct placement p = {0};
    struct placement q = {0};
    double class_n[2];
    double aa;
    double bb;
    double rest;

    TRY(count(y, a, n, class_n));
    TRY(count(y, b, n, class_n));
    TRY(placed(y, a, n, class_n, &p));
    TRY(placed(y, b, n, class_n, &q));
    aa = covariance(y, &p, &p, n, class_n);
    bb = covariance(y, &q, &q, n, class_n);
    *out = (struct delong_pair){area(p.auc, aa), area(q.auc, bb),
                                .diff = p.auc - q.auc};
    /* the variance of the differences themselves: no cancellation */
    for (uint32_t i = 0; i < n; i++)
        p.value[i] -= q.value[i];
    p.auc -= q.auc;
    rest = covariance(y, &p, &p, n, class_n);
    out->se = sqrt(rest);
    out->lo = out->diff - DIST_NORMAL_975 * out->se;
    out->hi = out->diff + DIST_NORMAL_975 * out->se;
    out->z = out->diff / out->se;
    out->p = dist_normal_two(out->z);
out:
    mem_free(p.value);
    mem_free(q.value);
    return st;
}
