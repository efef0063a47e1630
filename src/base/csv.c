/* The file is read whole and cut in place: fields become C strings inside the
 * one buffer, quotes taken out, so a table costs its bytes and one pointer for
 * each cell. */
#include "base/csv.h"

#include <inttypes.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

struct csv {
    char *path;
    char *bytes;
    const char **cells; /* (rows + 1) x cols, the header first */
    uint32_t *lines;    /* rows + 1 */
    uint32_t rows;
    uint32_t cols;
};

/* 1 GiB: a hundred times the longest list of the study. */
static const size_t csv_max_bytes = (size_t)1 << 30;

struct cutter {
    struct csv *t;
    char *p; /* next byte */
    char *end;
    uint32_t line;
    size_t n_cells;
    size_t cap_cells;
    size_t cap_lines;
};

/* p is just after the opening quote; leaves it after the closing one. */
static status cut_quoted(struct cutter *c)
{
    status st = OK;
    uint32_t first = c->line;
    char *to = c->p;

    for (;; c->p++) {
        ENSURE(c->p < c->end, ERR_DATA,
               "%s:%" PRIu32 ": a quote is opened and never closed", c->t->path,
               first);
        if (*c->p == '"' && c->p[1] == '"')
            c->p++;
        else if (*c->p == '"')
            break;
        if (*c->p == '\n')
            c->line++;
        *to++ = *c->p;
    }
    c->p++;
    ENSURE(c->p == c->end || strchr(",\r\n", *c->p), ERR_DATA,
           "%s:%" PRIu32 ": \"%c\" after a closing quote; a comma or the end "
           "of the line is needed",
           c->t->path, c->line, *c->p);
    *to = '\0'; /* on the closing quote or before it */
out:
    return st;
}

/* Tables of features are hundreds of megabytes: no call for each byte. */
static bool ends_plain(char b)
{
    return b == ',' || b == '\n' || b == '\r' || b == '"';
}

static status cut_plain(struct cutter *c)
{
    status st = OK;

    while (c->p < c->end && !ends_plain(*c->p))
        c->p++;
    ENSURE(c->p == c->end || *c->p != '"', ERR_DATA,
           "%s:%" PRIu32 ": a quote inside a field that does not begin with "
           "one; quote the whole field and double the inner quote",
           c->t->path, c->line);
out:
    return st;
}

/* One field and what ends it: *last is true at the end of the record. */
static status cut_field(struct cutter *c, bool *last)
{
    status st = OK;
    char *start = c->p;

    TRY(mem_grow(c->n_cells + 1, sizeof *c->t->cells, &c->t->cells,
                 &c->cap_cells));
    if (c->p < c->end && *c->p == '"') {
        start = ++c->p;
        TRY(cut_quoted(c));
    } else {
        TRY(cut_plain(c));
    }
    c->t->cells[c->n_cells++] = start;
    *last = true;
    if (c->p == c->end)
        goto out; /* file_read put a NUL there */
    *last = *c->p != ',';
    if (*c->p == '\r') {
        ENSURE(c->p[1] == '\n', ERR_DATA,
               "%s:%" PRIu32 ": a carriage return without a line feed",
               c->t->path, c->line);
        *c->p++ = '\0';
    }
    if (*last)
        c->line++;
    *c->p++ = '\0';
out:
    return st;
}

static bool blank_line(struct cutter *c)
{
    size_t n = *c->p == '\n' ? 1 : c->p[0] == '\r' && c->p[1] == '\n' ? 2 : 0;

    /* in a table of one column it is an empty cell */
    if (n == 0 || c->t->cols == 1)
        return false;
    c->p += n;
    c->line++;
    return true;
}

static status cut_records(struct cutter *c)
{
    status st = OK;
    struct csv *t = c->t;
    size_t records = 0;

    while (c->p < c->end) {
        size_t first = c->n_cells;
        bool last = false;

        if (blank_line(c))
            continue;
        TRY(mem_grow(records + 1, sizeof *t->lines, &t->lines, &c->cap_lines));
        t->lines[records] = c->line;
        while (!last)
            TRY(cut_field(c, &last));
        if (records == 0)
            t->cols = (uint32_t)c->n_cells;
        ENSURE(c->n_cells - first == t->cols, ERR_DATA,
               "%s:%" PRIu32 ": %zu fields, the header has %" PRIu32, t->path,
               t->lines[records], c->n_cells - first, t->cols);
        records++;
    }
    ENSURE(records > 0, ERR_DATA, "%s: empty; a line of column names is needed",
           t->path);
    ENSURE(records > 1, ERR_DATA,
           "%s: the list is empty: column names, no rows", t->path);
    t->rows = (uint32_t)(records - 1);
out:
    return st;
}

/* t->bytes[len] is a NUL. */
static status cut_table(struct csv *t, size_t len)
{
    status st = OK;
    struct cutter c = {.t = t, .p = t->bytes, .end = t->bytes + len, .line = 1};

    ENSURE(!memchr(t->bytes, '\0', len), ERR_DATA,
           "%s: holds zero bytes, so it is no text table", t->path);
    if (len >= 3 && memcmp(c.p, "\xef\xbb\xbf", 3) == 0)
        c.p += 3;
    TRY(cut_records(&c));
out:
    return st;
}

