#ifndef APP_DATA_VERIFY_H
#define APP_DATA_VERIFY_H

#include "base/text.h"

#include "store/manifest_check.h"

/* What fmcib-data verify found out; data_verify.c and data_verify_text.c. */

/* One file. */
struct verify_line {
    const char *path;
    int64_t bytes; /* on disk, -1 when it is not there */
    enum manifest_state state;
    const struct manifest_file *file; /* NULL: not in the manifest */
    struct text why;
};

struct verify_answer {
    const char *dir;
    const char *id;            /* of the manifest */
    struct verify_line *lines; /* [n] sorted by path */
    size_t n;
    size_t count[MANIFEST_STATES];
};

/* A table; quiet: only what is not ok. */
void verify_put_table(struct text *t,
                      const struct verify_answer *a,
                      bool quiet);
void verify_put_json(struct text *t, const struct verify_answer *a);

#endif
