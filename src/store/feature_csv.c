/* The study's table: "",<annotations>,pred_0,... as pandas writes it. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "store/feature.h"
#include "store/feature_io.h"

status features_write_csv(const char *path, const struct features *f)
{
    status st = OK;
    struct text t = {0};

    TRY(features_check(path, f));
    for (uint32_t k = 0; k < f->cols; k++) {
        text_put(&t, ",", 1);
        csv_put(&t, f->name[k]);
    }
    for (uint32_t k = 0; k < f->dim; k++)
        text_add(&t, ",pred_%" PRIu32, k);
    text_put(&t, "\n", 1);
    for (uint32_t i = 0; i < f->rows; i++) {
        text_add(&t, "%" PRIu32, f->index[i]);
        for (uint32_t k = 0; k < f->cols; k++) {
            text_put(&t, ",", 1);
            csv_put(&t, f->cell[(size_t)i * f->cols + k]);
        }
        for (uint32_t k = 0; k < f->dim; k++) {
            text_put(&t, ",", 1);
            text_double(&t, (double)f->value[(size_t)i * f->dim + k]);
        }
        text_put(&t, "\n", 1);
    }
    TRY(text_status(&t));
    TRY(file_publish(path, t.s, t.len));
out:
    text_free(&t);
    return st;
}

/* What a column is: a feature (its number), the row number, or a note. */
enum { COL_NOTE = -1, COL_ROW = -2 };

static int64_t column_kind(const char *name, uint32_t col)
{
    int64_t n = 0;

    if (strncmp(name, "pred_", 5) == 0 && name[5] >= '0' && name[5] <= '9' &&
        text_to_i64(name + 5, &n))
        return n;
    if (col == 0 && (name[0] == '\0' || strcmp(name, "Unnamed: 0") == 0))
        return COL_ROW;
    return COL_NOTE;
}

/* kind [cols]; col_of [dim] := the column of feature n. */
static status find_columns(const struct csv *t,
                           int64_t *kind,
                           uint32_t *col_of,
                           uint32_t *dim,
                           uint32_t *notes)
{
    status st = OK;
    uint32_t n = csv_cols(t);

    *dim = 0;
    *notes = 0;
    for (uint32_t c = 0; c < n; c++) {
        kind[c] = column_kind(csv_name(t, c), c);
        col_of[c] = UINT32_MAX;
        *dim += kind[c] >= 0;
        *notes += kind[c] == COL_NOTE;
    }
    ENSURE(*dim > 0, ERR_DATA,
           "%s: no feature column; they are named pred_0, pred_1, ...",
           csv_path(t));
    for (uint32_t c = 0; c < n; c++) {
        if (kind[c] < 0)
            continue;
        ENSURE(kind[c] < *dim && col_of[kind[c]] == UINT32_MAX, ERR_DATA,
               "%s: column %s: the %" PRIu32 " feature columns must be pred_0 "
               "to pred_%" PRIu32 ", each once",
               csv_path(t), csv_name(t, c), *dim, *dim - 1);
        col_of[kind[c]] = c;
    }
out:
    return st;
}

static status get_row(const struct csv *t,
                      const int64_t *kind,
                      const uint32_t *col_of,
                      uint32_t i,
                      struct features *f)
{
    status st = OK;
    uint32_t note = 0;
    int64_t number = 0;
    double v = 0;

    for (uint32_t c = 0; c < csv_cols(t); c++)
        if (kind[c] == COL_NOTE)
            TRY(features_cell(f, i, note++, csv_cell(t, i, c)));
    if (kind[0] == COL_ROW) {
        TRY(csv_i64(t, i, 0, &number));
        ENSURE(number >= 0 && number <= UINT32_MAX, ERR_DATA,
               "%s:%" PRIu32 ": row number %" PRId64 " is out of range",
               csv_path(t), csv_line(t, i), number);
        f->index[i] = (uint32_t)number;
    }
    for (uint32_t k = 0; k < f->dim; k++) {
        TRY(csv_f64(t, i, col_of[k], &v));
        f->value[(size_t)i * f->dim + k] = (float)v;
    }
out:
    return st;
}

static status read_csv(const char *path, struct features **out)
{
    status st = OK;
    struct csv *t = NULL;
    struct features *f = NULL;
    int64_t *kind = NULL;
    uint32_t *col_of = NULL;
    uint32_t dim = 0;
    uint32_t notes = 0;
    uint32_t note = 0;

    TRY(csv_read(path, &t));
    TRY(mem_new(csv_cols(t), sizeof *kind, &kind));
    TRY(mem_new(csv_cols(t), sizeof *col_of, &col_of));
    TRY(find_columns(t, kind, col_of, &dim, &notes));
    TRY(features_new(csv_rows(t), dim, notes, &f));
    for (uint32_t c = 0; c < csv_cols(t); c++)
        if (kind[c] == COL_NOTE)
            TRY(features_name(f, note++, csv_name(t, c)));
    for (uint32_t i = 0; i < f->rows; i++)
        TRY(get_row(t, kind, col_of, i, f));
    TRY(features_check(path, f));
    *out = f;
    f = NULL;
out:
    csv_free(t);
    mem_free(kind);
    mem_free(col_of);
    features_free(f);
    return st;
}

/* HDF5's signature, at offset 0 in our files. */
static status is_hdf5(const char *path, bool *out)
{
    status st = OK;
    uint64_t size = 0;
    char head[8] = {0};
    FILE *f = NULL;

    TRY(file_size(path, &size));
    f = fopen(path, "rb");
    ENSURE(f, ERR_FILE, "%s: %s", path, strerror(errno));
    *out = fread(head, 1, sizeof head, f) == sizeof head &&
           memcmp(head, "\x89HDF\r\n\x1a\n", sizeof head) == 0;
out:
    if (f)
        (void)fclose(f);
    return st;
}

status features_read(const char *path, struct features **out)
{
    status st = OK;
    bool hdf5 = false;

    TRY(is_hdf5(path, &hdf5));
    if (hdf5)
        TRY(features_read_nc(path, out));
    else
        TRY(read_csv(path, out));
out:
    return st;
}
