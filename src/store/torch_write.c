#include "store/torch_write.h"

#include <stdio.h>
#include <string.h>

#include "base/file_out.h"
#include "base/mem.h"
#include "base/text.h"

#include "store/crc.h"

enum { LOCAL = 30, ALIGN = 64, EXTRA64 = 20 };

/* One entry of the archive. */
struct entry {
    char name[48];
    uint64_t at, size; /* of the local header; of the data */
    uint32_t crc;
};

struct torch_writer {
    struct file_out *file;
    const struct sft_item *item;
    size_t n, next;
    uint64_t done; /* values of item `next` */
    bool open;     /* its entry is begun */
    struct entry *entry;
    size_t n_entries;
    uint64_t at; /* bytes written */
};

/* ---- the program ------------------------------------------------------------
 */

static const char *const STORAGES[STATE_TYPES] = {
    [STATE_F32] = "FloatStorage",        [STATE_F64] = "DoubleStorage",
    [STATE_F16] = "HalfStorage",         [STATE_BF16] = "BFloat16Storage",
    [STATE_I64] = "LongStorage",         [STATE_I32] = "IntStorage",
    [STATE_I16] = "ShortStorage",        [STATE_I8] = "CharStorage",
    [STATE_U8] = "ByteStorage",          [STATE_BOOL] = "BoolStorage",
    [STATE_C64] = "ComplexFloatStorage", [STATE_C128] = "ComplexDoubleStorage"};

static void put_le(struct text *t, uint64_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        char c = (char)(unsigned char)(v >> (8 * i));

        text_put(t, &c, 1);
    }
}

static void put_string(struct text *t, const char *s)
{
    text_put(t, "X", 1);
    put_le(t, strlen(s), 4);
    text_put(t, s, strlen(s));
}

static void put_int(struct text *t, uint64_t v)
{
    if (v <= 0x7fffffff) {
        text_put(t, "J", 1);
        put_le(t, v, 4);
    } else {
        text_put(t, "\x8a\x09", 2); /* with a byte for the sign */
        put_le(t, v, 8);
        put_le(t, 0, 1);
    }
}

static void put_tuple(struct text *t, const uint64_t *v, int n)
{
    text_put(t, "(", 1);
    for (int i = 0; i < n; i++)
        put_int(t, v[i]);
    text_put(t, "t", 1);
}

static void put_tensor(struct text *t, const struct sft_item *x, size_t key)
{
    uint64_t stride[STATE_RANK] = {0};
    uint64_t step = 1;
    char number[24];

    for (int i = x->rank - 1; i >= 0; i--) {
        stride[i] = step;
        step *= x->dim[i] ? x->dim[i] : 1;
    }
    (void)snprintf(number, sizeof number, "%zu", key);
    text_add(t, "ctorch._utils\n_rebuild_tensor_v2\n((");
    put_string(t, "storage");
    text_add(t, "ctorch\n%s\n", STORAGES[x->type]);
    put_string(t, number);
    put_string(t, "cpu");
    put_int(t, x->len);
    text_put(t, "tQ", 2);
    put_int(t, 0);
    put_tuple(t, x->dim, x->rank);
    put_tuple(t, stride, x->rank);
    text_add(t, "\x89"
                "ccollections\nOrderedDict\n)RtR");
}

/* The dictionary of the items that are heads, or of those that are not. */
static void put_dict(struct text *t,
                     const struct sft_item *items,
                     size_t n,
                     const char *home,
                     bool heads)
{
    size_t prefix = heads ? strlen("heads.") : 0;

    text_put(t, "}(", 2);
    for (size_t i = 0; i < n; i++)
        if (!home || heads == (strncmp(items[i].name, "heads.", 6) == 0)) {
            put_string(t, items[i].name + prefix);
            put_tensor(t, &items[i], i);
        }
    text_put(t, "u", 1);
}

static status make_program(const struct sft_item *items,
                           size_t n,
                           const char *home,
                           struct text *t)
{
    bool any = false;

