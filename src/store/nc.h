#ifndef STORE_NC_H
#define STORE_NC_H

#include <netcdf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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

status nc_fail(int rc, const char *file, int line, const char *fmt, ...)
    FMCIB_PRINTF(4, 5);

/* Open for reading, HDF5's file locking off (shared file systems; our files
 * are never rewritten). A file that is not there yet although its folder is:
 * tried again for about 3 s when `patient`. ERR_FILE, ERR_DATA (not NetCDF-4,
 * truncated). */
status nc_open_read(const char *path, bool patient, int *out_nc);
/* A new file under `tmp`. ERR_FILE. */
status nc_create_new(const char *tmp, int *out_nc);

/* netCDF's type of a digest type, and back; sizes in bytes. */
int nc_type_of(enum digest_type type);
status nc_type_back(int nc_type, const char *path, enum digest_type *out);
size_t digest_type_size(enum digest_type type);

/* Global text attribute: at most 60,000 bytes. Caller frees *out. */
status nc_put_text(int nc, const char *path, const char *name, const char *s);
status nc_get_text(int nc, const char *path, const char *name, char **out);
status nc_put_i64(int nc, const char *path, const char *name, int64_t v);
status nc_get_i64(int nc, const char *path, const char *name, int64_t *out);

#endif
