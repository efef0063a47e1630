#ifndef APP_SEARCH_LABEL_H
#define APP_SEARCH_LABEL_H

#include "base/status.h"

#include "app/search_data.h"

/* Classes from the label column: the distinct labels of the training table,
 * ascending (as numbers when all are numbers), and y of every set. ERR_DATA:
 * column missing, empty label, one class only, another count than asked for,
 * a label that training does not have. */
status search_labels(const struct search_input *in, struct search_data *d);

/* y of one split, where d->classes and their names are known. */
status search_label_set(const struct search_input *in,
                        struct search_data *d,
                        enum search_split split);

/* The rows of a split that count, before they are joined: without those last
 * seen alive before data.years; of training, data.percent as "fmcib-data
 * subset --by LABEL" takes them of the rest. ERR_DATA: column missing, a time
 * or an event that is none. *left_out grows. */
status search_label_rows(const struct search_input *in,
                         enum search_split split,
                         struct search_set *set,
                         uint32_t *left_out);

#endif
