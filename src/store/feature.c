/* The struct and its NetCDF form. Columns and cells are texts of any length,
 * so they lie in the file as one block of characters, each ended by a NUL. */
#include "store/feature.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "store/feature_io.h"
#include "store/nc.h"

static const char KIND[] = "fmcib features";

status
features_new(uint32_t rows, uint32_t dim, uint32_t cols, struct features **out)
{
    status st = OK;
    struct features *f = NULL;

    TRY(mem_new(1, sizeof *f, &f));
    f->rows = rows;
    f->dim = dim;
    f->cols = cols;
    TRY(mem_new((size_t)rows * dim, sizeof *f->value, &f->value));
    TRY(mem_new(rows, sizeof *f->index, &f->index));
    TRY(mem_new(cols, sizeof *f->name, &f->name));
    TRY(mem_new((size_t)rows * cols, sizeof *f->cell, &f->cell));
    for (uint32_t i = 0; i < rows; i++)
        f->index[i] = i;
    *out = f;
    f = NULL;
out:
    features_free(f);
    return st;
}

void features_free(struct features *f)
{
    if (!f)
        return;
    for (uint32_t i = 0; f->name && i < f->cols; i++)
        mem_free(f->name[i]);
    for (size_t i = 0; f->cell && i < (size_t)f->rows * f->cols; i++)
        mem_free(f->cell[i]);
    mem_free(f->value);
    mem_free(f->index);
    mem_free(f->name);
    mem_free(f->cell);
    mem_free(f);
}

static status put_copy(char **at, const char *text)
{
    status st = OK;
    char *copy = NULL;

    TRY(mem_text(text, &copy));
    mem_free(*at);
    *at = copy;
out:
    return st;
}

status features_name(struct features *f, uint32_t col, const char *name)
{
    BUG_IF(col >= f->cols);
    return put_copy(&f->name[col], name);
}

status
features_cell(struct features *f, uint32_t row, uint32_t col, const char *text)
{
    BUG_IF(row >= f->rows || col >= f->cols);
    return put_copy(&f->cell[(size_t)row * f->cols + col], text);
}

int32_t features_find(const struct features *f, const char *name)
{
    for (uint32_t i = 0; i < f->cols; i++)
        if (strcmp(f->name[i], name) == 0)
            return (int32_t)i;
    return -1;
}

status features_check(const char *path, const struct features *f)
{
    status st = OK;

    ENSURE(f->rows > 0 && f->dim > 0, ERR_DATA, "%s: no features", path);
    for (uint32_t i = 0; i < f->rows; i++)
        for (uint32_t k = 0; k < f->dim; k++)
            ENSURE(isfinite(f->value[(size_t)i * f->dim + k]), ERR_NUMERIC,
                   "%s: row %" PRIu32 ": feature %" PRIu32
                   " is not a finite number",
                   path, f->index[i], k);
    for (uint32_t k = 0; k < f->cols; k++)
        BUG_IF(!f->name[k]);
    for (size_t i = 0; i < (size_t)f->rows * f->cols; i++)
        BUG_IF(!f->cell[i]);
out:
    return st;
}

status features_digest(const struct features *f, char digest[SHA256_HEX])
{
    status st = OK;
    struct digest *d = NULL;
    uint64_t dim[2] = {f->rows, f->dim};

    TRY(digest_new(&d));
    for (uint32_t k = 0; k < f->cols; k++)
        digest_text(d, "column", f->name[k]);
    for (size_t i = 0; i < (size_t)f->rows * f->cols; i++)
        digest_text(d, "cell", f->cell[i]);
    for (uint32_t i = 0; i < f->rows; i++)
        digest_i64(d, "row", f->index[i]);
    digest_array(d, "features", DIGEST_F32, 2, dim, f->value);
    digest_end(d, digest);
out:
    digest_free(d);
    return st;
}

/* ---- NetCDF ------------------------------------------------------------ */

static status put_origin(const struct nc *nc, const struct features *f)
{
    status st = OK;

    TRY(nc_put_text(nc, "run_id", f->run_id));
    TRY(nc_put_text(nc, "weights", f->weights));
    TRY(nc_put_text(nc, "input", f->input));
out:
    return st;
}

