#include "store/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#include "store/state_impl.h"

static const struct {
    const char *name;
    size_t size;
    bool is_float;
} TYPES[STATE_TYPES] = {
    [STATE_F32] = {"float32", 4, true},
    [STATE_F64] = {"float64", 8, true},
    [STATE_F16] = {"float16", 2, true},
    [STATE_BF16] = {"bfloat16", 2, true},
    [STATE_I64] = {"int64", 8, false},
    [STATE_I32] = {"int32", 4, false},
    [STATE_I16] = {"int16", 2, false},
    [STATE_I8] = {"int8", 1, false},
    [STATE_U8] = {"uint8", 1, false},
    [STATE_BOOL] = {"bool", 1, false},
    [STATE_C64] = {"complex64", 8, false},
    [STATE_C128] = {"complex128", 16, false},
};

const char *state_type_name(enum state_type t)
{
    return TYPES[t].name;
}

size_t state_type_size(enum state_type t)
{
    return TYPES[t].size;
}

bool state_type_float(enum state_type t)
{
    return TYPES[t].is_float;
}

const char *state_show(enum state_type type,
                       int rank,
                       const uint64_t *dim,
                       char out[STATE_SHOW])
{
    int n = snprintf(out, STATE_SHOW, "%s [", TYPES[type].name);

    for (int i = 0; i < rank && n < STATE_SHOW; i++)
        n += snprintf(out + n, (size_t)(STATE_SHOW - n), "%s%llu",
                      i ? ", " : "", (unsigned long long)dim[i]);
    if (n < STATE_SHOW)
        (void)snprintf(out + n, (size_t)(STATE_SHOW - n), "]");
    return out;
}

const char *state_path(const struct state *s)
{
    return s->path;
}

enum state_format state_format(const struct state *s)
{
    return s->format;
}

const char *state_format_name(const struct state *s)
{
    static const char *const names[] = {"torch zip", "torch before 1.6",
                                        "safetensors", "NetCDF of this suite"};

    return names[s->format];
}

uint64_t state_file_size(const struct state *s)
{
    return s->raw.size;
}

size_t state_count(const struct state *s)
{
    return s->n;
}

const struct state_tensor *state_at(const struct state *s, size_t i)
{
    BUG_IF(i >= s->n);
    return &s->row[i].t;
}

size_t state_values(const struct state *s)
{
    return s->n_others;
}

const struct state_value *state_value(const struct state *s, size_t i)
{
    BUG_IF(i >= s->n_others);
    return &s->other[i].v;
}

const char *state_text(const struct state *s, const char *name)
{
    return s->ckpt ? ckpt_text(s->ckpt, name) : NULL;
}

const char *state_digest(const struct state *s)
{
    return s->ckpt ? ckpt_digest(s->ckpt) : NULL;
}

int64_t state_find(const struct state *s, const char *name)
{
    size_t lo = 0;
    size_t hi = s->n;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = strcmp(s->row[s->sorted[mid]].t.name, name);

        if (c == 0)
            return s->sorted[mid];
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return -1;
}

/* ---- filling ------------------------------------------------------------ */

static status add_name(struct state *s, const char *name, size_t n, size_t *at)
{
    status st = OK;

    ENSURE(s->names.len + n + 1 <= STATE_NAMES_MAX, ERR_DATA,
           "%s: its names take more than %d bytes", s->path,
           (int)STATE_NAMES_MAX);
    *at = s->names.len;
    text_put(&s->names, name, n);
    text_put(&s->names, "", 1);
    TRY(text_status(&s->names));
out:
    return st;
}

/* Names are shown and written to other files, but never become paths. */
static bool good_name(const char *s, size_t n)
{
    if (n > 0 && s[0] == '/')
        return false;
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)s[i] < ' ' || s[i] == 0x7f)
            return false;
    return !memmem(s, n, "../", 3) && !memmem(s, n, "/..", 3) &&
           !(n == 2 && memcmp(s, "..", 2) == 0);
}

void state_row_major(struct state_row *row)
{
    uint64_t step = 1;

    for (int i = row->t.rank - 1; i >= 0; i--) {
        row->stride[i] = step;
        step *= row->t.dim[i] ? row->t.dim[i] : 1;
    }
}

