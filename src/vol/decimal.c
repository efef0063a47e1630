#include "vol/decimal.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { WORD = 512 };

struct decimal {
    char *path;
    FILE *file;
    uint64_t count; /* numbers so far */
};

status decimal_open(const char *path, uint64_t offset, struct decimal **out)
{
    status st = OK;
    struct decimal *d = NULL;

    TRY(mem_new(1, sizeof *d, &d));
    TRY(mem_text(path, &d->path));
    d->file = fopen(path, "rb");
    ENSURE(d->file, ERR_FILE, "%s: %s", path, strerror(errno));
    ENSURE(fseeko(d->file, (off_t)offset, SEEK_SET) == 0, ERR_FILE, "%s: %s",
           path, strerror(errno));
    *out = d;
    d = NULL;
out:
    decimal_close(d);
    return st;
}

void decimal_close(struct decimal *d)
{
    if (!d)
        return;
    if (d->file)
        (void)fclose(d->file);
    mem_free(d->path);
    mem_free(d);
}

static int is_gap(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r') || c == ',';
}

static status next_word(struct decimal *d, char word[WORD])
{
    status st = OK;
    size_t n = 0;
    int c = getc_unlocked(d->file);

    while (is_gap(c))
        c = getc_unlocked(d->file);
    while (c != EOF && !is_gap(c) && n < WORD - 1) {
        word[n++] = (char)c;
        c = getc_unlocked(d->file);
    }
    word[n] = '\0';
    ENSURE(!ferror(d->file), ERR_FILE, "%s: read error", d->path);
    ENSURE(c != EOF, ERR_DATA,
           "%s: the text ends within or before voxel number %llu (a blank has "
           "to follow the last): truncated; fetch the file again",
           d->path, (unsigned long long)d->count);
    ENSURE(n < WORD - 1, ERR_DATA,
           "%s: voxel number %llu has more than %d characters: no text of "
           "numbers; is the encoding of the header right?",
           d->path, (unsigned long long)d->count, WORD - 2);
out:
    return st;
}

static int range_of(enum pixel p, double *lo, double *hi)
{
    static const struct {
        double lo, hi;
    } range[] = {
        [PIXEL_U8] = {0, UINT8_MAX},   [PIXEL_I8] = {INT8_MIN, INT8_MAX},
        [PIXEL_U16] = {0, UINT16_MAX}, [PIXEL_I16] = {INT16_MIN, INT16_MAX},
        [PIXEL_U32] = {0, UINT32_MAX}, [PIXEL_I32] = {INT32_MIN, INT32_MAX}};

    if (p >= PIXEL_F32)
        return 0;
    *lo = range[p].lo;
    *hi = range[p].hi;
    return 1;
}

static status
to_voxel(struct decimal *d, enum pixel p, const char *word, double *out)
{
    status st = OK;
    char *end = NULL;
    double lo = 0;
    double hi = 0;
    double v;

    if (range_of(p, &lo, &hi)) {
        errno = 0;
        v = (double)strtoll(word, &end, 10);
        ENSURE(*end == '\0' && end != word && errno == 0 && v >= lo && v <= hi,
               ERR_DATA,
               "%s: voxel number %llu is \"%.40s\", a number of type %s is "
               "needed: damaged, or a wrong type in the header",
               d->path, (unsigned long long)d->count, word, pixel_name(p));
    } else {
        v = strtod(word, &end);
        ENSURE(*end == '\0' && end != word, ERR_DATA,
               "%s: voxel number %llu is \"%.40s\", no number: damaged; fetch "
               "the file again",
               d->path, (unsigned long long)d->count, word);
    }
    *out = v;
out:
    return st;
}

status decimal_next(struct decimal *d, enum pixel p, void *out, size_t n)
{
    status st = OK;
    char word[WORD];
    double v = 0;

    for (size_t i = 0; i < n; i++) {
        TRY(next_word(d, word));
        TRY(to_voxel(d, p, word, &v));
        if (p == PIXEL_F32)
            ((float *)out)[i] = (float)v;
        else if (p == PIXEL_F64)
            ((double *)out)[i] = v;
        else
            pixel_set(p, out, i, v);
        d->count++;
    }
out:
    return st;
}
