#ifndef VOL_VOLUME_H
#define VOL_VOLUME_H

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* CT volumes and where their voxels lie.
 *
 * Index axes 0, 1, 2; axis 0 is fastest in memory, so C code sees
 * data[i2][i1][i0]. World coordinates are millimetres in LPS: x to the
 * patient's left, y to the back, z to the head. Column a of `direction`
 * (row-major 3x3) is the world direction of index axis a. */

enum pixel {
    PIXEL_U8 = 0,
    PIXEL_I8 = 1,
    PIXEL_U16 = 2,
    PIXEL_I16 = 3,
    PIXEL_U32 = 4,
    PIXEL_I32 = 5,
    PIXEL_F32 = 6,
    PIXEL_F64 = 7
};
enum { PIXEL_TYPES = 8 };

size_t pixel_size(enum pixel p);      /* bytes of one voxel */
const char *pixel_name(enum pixel p); /* "int16" */
/* data[i] as a double (exact for every type). */
double pixel_get(enum pixel p, const void *data, size_t i);
/* data[i] := v; integer types saturate, then truncate toward zero (ITK 5.4,
 * ImageAlgorithm of ResampleImageFilter); NaN becomes 0 there. */
void pixel_set(enum pixel p, void *data, size_t i, double v);
/* n doubles at once into out[0], out[stride], ...; as pixel_set. */
void pixel_put(enum pixel p,
               void *data,
               size_t at,
               ptrdiff_t stride,
               const double *v,
               size_t n);

struct geometry {
    int64_t size[3];
    double spacing[3];
    double origin[3];
    double direction[9];
};

struct volume { /* plain data; volume_free ends `data` */
    struct geometry geo;
    enum pixel pixel;
    void *data;
};

/* Read a CT; the format is told by the name (.nii, .nii.gz). Spacing, origin,
 * direction, pixel type and values are those SimpleITK 2.4 reports. Memory:
 * at most the voxels the header announces, and never more than the file can
 * hold. ERR_FILE; ERR_DATA names file, field, value, cause, remedy; ERR_MEM. */
status volume_open(const char *path, struct volume *out);
/* The header alone: geometry and pixel type. */
status
volume_peek(const char *path, struct geometry *out_geo, enum pixel *out_pixel);
/* A zeroed volume of this geometry. ERR_DATA: impossible geometry. ERR_MEM. */
status
volume_new(const struct geometry *geo, enum pixel pixel, struct volume *out);
/* Ends data; zeroes the struct; {0} and NULL are fine. */
void volume_free(struct volume *v);

size_t geometry_len(const struct geometry *g); /* voxels */

/* ERR_DATA unless sizes are >= 1, spacing is positive and finite, origin is
 * finite and direction is invertible; `name` starts the text. */
status geometry_check(const struct geometry *g, const char *name);

/* Inverse of direction * diag(spacing), row-major: world offset -> index
 * offset. Axis-aligned geometries give the exact 1/spacing and exact zeros;
 * others cofactors over the determinant, a few units in the last place from
 * ITK's SVD-based inverse. */
void geometry_inverse(const struct geometry *g, double out[9]);

/* World point of an index: origin first, then axes 0, 1, 2 in this order
 * (itk::ImageBase). */
void geometry_point(const struct geometry *g,
                    const double index[3],
                    double out[3]);
/* Continuous index of a world point with a given inverse. */
void geometry_index(const struct geometry *g,
                    const double inverse[9],
                    const double point[3],
                    double out[3]);

#endif
