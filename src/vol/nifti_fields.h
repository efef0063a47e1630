#ifndef VOL_NIFTI_FIELDS_H
#define VOL_NIFTI_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* The fields of a header, as they stand there, whatever its version and byte
 * order. Floats of version 1 are float32. */
struct nifti_fields {
    int version; /* 1, 2 */
    bool swap;   /* the file has the other byte order */
    bool pair;   /* the voxels are in a file of their own */
    int64_t dim[8];
    int datatype, bitpix;
    double pixdim[4];
    double vox_offset, slope, inter;
    int units;
    int qform, sform; /* codes */
    double quatern[3], qoffset[3];
    double srow[12];
};

/* ERR_DATA: no NIfTI header. */
status
nifti_fields(const uint8_t *raw, const char *path, struct nifti_fields *out);

#endif