static status put_texts(const struct nc *nc, const struct features *f)
{
    status st = OK;
    struct text t = {0};
    int dim = 0;
    int var = 0;

    for (uint32_t k = 0; k < f->cols; k++)
        text_put(&t, f->name[k], strlen(f->name[k]) + 1);
    for (size_t i = 0; i < (size_t)f->rows * f->cols; i++)
        text_put(&t, f->cell[i], strlen(f->cell[i]) + 1);
    TRY(text_status(&t));
    if (t.len == 0)
        goto out; /* no annotation columns */
    TRY(nc_dim(nc, t.len, &dim));
    NC_TRY(nc_def_var(nc->id, "table", NC_CHAR, 1, &dim, &var), "%s: table",
           nc->path);
    NC_TRY(nc_put_var_text(nc->id, var, t.s), "%s: table", nc->path);
out:
    text_free(&t);
    return st;
}

static status put_values(const struct nc *nc, const struct features *f)
{
    status st = OK;
    int dims[2];
    int value = 0;
    int row = 0;

    TRY(nc_dim(nc, f->rows, &dims[0]));
    TRY(nc_dim(nc, f->dim, &dims[1]));
    NC_TRY(nc_def_var(nc->id, "row", NC_UINT, 1, dims, &row), "%s", nc->path);
    NC_TRY(nc_def_var(nc->id, "features", NC_FLOAT, 2, dims, &value), "%s",
           nc->path);
    NC_TRY(nc_put_var_uint(nc->id, row, f->index), "%s: rows", nc->path);
    NC_TRY(nc_put_var_float(nc->id, value, f->value), "%s: features", nc->path);
out:
    return st;
}

status features_write_nc(const char *path, const struct features *f)
{
    status st = OK;
    struct nc nc = {-1, NULL};
    char *tmp = NULL;
    char hex[SHA256_HEX];

    TRY(features_check(path, f));
    TRY(features_digest(f, hex));
    TRY(file_tmp_name(path, &tmp));
    TRY(nc_create_new(tmp, &nc));
    TRY(nc_put_text(&nc, "kind", KIND));
    TRY(nc_put_num(&nc, "format", FEATURE_FORMAT));
    TRY(nc_put_num(&nc, "columns", f->cols));
    TRY(nc_put_hex(&nc, NC_GLOBAL, "digest", hex));
    TRY(put_origin(&nc, f));
    TRY(put_texts(&nc, f));
    TRY(put_values(&nc, f));
    TRY(nc_finish(&nc));
    TRY(file_rename(tmp, path));
out:
    nc_end(&nc);
    if (st != OK && tmp)
        (void)unlink(tmp);
    mem_free(tmp);
    return st;
}

/* A text attribute that is "" or a digest. */
static status
get_origin(const struct nc *nc, const char *name, char out[SHA256_HEX])
{
    status st = OK;
    char *s = NULL;

    TRY(nc_get_text(nc, name, &s));
    ENSURE(strlen(s) < SHA256_HEX, ERR_DATA, "%s: %s is no digest", nc->path,
           name);
    memcpy(out, s, strlen(s) + 1);
out:
    mem_free(s);
    return st;
}

/* Cut the block of texts; every one must end inside it. */
static status
cut_texts(const char *path, const char *s, size_t len, struct features *f)
{
    status st = OK;
    size_t n = f->cols + (size_t)f->rows * f->cols;
    const char *end = s + len;

    ENSURE(len == 0 || s[len - 1] == '\0', ERR_DATA,
           "%s: the table of texts is damaged", path);
    for (size_t i = 0; i < n; i++) {
        ENSURE(s < end, ERR_DATA, "%s: the table of texts is damaged", path);
        TRY(mem_text(s, i < f->cols ? &f->name[i] : &f->cell[i - f->cols]));
        s += strlen(s) + 1;
    }
    ENSURE(s == end, ERR_DATA, "%s: the table of texts is damaged", path);
out:
    return st;
}

static status get_texts(const struct nc *nc, struct features *f)
{
    status st = OK;
    char *s = NULL;
    size_t len = 0;
    int var = 0;
    int dims[NC_MAX_VAR_DIMS];
    int n = 0;
    int type = 0;

    if (f->cols == 0)
        goto out;
    NC_TRY(nc_inq_varid(nc->id, "table", &var), "%s: table", nc->path);
    NC_TRY(nc_inq_var(nc->id, var, NULL, &type, &n, dims, NULL), "%s: table",
           nc->path);
    ENSURE(n == 1 && type == NC_CHAR, ERR_DATA, "%s: table is no text",
           nc->path);
    NC_TRY(nc_inq_dimlen(nc->id, dims[0], &len), "%s: table", nc->path);
    TRY(mem_new(len + 1, 1, &s));
    NC_TRY(nc_get_var_text(nc->id, var, s), "%s: table", nc->path);
    TRY(cut_texts(nc->path, s, len, f));
out:
    mem_free(s);
    return st;
}

