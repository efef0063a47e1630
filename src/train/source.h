#ifndef TRAIN_SOURCE_H
#define TRAIN_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"

#include "store/list.h"
#include "train/live.h"
#include "vol/cutter.h"

/* Where patches come from: a patch store, a list of seeds in CT volumes, or
 * formulas (benchmarks and tests that need no data). One thread at a time. */
struct source; /* opaque */

struct source_facts {
    uint32_t rows;
    uint32_t negatives;      /* stored negatives of a row, K */
    uint32_t max_edge;       /* longest axis of any patch */
    uint64_t max_bytes;      /* of one patch */
    uint64_t bytes;          /* memory held when cached, else 0 */
    bool normalised;         /* voxels are (HU + 1024) / 3072, else HU */
    bool live;               /* negatives by source_negatives_start */
    char digest[SHA256_HEX]; /* of the content; identity of a run */
};

/* The store in folder `path`; held in memory if it has at most cache_bytes.
 * ERR_FILE, ERR_DATA, ERR_NUMERIC, ERR_RUN as patch_store_open. */
status
source_store(const char *path, uint64_t cache_bytes, struct source **out);
/* The positives of a list of seeds in CT volumes, cut while reading by either
 * path of the study; no negatives. A volume stays open until a row of another
 * one is read; of its voxels only the window of a patch is read (source_order:
 * each file once). All seeds are checked here, by headers alone. With
 * list.lenient rows that cannot be cut stay, each with its fault
 * (source_fault); only a list without one good row is an error. ERR_FILE,
 * ERR_DATA (list, line, column, value, cause, remedy). */
struct source_list_conf {
    struct list_conf list;
    struct cutter_conf cutter;
};
status source_list(const char *path,
                   const struct source_list_conf *conf,
                   struct source **out);
/* `rows` rows of edge^3 int16: a ball on noise, and noise alone; 4 negatives a
 * row. ERR_MEM. */
status source_computed(uint64_t seed,
                       uint32_t rows,
                       uint32_t edge,
                       struct source **out);
const struct source_facts *source_facts(const struct source *s);
/* Sort rows[n] as they are read fastest: those of one volume together, low
 * slices first, so that each file is opened once and a compressed one is
 * inflated once. ERR_MEM. */
status source_order(const struct source *s, uint32_t n, uint32_t *rows);
/* Why a row of a lenient list cannot be had, one line; NULL: it can. */
const char *source_fault(const struct source *s, uint32_t row);
/* The present error gets list, line and path of a list's row in front. */
void source_blame(const struct source *s, uint32_t row);
/* The present error becomes the row's fault where the list is lenient and the
 * error is of the data: OK. Else st. */
status source_reject(struct source *s, uint32_t row, status st);
/* The positive (k = -1) or a negative of a row into data [max_bytes]. */
status source_read(
    struct source *s, uint32_t row, int32_t k, void *data, struct patch *out);
/* Every voxel of a patch is a finite number. ERR_DATA with the count. */
status source_numbers(const struct patch *p);
/* The same of the rows' positives, and their stored negatives, before a
 * training: those of floats are read. The text begins with `name` and `path`.
 */
status source_all_numbers(struct source *s,
                          const char *name,
                          const char *path,
                          uint32_t n,
                          const uint32_t *rows,
                          bool negatives);
/* The list behind it, text as it was there; no columns when computed. */
uint32_t source_cols(const struct source *s);
const char *source_col(const struct source *s, uint32_t col);
const char *source_cell(const struct source *s, uint32_t row, uint32_t col);
/* From now on negatives are drawn live (live.h) from the volumes that this
 * store was prepared from; cut_of reads how it was cut from its identity text.
 * Some positives are cut again and held against the store. ERR_CONF, ERR_FILE,
 * ERR_DATA: the source is no store, another list, other volumes or keys. */
typedef status cut_of_fn(const char *identity, struct cutter_conf *out);
status source_live(struct source *s,
                   const struct live_conf *conf,
                   uint64_t seed,
                   cut_of_fn *cut_of);
/* live_start and live_wait. */
void source_negatives_start(struct source *s,
                            uint32_t epoch,
                            const uint32_t *rows,
                            uint32_t n,
                            struct patch *out);
status source_negatives_wait(struct source *s);
void source_close(struct source *s);

#endif
