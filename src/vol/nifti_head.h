#ifndef VOL_NIFTI_HEAD_H
#define VOL_NIFTI_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/geometry.h"
#include "vol/pixel.h"

enum {
    NIFTI_HEAD = 348,   /* bytes of the header, version 1 */
    NIFTI2_HEAD = 540,  /* version 2 */
    NIFTI_VOXELS = 352, /* least offset of the voxels: header and extender */
    NIFTI2_VOXELS = 544
};

/* Byte offsets of the fields that are used (nifti1.h, nifti2.h of the NIfTI
 * DFWG). */
enum nifti_field {
    NIFTI_SIZEOF_HDR = 0,
    NIFTI_DIM = 40,
    NIFTI_DATATYPE = 70,
    NIFTI_BITPIX = 72,
    NIFTI_PIXDIM = 76,
    NIFTI_VOX_OFFSET = 108,
    NIFTI_SCL_SLOPE = 112,
    NIFTI_SCL_INTER = 116,
    NIFTI_XYZT_UNITS = 123,
    NIFTI_QFORM_CODE = 252,
    NIFTI_SFORM_CODE = 254,
    NIFTI_QUATERN = 256,
    NIFTI_QOFFSET = 268,
    NIFTI_SROW = 280,
    NIFTI_MAGIC = 344
};
enum nifti2_field {
    NIFTI2_MAGIC = 4,
    NIFTI2_DATATYPE = 12,
    NIFTI2_BITPIX = 14,
    NIFTI2_DIM = 16,
    NIFTI2_PIXDIM = 104,
    NIFTI2_VOX_OFFSET = 168,
    NIFTI2_SCL_SLOPE = 176,
    NIFTI2_SCL_INTER = 184,
    NIFTI2_QFORM_CODE = 344,
    NIFTI2_SFORM_CODE = 348,
    NIFTI2_QUATERN = 352,
    NIFTI2_QOFFSET = 376,
    NIFTI2_SROW = 400,
    NIFTI2_XYZT_UNITS = 500
};

/* What a header says. */
struct nifti_head {
    struct geometry geo;
    enum pixel disk;  /* type in the file */
    enum pixel pixel; /* type after scaling */
    bool swap;        /* the file has the other byte order */
    bool scaled;
    double slope, inter;
    bool pair;        /* the voxels are in a file of their own */
    uint64_t offset;  /* of the voxels */
    const char *note; /* a warning for the user, or NULL */
};

/* The type code of a pixel type, and its inverse (-1: none). */
int nifti_code(enum pixel p);
int nifti_pixel(int code);

/* Is this the beginning (12 bytes) of a version 2 header? */
bool nifti_is_2(const uint8_t *raw);

/* raw: NIFTI_HEAD bytes, or NIFTI2_HEAD where nifti_is_2. ERR_DATA names file
 * (path), field, value, cause and remedy. */
status
nifti_head_parse(const uint8_t *raw, const char *path, struct nifti_head *out);

#endif
