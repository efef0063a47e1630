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

#endif
