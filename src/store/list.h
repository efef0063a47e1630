#ifndef STORE_LIST_H
#define STORE_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/csv.h"
#include "base/sha256.h"
#include "base/status.h"

/* A list of the study: one row per seed with the columns image_path, coordX,
 * coordY, coordZ (LPS mm) and any others. */

struct list_conf {
    const char *root;  /* folder of the volumes, "" = folder of the list */
    const char *strip; /* taken off the front of image_path when it is there */
    bool lenient;      /* keep bad rows: an empty path stays empty, what is no
                          finite number is NaN */
};

struct list {
    struct csv *csv;
    uint32_t rows;
    double (*seed)[3];       /* [rows] mm */
    char **path;             /* [rows] where the volume lies */
    uint32_t *volume;        /* [rows] number of its volume */
    uint32_t volumes;        /* distinct paths, numbered by first appearance */
    uint32_t *first;         /* [volumes] first row of each */
    char digest[SHA256_HEX]; /* of columns and cells */
};

/* ERR_FILE; ERR_DATA: empty list, missing column, a coordinate that is no
 * finite number, empty path: file, line, column, value. */
status
list_open(const char *path, const struct list_conf *conf, struct list **out);
void list_free(struct list *l);
/* Start of messages about a row: "lists/a.csv:17: x.nii.gz". Caller frees. */
status list_where(const struct list *l, uint32_t row, char **out);
/* The row as a CSV record, the header as one; no newline. */
status list_record(const struct list *l, uint32_t row, struct text *out);
status list_header(const struct list *l, struct text *out);

#endif
