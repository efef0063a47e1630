#ifndef STORE_NC_H
#define STORE_NC_H

#include <netcdf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"

#include "det/digest.h"

/* Internal to store/: the only way to call netCDF. The library is not
 * thread-safe: one thread of a process calls in here. */

/* Call nc_*; on failure an error that starts with the printf text (which
 * names the file) and ends with the library's cause. */
#define NC_TRY(call, ...)                                                      \
    do {                                                                       \
        int nc_rc_ = (call);                                                   \
        if (nc_rc_ != NC_NOERR) {                                              \
            st = nc_fail(nc_rc_, __FILE__, __LINE__, __VA_ARGS__);             \
            goto out;                                                          \
        }                                                                      \
    } while (0)

/* What NC_TRY calls: ERR_FILE when rc is the system's errno, ERR_MEM, else
 * ERR_DATA. */
status nc_fail(int rc, const char *file, int line, const char *fmt, ...)
    FMCIB_PRINTF(4, 5);

/* Text attributes are held in HDF5's object header, which has 64 KiB. */
enum { NC_TEXT_MAX = 60000 };

/* An open file and the name messages use. */
struct nc {
    int id; /* -1: closed */
    const char *path;
};

/* Open for reading, HDF5's file locking off (shared file systems; our files
 * are never rewritten). patient: a file that is not there although its folder
 * is, is looked for again during about 3 s (a shared file system may show it
 * late). The seal is checked first. path is kept, not copied. ERR_FILE;
 * ERR_DATA: not NetCDF-4, cut short; ERR_NUMERIC: damaged. */
status nc_open_read(const char *path, bool patient, struct nc *out);
/* A new file. ERR_FILE. */
status nc_create_new(const char *path, struct nc *out);
/* Close with the library's verdict, and seal; nc_end closes whatever is
 * open. */
status nc_finish(struct nc *f);
void nc_end(struct nc *f);

/* netCDF's type of a digest type, and back. Bytes of one value. */
int nc_type_of(enum digest_type type);
status nc_type_back(const struct nc *f, int nc_type, enum digest_type *out);
size_t digest_type_size(enum digest_type type);
const char *digest_type_name(enum digest_type type);

/* Global attributes. ERR_DATA: missing, of another type, longer than
 * NC_TEXT_MAX. Caller frees *out. */
status nc_put_text(const struct nc *f, const char *name, const char *value);
status nc_get_text(const struct nc *f, const char *name, char **out);
status nc_put_num(const struct nc *f, const char *name, int64_t value);
status nc_get_num(const struct nc *f, const char *name, int64_t *out);
/* A digest: exactly 64 lower-case hexadecimal digits. var may be NC_GLOBAL. */
status
nc_put_hex(const struct nc *f, int var, const char *name, const char *hex);
status
nc_get_hex(const struct nc *f, int var, const char *name, char hex[SHA256_HEX]);

/* Attribute `name` of the file is `value`; else ERR_DATA with both. */
status nc_expect(const struct nc *f, const char *name, const char *value);

/* A dimension of this length, shared by name "n<len>". len 0: unlimited and
 * empty, which netCDF has instead. */
status nc_dim(const struct nc *f, size_t len, int *out);

#endif
