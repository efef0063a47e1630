#include "lists/subset.h"

#include <string.h>

#include "base/mem.h"

#include "det/order.h"
#include "det/stream.h"

enum { SPLIT_SUBSET = 1 }; /* coordinate a of STREAM_SPLIT */

/* cls [rows]: the classes by first row; count [classes] rows of each. */
static status number_classes(const struct csv *t,
                             const char *column,
                             uint32_t *cls,
                             uint32_t *count,
                             uint32_t *classes)
{
    status st = OK;
    uint32_t rows = csv_rows(t);
    uint32_t col = 0;
    const char **key = NULL;
    uint32_t *order = NULL;
    uint32_t head = 0;

    *classes = 0;
    TRY(mem_new(rows, sizeof *key, &key));
    TRY(mem_new(rows, sizeof *order, &order));
    if (column)
        TRY(csv_need(t, column, &col));
    for (uint32_t i = 0; i < rows; i++)
        key[i] = column ? csv_cell(t, i, col) : "";
    order_text(key, rows, order);
    for (uint32_t i = 0; i < rows; i++) {
        if (i == 0 || strcmp(key[order[i]], key[head]) != 0)
            head = order[i];
        cls[order[i]] = head;
    }
    for (uint32_t i = 0; i < rows; i++) {
        cls[i] = cls[i] == i ? (*classes)++ : cls[cls[i]];
        count[cls[i]]++;
    }
out:
    mem_free(key);
    mem_free(order);
    return st;
}

/* rank [rows] of the rows of one class. */
static void rank_class(const uint32_t *cls,
                       uint32_t rows,
                       uint32_t c,
                       uint64_t seed,
                       uint32_t n,
                       uint32_t *p,
                       double *rank)
{
    struct stream s = stream_at(seed, STREAM_SPLIT, SPLIT_SUBSET, c, 0);
    uint32_t k = 0;

    /* p[k] is the place of the class's k-th row */
    stream_permutation(&s, n, p);
    for (uint32_t i = 0; i < rows; i++)
        if (cls[i] == c)
            rank[i] = ((double)p[k++] + 0.5) / (double)n;
}

status subset_order(const struct csv *t,
                    const char *column,
                    uint64_t seed,
                    uint32_t *order)
{
    status st = OK;
    uint32_t rows = csv_rows(t);
    uint32_t classes = 0;
    uint32_t *cls = NULL;
    uint32_t *count = NULL;
    uint32_t *p = NULL;
    double *rank = NULL;

    TRY(mem_new(rows, sizeof *cls, &cls));
    TRY(mem_new(rows, sizeof *count, &count));
    TRY(mem_new(rows, sizeof *p, &p));
    TRY(mem_new(rows, sizeof *rank, &rank));
    TRY(number_classes(t, column, cls, count, &classes));
    ENSURE(classes <= 1000, ERR_DATA,
           "%s: column %s has %u different values; is it a label?", csv_path(t),
           column ? column : "", classes);
    for (uint32_t c = 0; c < classes; c++)
        rank_class(cls, rows, c, seed, count[c], p, rank);
    order_f64(rank, rows, order);
out:
    mem_free(cls);
    mem_free(count);
    mem_free(p);
    mem_free(rank);
    return st;
}

uint32_t subset_rows(uint32_t rows, double percent)
{
    uint32_t n = (uint32_t)((double)rows * percent / 100.0 + 0.5);

    return n > rows ? rows : n ? n : 1;
}
