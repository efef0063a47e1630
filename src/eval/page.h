#ifndef EVAL_PAGE_H
#define EVAL_PAGE_H

#include "base/text.h"

#include "eval/report.h"
#include "eval/svg.h"

/* Internal to eval/: pieces of the page of report_html. */

/* Text as it is, without formatting. */
void page_put(struct text *t, const char *s);
/* "<tag class=...>text</tag>", text escaped; style NULL: none. */
void page_tag(struct text *t,
              const char *tag,
              const char *style,
              const char *words);
/* Head with title and style sheet, and the end. */
void page_open(struct text *t, const char *title);
void page_close(struct text *t);

/* A section with its heading and, unless NULL, a note under it (HTML). */
void page_section(struct text *t,
                  const char *id,
                  const char *title,
                  const char *note);
void page_section_end(struct text *t);
/* "<div ...>" of what scrolls sideways where it must, named after its section
 * and its place in it. */
void page_scroll(struct text *t);
/* A table in it: caption (HTML) or NULL, column heads (HTML) up to a NULL; rows
 * are the caller's. Those of style "... stack" become blocks on a narrow screen
 * and need their roles (row, rowheader, cell), which a block would lose. */
void page_table(struct text *t,
                const char *style,
                const char *caption,
                const char *const *head);
void page_table_end(struct text *t);
/* A cell; NULL and "" are a dash. */
void page_cell(struct text *t, const char *style, const char *words);
/* A cell with a number by fmt, a dash when it is NaN. */
void page_number(struct text *t, const char *fmt, double v);
/* "value (lo to hi)" as a cell, a dash when there is no value. */
void page_interval(struct text *t, double value, double lo, double hi);
/* A p value: "0.012", "&lt; 0.001". */
void page_p(struct text *t, double p);

/* A series' class: "s0".."s7"; its line and its symbol for legends. */
const char *page_series(size_t i);
void page_swatch(struct text *t, const char *style);
/* Legend of the feature sets. */
void page_sets(struct text *t, const struct report *r);
/* Area under a curve by trapezoids; the last x is the end. */
double page_area(const double *x, const double *y, uint32_t n);

/* Figures and tables, each a whole part of a section or nothing when the
 * report has not its data. */
void page_forest(struct text *t, const struct report *r);
status page_published(struct text *t, const struct report *r);
status page_confusion(struct text *t, const struct report *r);
status page_roc(struct text *t, const struct report *r);
status page_pr(struct text *t, const struct report *r);
status page_calibration(struct text *t, const struct report *r);
status page_survival(struct text *t, const struct report *r);
status page_shares(struct text *t, const struct report *r);
status page_stability(struct text *t, const struct report *r);
status page_search(struct text *t, const struct report *r);
status page_maps(struct text *t, const struct report *r);
status page_steps(struct text *t, const struct report *r);
status page_patches(struct text *t, const struct report *r);
void page_metrics(struct text *t, const struct report *r);
void page_gates(struct text *t, const struct report *r);
void page_discrepancies(struct text *t, const struct report *r);
void page_deviations(struct text *t, const struct report *r);
void page_sources(struct text *t, const struct report *r);
void page_digests(struct text *t, const struct report *r);
void page_configuration(struct text *t, const struct report *r);

#endif
