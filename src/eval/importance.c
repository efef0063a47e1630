#include "eval/importance.h"

#include "base/mem.h"

#include "det/order.h"

enum { LEAST = 8, BINS = 10 };

/* Bins of rows in ascending order of x, NaN last: is row i the first of a new
 * one? `bin` of `bins` is open. Equal values are never parted. */
static bool begins(const double *x,
                   const uint32_t *idx,
                   uint32_t i,
                   uint32_t n,
                   uint32_t bin,
                   uint32_t bins)
{
    double before = x[idx[i - 1]];
    double here = x[idx[i]];
    bool none = __builtin_isnan(here) != 0;

    if (none || before == here)
        return none && !__builtin_isnan(before);
    return bins == 0 || (uint64_t)i * bins >= (uint64_t)n * (bin + 1);
}

static uint32_t root(uint32_t n)
{
    uint32_t r = 1;

    while ((r + 1) * (r + 1) <= n)
        r++;
    return r < BINS ? r : BINS;
}

status importance_of(
    const double *x, const double *y, uint32_t n, bool classes, double *out)
{
    status st = OK;
    uint32_t *idx = NULL;
    uint32_t bins = classes ? 0 : root(n);
    uint32_t used = 0;
    uint32_t lo = 0;
    double mean = 0.0;
    double total = 0.0;
    double within = 0.0;

    *out = __builtin_nan("");
    TRY(mem_raw(n, sizeof *idx, &idx));
    order_f64(x, n, idx);
    for (uint32_t i = 0; i < n; i++)
        mean += y[i];
    mean /= n;
    for (uint32_t i = 0; i < n; i++)
        total += (y[i] - mean) * (y[i] - mean);
    for (uint32_t i = 1; i <= n; i++) {
        double m = 0.0;

        if (i < n && !begins(x, idx, i, n, used, bins))
            continue;
        for (uint32_t k = lo; k < i; k++)
            m += y[idx[k]];
        m /= i - lo;
        for (uint32_t k = lo; k < i; k++)
            within += (y[idx[k]] - m) * (y[idx[k]] - m);
        lo = i;
        used++;
    }
    if (n >= LEAST && total > 0.0) {
        double share = 0.0;

        if (used < n)
            share = 1.0 - within / total * (n - 1.0) / (n - used);
        *out = share > 0.0 ? share : 0.0;
    }
out:
    mem_free(idx);
    return st;
}
