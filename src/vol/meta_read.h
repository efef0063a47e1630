#ifndef VOL_META_READ_H
#define VOL_META_READ_H

#include "base/status.h"

#include "vol/layout.h"

/* Strict parser of MetaImage (.mha, .mhd; the MetaIO library's definition):
 * 3-D images of one number per voxel, binary or text, zlib or not; data in the
 * file, in another, in a LIST or a pattern of files. What is reported is what
 * SimpleITK 2.4 reports (ITK 5.4, MetaImageIO):
 *  - spacing: ElementSpacing, else ElementSize, else 1; a negative one turns
 *    the axis round;
 *  - origin: Origin before Offset before Position; else 0;
 *  - direction: rows of TransformMatrix, else of Rotation, else of
 *    Orientation are the axes; else identity;
 *  - AnatomicalOrientation and ElementToIntensityFunction* change nothing.
 * Errors: keys given twice, numbers too many or too few, DistanceUnits other
 * than mm, more than one channel, a CompressedDataSize the file does not have.
 * Errors as scan_open. */
status meta_parse(const char *path, struct layout *out);

#endif
