/* Strict enough for files we trust: offsets are checked against the file. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

#include "golden/golden.h"

enum { FILE_MAX = 1 << 28, KEY_MAX = 512 };

struct safetensors {
    char *bytes;
    size_t len;
    size_t data; /* where the values begin */
    struct json *table;
};

static uint64_t read_u64(const unsigned char *p)
{
    uint64_t v = 0;

    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

status safetensors_open(const char *path, struct safetensors **out)
{
    struct safetensors *s = NULL;
    uint64_t header = 0;
    status st = OK;

    TRY(mem_new(1, sizeof *s, &s));
    TRY(file_read(path, FILE_MAX, &s->bytes, &s->len));
    ENSURE(s->len >= 8, ERR_DATA, "%s: %zu bytes", path, s->len);
    header = read_u64((const unsigned char *)s->bytes);
    ENSURE(header <= s->len - 8, ERR_DATA, "%s: header too long", path);
    TRY(json_parse(s->bytes + 8, (size_t)header, path, &s->table));
    s->data = 8 + (size_t)header;
    *out = s;
    s = NULL;
out:
    safetensors_close(s);
    return st;
}

void safetensors_close(struct safetensors *s)
{
    if (!s)
        return;
    json_free(s->table);
    mem_free(s->bytes);
    mem_free(s);
}

size_t safetensors_count(const struct safetensors *s)
{
    return json_len(s->table);
}

const char *safetensors_name(const struct safetensors *s, size_t i)
{
    return json_key(s->table, i);
}

status safetensors_get(const struct safetensors *s,
                       struct sft *out,
                       const char *fmt,
                       ...)
{
    char key[KEY_MAX];
    const struct json *j = NULL;
    const struct json *shape = NULL;
    const struct json *offsets = NULL;
    struct sft t = {.n = 1};
    size_t lo = 0;
    size_t hi = 0;
    va_list args;
    status st = OK;

    va_start(args, fmt);
    (void)vsnprintf(key, sizeof key, fmt, args);
    va_end(args);
    j = json_get(s->table, key);
    ENSURE(j, ERR_DATA, "no tensor %s", key);
    (void)snprintf(t.dtype, sizeof t.dtype, "%s",
                   json_text(json_get(j, "dtype")));
    shape = json_get(j, "shape");
    t.rank = (int)json_len(shape);
    ENSURE(t.rank <= 8, ERR_DATA, "%s: rank %d", key, t.rank);
    for (int i = 0; i < t.rank; i++) {
        t.dim[i] = (uint64_t)json_i64(json_at(shape, (size_t)i), 0);
        t.n *= t.dim[i];
    }
    offsets = json_get(j, "data_offsets");
    lo = (size_t)json_i64(json_at(offsets, 0), -1);
    hi = (size_t)json_i64(json_at(offsets, 1), -1);
    ENSURE(lo <= hi && hi <= s->len - s->data &&
               hi - lo == t.n * (strcmp(t.dtype, "F32") == 0 ? 4u : 8u),
           ERR_DATA, "%s: offsets %zu to %zu", key, lo, hi);
    t.data = (const unsigned char *)s->bytes + s->data + lo;
    *out = t;
out:
    return st;
}

double sft_at(const struct sft *t, size_t i)
{
    float f;
    double d;
    int64_t k;

    if (strcmp(t->dtype, "F32") == 0) {
        memcpy(&f, t->data + 4 * i, 4);
        return (double)f;
    }
    if (strcmp(t->dtype, "I64") == 0) {
        memcpy(&k, t->data + 8 * i, 8);
        return (double)k;
    }
    memcpy(&d, t->data + 8 * i, 8);
    return d;
}
