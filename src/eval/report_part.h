#ifndef EVAL_REPORT_PART_H
#define EVAL_REPORT_PART_H

#include "eval/report.h"

/* Internal to eval/: the parts of report.c, report_stats.c and
 * report_more.c. */

/* "key": "value", numbers as they read back (null when not finite). */
void report_member(struct text *t, const char *key, const char *value);
void report_number(struct text *t, double v);
void report_interval(struct text *t, const struct interval *v);

/* Statistics beside the metrics: of a set, of a difference, of the report;
 * each begins where another member can follow. */
void report_set_json(const struct report *r,
                     const struct report_set *s,
                     struct text *t);
void report_difference_json(const struct report_difference *d, struct text *t);
void report_stats_json(const struct report *r, struct text *t);

/* The memory of what they are written from. */
void report_set_free(struct report_set *s, uint32_t classes);
void report_stats_free(struct report *r);

/* Searches, maps, sources. */
void report_more_json(const struct report *r, struct text *t);
void report_more_free(struct report *r);

#endif
