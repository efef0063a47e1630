#ifndef VOL_NIFTI_HEAD_H
#define VOL_NIFTI_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/geometry.h"
#include "vol/pixel.h"

enum {
    NIFTI_HEAD = 348,  /* bytes of the header */
    NIFTI_VOXELS = 352 /* least offset of the voxels: header and extender */
};

/* Byte offsets of the fields that are used (nifti1.h of the NIfTI DFWG). */
enum nifti_field {
    NIFTI_SIZEOF_HDR = 0,
    NIFTI_DIM = 40,
    NIFTI_INTENT_CODE = 68,
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

/* What a header says. */
struct nifti_head {
    struct geometry geo;
    enum pixel disk;  /* type in the file */
    enum pixel pixel; /* type after scaling */
    bool swap;        /* the file has the other byte order */
    bool scaled;
    double slope, inter;
    uint64_t offset;  /* of the voxels */
    const char *note; /* a warning for the user, or NULL */
};

/* The type code of a pixel type, and its inverse (-1: none). */
int nifti_code(enum pixel p);
int nifti_pixel(int code);

/* ERR_DATA names file (path), field, value, cause and remedy. */
status nifti_head_parse(const uint8_t raw[NIFTI_HEAD],
                        const char *path,
                        struct nifti_head *out);

#endif
