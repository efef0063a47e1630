#ifndef STORE_ZIP_H
#define STORE_ZIP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "store/raw.h"

/* Internal to store/: a strict reader of the zip files PyTorch writes (APPNOTE
 * 6.3: central directory, zip64, data descriptors; entries stored, or deflated
 * by other tools). Refused, all ERR_DATA: an end record that is not the end of
 * the file, a directory that does not lie before it, entries that overlap or
 * share a name, sizes past the file, local headers that say otherwise than the
 * directory, encryption, other methods, absolute names and "..", more than one
 * root folder. */
struct zip_entry {
    const char *name; /* below the root folder, not terminated */
    size_t name_len;
    uint64_t local; /* of the local header */
    uint64_t at;    /* of the data */
    uint64_t packed, size;
    uint32_t crc;
    bool deflated;
};

struct zip {
    const struct raw *raw;
    unsigned char *directory;
    struct zip_entry *entry; /* sorted by name */
    size_t n;
    uint64_t spare; /* bytes that may still be inflated */
};

/* Memory: the directory and an entry for each of its rows. */
status zip_open(const struct raw *raw, struct zip *out);
void zip_close(struct zip *z);
/* NULL when there is none; name below the root folder. */
const struct zip_entry *zip_find(const struct zip *z, const char *name);
/* A whole entry in new memory (mem_free), checked by its CRC-32 (ERR_DATA). All
 * deflated entries together may give 3 times the file and 4 MB. */
status zip_load(struct zip *z, const struct zip_entry *e, unsigned char **out);

#endif
