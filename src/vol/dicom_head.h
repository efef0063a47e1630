#ifndef VOL_DICOM_HEAD_H
#define VOL_DICOM_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

/* The header of one DICOM file (PS3.5 and PS3.10): a strict parser of files
 * with the "DICM" mark, explicit or implicit VR, either byte order. */

enum { DICOM_TEXT = 72 }; /* room of a UID (64) or of a few words */

/* How the pixels are stored. */
enum dicom_pixels {
    DICOM_NONE,   /* the file has none: a report, contours, ... */
    DICOM_NATIVE, /* numbers */
    DICOM_ENCODED /* compressed: needs a decoder */
};

/* Fields that are absent or empty: text "", numbers NaN or -1. */
struct dicom_head {
    char syntax[DICOM_TEXT]; /* transfer syntax UID */
    char sop_class[DICOM_TEXT];
    char sop[DICOM_TEXT]; /* SOP instance UID */
    char series[DICOM_TEXT];
    char modality[DICOM_TEXT];
    char description[DICOM_TEXT]; /* of the series, cut to the room */
    char photometric[DICOM_TEXT];
    char kind[DICOM_TEXT]; /* third word of the image type: "LOCALIZER" */
    double position[3], orientation[6];
    double spacing[2]; /* between rows, between columns, mm */
    double between;    /* spacing between slices, mm */
    double slope, inter;
    double frames;
    int rows, columns, samples, allocated, stored, high, is_signed;
    bool lut; /* a modality look-up table */
    bool big_endian;
    enum dicom_pixels pixels;
    uint64_t at, bytes; /* of native pixels in the file */
};

/* Has the file the "DICM" mark? ERR_FILE. */
status dicom_is(const char *path, bool *out);

/* Take the header apart and walk to the end of the file, so a file that ends
 * too early is found whatever is missing. Memory: some KB. ERR_FILE; ERR_DATA
 * names file, field, value, cause and remedy (no DICOM, truncated, deflated,
 * a value that is not what its field holds). */
status dicom_head_read(const char *path, struct dicom_head *out);

/* Name of a transfer syntax, "unknown transfer syntax" for others. */
const char *dicom_syntax_name(const char *uid);

#endif