/* Length and extent; no product may wrap. */
static bool measure(struct state_row *row)
{
    uint64_t len = 1;
    uint64_t reach = 0;
    uint64_t step = 1;
    bool empty = false;

    row->plain = true;
    for (int i = row->t.rank - 1; i >= 0; i--) {
        uint64_t dim = row->t.dim[i];
        uint64_t far = 0;

        if (dim == 0) {
            empty = true;
            continue;
        }
        if (dim > 1 && row->stride[i] != step)
            row->plain = false;
        if (__builtin_mul_overflow(len, dim, &len) ||
            __builtin_mul_overflow(dim - 1, row->stride[i], &far) ||
            __builtin_add_overflow(reach, far, &reach))
            return false;
        step *= dim;
    }
    row->t.len = empty ? 0 : len;
    row->extent = empty ? 0 : reach + 1;
    row->plain = row->plain || empty;
    return len <= INT64_MAX / 16 && reach <= INT64_MAX / 16;
}

status
state_add_span(struct state *s, const struct state_span *span, uint32_t *out)
{
    status st = OK;

    TRY(mem_grow(s->n_spans + 1, sizeof *s->span, &s->span, &s->cap_spans));
    *out = (uint32_t)s->n_spans;
    s->span[s->n_spans++] = *span;
out:
    return st;
}

status state_add(struct state *s,
                 const char *name,
                 size_t name_len,
                 struct state_row *row)
{
    status st = OK;
    struct state_span *span = &s->span[row->span];
    uint64_t size = TYPES[row->t.type].size;
    char show[RAW_SHOW];

    (void)raw_show(name, name_len, show);
    ENSURE(s->n < STATE_MAX, ERR_DATA, "%s: more than %d tensors", s->path,
           (int)STATE_MAX);
    ENSURE(good_name(name, name_len) &&
               raw_is_text((const unsigned char *)name, name_len),
           ERR_DATA,
           "%s: tensor name \"%s\" has a \"..\", a leading '/' or "
           "control characters",
           s->path, show);
    ENSURE(measure(row), ERR_DATA,
           "%s: tensor %s: its size overflows (damaged, or made up)", s->path,
           show);
    ENSURE(row->t.len == 0 || (row->first <= span->size / size &&
                               row->extent <= span->size / size - row->first),
           ERR_DATA, "%s: tensor %s passes the end of its storage", s->path,
           show);
    s->cost += size * (row->t.len > row->extent ? row->t.len : row->extent);
    ENSURE(s->cost <= 4 * s->raw.size + (1 << 16), ERR_DATA,
           "%s: tensor %s: the tensors are views that expand to more than 4 "
           "times the file",
           s->path, show);
    span->users++;
    TRY(add_name(s, name, name_len, &row->name_at));
    TRY(mem_grow(s->n + 1, sizeof *s->row, &s->row, &s->cap));
    s->row[s->n++] = *row;
out:
    return st;
}

status state_add_value(struct state *s,
                       const char *name,
                       size_t name_len,
                       const char *text,
                       bool is_text)
{
    status st = OK;
    struct state_other o = {.v = {.is_text = is_text}};

    TRY(add_name(s, name, name_len, &o.name_at));
    TRY(add_name(s, text, strlen(text), &o.text_at));
    TRY(mem_grow(s->n_others + 1, sizeof *s->other, &s->other, &s->cap_others));
    s->other[s->n_others++] = o;
out:
    return st;
}

static int by_name(const void *a, const void *b, void *rows)
{
    const struct state_row *r = rows;

    return strcmp(r[*(const uint32_t *)a].t.name,
                  r[*(const uint32_t *)b].t.name);
}

/* A storage that one tensor covers is checked as it is read; any other now. */
static status check_spans(struct state *s)
{
    status st = OK;

    for (size_t i = 0; i < s->n; i++) {
        const struct state_row *r = &s->row[i];
        struct state_span *span = &s->span[r->span];

        if (!span->has_crc || (span->users == 1 && r->plain &&
                               r->t.len * TYPES[r->t.type].size == span->size))
            continue;
        TRY(state_check_span(s, span));
        span->has_crc = false;
    }
out:
    return st;
}

