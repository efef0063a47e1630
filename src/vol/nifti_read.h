#ifndef VOL_NIFTI_READ_H
#define VOL_NIFTI_READ_H

#include "base/status.h"

#include "vol/volume.h"

/* Strict reader of NIfTI-1 single files (Cox et al. 2004), plain or gzip by
 * content, either byte order, 3-D images of one number per voxel. What is
 * reported is what SimpleITK 2.4 reports (ITK 5.4, NiftiImageIO):
 *  - spacing: pixdim; direction: unit columns; RAS -> LPS;
 *  - the sform when its columns are orthogonal within 1e-4 and qform_code is
 *    0, or sform_code is 1, or both say the same (within 1e-4); else the qform
 *    when it has a code; neither: origin 0, identity;
 *  - scl_slope 0 or not finite: no scaling; slope other than 1 or intercept
 *    other than 0: integer pixels become float32, floats keep their type.
 * Where SimpleITK fails or repairs silently: a skewed sform without qform is
 * taken as it is; zero or negative spacing, 4-D images, units other than mm,
 * NIfTI-2, header/image pairs are errors.
 * Errors as volume_open. */
status nifti_read(const char *path, struct volume *out);
status nifti_peek(const char *path, struct geometry *geo, enum pixel *pixel);

#endif
