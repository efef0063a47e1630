#ifndef APP_PREPARE_H
#define APP_PREPARE_H

#include "base/text.h"

#include "app/cut.h"
#include "app/preview.h"
#include "app/run.h"
#include "store/list.h"
#include "store/patch.h"
#include "vol/cutter.h"

/* The parts of fmcib-prepare. Volumes of a list, in the order of their first
 * row, are cut into prep shards; a shard is made whole by one rank, which
 * opens each of its volumes once and reads no more of it than its patches
 * need: windows of an uncompressed file, a compressed one once up to the last
 * slice. */

struct prepare_conf {
    int64_t seed;
    struct cut_conf cut;
    int64_t negatives; /* stored, K per row */
    bool clear;        /* a negative holds no seed of its volume */
    int64_t shards;
    struct preview_conf preview;
};

/* Without cut_rows. */
extern const struct conf_row PREPARE_ROWS[];
extern const size_t PREPARE_ROWS_N;

/* What is to be done, known before the first voxel is read. */
struct prepare_plan {
    const struct prepare_conf *conf;
    struct cutter_conf cutter;
    struct list *list;
    uint32_t *row;        /* [rows] rows by volume, list order within one */
    uint32_t *first;      /* [volumes + 1] where a volume's rows begin in row */
    struct text columns;  /* header record */
    struct text identity; /* canonical configuration */
    struct patch_head head;
    struct block mine; /* shards of this rank */
    uint32_t batch;    /* patches held at a time */
    size_t len;        /* voxels of the largest patch of this rank */
    uint64_t memory;   /* bytes this rank needs at its peak */
    uint64_t bytes;    /* of the voxels this rank writes, at most */
};

/* Any rank: read the list, sort it by volume. ERR_FILE, ERR_DATA, ERR_CONF. */
status prepare_plan_new(const struct run *run,
                        const struct prepare_conf *conf,
                        struct prepare_plan *out);
void prepare_plan_free(struct prepare_plan *p);
/* Any rank: look at the headers of this rank's volumes and hold all seeds
 * against them, so that a bad row is told before hours of work; memory and
 * bytes are filled. ERR_FILE, ERR_DATA: list, line, file, value, cause. */
status prepare_check(struct prepare_plan *p);
/* Volumes of a shard. */
struct block prepare_volumes(const struct prepare_plan *p, uint32_t shard);
/* The store's type for a volume's. */
enum digest_type prepare_type(enum pixel pixel);
/* Put the row's list, line and file in front of the present error. */
void prepare_blame(const struct prepare_plan *p, uint32_t row);

/* Memory of a rank's work. */
struct prepare_work {
    const struct prepare_plan *plan;
    struct team *team;
    struct progress *progress;
    int64_t done;        /* volumes */
    struct patch *patch; /* [batch]; data of 8 bytes a voxel */
    struct piece *piece; /* [batch] */
    struct volume *part; /* [batch] what the pieces are cut from */
    uint32_t *order;     /* [batch] pieces, those of low slices first */
    struct text decoder; /* what decodes volumes, once one needed it */
};
status prepare_work_new(const struct prepare_plan *plan,
                        struct team *team,
                        struct progress *progress,
                        struct prepare_work *out);
void prepare_work_free(struct prepare_work *w);
/* Any rank: write one shard into folder dir. STOPPED when a stop was asked
 * for; nothing is left then. */
status prepare_shard(struct prepare_work *w,
                     const char *dir,
                     uint32_t shard,
                     char digest[SHA256_HEX]);

#endif
