#ifndef APP_SEARCH_LABEL_H
#define APP_SEARCH_LABEL_H

#include "base/status.h"

#include "app/search_data.h"

/* Classes from the label column: the distinct labels of the training table,
 * ascending (as numbers when all are numbers), and y of every set. ERR_DATA:
 * column missing, empty label, one class only, another count than asked for,
 * a label that training does not have. */
status search_labels(const struct search_input *in, struct search_data *d);

#endif
