#include "eval/multiple.h"

#include <math.h>

#include "base/mem.h"

#include "det/order.h"

/* *idx: the p values ascending, *m of them numbers. */
static status
ascending(const double *p, uint32_t n, uint32_t **idx, uint32_t *m)
{
    status st = OK;

    *m = 0;
    for (uint32_t i = 0; i < n; i++) {
        ENSURE(isnan(p[i]) || (p[i] >= 0.0 && p[i] <= 1.0), ERR_NUMERIC,
               "comparison %u: p = %g; need 0 .. 1", i, p[i]);
        *m += !isnan(p[i]);
    }
    TRY(mem_new(n, sizeof **idx, idx));
    order_f64(p, n, *idx);
out:
    return st;
}

status multiple_holm(const double *p, uint32_t n, double *out)
{
    status st = OK;
    uint32_t *idx = NULL;
    uint32_t m;
    double most = 0.0;

    TRY(ascending(p, n, &idx, &m));
    for (uint32_t i = 0; i < n; i++) {
        if (i < m)
            most = fmax(most, fmin(1.0, (m - i) * p[idx[i]]));
        out[idx[i]] = i < m ? most : (double)NAN;
    }
out:
    mem_free(idx);
    return st;
}

status multiple_bh(const double *p, uint32_t n, double *out)
{
    status st = OK;
    uint32_t *idx = NULL;
    uint32_t m;
    double least = 1.0;

    TRY(ascending(p, n, &idx, &m));
    for (uint32_t i = n; i-- > 0;) {
        if (i < m)
            least = fmin(least, p[idx[i]] * m / (i + 1.0));
        out[idx[i]] = i < m ? least : (double)NAN;
    }
out:
    mem_free(idx);
    return st;
}