    for (size_t i = 0; home && i < n; i++)
        any = any || strncmp(items[i].name, "heads.", 6) == 0;
    text_put(t, "\x80\x02", 2);
    if (home) {
        text_put(t, "}(", 2);
        put_string(t, home);
    }
    put_dict(t, items, n, home, false);
    if (any) {
        put_string(t, "head_state_dict");
        put_dict(t, items, n, home, true);
    }
    text_put(t, home ? "u." : ".", home ? 2 : 1);
    return text_status(t);
}

/* ---- the archive ------------------------------------------------------------
 */

static status put(struct torch_writer *w, const void *bytes, size_t n)
{
    status st = OK;

    TRY(file_out_put(w->file, bytes, n));
    w->at += n;
out:
    return st;
}

static status put_text(struct torch_writer *w, struct text *t)
{
    status st = OK;

    TRY(text_status(t));
    TRY(put(w, t->s, t->len));
out:
    text_free(t);
    return st;
}

/* Version, flags (sizes and CRC follow the data, so values need not be known),
 * method, a fixed date, CRC and sizes (in the zip64 fields). */
static void put_common(struct text *t, const struct entry *e, bool directory)
{
    put_le(t, 45, 2);
    put_le(t, 0x808, 2);
    put_le(t, 0, 4);
    put_le(t, 0x21, 2);
    put_le(t, directory ? e->crc : 0, 4);
    put_le(t, 0xffffffff, 4);
    put_le(t, 0xffffffff, 4);
    put_le(t, strlen(e->name), 2);
}

/* The local header; its padding puts the data at a multiple of 64. */
static status begin(struct torch_writer *w, const char *name)
{
    struct text t = {0};
    struct entry *e = &w->entry[w->n_entries++];
    size_t head;
    size_t pad;

    (void)snprintf(e->name, sizeof e->name, "archive/%s", name);
    e->at = w->at;
    head = LOCAL + strlen(e->name) + EXTRA64 + 4;
    pad = (ALIGN - (w->at + head) % ALIGN) % ALIGN;
    put_le(&t, 0x04034b50, 4);
    put_common(&t, e, false);
    put_le(&t, EXTRA64 + 4 + pad, 2);
    text_put(&t, e->name, strlen(e->name));
    put_le(&t, 1, 2); /* zip64: sizes follow the data */
    put_le(&t, 16, 2);
    put_le(&t, 0, 8);
    put_le(&t, 0, 8);
    put_le(&t, 0x4246, 2); /* "FB", as PyTorch pads */
    put_le(&t, pad, 2);
    for (size_t i = 0; i < pad; i++)
        text_put(&t, "Z", 1);
    return put_text(w, &t);
}

static status add(struct torch_writer *w, const void *bytes, size_t n)
{
    struct entry *e = &w->entry[w->n_entries - 1];

    e->crc = crc_add(e->crc, bytes, n);
    e->size += n;
    return put(w, bytes, n);
}

static status end(struct torch_writer *w)
{
    struct text t = {0};
    const struct entry *e = &w->entry[w->n_entries - 1];

    put_le(&t, 0x08074b50, 4);
    put_le(&t, e->crc, 4);
    put_le(&t, e->size, 8);
    put_le(&t, e->size, 8);
    return put_text(w, &t);
}

static status
put_record(struct torch_writer *w, const char *name, const char *s, size_t n)
{
    status st = OK;

    TRY(begin(w, name));
    TRY(add(w, s, n));
    TRY(end(w));
out:
    return st;
}

