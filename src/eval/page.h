#ifndef EVAL_PAGE_H
#define EVAL_PAGE_H

#include "base/text.h"

#include "eval/report.h"

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

/* Figures. */
void page_forest(struct text *t, const struct report *r);
void page_roc(struct text *t, const struct report *r);
status page_steps(struct text *t, const struct report *r);
status page_patches(struct text *t, const struct report *r);

#endif
