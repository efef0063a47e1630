#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* A growing string. Start with {0}; free with text_free. Errors stick: after
 * a failed call the others do nothing, and text_status says ERR_MEM. */
struct text {
    char *s; /* NUL-terminated once something was added */
    size_t len;
    size_t cap;
    status st;
};

void text_add(struct text *t, const char *fmt, ...) FMCIB_PRINTF(2, 3);
void text_put(struct text *t, const char *bytes, size_t len);
/* A JSON string with its quotes, control characters escaped. */
void text_json(struct text *t, const char *s);
/* The shortest decimal that reads back as the same double, C locale,
 * Python's repr layout (1e-06, 0.1, 12.0); nan, inf, -inf as words. */
void text_double(struct text *t, double v);
status text_status(const struct text *t);
void text_free(struct text *t);

/* Strict numbers: the whole of s must be one number (no blanks around it).
 * text_to_double takes decimals such as 1e-6, and refuses nan and inf. */
bool text_to_double(const char *s, double *out);
bool text_to_i64(const char *s, int64_t *out);

/* UTF-8 without control characters and line breaks. */
bool text_is_clean(const char *s);

/* Edit distance (Levenshtein 1966) for "did you mean"; capped at 99. */
unsigned text_distance(const char *a, const char *b);

#endif
