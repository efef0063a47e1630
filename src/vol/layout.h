#ifndef VOL_LAYOUT_H
#define VOL_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/geometry.h"
#include "vol/pixel.h"

/* What a header says about its voxels, whatever the format: every parser fills
 * this and scan.c reads them. */

enum coding {
    CODING_RAW,  /* numbers of `disk`, axis 0 fastest */
    CODING_GZIP, /* the same, compressed (members one after the other) */
    CODING_ZLIB,
    CODING_TEXT, /* decimal numbers between blanks */
    CODING_SLICE /* read_slice gives them, one segment for each slice */
};

/* A run of slices (axis 2) that lie one after the other in one file. */
struct segment {
    char *path;
    uint64_t offset; /* of the first byte: of the voxels (raw, text), of the
                        compressed stream (gzip, zlib) */
    uint64_t skip;   /* bytes of the inflated stream before the voxels */
    int64_t slices;
    double slope, inter; /* value = stored * slope + inter, where scaled */
};

struct layout {
    struct geometry geo;
    enum pixel disk;  /* type in the file */
    enum pixel pixel; /* type handed out */
    bool swap;        /* the file has the other byte order */
    bool scaled;      /* slope and inter of the segments hold: computed in
                         double, integers through float where pixel is float32,
                         cut to integers where pixel is one */
    enum coding coding;
    struct segment *segment; /* in order of slices */
    size_t segments, segment_cap;
    bool decoded;     /* by another program (dicom_pixels.h) */
    const char *note; /* a warning for the user, or NULL */
    /* CODING_SLICE: one slice of `disk` in this machine's byte order. */
    status (*read_slice)(const struct segment *s,
                         const struct layout *l,
                         void *out);
};

/* A format, a row of the table in scan.c. The parser fills `out` on success
 * only; its error texts name the file. */
struct format {
    const char *const *suffix; /* ends of names, NULL at the end; itself NULL:
                                  the format of folders */
    status (*parse)(const char *path, struct layout *out);
};

/* Append a segment (path is copied). ERR_MEM. */
status layout_add(struct layout *l, const struct segment *s);
void layout_free(struct layout *l);

/* Raw voxels that end with the file: the segment's offset moves there, where
 * the file is long enough (layout_check finds where not). ERR_FILE. */
status layout_at_end(const struct layout *l, struct segment *s);

/* Is the geometry possible, and can the files hold what it announces? `path`
 * is the name the user gave. ERR_DATA, ERR_FILE. */
status layout_check(const struct layout *l, const char *path);

#endif