static status get_shape(const struct nc *nc, int *var, uint32_t shape[3])
{
    status st = OK;
    int dims[NC_MAX_VAR_DIMS];
    int n = 0;
    int type = 0;
    int64_t cols = 0;

    NC_TRY(nc_inq_varid(nc->id, "features", var), "%s: features", nc->path);
    NC_TRY(nc_inq_var(nc->id, *var, NULL, &type, &n, dims, NULL),
           "%s: features", nc->path);
    ENSURE(n == 2 && type == NC_FLOAT, ERR_DATA,
           "%s: features are not rows x dim of float32", nc->path);
    for (int i = 0; i < 2; i++) {
        size_t len = 0;

        NC_TRY(nc_inq_dimlen(nc->id, dims[i], &len), "%s", nc->path);
        ENSURE(len >= 1 && len < UINT32_MAX, ERR_DATA,
               "%s: impossible length %zu", nc->path, len);
        shape[i] = (uint32_t)len;
    }
    TRY(nc_get_num(nc, "columns", &cols));
    ENSURE(cols >= 0 && cols < 100000, ERR_DATA, "%s: impossible columns",
           nc->path);
    shape[2] = (uint32_t)cols;
out:
    return st;
}

static status get_index(const struct nc *nc, struct features *f)
{
    status st = OK;
    int var = 0;
    int dims[NC_MAX_VAR_DIMS];
    int n = 0;
    size_t len = 0;

    NC_TRY(nc_inq_varid(nc->id, "row", &var), "%s: row", nc->path);
    NC_TRY(nc_inq_varndims(nc->id, var, &n), "%s: row", nc->path);
    ENSURE(n == 1, ERR_DATA, "%s: row is not a list", nc->path);
    NC_TRY(nc_inq_vardimid(nc->id, var, dims), "%s: row", nc->path);
    NC_TRY(nc_inq_dimlen(nc->id, dims[0], &len), "%s: row", nc->path);
    ENSURE(len == f->rows, ERR_DATA, "%s: %zu row numbers for %" PRIu32 " rows",
           nc->path, len, f->rows);
    NC_TRY(nc_get_var_uint(nc->id, var, f->index), "%s: row", nc->path);
out:
    return st;
}

static status get_all(const struct nc *nc, struct features **out)
{
    status st = OK;
    struct features *f = NULL;
    uint32_t shape[3] = {0};
    int64_t format = 0;
    int var = 0;
    char want[SHA256_HEX];
    char hex[SHA256_HEX];

    TRY(nc_expect(nc, "kind", KIND));
    TRY(nc_get_num(nc, "format", &format));
    ENSURE(format == FEATURE_FORMAT, ERR_DATA,
           "%s: format %" PRId64 ", this release reads %d", nc->path, format,
           (int)FEATURE_FORMAT);
    TRY(get_shape(nc, &var, shape));
    TRY(features_new(shape[0], shape[1], shape[2], &f));
    TRY(get_origin(nc, "run_id", f->run_id));
    TRY(get_origin(nc, "weights", f->weights));
    TRY(get_origin(nc, "input", f->input));
    TRY(get_index(nc, f));
    TRY(get_texts(nc, f));
    NC_TRY(nc_get_var_float(nc->id, var, f->value), "%s: features", nc->path);
    TRY(nc_get_hex(nc, NC_GLOBAL, "digest", want));
    TRY(features_digest(f, hex));
    ENSURE(strcmp(hex, want) == 0, ERR_NUMERIC,
           "%s: damaged: the content does not give its digest %s (extract the "
           "features again)",
           nc->path, want);
    TRY(features_check(nc->path, f));
    *out = f;
    f = NULL;
out:
    features_free(f);
    return st;
}

status features_read_nc(const char *path, struct features **out)
{
    status st = OK;
    struct nc nc = {-1, NULL};

    TRY(nc_open_read(path, true, &nc));
    TRY(get_all(&nc, out));
out:
    nc_end(&nc);
    return st;
}
