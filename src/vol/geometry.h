#ifndef VOL_GEOMETRY_H
#define VOL_GEOMETRY_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Where voxels lie. Index axes 0, 1, 2; axis 0 is fastest in memory, so C code
 * sees data[i2][i1][i0]. World coordinates are millimetres in LPS: x to the
 * patient's left, y to the back, z to the head. Column a of `direction`
 * (row-major 3x3) is the world direction of index axis a. */
struct geometry {
    int64_t size[3];
    double spacing[3];
    double origin[3];
    double direction[9];
};

size_t geometry_len(const struct geometry *g); /* voxels */

/* ERR_DATA unless sizes are 1 to 2^31 - 1, spacing is positive and finite,
 * origin and direction are finite, and direction is invertible; `name` starts
 * the text. */
status geometry_check(const struct geometry *g, const char *name);

/* Inverse of direction * diag(spacing), row-major: world offset -> index
 * offset, with the bits of ITK 5.4 (inverse.h). Unturned and mirrored axes have
 * the exact 1/spacing and exact zeros; exchanged ones (DeepLesion) not always.
 */
void geometry_inverse(const struct geometry *g, double out[9]);

/* World point of an index: origin first, then axes 0, 1, 2 in this order
 * (the order of itk::ImageBase). */
void geometry_point(const struct geometry *g,
                    const double index[3],
                    double out[3]);

/* Continuous index of a world point with a given inverse. */
void geometry_index(const struct geometry *g,
                    const double inverse[9],
                    const double point[3],
                    double out[3]);

#endif
