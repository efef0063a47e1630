/* The tables made of finished rows: features beside the list's columns, and
 * the rows that could not be had with their reasons. */
#include <string.h>

#include "base/csv.h"

#include "train/extract_impl.h"

/* A list's own row numbers, by the name pandas gives them. */
static const char *col_name(struct source *s, uint32_t col)
{
    return source_col(s, col)[0] ? source_col(s, col) : "Unnamed: 0";
}

/* The list's columns beside the values. */
static status
collect(const struct extract_done *d, struct source *s, struct features **out)
{
    status st = OK;
    uint32_t cols = source_cols(s);
    struct features *t = NULL;
    uint32_t n = 0;

    for (uint32_t r = 0; r < d->rows; r++)
        n += d->have[r];
    TRY(features_new(n, d->dim, cols, &t));
    memcpy(t->weights, d->weights, SHA256_HEX);
    memcpy(t->input, d->input, SHA256_HEX);
    for (uint32_t c = 0; c < cols; c++)
        TRY(features_name(t, c, col_name(s, c)));
    for (uint32_t r = 0, i = 0; r < d->rows; r++) {
        if (!d->have[r])
            continue;
        memcpy(t->value + (size_t)i * d->dim, d->value + (size_t)r * d->dim,
               d->dim * sizeof *t->value);
        t->index[i] = r;
        for (uint32_t c = 0; c < cols; c++)
            TRY(features_cell(t, i, c, source_cell(s, r, c)));
        i++;
    }
    *out = t;
    t = NULL;
out:
    features_free(t);
    return st;
}

static void put_rejected(const struct extract_done *d,
                         struct source *s,
                         struct extract_out *out)
{
    for (uint32_t c = 0; c < source_cols(s); c++) {
        csv_put(&out->rejected, source_col(s, c));
        text_put(&out->rejected, ",", 1);
    }
    text_add(&out->rejected, "reason\n");
    for (uint32_t r = 0; r < d->rows; r++) {
        if (d->have[r])
            continue;
        for (uint32_t c = 0; c < source_cols(s); c++) {
            csv_put(&out->rejected, source_cell(s, r, c));
            text_put(&out->rejected, ",", 1);
        }
        csv_put(&out->rejected, d->reason[r]);
        text_put(&out->rejected, "\n", 1);
        out->n_rejected++;
    }
}

status extract_table(const struct extract_done *d,
                     struct source *s,
                     struct extract_out *out)
{
    status st = OK;
    uint32_t bad = 0;

    while (bad < d->rows && d->reason[bad])
        bad++;
    ENSURE(bad < d->rows, ERR_DATA, "no row gave features; the first: %s",
           d->reason[0]);
    for (uint32_t r = 0; r < d->rows; r++)
        BUG_IF(!d->have[r] == !d->reason[r]);
    TRY(collect(d, s, &out->features));
    put_rejected(d, s, out);
    TRY(text_status(&out->rejected));
out:
    return st;
}