/* Names do not move any more: pointers, order, no name twice. */
static status finish(struct state *s)
{
    status st = OK;

    ENSURE(s->n > 0, ERR_DATA, "%s: holds no tensor", s->path);
    for (size_t i = 0; i < s->n; i++)
        s->row[i].t.name = s->names.s + s->row[i].name_at;
    for (size_t i = 0; i < s->n_others; i++) {
        s->other[i].v.name = s->names.s + s->other[i].name_at;
        s->other[i].v.text = s->names.s + s->other[i].text_at;
    }
    TRY(mem_raw(s->n, sizeof *s->sorted, &s->sorted));
    for (size_t i = 0; i < s->n; i++)
        s->sorted[i] = (uint32_t)i;
    qsort_r(s->sorted, s->n, sizeof *s->sorted, by_name, s->row);
    for (size_t i = 1; i < s->n; i++)
        ENSURE(by_name(&s->sorted[i - 1], &s->sorted[i], s->row) != 0, ERR_DATA,
               "%s: two tensors are called %s", s->path,
               s->row[s->sorted[i]].t.name);
    TRY(check_spans(s));
out:
    return st;
}

/* What a file is, by its first bytes; NULL with a guess in *what if nothing. */
static status (*reader_of(const struct state *s,
                          const unsigned char *p,
                          size_t n,
                          const char **what))(struct state *)
{
    static const struct {
        const char *start;
        size_t n;
        status (*open)(struct state *);
        const char *what;
    } known[] = {
        {"PK\3\4", 4, torch_open, ""},
        {"\x89HDF", 4, state_nc_open, ""},
        {"\x80\2\x8a\nl\xfc\x9c\x46\xf9 j\xa8P\x19.", 15, torch_old_open, ""},
        {"version https://git-lfs", 23, NULL,
         "is a pointer of Git LFS, not the file (git lfs pull)"},
        {"\x1f\x8b", 2, NULL, "is compressed by gzip (gunzip it first)"},
        {"<", 1, NULL, "is a web page (a failed download?)"},
        {"\x80", 1, NULL, "is a bare pickle, not a file of torch.save"},
    };

    /* first of all: a length of a table can begin like the others */
    if (n >= 9 && p[8] == '{' && raw_le(p, 8) < s->raw.size)
        return sft_open;
    *what = n == 0 ? "is empty"
                   : "is no file of weights that is known here "
                     "(torch.save, safetensors, NetCDF of ours)";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (n >= known[i].n && memcmp(p, known[i].start, known[i].n) == 0) {
            *what = known[i].what;
            return known[i].open;
        }
    if (n >= 9 && (p[8] == '{' || raw_le(p, 8) < s->raw.size))
        return sft_open;
    return NULL;
}

status state_open(const char *path, struct state **out)
{
    status st = OK;
    struct state *s = NULL;
    unsigned char head[32] = {0};
    size_t n = 0;
    const char *what = "";
    status (*open_as)(struct state *) = NULL;

    TRY(mem_new(1, sizeof *s, &s));
    s->raw.fd = -1;
    TRY(mem_text(path, &s->path));
    TRY(raw_open(s->path, &s->raw));
    n = s->raw.size < sizeof head ? (size_t)s->raw.size : sizeof head;
    TRY(raw_read(&s->raw, 0, n, head));
    open_as = reader_of(s, head, n, &what);
    ENSURE(open_as, ERR_DATA, "%s: %s", path, what);
    TRY(open_as(s));
    TRY(finish(s));
    *out = s;
    s = NULL;
out:
    state_close(s);
    return st;
}

void state_close(struct state *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_spans; i++)
        mem_free(s->span[i].mem);
    ckpt_close(s->ckpt);
    raw_close(&s->raw);
    text_free(&s->names);
    mem_free(s->row);
    mem_free(s->span);
    mem_free(s->other);
    mem_free(s->sorted);
    mem_free(s->path);
    mem_free(s);
}
