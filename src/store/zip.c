/* Sizes and places are taken from the central directory, and the local headers
 * are held against it. */
#include "store/zip.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"

#include "store/crc.h"

enum {
    LOCAL = 30,
    CENTRAL = 46,
    END = 22,
    END64 = 56,
    LOCATOR = 20,
    FLAG_DESCRIPTOR = 0x8,
    FLAGS_KNOWN = 0x80e, /* deflate levels, descriptor, UTF-8 names */
    INFLATE_SPARE = 4 << 20
};

#define U16(p) ((uint32_t)raw_le((p), 2))
#define U32(p) ((uint32_t)raw_le((p), 4))

/* Where the directory lies and how many rows it has. */
struct end {
    uint64_t at, size, rows;
    uint64_t limit; /* the end records begin here */
};

static status read_end64(const struct raw *raw, uint64_t end_at, struct end *e)
{
    status st = OK;
    unsigned char loc[LOCATOR];
    unsigned char rec[END64];
    uint64_t at = end_at - LOCATOR - END64;

    if (end_at < LOCATOR + END64)
        return OK;
    TRY(raw_read(raw, end_at - LOCATOR, LOCATOR, loc));
    if (memcmp(loc, "PK\6\7", 4) != 0)
        return OK;
    TRY(raw_read(raw, at, END64, rec));
    ENSURE(raw_le(loc + 8, 8) == at && memcmp(rec, "PK\6\6", 4) == 0 &&
               raw_le(rec + 4, 8) == END64 - 12,
           ERR_DATA, "%s: zip: damaged zip64 end record", raw->path);
    ENSURE((e->rows == 0xffff || e->rows == raw_le(rec + 32, 8)) &&
               (e->size == 0xffffffff || e->size == raw_le(rec + 40, 8)) &&
               (e->at == 0xffffffff || e->at == raw_le(rec + 48, 8)),
           ERR_DATA, "%s: zip: its two end records differ", raw->path);
    e->rows = raw_le(rec + 32, 8);
    e->size = raw_le(rec + 40, 8);
    e->at = raw_le(rec + 48, 8);
    e->limit = at;
out:
    return st;
}

static status read_end(const struct raw *raw, struct end *e)
{
    status st = OK;
    unsigned char rec[END];
    uint64_t at = raw->size - END;

    ENSURE(raw->size >= END, ERR_DATA, "%s: zip: only %llu bytes", raw->path,
           (unsigned long long)raw->size);
    TRY(raw_read(raw, at, END, rec));
    ENSURE(memcmp(rec, "PK\5\6", 4) == 0 && U16(rec + 20) == 0, ERR_DATA,
           "%s: zip: does not end with an end record (download cut short, or "
           "bytes added; fetch the file again)",
           raw->path);
    e->rows = U16(rec + 10);
    e->size = U32(rec + 12);
    e->at = U32(rec + 16);
    e->limit = at;
    ENSURE(U16(rec + 4) == 0 && U16(rec + 6) == 0 && U16(rec + 8) == e->rows,
           ERR_DATA, "%s: zip: one of several volumes", raw->path);
    TRY(read_end64(raw, at, e));
    ENSURE(e->at <= e->limit && e->size == e->limit - e->at &&
               e->rows <= e->size / CENTRAL,
           ERR_DATA,
           "%s: zip: the directory does not lie before its end "
           "record (damaged file)",
           raw->path);
out:
    return st;
}

/* A size of all ones stands in the zip64 extra field. */
static bool
zip64_field(const unsigned char *extra, size_t n, struct zip_entry *e)
{
    uint64_t *field[3] = {&e->size, &e->packed, &e->local};

    while (n >= 4) {
        size_t len = U16(extra + 2);
        const unsigned char *p = extra + 4;

        if (len > n - 4)
            return false;
        for (int i = 0; i < 3 && U16(extra) == 1; i++) {
            if (*field[i] != 0xffffffff)
                continue;
            if (len < 8)
                return false;
            *field[i] = raw_le(p, 8);
            p += 8;
            len -= 8;
        }
        n -= 4 + U16(extra + 2);
        extra += 4 + U16(extra + 2);
    }
    return n == 0;
}

/* A relative path below one folder, in plain characters. */
static bool good_name(const char *s, size_t n)
{
    if (n == 0 || s[0] == '/' || !raw_is_text((const unsigned char *)s, n))
        return false;
    for (size_t i = 0; i < n; i++) {
        bool first = i == 0 || s[i - 1] == '/';

        if (s[i] == '\\' || (unsigned char)s[i] < ' ')
            return false;
        if (first && s[i] == '.' && i + 1 < n && s[i + 1] == '.' &&
            (i + 2 == n || s[i + 2] == '/'))
            return false;
    }
    return memchr(s, '/', n) != NULL;
}

static status read_row(const struct raw *raw,
                       const unsigned char **at,
                       const unsigned char *end,
                       struct zip_entry *e)
{
    status st = OK;
    const unsigned char *p = *at;
    size_t left = (size_t)(end - p);
    char show[RAW_SHOW];
    size_t name = 0;
    size_t extra = 0;

