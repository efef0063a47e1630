#include "store/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file_out.h"
#include "base/json.h"
#include "base/mem.h"

#include "store/state_impl.h"

/* A header is parsed whole: what 5,000 tensors need, and within 16 MB of
 * memory whatever it holds. */
enum { HEADER_MAX = 512 << 10 };

/* The format's names, and the package's order of types in a file. */
static const struct {
    const char *name;
    int order;
} TYPES[STATE_TYPES] = {
    [STATE_I64] = {"I64", 0},    [STATE_F64] = {"F64", 1},
    [STATE_C64] = {"C64", 2},    [STATE_F32] = {"F32", 3},
    [STATE_I32] = {"I32", 4},    [STATE_BF16] = {"BF16", 5},
    [STATE_F16] = {"F16", 6},    [STATE_I16] = {"I16", 7},
    [STATE_I8] = {"I8", 8},      [STATE_U8] = {"U8", 9},
    [STATE_BOOL] = {"BOOL", 10}, [STATE_C128] = {NULL, 11},
};

static bool type_of(const char *name, enum state_type *out)
{
    for (int i = 0; name && i < STATE_TYPES; i++)
        if (TYPES[i].name && strcmp(TYPES[i].name, name) == 0) {
            *out = (enum state_type)i;
            return true;
        }
    return false;
}

static status read_tensor(struct state *s,
                          const char *name,
                          const struct json *j,
                          uint64_t base,
                          uint64_t size)
{
    status st = OK;
    struct state_row row = {0};
    struct state_span span = {0};
    const struct json *shape = json_get(j, "shape");
    const struct json *place = json_get(j, "data_offsets");
    int64_t lo = json_i64(json_at(place, 0), -1);
    int64_t hi = json_i64(json_at(place, 1), -1);
    char show[RAW_SHOW];

    (void)raw_show(name, strlen(name), show);
    ENSURE(json_is_object(j) && json_len(j) == 3 && json_is_array(shape) &&
               json_is_array(place) && json_len(place) == 2,
           ERR_DATA,
           "%s: tensor %s: its row has not dtype, shape and "
           "data_offsets alone",
           s->path, show);
    ENSURE(type_of(json_text(json_get(j, "dtype")), &row.t.type), ERR_DATA,
           "%s: tensor %s: unknown dtype", s->path, show);
    ENSURE(json_len(shape) <= STATE_RANK, ERR_DATA,
           "%s: tensor %s: %zu dimensions, at most %d are read", s->path, show,
           json_len(shape), (int)STATE_RANK);
    row.t.rank = (int)json_len(shape);
    for (int i = 0; i < row.t.rank; i++) {
        int64_t dim = json_i64(json_at(shape, (size_t)i), -1);

        ENSURE(dim >= 0, ERR_DATA,
               "%s: tensor %s: a size that is negative or no integer", s->path,
               show);
        row.t.dim[i] = (uint64_t)dim;
    }
    ENSURE(lo >= 0 && hi >= lo && (uint64_t)hi <= size, ERR_DATA,
           "%s: tensor %s: its data_offsets are not inside the file", s->path,
           show);
    span.at = base + (uint64_t)lo;
    span.size = (uint64_t)(hi - lo);
    TRY(state_add_span(s, &span, &row.span));
    state_row_major(&row);
    TRY(state_add(s, name, strlen(name), &row));
    ENSURE(s->row[s->n - 1].t.len * state_type_size(row.t.type) == span.size,
           ERR_DATA, "%s: tensor %s: shape and data_offsets disagree", s->path,
           show);
out:
    return st;
}

static int by_place(const void *a, const void *b)
{
    const struct state_span *x = a;
    const struct state_span *y = b;

    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return (x->size > y->size) - (x->size < y->size);
}

