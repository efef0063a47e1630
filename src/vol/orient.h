#ifndef VOL_ORIENT_H
#define VOL_ORIENT_H

#include <stdbool.h>

#include "vol/geometry.h"

/* Axes of an oriented image: axis a of the result is axis from[a] of the
 * source, reversed if flip[a]. */
struct orient {
    int from[3];
    bool flip[3];
};

/* Re-orientation as ITK's DICOM orient filter: `code` names the direction in
 * which index 0, 1, 2 of the result increases ("LPS", "LPI"). Greedy: largest
 * absolute entry of the direction matrix first, equal entries the one with
 * the larger (row, column) first. */
struct orient orient_to(const double direction[9], const char code[4]);
/* Geometry after re-orientation: same voxels at the same places. */
struct geometry orient_geometry(const struct geometry *g, struct orient o);

#endif
