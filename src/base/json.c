/* struct json is jansson's json_t under another name: nothing is copied.
 * jansson keeps members in file order (since 2.8) and knows no NaN, so the
 * bytes are looked through first: depth is counted, and the bare words that
 * Python writes become texts. */
#include "base/json.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

/* macros of jansson.h; ours are functions */
#undef json_is_object
#undef json_is_array
#undef json_is_number
#undef json_is_null

enum { DEPTH_MAX = 64 };

static const struct {
    const char *word;
    const char *text;
} words[] = {
    {"NaN", "\"nan\""}, {"-Infinity", "\"-inf\""}, {"Infinity", "\"inf\""}};

/* Length of a bare word at p, and what stands for it. */
static size_t bare_word(const char *p, size_t left, const char **text)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i].word);

        if (n <= left && memcmp(p, words[i].word, n) == 0) {
            *text = words[i].text;
            return n;
        }
    }
    return 0;
}

/* Just after the closing quote of the string that opens at p. */
static const char *skip_string(const char *p, const char *end)
{
    for (p++; p < end && *p != '"'; p++)
        if (*p == '\\' && p + 1 < end)
            p++;
    return p < end ? p + 1 : end;
}

/* Stays empty when nothing had to be replaced. */
static status
prepare(const char *bytes, size_t len, const char *name, struct text *t)
{
    status st = OK;
    const char *end = bytes + len;
    const char *done = bytes;
    const char *p = bytes;
    int depth = 0;

    while (p < end) {
        const char *text = NULL;
        size_t n = 0;

        if (*p == '"') {
            p = skip_string(p, end);
            continue;
        }
        if (*p == '{' || *p == '[')
            ENSURE(++depth <= DEPTH_MAX, ERR_DATA,
                   "%s: nested deeper than %d levels", name, DEPTH_MAX);
        if (*p == '}' || *p == ']')
            depth--;
        n = bare_word(p, (size_t)(end - p), &text);
        if (n) {
            text_put(t, done, (size_t)(p - done));
            text_put(t, text, strlen(text));
            done = p + n;
        }
        p += n ? n : 1;
    }
    if (done != bytes)
        text_put(t, done, (size_t)(end - done));
    TRY(text_status(t));
out:
    return st;
}

status
json_parse(const char *bytes, size_t len, const char *name, struct json **out)
{
    status st = OK;
    struct text t = {0};
    json_error_t e;
    json_t *j = NULL;

    TRY(prepare(bytes, len, name, &t));
    j = json_loadb(t.s ? t.s : bytes, t.s ? t.len : len, JSON_REJECT_DUPLICATES,
                   &e);
    ENSURE(j, ERR_DATA, "%s:%d: not valid JSON: %s", name, e.line, e.text);
    *out = (struct json *)j;
out:
    text_free(&t);
    return st;
}

status json_read(const char *path, size_t max_len, struct json **out)
{
    status st = OK;
    char *bytes = NULL;
    size_t len = 0;

    TRY(file_read(path, max_len, &bytes, &len));
    TRY(json_parse(bytes, len, path, out));
out:
    mem_free(bytes);
    return st;
}

void json_free(struct json *root)
{
    json_decref((json_t *)root);
}

/* jansson's readers take pointers to what they do not change. */
static const json_t *in(const struct json *j)
{
    return (const json_t *)j;
}

const struct json *json_get(const struct json *j, const char *key)
{
    return (const struct json *)json_object_get(in(j), key);
}

/* Members are linked in file order; there is no shorter way to the i-th. */
static void *member_iter(const struct json *j, size_t i)
{
    json_t *object = (json_t *)j;
    void *iter = json_object_iter(object);

    while (iter && i--)
        iter = json_object_iter_next(object, iter);
    return iter;
}

const struct json *json_at(const struct json *j, size_t i)
{
    return (const struct json *)json_array_get(in(j), i);
}

size_t json_len(const struct json *j)
{
    return json_is_array(j) ? json_array_size(in(j)) : json_object_size(in(j));
}

const char *json_key(const struct json *j, size_t i)
{
    void *iter = member_iter(j, i);

    return iter ? json_object_iter_key(iter) : NULL;
}

const struct json *json_member(const struct json *j, size_t i)
{
    void *iter = member_iter(j, i);

    return iter ? (const struct json *)json_object_iter_value(iter) : NULL;
}

static bool has_type(const struct json *j, json_type type)
{
    return j && json_typeof(in(j)) == type;
}

bool json_is_null(const struct json *j)
{
    return has_type(j, JSON_NULL);
}

bool json_is_object(const struct json *j)
{
    return has_type(j, JSON_OBJECT);
}

bool json_is_array(const struct json *j)
{
    return has_type(j, JSON_ARRAY);
}

bool json_is_text(const struct json *j)
{
    return has_type(j, JSON_STRING);
}

static bool read_number(const struct json *j, double *out)
{
    const char *s = json_text(j);

    if (has_type(j, JSON_INTEGER) || has_type(j, JSON_REAL))
        *out = json_number_value(in(j));
    else if (s && strcmp(s, "nan") == 0)
        *out = (double)NAN;
    else if (s && strcmp(s, "inf") == 0)
        *out = (double)INFINITY;
    else if (s && strcmp(s, "-inf") == 0)
        *out = -(double)INFINITY;
    else
        return false;
    return true;
}

bool json_is_number(const struct json *j)
{
    double v;

    return read_number(j, &v);
}

const char *json_text(const struct json *j)
{
    return json_string_value(in(j));
}

double json_f64(const struct json *j, double fallback)
{
    double v;

    return read_number(j, &v) ? v : fallback;
}

int64_t json_i64(const struct json *j, int64_t fallback)
{
    return has_type(j, JSON_INTEGER) ? json_integer_value(in(j)) : fallback;
}

bool json_bool(const struct json *j, bool fallback)
{
    if (has_type(j, JSON_TRUE))
        return true;
    return has_type(j, JSON_FALSE) ? false : fallback;
}
