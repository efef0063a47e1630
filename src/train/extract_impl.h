#ifndef TRAIN_EXTRACT_IMPL_H
#define TRAIN_EXTRACT_IMPL_H

#include "nn/net.h"
#include "train/extract.h"

/* Inside extraction (extract*.c only). */

/* What is finished, on rank 0: of all ranks and of former runs. */
struct extract_done {
    uint32_t rows, dim;
    uint8_t *have; /* [rows]; on all ranks */
    float *value;  /* [rows][dim], rank 0 */
    char **reason; /* [rows] of bad rows, rank 0 */
    char weights[SHA256_HEX], input[SHA256_HEX];
};

/* A file of n rows in folder `out`, named by its first row. */
status extract_save(const char *out,
                    const struct extract_done *d,
                    uint32_t n,
                    const uint32_t *row,
                    const float *value);
/* All files of the folder into d. ERR_RUN: of other weights or another input.
 */
status extract_load(const char *out, struct extract_done *d);
/* Rank 0: every row has features or a reason. ERR_DATA: none has features. */
status extract_table(const struct extract_done *d,
                     struct source *s,
                     struct extract_out *out);

#endif
