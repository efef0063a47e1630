#ifndef STORE_FEATURE_H
#define STORE_FEATURE_H

#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"

/* Features of a list: one float vector a row, beside the list's own columns.
 * As NetCDF-4 (exact, with digests) and as CSV in the study's layout (spec
 * section 7): a leading unnamed row number, all annotation columns in order,
 * then pred_0 ..; a value is printed as the double of the float32, shortest
 * decimal. One thread of a process calls in here. */

enum { FEATURE_FORMAT = 1 };

struct features {
    uint32_t rows;
    uint32_t dim;
    uint32_t cols;   /* annotation columns */
    float *value;    /* [rows][dim] */
    uint32_t *index; /* [rows] the leading row number */
    char **name;     /* [cols] */
    char **cell;     /* [rows * cols] text, row by row */
    /* where they come from; "" in a CSV and when unknown */
    char run_id[SHA256_HEX];
    char weights[SHA256_HEX]; /* content digest of the weights */
    char input[SHA256_HEX];   /* of the patch store or the list */
};

/* Zeroed values and index 0 .. rows-1; names and cells NULL. ERR_MEM. */
status
features_new(uint32_t rows, uint32_t dim, uint32_t cols, struct features **out);
void features_free(struct features *f);
/* Copies of the texts. */
status features_name(struct features *f, uint32_t col, const char *name);
status
features_cell(struct features *f, uint32_t row, uint32_t col, const char *text);
/* Annotation column by name, -1 when absent. */
int32_t features_find(const struct features *f, const char *name);

/* Content digest: columns, cells, row numbers, values (not the origin). The
 * same from NetCDF and CSV. */
status features_digest(const struct features *f, char digest[SHA256_HEX]);

/* Publish by rename. Refuses values that are not finite (ERR_NUMERIC, row and
 * feature named). */
status features_write_nc(const char *path, const struct features *f);
status features_write_csv(const char *path, const struct features *f);

/* Either format, told by the first bytes. CSV: the features are the columns
 * named pred_<n>, which must be 0 .. dim-1 without gap; a first column without
 * a name (or "Unnamed: 0") is the row number. ERR_FILE, ERR_DATA (file, line,
 * column), ERR_NUMERIC (digest). */
status features_read(const char *path, struct features **out);

#endif
