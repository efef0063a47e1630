#ifndef APP_PREVIEW_H
#define APP_PREVIEW_H

#include "base/text.h"

#include "app/cut.h"
#include "app/run.h"
#include "vol/augment/augment.h"
#include "vol/cutter.h"

/* A page with pictures of patches, to see whether seeds, orientation and grey
 * values are right before hours of work: for some rows of the list three
 * slices through the seed in a lung and a soft-tissue window, and what an
 * augmentation makes of the patch. One HTML file without scripts or outside
 * parts; the bytes depend on list, volumes and keys alone. */

struct preview_conf {
    int64_t rows;           /* how many, spread over the list; 0: no page */
    struct conf_list which; /* or these, counted from 1 */
    int pipeline;           /* index into AUGMENT_TRAIN_CHOICES */
    const char *label;      /* column that is shown; "" for the usual ones */
};

extern const struct conf_row PREVIEW_ROWS[];
extern const size_t PREVIEW_ROWS_N;

/* Write preview.html into the run folder, if it is wanted. Views are those of
 * epoch 0 with the master seed. Rank 0 alone. ERR_CONF: a row that is not in
 * the list; ERR_FILE, ERR_DATA of the volumes; ERR_MEM. */
status preview_write(const struct run *run,
                     const struct preview_conf *conf,
                     const struct cut_conf *cut,
                     const struct list *list,
                     uint64_t seed);

/* ---- the page (preview_page.c) ------------------------------------------ */

struct preview_head {
    const char *list;
    uint32_t shown, rows;
    const struct cutter_conf *cut;
    const char *pipeline; /* NULL: no views */
    uint64_t seed;
};
struct preview_row {
    uint32_t number; /* in the list, from 1 */
    uint32_t line;   /* of the file */
    const char *path;
    const double *seed_mm;
    const double *spacing_mm; /* of the volume */
    const char *label_name;   /* NULL: none */
    const char *label;
    double outside; /* share of the full patch that is beyond the volume */
};
/* Grey values in HU, and where the slices are. */
struct preview_image {
    struct image hu;
    int64_t at[3]; /* z, y, x */
    bool mark;     /* draw the cross there */
    int32_t scale; /* CSS pixels a voxel */
};
enum preview_window { PREVIEW_LUNG, PREVIEW_SOFT };
/* The soft-tissue window unless the lung window holds more than twice as many
 * of the voxels. */
enum preview_window preview_window_of(const struct image *hu);

void preview_open(struct text *t, const struct preview_head *h);
void preview_row_open(struct text *t, const struct preview_row *r);
/* Three slices. name: "Patch", "View 1". */
status preview_figure(struct text *t,
                      const char *name,
                      const struct preview_image *m,
                      enum preview_window window);
void preview_row_close(struct text *t);
void preview_close(struct text *t);

#endif
