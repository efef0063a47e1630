#ifndef LISTS_DEEPLESION_H
#define LISTS_DEEPLESION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/csv.h"
#include "base/status.h"

#include "lists/made.h"

/* The study's DeepLesion lists from DL_info.csv: pretrain, task1_train,
 * task1_val, task1_test (our description: the data section of the pipeline
 * specification). What the study's lists do that a reader would not expect is
 * a switch each; the first value is the published one. */

enum deeplesion_z {
    DEEPLESION_Z_LISTS = 0, /* key - first + 1: what the lists hold, one slice
                               below the key slice */
    DEEPLESION_Z_SCRIPT,    /* last - key + 1: what the study's script computes;
                               mirrored within the sub-volume */
    DEEPLESION_Z_INDEX      /* key - first: the key slice itself */
};

enum deeplesion_xy {
    DEEPLESION_XY_SWAPPED = 0, /* coordX belongs to the row, coordY to the
                                  column; patch.orient: true undoes it */
    DEEPLESION_XY_TRUE         /* true points; for patch.orient: false and for
                                  the inference path */
};

enum deeplesion_split {
    DEEPLESION_SPLIT_ROWS = 0, /* rows are permuted: 291 patients are in val
                                  and in test */
    DEEPLESION_SPLIT_PATIENTS  /* patients are: val and test share none */
};

enum deeplesion_numbers {
    DEEPLESION_NUMBERS_LISTS = 0, /* decimals through the study's table reader,
                                     twice (number_reread) */
    DEEPLESION_NUMBERS_EXACT      /* as they are computed */
};

struct deeplesion_conf {
    double max_spacing_mm; /* slice interval: 3 (the notebook of today: 5) */
    enum deeplesion_z z;
    enum deeplesion_xy xy;
    enum deeplesion_split split;
    enum deeplesion_numbers numbers;
    uint32_t seed;      /* 21 */
    const char *prefix; /* put before the file name in image_path */
};

/* Rows of the whole table. */
enum { DEEPLESION_ROWS = 32735 };

/* Are these the published switches? */
bool deeplesion_published(const struct deeplesion_conf *conf);

/* Lists from the table. With published switches and a whole table they are
 * compared with the published counts. A lesion whose two diameters do not
 * cross in one point is left out and noted. ERR_DATA: missing column, a cell
 * that is not what it should be; line and column are named. */
status deeplesion_build(const struct csv *table,
                        const struct deeplesion_conf *conf,
                        struct made *out);

/* One row of the table, as derived; without a point, and with numbers as they
 * are computed, where it will not be kept. */
struct lesion {
    uint32_t row;       /* of the table, from 0 */
    char volume[64];    /* PPPPPP_SS_RR_first-last.nii.gz */
    bool rejected;      /* the diameters do not cross */
    double centroid[3]; /* column, row, slice of the sub-volume */
    double diameter_mm[3];
    double spacing_mm[3];
    double point_mm[3]; /* coordX, coordY, coordZ */
    int64_t box[4];     /* x1, y1, x2, y2, truncated */
    int64_t split;      /* 1, 2, 3 */
    int64_t label;      /* -1 or 1..8 */
};

enum deeplesion_column {
    DL_NAME,
    DL_KEY,
    DL_MEASURE,
    DL_BOX,
    DL_DIAMETER,
    DL_LABEL,
    DL_NOISY,
    DL_RANGE,
    DL_SPACING,
    DL_WINDOWS,
    DL_GENDER,
    DL_AGE,
    DL_SPLIT,
    DL_COLUMNS
};

/* Where the columns are. */
status deeplesion_columns(const struct csv *t, uint32_t col[DL_COLUMNS]);
status deeplesion_row(const struct csv *t,
                      const uint32_t col[DL_COLUMNS],
                      uint32_t row,
                      const struct deeplesion_conf *conf,
                      struct lesion *out);

/* Where the segments p0p1 and p2p3 (x, y each) meet in one point; false: they
 * do not, or in more than one. Computed in homogeneous coordinates about the
 * middle of what the two boxes share, in the order that gives the last digit
 * of the study's geometry library. */
bool deeplesion_cross(const double p[8], double out[2]);

#endif
