/* Thin: every call of the library goes through NC_TRY of a caller here. What
 * the library says badly (folders, missing files) is found out with stat
 * before it is asked. */
#include "store/nc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#include "store/seal.h"

status nc_fail(int rc, const char *file, int line, const char *fmt, ...)
{
    char what[1024];
    status code = ERR_DATA;
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    if (rc > 0) /* the system's errno */
        code = ERR_FILE;
    else if (rc == NC_ENOMEM)
        code = ERR_MEM;
    return status_fail(code, file, line, "%s: %s", what, nc_strerror(rc));
}

static bool has_folder(const char *path)
{
    char *dir = NULL;
    char *slash = NULL;
    bool there = true;

    if (mem_text(path, &dir) != OK)
        return false;
    slash = strrchr(dir, '/');
    if (slash && slash != dir) {
        *slash = '\0';
        there = file_is_dir(dir);
    }
    mem_free(dir);
    return there;
}

/* Wait 0.1, 0.2, ... 1.6 s, at most 5 times. */
static void wait_for(const char *path)
{
    if (!has_folder(path))
        return;
    for (int i = 0; i < 5 && !file_exists(path); i++) {
        long ms = 100L << i;
        struct timespec t = {ms / 1000, (ms % 1000) * 1000000};

        (void)nanosleep(&t, NULL);
    }
}

/* netCDF takes a path with a scheme for an address of the network. */
static status prepare(const char *path)
{
    status st = OK;

    ENSURE(!strstr(path, "://"), ERR_FILE, "%s: is an address, not a path",
           path);
    (void)setenv("HDF5_USE_FILE_LOCKING", "FALSE", 1);
out:
    return st;
}

status nc_open_read(const char *path, bool patient, struct nc *out)
{
    status st = OK;
    int id = -1;
    int format = 0;

    TRY(prepare(path));
    if (patient)
        wait_for(path);
    TRY(seal_check(path));
    NC_TRY(nc_open(path, NC_NOWRITE, &id),
           "%s: no readable NetCDF-4 file (cut short or damaged?)", path);
    NC_TRY(nc_inq_format(id, &format), "%s", path);
    ENSURE(format == NC_FORMAT_NETCDF4, ERR_DATA,
           "%s: NetCDF, but not NetCDF-4", path);
    *out = (struct nc){id, path};
    id = -1;
out:
    if (id >= 0)
        (void)nc_close(id);
    return st;
}

status nc_create_new(const char *path, struct nc *out)
{
    status st = OK;
    int id = -1;
    int old = 0;

    TRY(prepare(path));
    NC_TRY(nc_create(path, NC_NETCDF4 | NC_CLOBBER, &id),
           "%s: cannot be written", path);
    out->id = id;
    out->path = path;
    NC_TRY(nc_set_fill(id, NC_NOFILL, &old), "%s", path);
out:
    return st;
}

status nc_finish(struct nc *f)
{
    status st = OK;
    int id = f->id;

    f->id = -1;
    NC_TRY(nc_close(id), "%s: cannot be written to the end", f->path);
    TRY(seal_put(f->path));
out:
    return st;
}

void nc_end(struct nc *f)
{
    if (f->path && f->id >= 0)
        (void)nc_close(f->id);
    *f = (struct nc){-1, NULL};
}

struct type_row {
    enum digest_type type;
    int nc;
    size_t size;
    const char *name;
};

static const struct type_row TYPES[] = {
    {DIGEST_U8, NC_UBYTE, 1, "uint8"},    {DIGEST_I16, NC_SHORT, 2, "int16"},
    {DIGEST_I32, NC_INT, 4, "int32"},     {DIGEST_I64, NC_INT64, 8, "int64"},
    {DIGEST_F32, NC_FLOAT, 4, "float32"}, {DIGEST_F64, NC_DOUBLE, 8, "float64"},
    {DIGEST_I8, NC_BYTE, 1, "int8"},      {DIGEST_U16, NC_USHORT, 2, "uint16"},
    {DIGEST_U32, NC_UINT, 4, "uint32"},
};
enum { N_TYPES = sizeof TYPES / sizeof TYPES[0] };

static const struct type_row *type_row(enum digest_type type)
{
    for (int i = 0; i < N_TYPES; i++)
        if (TYPES[i].type == type)
            return &TYPES[i];
    status_bug(__FILE__, __LINE__, "unknown digest_type");
}

int nc_type_of(enum digest_type type)
{
    return type_row(type)->nc;
}

size_t digest_type_size(enum digest_type type)
{
    return type_row(type)->size;
}

