#ifndef VOL_DICOM_READ_H
#define VOL_DICOM_READ_H

#include "base/status.h"

#include "vol/layout.h"

/* A CT series as a layout: what dicom_series.h says about series and paths,
 * what dicom_pixels.h says about pixels. Uncompressed slices whose bits are all
 * used are read in place, others slice by slice. Errors as scan_open. */
status dicom_parse(const char *path, struct layout *out);

#endif
