#ifndef STORE_TORCH_WRITE_H
#define STORE_TORCH_WRITE_H

#include "base/status.h"

#include "store/safetensors.h"

/* Writing a file that torch.load reads (PyTorch 1.6 and later, weights_only
 * too): a zip of stored entries with zip64 sizes, a program of protocol 2, one
 * storage for each tensor, aligned to 64 bytes. Same tensors in the same order,
 * same file. */
struct torch_writer; /* opaque */

/* home NULL: one dictionary of all. Else the tensors whose names begin with
 * "heads." go to "head_state_dict" without it, all others to `home`. items
 * outlive the writer; values are put in their order. ERR_FILE, ERR_DATA. */
status torch_create(const char *path,
                    const struct sft_item *items,
                    size_t n,
                    const char *home,
                    struct torch_writer **out);
/* The next n values of the next item, in host order. ERR_FILE. */
status torch_put(struct torch_writer *w, const void *values, uint64_t n);
/* All values were put: directory, fsync, rename. */
status torch_finish(struct torch_writer *w);
/* Without torch_finish before it the temporary file is removed. */
void torch_writer_free(struct torch_writer *w);

#endif