static status put_directory(struct torch_writer *w)
{
    struct text t = {0};
    uint64_t size;

    for (size_t i = 0; i < w->n_entries; i++) {
        const struct entry *e = &w->entry[i];

        put_le(&t, 0x02014b50, 4);
        put_le(&t, 45, 2);
        put_common(&t, e, true);
        put_le(&t, 28, 2);
        put_le(&t, 0, 8);
        put_le(&t, 0, 2);
        put_le(&t, 0xffffffff, 4);
        text_put(&t, e->name, strlen(e->name));
        put_le(&t, 1, 2);
        put_le(&t, 24, 2);
        put_le(&t, e->size, 8);
        put_le(&t, e->size, 8);
        put_le(&t, e->at, 8);
    }
    size = t.len;
    put_le(&t, 0x06064b50, 4);
    put_le(&t, 44, 8);
    put_le(&t, 45, 2);
    put_le(&t, 45, 2);
    put_le(&t, 0, 8);
    put_le(&t, w->n_entries, 8);
    put_le(&t, w->n_entries, 8);
    put_le(&t, size, 8);
    put_le(&t, w->at, 8);
    put_le(&t, 0x07064b50, 4);
    put_le(&t, 0, 4);
    put_le(&t, w->at + size, 8);
    put_le(&t, 1, 4);
    put_le(&t, 0x06054b50, 4);
    put_le(&t, 0, 4);
    put_le(&t, w->n_entries < 0xffff ? w->n_entries : 0xffff, 2);
    put_le(&t, w->n_entries < 0xffff ? w->n_entries : 0xffff, 2);
    put_le(&t, 0xffffffff, 4);
    put_le(&t, 0xffffffff, 4);
    put_le(&t, 0, 2);
    return put_text(w, &t);
}

/* ---- the writer */

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    #define OWN_ORDER "big"
#else
    #define OWN_ORDER "little"
#endif

status torch_create(const char *path,
                    const struct sft_item *items,
                    size_t n,
                    const char *home,
                    struct torch_writer **out)
{
    status st = OK;
    struct torch_writer *w = NULL;
    struct text program = {0};

    TRY(make_program(items, n, home, &program));
    TRY(mem_new(1, sizeof *w, &w));
    w->item = items;
    w->n = n;
    TRY(mem_new(n + 3, sizeof *w->entry, &w->entry));
    TRY(file_out_open(path, &w->file));
    TRY(put_record(w, "data.pkl", program.s, program.len));
    TRY(put_record(w, "byteorder", OWN_ORDER, strlen(OWN_ORDER)));
    *out = w;
    w = NULL;
out:
    text_free(&program);
    torch_writer_free(w);
    return st;
}

static status begin_item(struct torch_writer *w)
{
    status st = OK;
    char name[32];

    if (w->open)
        return OK;
    (void)snprintf(name, sizeof name, "data/%zu", w->next);
    TRY(begin(w, name));
    w->open = true;
out:
    return st;
}

static status end_item(struct torch_writer *w)
{
    status st = OK;

    TRY(end(w));
    w->open = false;
    w->done = 0;
    w->next++;
out:
    return st;
}

/* Begin the entry of item `next`, and end those that are full. */
static status advance(struct torch_writer *w)
{
    status st = OK;

    while (w->next < w->n) {
        TRY(begin_item(w));
        if (w->done < w->item[w->next].len)
            break;
        TRY(end_item(w));
    }
out:
    return st;
}

status torch_put(struct torch_writer *w, const void *values, uint64_t n)
{
    status st = OK;

    if (n == 0)
        return OK;
    TRY(advance(w));
    BUG_IF(w->next == w->n || n > w->item[w->next].len - w->done);
    TRY(add(w, values, (size_t)n * state_type_size(w->item[w->next].type)));
    w->done += n;
out:
    return st;
}

status torch_finish(struct torch_writer *w)
{
    status st = OK;

    TRY(advance(w));
    BUG_IF(w->next < w->n);
    TRY(put_record(w, "version", "3\n", 2));
    TRY(put_directory(w));
    TRY(file_out_publish(w->file));
out:
    return st;
}

void torch_writer_free(struct torch_writer *w)
{
    if (!w)
        return;
    file_out_close(w->file);
    mem_free(w->entry);
    mem_free(w);
}
