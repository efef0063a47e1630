#include "lists/split.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"

#include "det/mt19937.h"

status split_half(uint32_t seed, uint32_t n, uint32_t *first, uint32_t *second)
{
    status st = OK;
    struct mt19937 g;
    uint32_t *p = NULL;
    uint32_t n2 = n - n / 2;

    TRY(mem_new(n, sizeof *p, &p));
    mt_seed(&g, seed);
    mt_permutation(&g, n, p);
    memcpy(second, p, n2 * sizeof *p);
    memcpy(first, p + n2, (n - n2) * sizeof *p);
out:
    mem_free(p);
    return st;
}

enum { CLASSES_MAX = 64 };

/* Shares of `draws` among classes: rounded down, then one more for the largest
 * remainders; among equal ones the generator chooses. */
static void share(struct mt19937 *g,
                  const uint32_t *count,
                  uint32_t classes,
                  uint32_t draws,
                  uint32_t *out)
{
    double rest[CLASSES_MAX];
    double sum = 0.0;
    uint32_t need = draws;

    for (uint32_t c = 0; c < classes; c++)
        sum += (double)count[c];
    for (uint32_t c = 0; c < classes; c++) {
        double exact = (double)count[c] / sum * (double)draws;

        out[c] = (uint32_t)exact;
        rest[c] = exact - (double)out[c];
        need -= out[c];
    }
    while (need > 0) {
        uint32_t equal[CLASSES_MAX];
        uint32_t pick[CLASSES_MAX];
        uint32_t k = 0;
        double most = -1.0;

        for (uint32_t c = 0; c < classes; c++)
            if (rest[c] > most)
                most = rest[c];
        for (uint32_t c = 0; c < classes; c++)
            if (rest[c] == most)
                equal[k++] = c;
        mt_permutation(g, k, pick);
        for (uint32_t i = 0; i < k; i++)
            rest[equal[i]] = -1.0;
        for (uint32_t i = 0; i < k && need > 0; i++, need--)
            out[equal[pick[i]]]++;
    }
}

/* Class by class: a permutation of its rows, the beginning to `first`, then
 * the next to `second`; both halves are permuted again in the end. */
static status deal(struct mt19937 *g,
                   uint32_t n,
                   const uint32_t *cls,
                   uint32_t classes,
                   const uint32_t count[],
                   uint32_t *first,
                   uint32_t *second)
{
    status st = OK;
    uint32_t take[CLASSES_MAX];
    uint32_t left[CLASSES_MAX];
    uint32_t other[CLASSES_MAX];
    uint32_t n1 = 0;
    uint32_t n2 = 0;
    uint32_t *row = NULL;
    uint32_t *p = NULL;

    TRY(mem_new(n, sizeof *row, &row));
    TRY(mem_new(n, sizeof *p, &p));
    share(g, count, classes, n / 2, take);
    for (uint32_t c = 0; c < classes; c++)
        left[c] = count[c] - take[c];
    share(g, left, classes, n - n / 2, other);
    for (uint32_t c = 0; c < classes; c++) {
        uint32_t k = 0;

        for (uint32_t i = 0; i < n; i++)
            if (cls[i] == c)
                row[k++] = i;
        mt_permutation(g, k, p);
        for (uint32_t i = 0; i < take[c]; i++)
            first[n1++] = row[p[i]];
        for (uint32_t i = 0; i < other[c]; i++)
            second[n2++] = row[p[take[c] + i]];
    }
    mt_shuffle(g, n1, first);
    mt_shuffle(g, n2, second);
out:
    mem_free(row);
    mem_free(p);
    return st;
}

status split_strata(uint32_t seed,
                    uint32_t n,
                    const uint32_t *cls,
                    uint32_t classes,
                    uint32_t *first,
                    uint32_t *second)
{
    status st = OK;
    struct mt19937 g;
    uint32_t count[CLASSES_MAX] = {0};

    BUG_IF(classes == 0 || classes > CLASSES_MAX);
    for (uint32_t i = 0; i < n; i++)
        count[cls[i]]++;
    for (uint32_t c = 0; c < classes; c++)
        ENSURE(count[c] >= 2, ERR_DATA,
               "class %" PRIu32 " has %" PRIu32 " rows; a split by class "
               "needs two of each",
               c, count[c]);
    mt_seed(&g, seed);
    TRY(deal(&g, n, cls, classes, count, first, second));
out:
    return st;
}
