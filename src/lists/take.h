#ifndef LISTS_TAKE_H
#define LISTS_TAKE_H

#include "base/csv.h"
#include "base/status.h"
#include "base/text.h"

#include "lists/count.h"

/* How image_path is rewritten: `strip` is taken off the front where it is
 * there, then `prefix` is put before it. */
struct take_path {
    const char *strip;
    const char *prefix;
};

/* Add the path to t as a CSV field. */
void take_put_path(const struct take_path *p, const char *path, struct text *t);

/* A list that is there already, e.g. a published one: other paths, and x and
 * y exchanged when swap_xy; all other cells as they are. Its name in `out` is
 * that of the file. Counted as `kind`. ERR_DATA: no list. */
status take_list(const struct csv *t,
                 const struct take_path *path,
                 bool swap_xy,
                 enum count_kind kind,
                 struct made *out);

/* The first column as whole numbers, when it is one ("Unnamed: 0" or without
 * a name): its digest goes to l. */
status take_first(const struct csv *t, struct made_list *l);

#endif
