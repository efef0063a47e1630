/* The buffer holds what follows the present element, so small elements cost
 * no system call, and large values are passed over without being read. */
#include "vol/dicom_stream.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum { DEPTH = 16 }; /* of nested sequences */

#define ITEM         0xFFFEE000U
#define ITEM_END     0xFFFEE00DU
#define SEQUENCE_END 0xFFFEE0DDU

status dicom_stream_open(const char *path, struct dicom_stream *out)
{
    status st = OK;

    out->path = path;
    out->fd = -1;
    out->implicit_vr = false;
    out->big_endian = false;
    out->at = 0;
    out->first = 0;
    out->len = 0;
    TRY(file_size(path, &out->size)); /* refuses folders */
    out->fd = open(path, O_RDONLY | O_CLOEXEC);
    ENSURE(out->fd >= 0, ERR_FILE, "%s: %s", path, strerror(errno));
out:
    return st;
}

void dicom_stream_close(struct dicom_stream *s)
{
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
}

static status fill(struct dicom_stream *s)
{
    status st = OK;

    s->first = s->at;
    s->len = 0;
    while (s->len < DICOM_BUFFER) {
        ssize_t n = pread(s->fd, s->buffer + s->len, DICOM_BUFFER - s->len,
                          (off_t)(s->first + s->len));

        if (n < 0 && errno == EINTR)
            continue;
        ENSURE(n >= 0, ERR_FILE, "%s: %s", s->path, strerror(errno));
        if (n == 0)
            break;
        s->len += (size_t)n;
    }
out:
    return st;
}

status dicom_take(struct dicom_stream *s, size_t len, const uint8_t **out)
{
    status st = OK;

    BUG_IF(len > DICOM_BUFFER);
    if (s->at < s->first || s->at + len > s->first + s->len)
        TRY(fill(s));
    ENSURE(s->at + len <= s->first + s->len, ERR_DATA,
           "%s: ends inside its DICOM header, at byte %llu of %llu: truncated; "
           "fetch the file again",
           s->path, (unsigned long long)s->at, (unsigned long long)s->size);
    *out = s->buffer + (s->at - s->first);
    s->at += len;
out:
    return st;
}

uint32_t
dicom_number(const struct dicom_stream *s, const uint8_t *bytes, int size)
{
    uint32_t v = 0;

    for (int i = 0; i < size; i++)
        v |= (uint32_t)bytes[i] << 8 * (s->big_endian ? size - 1 - i : i);
    return v;
}

/* VRs whose length has four bytes after two reserved ones. */
static bool has_long_length(const char vr[3])
{
    static const char known[] = "OB OD OF OL OV OW SQ SV UC UN UR UT UV";

    return strstr(known, vr) != NULL;
}

static status take_vr(struct dicom_stream *s, struct dicom_element *e)
{
    status st = OK;
    const uint8_t *p = NULL;

    TRY(dicom_take(s, 4, &p));
    ENSURE(p[0] >= 'A' && p[0] <= 'Z' && p[1] >= 'A' && p[1] <= 'Z', ERR_DATA,
           "%s: DICOM element (%04x,%04x) at byte %llu has no value "
           "representation (bytes %02x %02x): damaged; fetch the file again",
           s->path, e->tag >> 16, e->tag & 0xFFFFU,
           (unsigned long long)(s->at - 8), p[0], p[1]);
    e->vr[0] = (char)p[0];
    e->vr[1] = (char)p[1];
    e->len = dicom_number(s, p + 2, 2);
    if (has_long_length(e->vr)) {
        TRY(dicom_take(s, 4, &p));
        e->len = dicom_number(s, p, 4);
    }
out:
    return st;
}

status dicom_next(struct dicom_stream *s, struct dicom_element *out)
{
    status st = OK;
    struct dicom_element e = {0, "", 0};
    const uint8_t *p = NULL;

    TRY(dicom_take(s, 4, &p));
    e.tag = dicom_number(s, p, 2) << 16 | dicom_number(s, p + 2, 2);
    if (s->implicit_vr || e.tag >> 16 == 0xFFFE) {
        TRY(dicom_take(s, 4, &p));
        e.len = dicom_number(s, p, 4);
    } else {
        TRY(take_vr(s, &e));
    }
    ENSURE(e.len == DICOM_OPEN_END || e.len <= s->size - s->at, ERR_DATA,
           "%s: DICOM element (%04x,%04x) asks for %lu bytes, %llu are left in "
           "the file: truncated or damaged; fetch the file again",
           s->path, e.tag >> 16, e.tag & 0xFFFFU, (unsigned long)e.len,
           (unsigned long long)(s->size - s->at));
    *out = e;
out:
    return st;
}

/* The open levels around the present place. */
struct levels {
    uint32_t end[DEPTH];  /* mark that ends it */
    bool implicit[DEPTH]; /* coding outside it */
    int depth;
};

/* Enter the value of an element without length. */
static status
enter(struct dicom_stream *s, const struct dicom_element *e, struct levels *l)
{
    status st = OK;

    ENSURE(l->depth < DEPTH, ERR_DATA,
           "%s: DICOM sequences are nested deeper than %d at byte %llu: "
           "damaged; fetch the file again",
           s->path, DEPTH, (unsigned long long)s->at);
    l->implicit[l->depth] = s->implicit_vr;
    l->end[l->depth++] = e->tag == ITEM ? ITEM_END : SEQUENCE_END;
    if (strcmp(e->vr, "UN") == 0)
        s->implicit_vr = true; /* PS3.5, 6.2.2, note 2 */
out:
    return st;
}

/* Leave the levels that end here; *e becomes the element after them. */
static status
leave(struct dicom_stream *s, struct dicom_element *e, struct levels *l)
{
    status st = OK;

    while (l->depth > 0 && e->tag == l->end[l->depth - 1]) {
        s->implicit_vr = l->implicit[--l->depth];
        if (l->depth > 0)
            TRY(dicom_next(s, e));
    }
out:
    return st;
}

/* Items stand in sequences, other elements in items. */
static status
check_level(const struct dicom_stream *s, uint32_t tag, uint32_t end)
{
    status st = OK;

    ENSURE((end == ITEM_END) == (tag != ITEM) && tag != ITEM_END &&
               tag != SEQUENCE_END,
           ERR_DATA,
           "%s: DICOM element (%04x,%04x) at byte %llu stands where a sequence "
           "has none: damaged; fetch the file again",
           s->path, tag >> 16, tag & 0xFFFFU, (unsigned long long)s->at);
out:
    return st;
}

/* Walks marks instead of calling itself. Items of encoded pixels have lengths
 * and are passed over. */
static status skip_open(struct dicom_stream *s, const struct dicom_element *of)
{
    status st = OK;
    struct dicom_element e = *of;
    struct levels l = {.depth = 0};

    do {
        if (e.len == DICOM_OPEN_END)
            TRY(enter(s, &e, &l));
        else
            s->at += e.len;
        TRY(dicom_next(s, &e));
        TRY(leave(s, &e, &l));
        if (l.depth > 0)
            TRY(check_level(s, e.tag, l.end[l.depth - 1]));
    } while (l.depth > 0);
out:
    return st;
}

status dicom_skip(struct dicom_stream *s, const struct dicom_element *e)
{
    if (e->len == DICOM_OPEN_END)
        return skip_open(s, e);
    s->at += e->len; /* dicom_next held it against the file */
    return OK;
}
