#ifndef STORE_MANIFEST_CHECK_H
#define STORE_MANIFEST_CHECK_H

#include "store/manifest.h"

/* A file held against its manifest. Where no sum is published, the one of the
 * first download is recorded beside the file, PATH.sha256 in the format of
 * sha256sum, and holds from then on. */

enum manifest_state {
    MANIFEST_OK,       /* a published or recorded sum agrees */
    MANIFEST_WRONG,    /* bytes or sum differ, or it cannot be read */
    MANIFEST_MISSING,  /* in the manifest, not in the folder */
    MANIFEST_UNKNOWN,  /* in the folder, not in the manifest */
    MANIFEST_UNPROVEN, /* there, but no sum is published or recorded */
    MANIFEST_STATES
};

/* "ok", "wrong", "missing", "unknown", "unproven" */
const char *manifest_state_name(enum manifest_state s);

/* Sums to make of a file before it can be judged, as bits: what is published,
 * else SHA-256. */
unsigned manifest_wanted(const struct manifest_file *f);

/* Bytes first, then every published sum; recorded (hex or "") counts where
 * none is published. *why gets what agreed ("sha256", "sha256 recorded") or
 * what did not, one line. Gives MANIFEST_OK, _WRONG or _UNPROVEN. */
enum manifest_state manifest_judge(const struct manifest_file *f,
                                   const char *recorded,
                                   const struct sums *made,
                                   struct text *why);

/* Is the size one that can be right? (before the file is read) */
bool manifest_size_fits(const struct manifest_file *f,
                        uint64_t size,
                        struct text *why);

/* The recorded sum of the file at path, "" when there is none. ERR_DATA: the
 * record is none; ERR_FILE. */
status manifest_record_read(const char *path, char hex[SHA256_HEX]);
status manifest_record_write(const char *path, const char hex[SHA256_HEX]);

#endif
