#ifndef APP_SEARCH_DATA_H
#define APP_SEARCH_DATA_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"
#include "base/status.h"

#include "store/feature.h"

/* The tables a linear model is searched on: training, validation, test. */

enum search_split { SPLIT_TRAIN, SPLIT_VAL, SPLIT_TEST, SPLITS };
enum { SEARCH_PARTS = 8 };

/* Where they are. A text is a comma-separated list of feature tables to be
 * joined side by side (the same rows in each). */
struct search_input {
    const char *features;     /* folders with one table a split, or files with a
                                 column that names the split */
    const char *file[SPLITS]; /* tables of one split; win over features */
    const char *label;        /* column of the class */
    const char *split;        /* column of the split */
    int64_t classes;          /* how many there must be, 0 = as found */
    /* Survival as the class: 1 after that many years of 365 days, 0 before;
     * whoever was last seen alive before is left out. 0 = data.label. */
    double years;
    const char *time, *event; /* columns: days; 1 = dead */
    int64_t percent;          /* share of the training rows, by class */
    int64_t subset_seed;
    const char *patient; /* column; "" = found by its name */
    bool allow_leak;     /* patients in two splits */
};

struct search_set {
    char *path; /* of the first table, for messages */
    struct features *part[SEARCH_PARTS];
    uint32_t parts;
    uint32_t rows;
    uint32_t *pick; /* [rows] row of the tables */
    double *x;      /* [rows][dim] */
    int32_t *y;     /* [rows] class */
};

struct search_data {
    struct search_set set[SPLITS]; /* validation and test may have no rows */
    uint32_t dim;
    uint32_t classes;
    uint32_t left_out;          /* rows of all splits, by data.years */
    const char *patient;        /* column, NULL = none was found */
    uint32_t shared[SPLITS][2]; /* rows of two splits with a patient of the
                                   other: train-val, train-test, val-test */
    char **class_name;       /* [classes] ascending: as numbers, else as text */
    char digest[SHA256_HEX]; /* of x and y of all sets and the names */
};

/* The name of a split: "train", "val", "test". */
const char *search_split_name(enum search_split s);

/* ERR_CONF: no input; ERR_FILE; ERR_DATA: missing column, tables that do not
 * fit together, empty label, one class only, class unknown in training, a
 * patient in two splits unless allowed; ERR_NUMERIC: a feature is not finite.
 * Any rank. *out is the caller's. */
status search_data_read(const struct search_input *in,
                        struct search_data **out);
void search_data_free(struct search_data *d);

/* Tables, rows and x of one split alone. */
status search_set_read(const struct search_input *in,
                       enum search_split split,
                       struct search_set *set,
                       uint32_t *left_out);
void search_set_clear(struct search_set *set);
/* Puts the table in front of an error's text; returns st. */
status search_set_named(const struct search_set *set, status st);

#endif
