#ifndef APP_DATA_TEXT_H
#define APP_DATA_TEXT_H

#include "base/text.h"

#include "store/manifest.h"

/* How fmcib-data writes things. */

/* "738.5 MB" (powers of 1000), "unknown" below 0. */
void data_put_size(struct text *t, int64_t bytes);

/* What a manifest adds up to. */
struct data_sum {
    int64_t bytes;    /* of the files whose size is known */
    uint32_t unknown; /* files of unknown size */
    uint32_t sums;    /* files with a published sum */
};
struct data_sum data_sum_of(const struct manifest *m);

/* The whole manifest as a JSON object of one line, no newline. */
void data_put_json(struct text *t, const struct manifest *m);

#endif