    ENSURE(left >= CENTRAL && memcmp(p, "PK\1\2", 4) == 0, ERR_DATA,
           "%s: zip: damaged directory", raw->path);
    name = U16(p + 28);
    extra = U16(p + 30);
    ENSURE(name + extra + U16(p + 32) <= left - CENTRAL, ERR_DATA,
           "%s: zip: damaged directory", raw->path);
    *e = (struct zip_entry){.name = (const char *)p + CENTRAL,
                            .name_len = name,
                            .local = U32(p + 42),
                            .packed = U32(p + 20),
                            .size = U32(p + 24),
                            .crc = U32(p + 16),
                            .deflated = U16(p + 10) == 8};
    (void)raw_show(e->name, name, show);
    ENSURE(good_name(e->name, name), ERR_DATA,
           "%s: zip: entry name \"%s\" is no relative path in a folder",
           raw->path, show);
    ENSURE((U16(p + 8) & ~(uint32_t)FLAGS_KNOWN) == 0, ERR_DATA,
           "%s: zip: entry %s is encrypted or has unknown flags", raw->path,
           show);
    ENSURE(U16(p + 10) == 0 || e->deflated, ERR_DATA,
           "%s: zip: entry %s: compression method %u, stored or deflated is "
           "read",
           raw->path, show, U16(p + 10));
    ENSURE(zip64_field(p + CENTRAL + name, extra, e), ERR_DATA,
           "%s: zip: entry %s: damaged extra field", raw->path, show);
    ENSURE(e->deflated || e->packed == e->size, ERR_DATA,
           "%s: zip: entry %s is stored, but its two sizes differ", raw->path,
           show);
    *at = p + CENTRAL + name + extra + U16(p + 32);
out:
    return st;
}

/* The local header says what the directory says; sets e->at. */
static status check_local(const struct raw *raw, struct zip_entry *e)
{
    status st = OK;
    unsigned char p[LOCAL];
    unsigned char name[256];
    char show[RAW_SHOW];
    uint32_t flags;

    (void)raw_show(e->name, e->name_len, show);
    TRY(raw_read(raw, e->local, LOCAL, p));
    flags = U16(p + 6);
    ENSURE(memcmp(p, "PK\3\4", 4) == 0 && e->name_len <= sizeof name &&
               U16(p + 26) == e->name_len &&
               U16(p + 8) == (e->deflated ? 8 : 0) &&
               (flags & ~(uint32_t)FLAGS_KNOWN) == 0,
           ERR_DATA,
           "%s: zip: entry %s: its local header differs from the "
           "directory",
           raw->path, show);
    TRY(raw_read(raw, e->local + LOCAL, e->name_len, name));
    ENSURE(memcmp(name, e->name, e->name_len) == 0, ERR_DATA,
           "%s: zip: entry %s has another name in its local header", raw->path,
           show);
    ENSURE((flags & FLAG_DESCRIPTOR) ||
               (U32(p + 14) == e->crc &&
                (U32(p + 18) == e->packed || U32(p + 18) == 0xffffffff) &&
                (U32(p + 22) == e->size || U32(p + 22) == 0xffffffff)),
           ERR_DATA,
           "%s: zip: entry %s: its local sizes or CRC differ from "
           "the directory",
           raw->path, show);
    e->at = e->local + LOCAL + e->name_len + U16(p + 28);
out:
    return st;
}

static int by_place(const void *a, const void *b)
{
    const struct zip_entry *x = a;
    const struct zip_entry *y = b;

    return (x->local > y->local) - (x->local < y->local);
}

static int compare(const char *a, size_t na, const char *b, size_t nb)
{
    int c = memcmp(a, b, na < nb ? na : nb);

    return c ? c : (na > nb) - (na < nb);
}

static int by_name(const void *a, const void *b)
{
    const struct zip_entry *x = a;
    const struct zip_entry *y = b;

    return compare(x->name, x->name_len, y->name, y->name_len);
}

/* Entries follow each other from the first byte to the directory. */
static status check_places(struct zip *z, const struct end *end)
{
    status st = OK;

    qsort(z->entry, z->n, sizeof *z->entry, by_place);
    ENSURE(z->n > 0 && z->entry[0].local == 0, ERR_DATA,
           "%s: zip: does not begin with an entry", z->raw->path);
    for (size_t i = 0; i < z->n; i++) {
        struct zip_entry *e = &z->entry[i];
        uint64_t limit = i + 1 < z->n ? e[1].local : end->at;
        char show[RAW_SHOW];

        (void)raw_show(e->name, e->name_len, show);
        ENSURE(e->local < limit && limit <= end->at, ERR_DATA,
               "%s: zip: entry %s begins inside another or past the end",
               z->raw->path, show);
        TRY(check_local(z->raw, e));
        ENSURE(e->at <= limit && e->packed <= limit - e->at, ERR_DATA,
               "%s: zip: entry %s (%llu bytes) overlaps what follows it or "
               "passes the end of the file",
               z->raw->path, show, (unsigned long long)e->packed);
    }
out:
    return st;
}

