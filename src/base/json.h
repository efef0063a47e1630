#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Reading JSON (jansson behind it; strict: duplicate keys, trailing bytes and
 * depth above 64 are errors). Writing is text_json/text_double into a text.
 * A `const struct json *` lives as long as its root. Missing things are NULL,
 * and every getter takes NULL, so chains need one check at the end. */
struct json;

status json_parse(const char *bytes,
                  size_t len,
                  const char *name,
                  struct json **out); /* name is for messages */
status json_read(const char *path, size_t max_len, struct json **out);
void json_free(struct json *root);

const struct json *json_get(const struct json *j, const char *key);
const struct json *json_at(const struct json *j, size_t i);
size_t json_len(const struct json *j); /* members or elements, else 0 */
const char *json_key(const struct json *j, size_t i); /* i-th, file order */
const struct json *json_member(const struct json *j, size_t i);
bool json_is_null(const struct json *j);
bool json_is_object(const struct json *j);
bool json_is_array(const struct json *j);
bool json_is_text(const struct json *j);
bool json_is_number(const struct json *j);
/* NULL when it is no text. */
const char *json_text(const struct json *j);
/* Numbers; also the words "nan", "inf", "-inf" as text and NaN, Infinity as
 * Python writes them (those read as the words, so json_is_text and
 * json_is_number both hold). fallback when it is no number; json_i64: when it
 * is no whole number. */
double json_f64(const struct json *j, double fallback);
int64_t json_i64(const struct json *j, int64_t fallback);
bool json_bool(const struct json *j, bool fallback);

#endif
