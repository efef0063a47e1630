#ifndef STORE_MANIFEST_SET_H
#define STORE_MANIFEST_SET_H

#include "store/manifest.h"

/* The manifests of a folder: every <id>.yaml in it, sorted by id. */
struct manifest_set {
    const char *dir;
    struct manifest **at; /* [n] */
    size_t n, cap;
};

/* Start with {0}; manifest_set_free ends it. dir must outlive it. ERR_FILE: no
 * such folder, no manifest in it; ERR_CONF: a manifest is wrong, or has
 * another id than its name. */
status manifest_set_read(const char *dir, struct manifest_set *out);
void manifest_set_free(struct manifest_set *s);

/* ERR_USAGE with the nearest id. */
status manifest_set_find(const struct manifest_set *s,
                         const char *id,
                         const struct manifest **out);

#endif
