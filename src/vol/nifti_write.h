#ifndef VOL_NIFTI_WRITE_H
#define VOL_NIFTI_WRITE_H

#include "base/status.h"

#include "vol/volume.h"

/* Publish a volume as NIfTI-1: `.nii.gz` (deflate level 1) or `.nii` by the
 * name. sform code 1 from the geometry (LPS -> RAS), qform code 0, pixdim =
 * spacing, no scaling. The bytes depend on the volume alone for one zlib
 * version (no time, no name in the gzip header); header fields are float32, so
 * read the geometry back where it matters. Pixel types: all of enum pixel.
 * ERR_FILE; ERR_DATA: an axis longer than 32767 or an impossible geometry. */
status nifti_write(const char *path, const struct volume *v);

/* What another program's header says where ours differs. */
struct nifti_form {
    int rank;  /* 3, or 2 for a volume of one slice */
    int sform; /* code */
    int units; /* code: 0 none, 2 mm */
    double quatern[3];
};

/* A file written piece by piece, published at its end. */
struct nifti_out; /* opaque */

/* form NULL: as nifti_write. Errors as nifti_write. */
status nifti_out_open(const char *path,
                      const struct geometry *geo,
                      enum pixel pixel,
                      const struct nifti_form *form,
                      struct nifti_out **out);
/* The next n voxels, axis 0 fastest. */
status nifti_out_put(struct nifti_out *o, const void *voxels, size_t n);
/* Publish, when all voxels were put, and end it. It is ended in any case. */
status nifti_out_end(struct nifti_out *o);
/* End it without a file; NULL is fine. */
void nifti_out_drop(struct nifti_out *o);

#endif
