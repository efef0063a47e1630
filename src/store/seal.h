#ifndef STORE_SEAL_H
#define STORE_SEAL_H

#include "base/status.h"

/* Internal to store/: a seal of 24 bytes behind the end of an HDF5 file, which
 * HDF5 does not look at: "FMCIBCRC", length, CRC-32 of what is before. The
 * HDF5 library does not survive every damaged file (its global heap has no
 * checksum), so damage is found before it is asked. It is no content digest:
 * those say what a file holds, this says that its bytes are those written. */

/* Append the seal to a finished file. ERR_FILE. */
status seal_put(const char *path);

/* Bytes and seal belong together. ERR_FILE; ERR_DATA: no seal (cut short, or
 * no file of this suite); ERR_NUMERIC: damaged. */
status seal_check(const char *path);

#endif
