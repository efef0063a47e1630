#ifndef VOL_NRRD_FIELDS_H
#define VOL_NRRD_FIELDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

#include "vol/heading.h"

/* The fields of a NRRD header, each as it stands there. */

enum nrrd_space { NRRD_NO_SPACE, NRRD_LPS, NRRD_RAS, NRRD_LAS, NRRD_OTHER };

struct nrrd_fields {
    uint64_t seen; /* bit of every field that was there (nrrd_has) */
    int type;      /* enum pixel */
    int64_t size[3];
    double spacing[3]; /* not a number: none given */
    double min[3];
    bool node; /* all centers are */
    enum nrrd_space space;
    double vector[3][3]; /* space directions, an axis each */
    double origin[3];
    enum coding coding;
    bool big; /* endian */
    int64_t line_skip, byte_skip;
    const char *file; /* the data file as it stands there, or NULL */
    bool list;        /* its names are the lines that follow */
    bool list_3d;     /* a file of a list is 3-D */
};

enum nrrd_field {
    NRRD_DIMENSION,
    NRRD_TYPE,
    NRRD_SIZES,
    NRRD_SPACINGS,
    NRRD_MINS,
    NRRD_CENTERS,
    NRRD_KINDS,
    NRRD_SPACE,
    NRRD_SPACE_DIMENSION,
    NRRD_DIRECTIONS,
    NRRD_ORIGIN,
    NRRD_ENCODING,
    NRRD_ENDIAN,
    NRRD_LINE_SKIP,
    NRRD_BYTE_SKIP,
    NRRD_FILE,
    NRRD_IGNORED /* and those after it */
};

/* Was the field there? */
bool nrrd_has(const struct nrrd_fields *f, enum nrrd_field field);

/* Reads up to the empty line, the end of the text or a LIST. `out` points into
 * h. ERR_DATA. */
status nrrd_fields(struct heading *h, struct nrrd_fields *out);

#endif
