#ifndef VOL_VOLUME_H
#define VOL_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/geometry.h"
#include "vol/pixel.h"

/* A CT volume, or a box of one. Plain data; volume_free ends `data`. */
struct volume {
    struct geometry geo; /* of the whole volume */
    enum pixel pixel;
    void *data;           /* [hi2-lo2][hi1-lo1][hi0-lo0] */
    int64_t lo[3], hi[3]; /* indices that data holds; 0, size: all of them */
};

/* The struct for a whole volume whose voxels are in `data`. */
struct volume
volume_of(const struct geometry *geo, enum pixel pixel, void *data);

/* Read a CT; the format is told by the name (.nii, .nii.gz). Spacing, origin,
 * direction, pixel type and values are those SimpleITK 2.4 reports. Memory: the
 * voxels the header announces, and never more than the file can hold.
 * ERR_FILE; ERR_DATA names file, field, value, cause, remedy; ERR_MEM. */
status volume_open(const char *path, struct volume *out);

/* The header alone: geometry and pixel type. Errors as volume_open. */
status
volume_peek(const char *path, struct geometry *out_geo, enum pixel *out_pixel);

/* A zeroed volume of this geometry. ERR_DATA: impossible geometry. ERR_MEM. */
status
volume_new(const struct geometry *geo, enum pixel pixel, struct volume *out);

/* Does the volume hold this box? An empty one always. */
bool volume_holds(const struct volume *v,
                  const int64_t lo[3],
                  const int64_t hi[3]);

/* Ends data and zeroes the struct; {0} and NULL are fine. */
void volume_free(struct volume *v);

#endif