/* Every byte of the values belongs to one tensor. */
static status check_cover(const struct state *s, uint64_t base)
{
    status st = OK;
    struct state_span *span = NULL;
    uint64_t at = base;

    TRY(mem_raw(s->n_spans, sizeof *span, &span));
    memcpy(span, s->span, s->n_spans * sizeof *span);
    qsort(span, s->n_spans, sizeof *span, by_place);
    for (size_t i = 0; i < s->n_spans; i++) {
        ENSURE(span[i].at == at, ERR_DATA,
               "%s: tensors overlap or leave a hole at byte %llu", s->path,
               (unsigned long long)at);
        at += span[i].size;
    }
    ENSURE(at == s->raw.size, ERR_DATA,
           "%s: its tensors end at byte %llu, the file at %llu", s->path,
           (unsigned long long)at, (unsigned long long)s->raw.size);
out:
    mem_free(span);
    return st;
}

static status read_metadata(struct state *s, const struct json *meta)
{
    status st = OK;

    ENSURE(json_is_object(meta), ERR_DATA, "%s: __metadata__ is no object",
           s->path);
    for (size_t i = 0; i < json_len(meta); i++) {
        char name[512];
        const char *text = json_text(json_member(meta, i));
        int n =
            snprintf(name, sizeof name, "__metadata__/%s", json_key(meta, i));

        ENSURE(text && n < (int)sizeof name, ERR_DATA,
               "%s: a value of __metadata__ is no text", s->path);
        TRY(state_add_value(s, name, (size_t)n, text, true));
    }
out:
    return st;
}

static status read_header(struct state *s, char **out, uint64_t *len)
{
    status st = OK;
    unsigned char size[8];
    char *text = NULL;

    TRY(raw_read(&s->raw, 0, sizeof size, size));
    *len = raw_le(size, 8);
    ENSURE(*len >= 2 && *len <= s->raw.size - 8, ERR_DATA,
           "%s: safetensors: a header of %llu bytes in a file of %llu (cut "
           "short?)",
           s->path, (unsigned long long)*len, (unsigned long long)s->raw.size);
    ENSURE(*len <= HEADER_MAX, ERR_DATA,
           "%s: safetensors: a header of %llu bytes, at most %d are read",
           s->path, (unsigned long long)*len, (int)HEADER_MAX);
    TRY(mem_raw((size_t)*len + 1, 1, &text));
    TRY(raw_read(&s->raw, 8, (size_t)*len, text));
    text[*len] = '\0';
    ENSURE(text[0] == '{', ERR_DATA,
           "%s: safetensors: the header does not begin with {", s->path);
    *out = text;
    text = NULL;
out:
    mem_free(text);
    return st;
}

status sft_open(struct state *s)
{
    status st = OK;
    char *text = NULL;
    struct json *j = NULL;
    uint64_t len = 0;
    uint64_t base = 0;

    s->format = STATE_SAFETENSORS;
    s->swap = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    TRY(read_header(s, &text, &len));
    TRY(json_parse(text, (size_t)len, s->path, &j));
    ENSURE(json_is_object(j), ERR_DATA, "%s: safetensors: no object of tensors",
           s->path);
    base = 8 + len;
    for (size_t i = 0; i < json_len(j); i++) {
        const char *key = json_key(j, i);

        if (strcmp(key, "__metadata__") == 0)
            TRY(read_metadata(s, json_member(j, i)));
        else
            TRY(read_tensor(s, key, json_member(j, i), base,
                            s->raw.size - base));
    }
    TRY(check_cover(s, base));
out:
    json_free(j);
    mem_free(text);
    return st;
}

/* ---- writing ----------------------------------------------------------------
 */

struct sft_writer {
    struct file_out *file;
    const struct sft_item *item;
    size_t n, next;
    uint64_t done; /* values of item `next` */
};

static int by_order(const void *a, const void *b)
{
    const struct sft_item *x = a;
    const struct sft_item *y = b;

    if (x->type != y->type)
        return TYPES[x->type].order - TYPES[y->type].order;
    return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
    const struct sft_item *x = a;
    const struct sft_item *y = b;

    return strcmp(x->name, y->name);
}