status csv_read(const char *path, struct csv **out)
{
    status st = OK;
    struct csv *t = NULL;
    size_t len = 0;

    TRY(mem_new(1, sizeof *t, &t));
    TRY(mem_text(path, &t->path));
    TRY(file_read(path, csv_max_bytes, &t->bytes, &len));
    TRY(cut_table(t, len));
    *out = t;
    t = NULL;
out:
    csv_free(t);
    return st;
}

status
csv_parse(const char *name, const char *bytes, size_t len, struct csv **out)
{
    status st = OK;
    struct csv *t = NULL;

    TRY(mem_new(1, sizeof *t, &t));
    TRY(mem_text(name, &t->path));
    TRY(mem_new(len + 1, 1, &t->bytes));
    memcpy(t->bytes, bytes, len);
    TRY(cut_table(t, len));
    *out = t;
    t = NULL;
out:
    csv_free(t);
    return st;
}

void csv_free(struct csv *t)
{
    if (!t)
        return;
    mem_free(t->path);
    mem_free(t->bytes);
    mem_free(t->cells);
    mem_free(t->lines);
    mem_free(t);
}

const char *csv_path(const struct csv *t)
{
    return t->path;
}

uint32_t csv_rows(const struct csv *t)
{
    return t->rows;
}

uint32_t csv_cols(const struct csv *t)
{
    return t->cols;
}

const char *csv_name(const struct csv *t, uint32_t col)
{
    BUG_IF(col >= t->cols);
    return t->cells[col];
}

uint32_t csv_line(const struct csv *t, uint32_t row)
{
    BUG_IF(row >= t->rows);
    return t->lines[row + 1];
}

int32_t csv_find(const struct csv *t, const char *name)
{
    for (uint32_t i = 0; i < t->cols; i++)
        if (strcmp(t->cells[i], name) == 0)
            return (int32_t)i;
    return -1;
}

/* Letters and digits only, in small letters. */
static void squeeze(const char *s, char out[64])
{
    size_t n = 0;

    for (; *s && n < 63; s++) {
        char c = *s;

        if (c >= 'A' && c <= 'Z')
            c = (char)(c - 'A' + 'a');
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            out[n++] = c;
    }
    out[n] = '\0';
}

/* A column that could be meant: the same letters and digits, or two changes
 * away but not in the last of them (coordX is no coordZ written wrongly). */
static const char *nearest(const struct csv *t, const char *name)
{
    char want[64];
    char have[64];

    squeeze(name, want);
    for (uint32_t k = 0; k < t->cols; k++) {
        size_t n;

        squeeze(t->cells[k], have);
        n = strlen(have);
        if (n > 3 && want[0] && have[n - 1] == want[strlen(want) - 1] &&
            text_distance(want, have) <= 2)
            return t->cells[k];
    }
    return NULL;
}

status csv_need(const struct csv *t, const char *name, uint32_t *col)
{
    enum { SHOWN = 20 };
    status st = OK;
    struct text there = {0};
    int32_t i = csv_find(t, name);

    if (i < 0) {
        for (uint32_t k = 0; k < t->cols && k < SHOWN; k++)
            text_add(&there, "%s%s", k ? ", " : "", t->cells[k]);
        if (t->cols > SHOWN)
            text_add(&there, ", ... (%" PRIu32 ")", t->cols);
        if (nearest(t, name))
            text_add(&there, "; is \"%s\" meant?", nearest(t, name));
        TRY(text_status(&there));
    }
    ENSURE(i >= 0, ERR_DATA, "%s: no column \"%s\"; there are: %s", t->path,
           name, there.s);
    for (uint32_t k = (uint32_t)i + 1; k < t->cols; k++)
        ENSURE(strcmp(t->cells[k], name) != 0, ERR_DATA,
               "%s: column \"%s\" is there twice", t->path, name);
    *col = (uint32_t)i;
out:
    text_free(&there);
    return st;
}

const char *csv_cell(const struct csv *t, uint32_t row, uint32_t col)
{
    BUG_IF(row >= t->rows || col >= t->cols);
    return t->cells[(size_t)(row + 1) * t->cols + col];
}

status csv_f64(const struct csv *t, uint32_t row, uint32_t col, double *out)
{
    status st = OK;
    const char *s = csv_cell(t, row, col);

    ENSURE(text_to_double(s, out), ERR_DATA,
           "%s:%" PRIu32 ": column %s: \"%.60s\" is not a finite number",
           t->path, csv_line(t, row), csv_name(t, col), s);
out:
    return st;
}

status csv_i64(const struct csv *t, uint32_t row, uint32_t col, int64_t *out)
{
    status st = OK;
    const char *s = csv_cell(t, row, col);

    ENSURE(text_to_i64(s, out), ERR_DATA,
           "%s:%" PRIu32 ": column %s: \"%.60s\" is not a whole number",
           t->path, csv_line(t, row), csv_name(t, col), s);
out:
    return st;
}

void csv_put(struct text *t, const char *field)
{
    if (!strpbrk(field, ",\"\r\n")) {
        text_put(t, field, strlen(field));
        return;
    }
    text_put(t, "\"", 1);
    for (; *field; field++) {
        if (*field == '"')
            text_put(t, "\"", 1);
        text_put(t, field, 1);
    }
    text_put(t, "\"", 1);
}
