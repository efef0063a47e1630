#ifndef APP_LINEAR_FILE_H
#define APP_LINEAR_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"
#include "base/text.h"

#include "app/search_data.h"
#include "eval/logistic.h"
#include "eval/scaler.h"

/* A fitted linear model as a file: model.nc (sealed, with digests), or the
 * same as plain JSON with numbers that read back to the same bits. */
struct linear_file {
    uint32_t classes;
    char **class_name; /* [classes] in the order of the probabilities */
    char *label;       /* column of the class, or the name of survival */
    double years;      /* survival as the class: search_input */
    char *time, *event;
    uint32_t parts; /* tables joined; 0 = not known */
    uint32_t part_dim[SEARCH_PARTS];
    char part_weights[SEARCH_PARTS][SHA256_HEX]; /* that made them, or "" */
    struct scaler *scaler;
    struct logistic_model *fit;
    char digest[SHA256_HEX]; /* over scaler, coefficients, C */
};

/* Publishes path; *m is only read, digest is given. ERR_FILE. */
status linear_file_write(const char *path,
                         const struct linear_file *m,
                         const char *run_id,
                         char digest[SHA256_HEX]);
/* The JSON document; m->digest goes into it. */
void linear_file_json(const struct linear_file *m, struct text *t);

/* Either, told by its first byte. ERR_FILE; ERR_DATA: no such model; shapes
 * that do not fit; ERR_NUMERIC: digest. */
status linear_file_read(const char *path, struct linear_file **out);
void linear_file_free(struct linear_file *m);

/* Are the joined tables, path [set->parts], what the model was fitted on? With
 * mixed the weights that made their features may be others. Names the table,
 * its features and the model's: ERR_DATA. */
status linear_file_check(const struct linear_file *m,
                         const struct search_set *set,
                         char *const *path,
                         bool mixed);

#endif