/* Sorts the items too. */
static status check_items(const char *path, struct sft_item *items, size_t n)
{
    status st = OK;

    qsort(items, n, sizeof *items, by_name);
    for (size_t i = 0; i < n; i++) {
        ENSURE(TYPES[items[i].type].name, ERR_DATA,
               "%s: %s is %s, which safetensors cannot hold", path,
               items[i].name, state_type_name(items[i].type));
        ENSURE(i == 0 || by_name(&items[i - 1], &items[i]) != 0, ERR_DATA,
               "%s: two tensors are called %s", path, items[i].name);
    }
    qsort(items, n, sizeof *items, by_order);
out:
    return st;
}

static status
make_header(const struct sft_item *items, size_t n, struct text *t)
{
    uint64_t at = 0;

    text_add(t, "{");
    for (size_t i = 0; i < n; i++) {
        uint64_t end = at + items[i].len * state_type_size(items[i].type);

        text_add(t, "%s", i ? "," : "");
        text_json(t, items[i].name);
        text_add(t, ":{\"dtype\":\"%s\",\"shape\":[",
                 TYPES[items[i].type].name);
        for (int k = 0; k < items[i].rank; k++)
            text_add(t, "%s%llu", k ? "," : "",
                     (unsigned long long)items[i].dim[k]);
        text_add(t, "],\"data_offsets\":[%llu,%llu]}", (unsigned long long)at,
                 (unsigned long long)end);
        at = end;
    }
    text_add(t, "}");
    while (text_status(t) == OK && t->len % 8 != 0)
        text_add(t, " ");
    return text_status(t);
}

status sft_create(const char *path,
                  struct sft_item *items,
                  size_t n,
                  struct sft_writer **out)
{
    status st = OK;
    struct sft_writer *w = NULL;
    struct text header = {0};
    unsigned char len[8];
    uint64_t size = 0;

    TRY(check_items(path, items, n));
    TRY(make_header(items, n, &header));
    size = header.len;
    for (int i = 0; i < 8; i++)
        len[i] = (unsigned char)(size >> (8 * i));
    TRY(mem_new(1, sizeof *w, &w));
    w->item = items;
    w->n = n;
    TRY(file_out_open(path, &w->file));
    TRY(file_out_put(w->file, len, sizeof len));
    TRY(file_out_put(w->file, header.s, header.len));
    *out = w;
    w = NULL;
out:
    text_free(&header);
    sft_writer_free(w);
    return st;
}

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static status
put_values(struct sft_writer *w, const unsigned char *v, size_t n, size_t unit)
{
    status st = OK;

    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < unit; k++)
            TRY(file_out_put(w->file, v + (i + 1) * unit - 1 - k, 1));
out:
    return st;
}
#else
static status
put_values(struct sft_writer *w, const void *v, size_t n, size_t unit)
{
    return file_out_put(w->file, v, n * unit);
}
#endif

status sft_put(struct sft_writer *w, const void *values, uint64_t n)
{
    status st = OK;
    size_t parts;
    size_t size;

    while (w->next < w->n && w->done == w->item[w->next].len) {
        w->next++;
        w->done = 0;
    }
    if (n == 0)
        return OK;
    BUG_IF(w->next == w->n || n > w->item[w->next].len - w->done);
    parts = w->item[w->next].type == STATE_C64 ? 2 : 1;
    size = state_type_size(w->item[w->next].type);
    TRY(put_values(w, values, (size_t)n * parts, size / parts));
    w->done += n;
out:
    return st;
}

status sft_finish(struct sft_writer *w)
{
    status st = OK;

    TRY(sft_put(w, NULL, 0));
    BUG_IF(w->next < w->n);
    TRY(file_out_publish(w->file));
out:
    return st;
}

void sft_writer_free(struct sft_writer *w)
{
    if (!w)
        return;
    file_out_close(w->file);
    mem_free(w);
}
