#ifndef VOL_DICOM_STREAM_H
#define VOL_DICOM_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Data elements of a DICOM file one after the other (PS3.5, section 7), read
 * through a small buffer. */

enum { DICOM_BUFFER = 16384 };
#define DICOM_OPEN_END 0xFFFFFFFFU /* length of elements ended by a mark */

struct dicom_stream {
    const char *path;
    int fd;
    bool implicit_vr, big_endian;
    uint64_t size, at; /* of the file; next byte */
    uint64_t first;    /* file offset of the buffer */
    size_t len;
    uint8_t buffer[DICOM_BUFFER];
};

struct dicom_element {
    uint32_t tag; /* group * 65536 + element */
    char vr[3];   /* "" when the file does not say */
    uint32_t len; /* of the value, or DICOM_OPEN_END */
};

/* ERR_FILE. */
status dicom_stream_open(const char *path, struct dicom_stream *out);
void dicom_stream_close(struct dicom_stream *s);

/* The next len bytes (at most DICOM_BUFFER), valid until the next call; the
 * stream moves on. ERR_DATA: the file ends before. */
status dicom_take(struct dicom_stream *s, size_t len, const uint8_t **out);

/* The next element; the stream then stands at its value. ERR_DATA: the file
 * ends, no VR, or the value ends after the file. */
status dicom_next(struct dicom_stream *s, struct dicom_element *out);

/* Pass over the value of an element, nested sequences included. */
status dicom_skip(struct dicom_stream *s, const struct dicom_element *e);

/* Number of `size` 2 or 4 bytes in the stream's byte order. */
uint32_t
dicom_number(const struct dicom_stream *s, const uint8_t *bytes, int size);

#endif
