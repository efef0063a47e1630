/* Heap sort: needs no memory, and with a total order the result does not
 * depend on the algorithm. */
#include "det/order.h"

#include <stdbool.h>
#include <string.h>

typedef bool before_fn(const void *keys, uint32_t a, uint32_t b);

static bool before_asc(const void *keys, uint32_t a, uint32_t b)
{
    const double *key = keys;
    bool a_nan = key[a] != key[a];
    bool b_nan = key[b] != key[b];

    if (a_nan != b_nan)
        return b_nan;
    if (!a_nan && key[a] != key[b])
        return key[a] < key[b];
    return a < b;
}

static bool before_desc(const void *keys, uint32_t a, uint32_t b)
{
    const double *key = keys;
    bool a_nan = key[a] != key[a];
    bool b_nan = key[b] != key[b];

    if (a_nan != b_nan)
        return b_nan;
    if (!a_nan && key[a] != key[b])
        return key[a] > key[b];
    return a < b;
}

static bool before_text(const void *keys, uint32_t a, uint32_t b)
{
    const char *const *key = keys;
    int c = strcmp(key[a], key[b]);

    return c != 0 ? c < 0 : a < b;
}

/* The value in place `root` sinks until both its children come before it. */
static void
sink(const void *keys, before_fn *before, uint32_t *idx, size_t root, size_t n)
{
    uint32_t value = idx[root];

    for (;;) {
        size_t child = 2 * root + 1;

        if (child >= n)
            break;
        if (child + 1 < n && before(keys, idx[child], idx[child + 1]))
            child++;
        if (!before(keys, value, idx[child]))
            break;
        idx[root] = idx[child];
        root = child;
    }
    idx[root] = value;
}

static void sort(const void *keys, before_fn *before, uint32_t n, uint32_t *idx)
{
    for (uint32_t i = 0; i < n; i++)
        idx[i] = i;
    for (size_t i = n / 2; i-- > 0;)
        sink(keys, before, idx, i, n);
    for (size_t end = n; end-- > 1;) {
        uint32_t last = idx[0];

        idx[0] = idx[end];
        idx[end] = last;
        sink(keys, before, idx, 0, end);
    }
}

void order_f64(const double *key, uint32_t n, uint32_t *idx)
{
    sort(key, before_asc, n, idx);
}

void order_f64_desc(const double *key, uint32_t n, uint32_t *idx)
{
    sort(key, before_desc, n, idx);
}

void order_text(const char *const *key, uint32_t n, uint32_t *idx)
{
    sort(key, before_text, n, idx);
}
