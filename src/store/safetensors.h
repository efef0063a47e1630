#ifndef STORE_SAFETENSORS_H
#define STORE_SAFETENSORS_H

#include "base/status.h"

#include "store/state.h"

/* Writing .safetensors (format of the Hugging Face package of that name: length
 * of the header, JSON header, values). Canonical: tensors in the package's own
 * order (type by size and kind, then name), no metadata, header padded with
 * spaces to 8 bytes; so equal tensors give equal files. state_open reads them.
 */

struct sft_item {
    const char *name;
    enum state_type type; /* all but complex128 */
    int rank;
    uint64_t dim[STATE_RANK];
    uint64_t len;
    size_t source; /* for the caller */
};

struct sft_writer; /* opaque */

/* items are sorted in place: the order in which values are then put. They
 * outlive the writer. ERR_DATA: two of one name, a type safetensors has not;
 * ERR_FILE. */
status sft_create(const char *path,
                  struct sft_item *items,
                  size_t n,
                  struct sft_writer **out);
/* The next n values of the next item, in host order. ERR_FILE. */
status sft_put(struct sft_writer *w, const void *values, uint64_t n);
/* All values were put: fsync, rename. */
status sft_finish(struct sft_writer *w);
/* Without sft_finish before it the temporary file is removed. */
void sft_writer_free(struct sft_writer *w);

#endif
