/* Resampling of rows, the study's way of giving intervals. */
#include <string.h>

#include "base/mem.h"

#include "det/order.h"
#include "det/stream.h"
#include "eval/metrics.h"
#include "eval/scored.h"

double percentile_sorted(const double *sorted, uint32_t n, double q)
{
    double at = (n - 1) * (q / 100.0);
    uint32_t k = (uint32_t)at;
    double t = at - k;
    double gap;

    for (uint32_t i = 0; i < n; i++)
        if (__builtin_isnan(sorted[i]))
            return __builtin_nan("");
    if (k + 1 >= n)
        return sorted[n - 1];
    gap = sorted[k + 1] - sorted[k];
    return t >= 0.5 ? sorted[k + 1] - (1.0 - t) * gap : sorted[k] + t * gap;
}

status drawing_start(const struct bootstrap *b, struct drawing *d)
{
    status st = OK;

    d->b = b;
    if (b->draws == DRAWS_STUDY) {
        ENSURE(b->seed <= UINT32_MAX, ERR_CONF,
               "seed %llu: the study's generator takes seeds below 2^32",
               (unsigned long long)b->seed);
        mt_seed(&d->mt, (uint32_t)b->seed);
    }
out:
    return st;
}

void drawing_rows(struct drawing *d, uint32_t r, uint32_t n, uint32_t *idx)
{
    struct stream s;

    if (d->b->draws == DRAWS_STUDY) {
        mt_fill(&d->mt, n, n, idx);
        return;
    }
    s = stream_at(d->b->seed, STREAM_BOOTSTRAP, d->b->what, r, 0);
    for (uint32_t i = 0; i < n; i++)
        idx[i] = (uint32_t)stream_below(&s, n);
}

status interval_of(const double *value, uint32_t used, struct interval *out)
{
    status st = OK;
    uint32_t *order = NULL;
    double *sorted = NULL;
    double squares = 0.0;
    uint32_t above = 0;

    out->used = used;
    out->mean = out->sd = out->lo = out->hi = out->above = __builtin_nan("");
    if (used == 0)
        return OK;
    TRY(mem_raw(used, sizeof *order, &order));
    TRY(mem_raw(used, sizeof *sorted, &sorted));
    order_f64(value, used, order);
    out->mean = 0.0;
    for (uint32_t i = 0; i < used; i++) {
        sorted[i] = value[order[i]];
        out->mean += value[i];
        above += value[i] > 0.0;
    }
    out->mean /= used;
    for (uint32_t i = 0; i < used; i++)
        squares += (value[i] - out->mean) * (value[i] - out->mean);
    out->sd = used > 1 ? __builtin_sqrt(squares / (used - 1)) : 0.0;
    out->lo = percentile_sorted(sorted, used, 2.5);
    out->hi = percentile_sorted(sorted, used, 97.5);
    out->above = (double)above / used;
out:
    mem_free(order);
    mem_free(sorted);
    return st;
}

/* One resample of metric(a), less metric(b) if there is a b. */
static double value_of(const struct scored *a,
                       const struct scored *b,
                       enum metric m,
                       const struct rows_of *r,
                       struct tally *t)
{
    double v = tally_metric(a, m, r, t);

    return b ? v - tally_metric(b, m, r, t) : v;
}

static status resample(const struct scored *a,
                       const struct scored *b,
                       enum metric m,
                       const struct bootstrap *boot,
                       struct interval *out)
{
    status st = OK;
    struct tally t = {0};
    struct drawing d;
    uint32_t *idx = NULL;
    double *value = NULL;
    uint32_t used = 0;

    TRY(drawing_start(boot, &d));
    TRY(tally_new(a, &t));
    TRY(mem_raw(a->n, sizeof *idx, &idx));
    TRY(mem_raw(boot->resamples, sizeof *value, &value));
    out->value = value_of(a, b, m, &(struct rows_of){.n = a->n}, &t);
    for (uint32_t r = 0; r < boot->resamples && a->n > 0; r++) {
        double v;

        drawing_rows(&d, r, a->n, idx);
        v = value_of(a, b, m, &(struct rows_of){idx, a->n}, &t);
        if (!__builtin_isnan(v))
            value[used++] = v;
    }
    TRY(interval_of(value, used, out));
    out->left_out = boot->resamples - used;
out:
    tally_free(&t);
    mem_free(idx);
    mem_free(value);
    return st;
}

status bootstrap_metric(const struct scored *s,
                        enum metric m,
                        const struct bootstrap *b,
                        struct interval *out)
{
    return resample(s, NULL, m, b, out);
}

status bootstrap_difference(const struct scored *a,
                            const struct scored *b,
                            enum metric m,
                            const struct bootstrap *boot,
                            struct interval *out)
{
    status st = OK;

    ENSURE(a->n == b->n && a->classes == b->classes, ERR_DATA,
           "paired difference: %u rows of %u classes against %u of %u", a->n,
           a->classes, b->n, b->classes);
    for (uint32_t i = 0; i < a->n; i++)
        ENSURE(a->y[i] == b->y[i], ERR_DATA,
               "paired difference: row %u has class %d in one set and %d in "
               "the other",
               i, a->y[i], b->y[i]);
    TRY(resample(a, b, m, boot, out));
out:
    return st;
}
