#ifndef VOL_DICOM_SERIES_H
#define VOL_DICOM_SERIES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

#include "vol/dicom_head.h"
#include "vol/geometry.h"
#include "vol/pixel.h"

/* A CT series in a folder of DICOM files, from headers alone. */

struct dicom_slice {
    char *path;
    struct dicom_head head;
    double along; /* position along the normal, mm */
};

struct dicom_series {
    struct geometry geo;
    enum pixel disk;           /* type of the stored numbers */
    enum pixel pixel;          /* type of slope * stored + intercept */
    struct dicom_slice *slice; /* along the normal */
    size_t n;
};

/* `path` is a folder; FOLDER#UID (the series instance UID) where the folder
 * holds several CT series; or one file. Localizers, secondary captures and
 * other modalities beside the series are passed over; so are files that are no
 * DICOM by name and content.
 *
 * Geometry, order and type are those SimpleITK 2.4 (ITK 5.4, GDCM) reports:
 *  - slices ascend along row x column direction; spacing of axis 2 = distance
 *    of the first and the last position over n - 1, of a single slice the
 *    spacing between slices (0018,0088), else 1;
 *  - directions made orthogonal, the column direction kept;
 *  - the smallest type that holds slope * v + intercept of every v the stored
 *    bits allow; a slope or intercept that is no whole number: float64.
 * Where SimpleITK goes on in silence, this is ERR_DATA: several CT series or
 * none (the text lists what there is), mixed sizes, types, directions or
 * spacings, two slices at one place, a slice further than a tenth of the
 * spacing from its place on an even grid, an in-plane shift of more than a
 * quarter of a pixel (gantry tilt), missing position, orientation or pixel
 * spacing, colour, several frames, a modality look-up table. ERR_FILE,
 * ERR_MEM. */
status dicom_series_read(const char *path, struct dicom_series *out);

void dicom_series_free(struct dicom_series *s);

/* The files of one CT series, unsorted and unchecked; what the folder part of
 * dicom_series_read gives. */
status dicom_folder(const char *path, struct dicom_slice **out, size_t *out_n);
void dicom_slices_free(struct dicom_slice *s, size_t n);

/* Sort and check slices, find geometry and types. out takes over `slice`. */
status dicom_assemble(const char *path,
                      struct dicom_slice *slice,
                      size_t n,
                      struct dicom_series *out);

#endif
