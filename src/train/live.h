#ifndef TRAIN_LIVE_H
#define TRAIN_LIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "conf/conf.h"
#include "store/list.h"
#include "vol/cutter.h"

/* Negatives as the original draws them (spec 2.6): each epoch a new box of a
 * row's whole CT, read by window from the volume itself. Row and epoch alone
 * decide the box (STREAM_NEGATIVE), so the bytes are the same for any ranks,
 * threads, restarts and caches. Reading is done beside the caller, one step
 * ahead. */

/* Filled by live_rows. */
struct live_conf {
    int from;   /* LIVE_STORED, LIVE_LIVE */
    bool clear; /* no seed of the volume in a negative */
    const char *list, *root, *strip;
    const char *cache; /* folder for inflated volumes, "" = none */
    double cache_gb;
};
enum { LIVE_STORED, LIVE_LIVE };
extern const struct conf_row live_rows[];
extern const size_t live_rows_n;

struct live; /* opaque */

/* Patches are cut as `cutter` says (training path), boxes drawn from `seed`.
 * ERR_CONF: no list. ERR_FILE, ERR_DATA: the list; its digest is not
 * list_digest; another path. ERR_MEM. */
status live_open(const struct live_conf *conf,
                 const struct cutter_conf *cutter,
                 uint64_t seed,
                 const char *list_digest,
                 struct live **out);
void live_close(struct live *l);
const struct list *live_list(const struct live *l);

/* A row's patch (epoch -1: the positive, else the negative of that epoch) to
 * out->data, (2 * radius)^3 voxels of 8 bytes. While no reading goes on. */
status
live_read(struct live *l, int64_t epoch, uint32_t row, struct patch *out);

/* Begin to read the negatives of n rows to out[n], each with its data; rows and
 * out stay where they are until live_wait, which gives the status: ERR_FILE,
 * ERR_DATA (list, line, file, cause), ERR_MEM. */
void live_start(struct live *l,
                uint32_t epoch,
                const uint32_t *rows,
                uint32_t n,
                struct patch *out);
status live_wait(struct live *l);

#endif
