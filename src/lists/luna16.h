#ifndef LISTS_LUNA16_H
#define LISTS_LUNA16_H

#include <stdbool.h>
#include <stdint.h>

#include "base/csv.h"
#include "base/status.h"

#include "lists/made.h"
#include "lists/take.h"

/* Task 2: malignancy of LUNA16's nodules. */

struct luna16_conf {
    const char *scans;     /* folder of the scans, for their headers */
    struct take_path path; /* how image_path is written */
    bool split_scans;      /* halves hold whole scans; published: nodules */
    bool exact_numbers;    /* published: points of the halves went through the
                              study's table reader (number_reread) */
    uint32_t seed;         /* 21 */
};

/* From the study's table of nodules (centroid, malignancy 1 to 5, scan: their
 * voxel becomes a point by the header of <scan>.mhd or .nii.gz in the folder
 * of scans or its subset0 to subset9), or from its table of labelled points
 * (malignancy 0 or 1, coordX.., image_path): luna16_training_annotations and
 * its halves task2_train, task2_val, task2_test. Malignancy 3 is left out, 1
 * and 2 are benign (0), 4 and 5 malignant (1). Without task2_train among the
 * published tables, use this; lists that are cut already are for take_list. */
status luna16_build(const struct csv *table,
                    const struct luna16_conf *conf,
                    struct made *out);

#endif
