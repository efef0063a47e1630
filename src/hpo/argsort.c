#include "hpo/argsort.h"

#include <stdbool.h>

enum { SMALL = 16, STACK = 128 };

struct part {
    int64_t lo, hi; /* both ends included */
};

static void swap_at(uint32_t *idx, int64_t i, int64_t j)
{
    uint32_t t = idx[i];
    idx[i] = idx[j];
    idx[j] = t;
}

static void insertion(const double *key, uint32_t *idx, struct part p)
{
    for (int64_t i = p.lo + 1; i <= p.hi; i++) {
        uint32_t moved = idx[i];
        int64_t j = i;
        for (; j > p.lo && key[moved] < key[idx[j - 1]]; j--)
            idx[j] = idx[j - 1];
        idx[j] = moved;
    }
}

/* Place the pivot of a part longer than SMALL; its position. */
static int64_t partition(const double *key, uint32_t *idx, struct part p)
{
    int64_t mid = p.lo + (p.hi - p.lo) / 2;
    if (key[idx[mid]] < key[idx[p.lo]])
        swap_at(idx, mid, p.lo);
    if (key[idx[p.hi]] < key[idx[mid]])
        swap_at(idx, p.hi, mid);
    if (key[idx[mid]] < key[idx[p.lo]])
        swap_at(idx, mid, p.lo);
    double pivot = key[idx[mid]];
    int64_t i = p.lo;
    int64_t j = p.hi - 1;
    swap_at(idx, mid, j);
    for (;;) {
        while (key[idx[++i]] < pivot)
            ;
        while (pivot < key[idx[--j]])
            ;
        if (i >= j)
            break;
        swap_at(idx, i, j);
    }
    swap_at(idx, i, p.hi - 1);
    return i;
}

void argsort_numpy(const double *key, uint32_t n, uint32_t *idx)
{
    struct part stack[STACK];
    int depth = 0;

    for (uint32_t i = 0; i < n; i++)
        idx[i] = i;
    stack[depth++] = (struct part){0, (int64_t)n - 1};
    while (depth > 0) {
        struct part p = stack[--depth];
        while (p.hi - p.lo >= SMALL) {
            int64_t i = partition(key, idx, p);
            struct part left = {p.lo, i - 1};
            struct part right = {i + 1, p.hi};
            bool left_short = i - p.lo < p.hi - i;
            stack[depth++] = left_short ? right : left;
            p = left_short ? left : right;
        }
        insertion(key, idx, p);
    }
}
