/* Who is taken for whom. */
#include <string.h>

#include "base/mem.h"

#include "det/order.h"
#include "eval/metrics.h"
#include "eval/scored.h"

/* Distinct values of the two lists, ascending: [*k] of room for all. */
static status distinct(
    const int32_t *a, const int32_t *b, uint32_t n, int32_t *label, uint32_t *k)
{
    status st = OK;
    double *key = NULL;
    uint32_t *order = NULL;

    TRY(mem_new(2 * (size_t)n, sizeof *key, &key));
    TRY(mem_new(2 * (size_t)n, sizeof *order, &order));
    for (uint32_t i = 0; i < n; i++) {
        key[i] = a[i];
        key[n + i] = b[i];
    }
    order_f64(key, 2 * n, order);
    for (uint32_t i = 0; i < 2 * n; i++)
        if (i == 0 || key[order[i]] != key[order[i - 1]])
            label[(*k)++] = (int32_t)key[order[i]];
out:
    mem_free(key);
    mem_free(order);
    return st;
}

static uint32_t index_of(const int32_t *label, uint32_t k, int32_t value)
{
    uint32_t lo = 0;
    uint32_t hi = k;

    while (hi - lo > 1) {
        uint32_t mid = lo + (hi - lo) / 2;

        if (label[mid] <= value)
            lo = mid;
        else
            hi = mid;
    }
    return lo;
}

status confusion_matrix(const int32_t *y,
                        const int32_t *pred,
                        uint32_t n,
                        int32_t **label,
                        uint32_t **count,
                        uint32_t *k)
{
    status st = OK;
    int32_t *names = NULL;
    uint32_t *c = NULL;
    uint32_t m = 0;

    TRY(mem_new(2 * (size_t)n, sizeof *names, &names));
    TRY(distinct(y, pred, n, names, &m));
    TRY(mem_new((size_t)m * m, sizeof *c, &c));
    for (uint32_t i = 0; i < n; i++)
        c[(size_t)index_of(names, m, y[i]) * m + index_of(names, m, pred[i])]++;
    *label = names;
    *count = c;
    *k = m;
    names = NULL;
    c = NULL;
out:
    mem_free(names);
    mem_free(c);
    return st;
}

void scored_confusion(const struct scored *s, uint32_t *count)
{
    memset(count, 0, (size_t)s->classes * s->classes * sizeof *count);
    for (uint32_t i = 0; i < s->n; i++)
        count[(size_t)s->y[i] * s->classes + s->pred[i]]++;
}
