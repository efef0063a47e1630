#ifndef LISTS_COUNT_H
#define LISTS_COUNT_H

#include "base/status.h"

#include "lists/made.h"

enum count_kind {
    COUNT_DEEPLESION, /* rows, patients, studies, series, volumes, classes */
    COUNT_LUNA16,     /* rows, scans, classes */
    COUNT_SURVIVAL    /* rows, patients, events, alive and dead at 2 years */
};

/* Count what the text of a list holds; it is read again, so the counts are of
 * what was written. ERR_DATA: a column or a value is not there. */
status count_list(enum count_kind kind, struct made_list *l);

/* Alive after two years: days / 365 >= 2, the rule of the study. */
enum { TWO_YEARS_DAYS = 730 };

#endif
