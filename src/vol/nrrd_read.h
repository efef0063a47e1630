#ifndef VOL_NRRD_READ_H
#define VOL_NRRD_READ_H

#include "base/status.h"

#include "vol/layout.h"

/* Strict parser of NRRD (.nrrd) and its detached header (.nhdr), versions 1 to
 * 5 (Teem's definition of the format): 3-D images of one number per voxel;
 * encodings raw, gzip, text; data in the file, in another, in a LIST or a
 * pattern of files; byte and line skip. What is reported is what SimpleITK 2.4
 * reports (ITK 5.4, NrrdImageIO):
 *  - space directions: spacing is a vector's length, direction the vector over
 *    its length; spacings: directions along the axes; neither: 1;
 *  - space RAS: x and y negated; LAS: x negated (as it does, which is not LPS:
 *    a warning says so); LPS and spaces that are not anatomical: as they are;
 *  - without a space, axis mins with spacings give the origin: the voxel
 *    centre, half a voxel further unless all centers are "node".
 * Errors: spacings together with a space, a vector that is none, fields given
 * twice or unknown, encodings hex and bzip2, text that ends within a number.
 * A detached header that is cut between two of its lines cannot be told from a
 * whole one. Errors as scan_open. */
status nrrd_parse(const char *path, struct layout *out);

#endif
