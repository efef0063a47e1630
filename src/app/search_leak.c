/* Names of each split are sorted, then two lists at a time are merged. */
#include "app/search_leak.h"

#include <string.h>

#include "base/mem.h"

#include "det/order.h"
#include "lists/patient.h"

struct who {
    uint32_t rows;
    char **name;     /* [rows] the patient */
    uint32_t *order; /* [rows] by name, ties by row */
};

static void who_clear(struct who *w)
{
    for (uint32_t r = 0; w->name && r < w->rows; r++)
        mem_free(w->name[r]);
    mem_free(w->name);
    mem_free(w->order);
}

static status
who_open(const struct search_set *set, const char *column, struct who *w)
{
    const struct features *f = set->part[0];
    int32_t col = features_find(f, column);
    status st = OK;

    if (col < 0)
        goto out;
    w->rows = set->rows;
    TRY(mem_new(set->rows, sizeof *w->name, &w->name));
    TRY(mem_new(set->rows, sizeof *w->order, &w->order));
    for (uint32_t r = 0; r < set->rows; r++) {
        const char *cell =
            f->cell[(size_t)set->pick[r] * f->cols + (size_t)col];

        TRY(mem_text(cell, &w->name[r]));
        w->name[r][patient_len(column, cell)] = '\0';
    }
    order_text((const char *const *)w->name, w->rows, w->order);
out:
    return st;
}

/* The rows of b whose patient is in a; *i, *j: the first such rows. */
static uint32_t
shared(const struct who *a, const struct who *b, uint32_t *i, uint32_t *j)
{
    uint32_t n = 0;

    for (uint32_t k = 0, l = 0; k < a->rows && l < b->rows;) {
        const char *name = a->name[a->order[k]];
        int order = strcmp(name, b->name[b->order[l]]);

        if (order == 0 && *name && n++ == 0) {
            *i = a->order[k];
            *j = b->order[l];
        }
        k += order < 0;
        l += order >= 0;
    }
    return n;
}

static status check_pair(const struct search_input *in,
                         struct search_data *d,
                         const struct who *who,
                         enum search_split a,
                         enum search_split b)
{
    uint32_t i = 0;
    uint32_t j = 0;
    uint32_t others = shared(&who[b], &who[a], &j, &i);
    uint32_t n = shared(&who[a], &who[b], &i, &j);
    status st = OK;

    d->shared[a + b - 1][0] = others;
    d->shared[a + b - 1][1] = n;
    ENSURE(n == 0 || in->allow_leak, ERR_DATA,
           "%s features: row %u and %s features: row %u are of one patient "
           "(%s \"%s\"), as %u of the %u rows of %s are; results would be "
           "too good: take them out, or data.allow_leak: true",
           search_split_name(a), d->set[a].pick[i], search_split_name(b),
           d->set[b].pick[j], d->patient, who[b].name[j], n, d->set[b].rows,
           search_split_name(b));
out:
    if (st != OK)
        status_prefix("%s, %s: ", d->set[a].path, d->set[b].path);
    return st;
}

/* The column; NULL when none is known and none was asked for. */
static status find_column(const struct search_input *in,
                          const struct search_data *d,
                          const char **out)
{
    const struct features *f = d->set[SPLIT_TRAIN].part[0];
    const char *name = NULL;
    status st = OK;

    *out = NULL;
    for (size_t k = 0; !*out && (name = patient_column(k)); k++)
        if (features_find(f, name) >= 0)
            *out = name;
    if (!in->patient[0])
        goto out;
    *out = in->patient;
    for (int s = 0; s < SPLITS; s++)
        ENSURE(d->set[s].rows == 0 ||
                   features_find(d->set[s].part[0], in->patient) >= 0,
               ERR_DATA, "%s features: no column \"%s\" (data.patient)",
               search_split_name((enum search_split)s), in->patient);
out:
    return st;
}

status search_leak(const struct search_input *in, struct search_data *d)
{
    struct who who[SPLITS] = {{0}};
    status st = OK;

    TRY(find_column(in, d, &d->patient));
    if (!d->patient)
        goto out;
    for (int s = 0; s < SPLITS; s++)
        if (d->set[s].rows > 0)
            TRY(who_open(&d->set[s], d->patient, &who[s]));
    for (int a = SPLIT_TRAIN; a < SPLITS; a++)
        for (int b = a + 1; b < SPLITS; b++)
            if (d->set[a].rows > 0 && d->set[b].rows > 0)
                TRY(check_pair(in, d, who, (enum search_split)a,
                               (enum search_split)b));
out:
    for (int s = 0; s < SPLITS; s++)
        who_clear(&who[s]);
    return st;
}