/* One root folder, which the names lose; no name twice. */
static status check_names(struct zip *z)
{
    status st = OK;
    const char *root = z->entry[0].name;
    const char *slash = memchr(root, '/', z->entry[0].name_len);
    size_t len = (size_t)(slash - root) + 1;
    char show[RAW_SHOW];

    for (size_t i = 0; i < z->n; i++) {
        struct zip_entry *e = &z->entry[i];

        (void)raw_show(e->name, e->name_len, show);
        ENSURE(e->name_len >= len && memcmp(e->name, root, len) == 0, ERR_DATA,
               "%s: zip: entry %s is outside the root folder of the first",
               z->raw->path, show);
        e->name += len;
        e->name_len -= len;
    }
    qsort(z->entry, z->n, sizeof *z->entry, by_name);
    for (size_t i = 1; i < z->n; i++)
        ENSURE(by_name(&z->entry[i - 1], &z->entry[i]) != 0, ERR_DATA,
               "%s: zip: two entries are called %s", z->raw->path,
               raw_show(z->entry[i].name, z->entry[i].name_len, show));
out:
    return st;
}

status zip_open(const struct raw *raw, struct zip *out)
{
    status st = OK;
    struct zip z = {.raw = raw};
    struct end end = {0};
    const unsigned char *p = NULL;

    TRY(read_end(raw, &end));
    TRY(mem_raw((size_t)end.size, 1, &z.directory));
    TRY(raw_read(raw, end.at, (size_t)end.size, z.directory));
    TRY(mem_new((size_t)end.rows, sizeof *z.entry, &z.entry));
    z.n = (size_t)end.rows;
    z.spare = 3 * raw->size + INFLATE_SPARE;
    p = z.directory;
    for (size_t i = 0; i < z.n; i++)
        TRY(read_row(raw, &p, z.directory + end.size, &z.entry[i]));
    ENSURE(p == z.directory + end.size, ERR_DATA,
           "%s: zip: bytes after the last row of the directory", raw->path);
    TRY(check_places(&z, &end));
    TRY(check_names(&z));
    *out = z;
    z = (struct zip){0};
out:
    zip_close(&z);
    return st;
}

void zip_close(struct zip *z)
{
    mem_free(z->directory);
    mem_free(z->entry);
    z->directory = NULL;
    z->entry = NULL;
}

const struct zip_entry *zip_find(const struct zip *z, const char *name)
{
    struct zip_entry key = {.name = name, .name_len = strlen(name)};

    return bsearch(&key, z->entry, z->n, sizeof *z->entry, by_name);
}

static status
inflate_all(struct zip *z, const struct zip_entry *e, unsigned char *to)
{
    status st = OK;
    z_stream s = {0};
    unsigned char *packed = NULL;
    int rc = Z_OK;

    TRY(mem_raw((size_t)e->packed, 1, &packed));
    TRY(raw_read(z->raw, e->at, (size_t)e->packed, packed));
    ENSURE(inflateInit2(&s, -MAX_WBITS) == Z_OK, ERR_MEM, "zlib: no memory");
    s.next_in = packed;
    s.next_out = to;
    s.avail_in = (uInt)e->packed;
    s.avail_out = (uInt)e->size;
    rc = inflate(&s, Z_FINISH);
    (void)inflateEnd(&s);
    ENSURE(rc == Z_STREAM_END && s.total_out == e->size && s.avail_in == 0,
           ERR_DATA, "%s: zip: an entry does not inflate to its size",
           z->raw->path);
out:
    mem_free(packed);
    return st;
}

status zip_load(struct zip *z, const struct zip_entry *e, unsigned char **out)
{
    status st = OK;
    unsigned char *bytes = NULL;
    char show[RAW_SHOW];

    (void)raw_show(e->name, e->name_len, show);
    ENSURE(!e->deflated || (e->size <= z->spare && e->size < UINT32_MAX &&
                            e->packed < UINT32_MAX),
           ERR_DATA,
           "%s: zip: entry %s would inflate to %llu bytes, more than 3 times "
           "the file",
           z->raw->path, show, (unsigned long long)e->size);
    TRY(mem_raw((size_t)e->size, 1, &bytes));
    if (e->deflated) {
        z->spare -= e->size;
        TRY(inflate_all(z, e, bytes));
    } else {
        TRY(raw_read(z->raw, e->at, (size_t)e->size, bytes));
    }
    ENSURE(crc_add(0, bytes, (size_t)e->size) == e->crc, ERR_DATA,
           "%s: zip: entry %s is damaged (its CRC-32 does not match); fetch "
           "the file again",
           z->raw->path, show);
    *out = bytes;
    bytes = NULL;
out:
    mem_free(bytes);
    return st;
}