const char *digest_type_name(enum digest_type type)
{
    return type_row(type)->name;
}

status nc_type_back(const struct nc *f, int nc_type, enum digest_type *out)
{
    for (int i = 0; i < N_TYPES; i++)
        if (TYPES[i].nc == nc_type) {
            *out = TYPES[i].type;
            return OK;
        }
    return status_fail(ERR_DATA, __FILE__, __LINE__,
                       "%s: a variable of netCDF type %d, which no file of "
                       "this suite has",
                       f->path, nc_type);
}

status nc_put_text(const struct nc *f, const char *name, const char *value)
{
    status st = OK;
    size_t len = strlen(value);

    ENSURE(len <= NC_TEXT_MAX, ERR_DATA,
           "%s: text \"%s\" has %zu bytes, at "
           "most %d fit",
           f->path, name, len, (int)NC_TEXT_MAX);
    NC_TRY(nc_put_att_text(f->id, NC_GLOBAL, name, len, value), "%s: %s",
           f->path, name);
out:
    return st;
}

status nc_get_text(const struct nc *f, const char *name, char **out)
{
    status st = OK;
    char *s = NULL;
    size_t len = 0;
    int type = 0;

    NC_TRY(nc_inq_att(f->id, NC_GLOBAL, name, &type, &len), "%s: attribute %s",
           f->path, name);
    ENSURE(type == NC_CHAR && len <= NC_TEXT_MAX, ERR_DATA,
           "%s: attribute %s is no text or too long", f->path, name);
    TRY(mem_new(len + 1, 1, &s));
    NC_TRY(nc_get_att_text(f->id, NC_GLOBAL, name, s), "%s: attribute %s",
           f->path, name);
    *out = s;
    s = NULL;
out:
    mem_free(s);
    return st;
}

status nc_put_num(const struct nc *f, const char *name, int64_t value)
{
    status st = OK;
    long long v = value;

    NC_TRY(nc_put_att_longlong(f->id, NC_GLOBAL, name, NC_INT64, 1, &v),
           "%s: %s", f->path, name);
out:
    return st;
}

status nc_get_num(const struct nc *f, const char *name, int64_t *out)
{
    status st = OK;
    long long v = 0;
    size_t len = 0;
    int type = 0;

    NC_TRY(nc_inq_att(f->id, NC_GLOBAL, name, &type, &len), "%s: attribute %s",
           f->path, name);
    ENSURE(type == NC_INT64 && len == 1, ERR_DATA,
           "%s: attribute %s is not one number", f->path, name);
    NC_TRY(nc_get_att_longlong(f->id, NC_GLOBAL, name, &v), "%s: attribute %s",
           f->path, name);
    *out = v;
out:
    return st;
}

status
nc_put_hex(const struct nc *f, int var, const char *name, const char *hex)
{
    status st = OK;

    NC_TRY(nc_put_att_text(f->id, var, name, SHA256_HEX - 1, hex), "%s: %s",
           f->path, name);
out:
    return st;
}

status
nc_get_hex(const struct nc *f, int var, const char *name, char hex[SHA256_HEX])
{
    status st = OK;
    char s[SHA256_HEX] = {0};
    size_t len = 0;
    int type = 0;

    NC_TRY(nc_inq_att(f->id, var, name, &type, &len), "%s: attribute %s",
           f->path, name);
    ENSURE(type == NC_CHAR && len == SHA256_HEX - 1, ERR_DATA,
           "%s: attribute %s is no digest", f->path, name);
    NC_TRY(nc_get_att_text(f->id, var, name, s), "%s: attribute %s", f->path,
           name);
    ENSURE(strspn(s, "0123456789abcdef") == SHA256_HEX - 1, ERR_DATA,
           "%s: attribute %s is no digest", f->path, name);
    memcpy(hex, s, sizeof s);
out:
    return st;
}

status nc_expect(const struct nc *f, const char *name, const char *value)
{
    status st = OK;
    char *s = NULL;

    TRY(nc_get_text(f, name, &s));
    ENSURE(strcmp(s, value) == 0, ERR_DATA,
           "%s: %s is \"%.80s\", \"%s\" is needed", f->path, name, s, value);
out:
    mem_free(s);
    return st;
}

status nc_dim(const struct nc *f, size_t len, int *out)
{
    status st = OK;
    char name[32];

    (void)snprintf(name, sizeof name, "n%zu", len);
    if (nc_inq_dimid(f->id, name, out) == NC_NOERR)
        return OK;
    NC_TRY(nc_def_dim(f->id, name, len, out), "%s: dimension %s", f->path,
           name);
out:
    return st;
}
