#ifndef VOL_FOLDER_H
#define VOL_FOLDER_H

#include <stdbool.h>

#include "base/status.h"

#include "vol/layout.h"

/* CTs that are folders of slices: FOLDER, or FOLDER#PART where it holds more
 * than one volume (DICOM: the series instance UID; DeepLesion: the slices
 * FIRST-LAST). */

/* Is it a folder, or FOLDER#PART? */
bool folder_is(const char *path);

/* DICOM slices, or the PNG slices of a DeepLesion series. Errors as
 * scan_open. */
status folder_parse(const char *path, struct layout *out);

#endif
