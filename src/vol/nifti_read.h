#ifndef VOL_NIFTI_READ_H
#define VOL_NIFTI_READ_H

#include "base/status.h"

#include "vol/layout.h"

/* Strict parser of NIfTI-1 (Cox et al. 2004) and NIfTI-2: .nii, or .hdr and
 * .img (either may be named); plain or gzip by content, either byte order, 3-D
 * images of one number per voxel, extensions passed over. What is reported is
 * what SimpleITK 2.4 reports (ITK 5.4, NiftiImageIO):
 *  - spacing: pixdim; direction: unit columns; RAS -> LPS; metres and
 *    micrometres become millimetres;
 *  - the sform when its columns are orthogonal within 1e-4 and qform_code is
 *    0, or sform_code is 1, or both say the same (within 1e-4); else the qform
 *    when it has a code; neither: origin 0, identity. Where both say the same
 *    and sform_code is not 1, SimpleITK takes the one or the other, it seems by
 *    signs in two decompositions in single precision: up to 1e-4 apart;
 *  - scl_slope 0 or not finite: no scaling; slope other than 1 or intercept
 *    other than 0: integer pixels become float32, floats keep their type.
 * Where SimpleITK fails or repairs silently: NIfTI-2 is read by the same rules
 * (in double); a skewed sform without qform is taken as it is; zero or negative
 * spacing, 4-D images, Analyze headers are errors.
 * Errors as scan_open. */
status nifti_parse(const char *path, struct layout *out);

#endif
