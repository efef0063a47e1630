#ifndef LISTS_CHECK_IMPL_H
#define LISTS_CHECK_IMPL_H

#include "lists/check.h"

/* Inside of the check: check.c opens lists and headers, check_rows.c looks at
 * seeds, check_lists.c at what rows and lists have in common. */

status check_add(struct check *c,
                 enum check_kind kind,
                 int list,
                 int64_t row,
                 const char *fmt,
                 ...) FMCIB_PRINTF(5, 6);

/* Seeds of list k against its volumes: findings, readings, shares. */
status check_rows(struct check *c, int k);
/* One slice of a volume: fills values, lowest, highest. */
status check_values(struct check_volume *v, const double *point);
/* Does patch.orient fit the points of a DeepLesion list? */
status check_orient(struct check *c, int k);
/* Rows that are there twice; patients in two lists. */
status check_twice(struct check *c);
status check_patients(struct check *c);

#endif
