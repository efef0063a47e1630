#ifndef VOL_DICOM_PIXELS_H
#define VOL_DICOM_PIXELS_H

#include "base/status.h"
#include "base/text.h"

#include "vol/dicom_head.h"

/* The stored numbers of one slice, [rows][columns] of 8 or 16 bits in this
 * machine's byte order, bits that are not stored cleared (unsigned) or made
 * equal to the sign. Encoded pixels go through the program dcm2niix, one
 * process for each file, in a private folder below $TMPDIR.
 * ERR_FILE: unreadable, or dcm2niix is not on PATH. ERR_DATA: the file ends
 * early, or dcm2niix cannot decode it (its words are in the text). ERR_RUN:
 * dcm2niix ran out of its minute. ERR_MEM. */
status dicom_pixels(const char *path, const struct dicom_head *head, void *out);

/* The same for encoded pixels. */
status dicom_decode(const char *path, const struct dicom_head *head, void *out);

/* "dcm2niix v1.0.20220720", for records. ERR_FILE: it is not on PATH. */
status dicom_decoder(struct text *out);

#endif
