/* One table says which fields are wanted and where they go. */
#include "vol/dicom_head.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#include "vol/dicom_stream.h"

enum { PREAMBLE = 128, MARK = 4, VALUE_MOST = 1024, META_GROUP = 2 };

enum kind {
    TEXT,   /* one text, cut to the room */
    UID,    /* one text that has to fit */
    WORD_3, /* the third of several words */
    NUMBERS,
    COUNT, /* 16 bits */
    THERE  /* is it there? */
};

static const struct field {
    uint32_t tag;
    const char *name;
    enum kind kind;
    int n; /* of numbers */
    size_t at;
} fields[] = {
    {0x00080008, "image type", WORD_3, 1, offsetof(struct dicom_head, kind)},
    {0x00080016, "SOP class UID", UID, 1,
     offsetof(struct dicom_head, sop_class)},
    {0x00080018, "SOP instance UID", UID, 1, offsetof(struct dicom_head, sop)},
    {0x00080060, "modality", TEXT, 1, offsetof(struct dicom_head, modality)},
    {0x0008103E, "series description", TEXT, 1,
     offsetof(struct dicom_head, description)},
    {0x00180088, "spacing between slices", NUMBERS, 1,
     offsetof(struct dicom_head, between)},
    {0x0020000E, "series instance UID", UID, 1,
     offsetof(struct dicom_head, series)},
    {0x00200032, "image position", NUMBERS, 3,
     offsetof(struct dicom_head, position)},
    {0x00200037, "image orientation", NUMBERS, 6,
     offsetof(struct dicom_head, orientation)},
    {0x00280002, "samples per pixel", COUNT, 1,
     offsetof(struct dicom_head, samples)},
    {0x00280004, "photometric interpretation", TEXT, 1,
     offsetof(struct dicom_head, photometric)},
    {0x00280008, "number of frames", NUMBERS, 1,
     offsetof(struct dicom_head, frames)},
    {0x00280010, "rows", COUNT, 1, offsetof(struct dicom_head, rows)},
    {0x00280011, "columns", COUNT, 1, offsetof(struct dicom_head, columns)},
    {0x00280030, "pixel spacing", NUMBERS, 2,
     offsetof(struct dicom_head, spacing)},
    {0x00280100, "bits allocated", COUNT, 1,
     offsetof(struct dicom_head, allocated)},
    {0x00280101, "bits stored", COUNT, 1, offsetof(struct dicom_head, stored)},
    {0x00280102, "high bit", COUNT, 1, offsetof(struct dicom_head, high)},
    {0x00280103, "pixel representation", COUNT, 1,
     offsetof(struct dicom_head, is_signed)},
    {0x00281052, "rescale intercept", NUMBERS, 1,
     offsetof(struct dicom_head, inter)},
    {0x00281053, "rescale slope", NUMBERS, 1,
     offsetof(struct dicom_head, slope)},
    {0x00283000, "modality LUT sequence", THERE, 1,
     offsetof(struct dicom_head, lut)},
};
enum { FIELDS = sizeof fields / sizeof *fields };

#define TAG_SYNTAX 0x00020010U
#define TAG_PIXELS 0x7FE00010U

#define EXPLICIT_LITTLE "1.2.840.10008.1.2.1"
#define IMPLICIT_LITTLE "1.2.840.10008.1.2"
#define EXPLICIT_BIG    "1.2.840.10008.1.2.2"
#define DEFLATED        "1.2.840.10008.1.2.1.99"

static const struct syntax {
    const char *uid, *name;
} syntaxes[] = {
    {IMPLICIT_LITTLE, "implicit VR little endian"},
    {EXPLICIT_LITTLE, "explicit VR little endian"},
    {EXPLICIT_BIG, "explicit VR big endian"},
    {DEFLATED, "deflated explicit VR little endian"},
    {"1.2.840.10008.1.2.5", "RLE lossless"},
    {"1.2.840.10008.1.2.4.50", "JPEG baseline"},
    {"1.2.840.10008.1.2.4.51", "JPEG extended"},
    {"1.2.840.10008.1.2.4.57", "JPEG lossless (process 14)"},
    {"1.2.840.10008.1.2.4.70", "JPEG lossless"},
    {"1.2.840.10008.1.2.4.80", "JPEG-LS lossless"},
    {"1.2.840.10008.1.2.4.81", "JPEG-LS near-lossless"},
    {"1.2.840.10008.1.2.4.90", "JPEG 2000 lossless"},
    {"1.2.840.10008.1.2.4.91", "JPEG 2000"},
    {"1.2.840.10008.1.2.4.201", "high-throughput JPEG 2000 lossless"},
    {"1.2.840.10008.1.2.4.202", "high-throughput JPEG 2000 lossless RPCL"},
    {"1.2.840.10008.1.2.4.203", "high-throughput JPEG 2000"},
};

const char *dicom_syntax_name(const char *uid)
{
    for (size_t i = 0; i < sizeof syntaxes / sizeof *syntaxes; i++)
        if (strcmp(uid, syntaxes[i].uid) == 0)
            return syntaxes[i].name;
    return "unknown transfer syntax";
}

/* A text without the blanks and zero bytes around it, one line of printable
 * characters (it goes into messages). */
static void clean(char *text)
{
    size_t from = strspn(text, " ");
    size_t len = strlen(text + from);

    memmove(text, text + from, len + 1);
    while (len && text[len - 1] == ' ')
        text[--len] = '\0';
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 127)
            text[i] = '?';
}

/* The i-th of the words between backslashes; the words before it were cut. */
static char *next_word(char **rest)
{
    char *word = *rest;
    char *end = strchr(word, '\\');

    *rest = end ? end + 1 : NULL;
    if (end)
        *end = '\0';
    clean(word);
    return word;
}

static status parse_numbers(const struct dicom_stream *s,
                            const struct field *f,
                            char *value,
                            double *out)
{
    status st = OK;
    double v[6];
    char all[DICOM_TEXT];
    char *rest = value;
    int n = 0;

    (void)snprintf(all, sizeof all, "%.*s", (int)sizeof all - 1, value);
    clean(all);
    while (rest && n < f->n)
        if (!text_to_double(next_word(&rest), &v[n++])) {
            n = -1;
            break;
        }
    ENSURE(n == f->n && !rest, ERR_DATA,
           "%s: DICOM field %s (%04x,%04x) is \"%s\", it holds %d number%s; "
           "correct the file",
           s->path, f->name, f->tag >> 16, f->tag & 0xFFFFU, all, f->n,
           f->n > 1 ? "s" : "");
    memcpy(out, v, (size_t)n * sizeof *v);
out:
    return st;
}

static status parse_text(const struct dicom_stream *s,
                         const struct field *f,
                         char *value,
                         char *out)
{
    status st = OK;
    char *rest = value;
    char *word = NULL;

    if (f->kind == WORD_3) {
        for (int i = 0; i < 3 && rest; i++)
            word = i < 2 ? (void)next_word(&rest), NULL : next_word(&rest);
        (void)snprintf(out, DICOM_TEXT, "%.71s", word ? word : "");
        return OK;
    }
    clean(value);
    ENSURE(f->kind != UID || strlen(value) < DICOM_TEXT, ERR_DATA,
           "%s: DICOM field %s (%04x,%04x) has %zu characters, a UID has at "
           "most 64: damaged; correct the file",
           s->path, f->name, f->tag >> 16, f->tag & 0xFFFFU, strlen(value));
    (void)snprintf(out, DICOM_TEXT, "%.71s", value);
out:
    return st;
}

static status read_field(struct dicom_stream *s,
                         const struct field *f,
                         const struct dicom_element *e,
                         struct dicom_head *h)
{
    status st = OK;
    char value[VALUE_MOST + 1];
    const uint8_t *p = NULL;
    void *to = (char *)h + f->at;

    if (f->kind == THERE) {
        *(bool *)to = true;
        TRY(dicom_skip(s, e));
        return OK;
    }
    ENSURE(e->len <= VALUE_MOST, ERR_DATA,
           "%s: DICOM field %s (%04x,%04x) has %lu bytes, %d are possible: "
           "damaged; correct the file",
           s->path, f->name, f->tag >> 16, f->tag & 0xFFFFU,
           (unsigned long)e->len, VALUE_MOST);
    TRY(dicom_take(s, e->len, &p));
    memcpy(value, p, e->len);
    value[e->len] = '\0';
    if (f->kind == COUNT) {
        ENSURE(e->len == 2 || e->len == 0, ERR_DATA,
               "%s: DICOM field %s (%04x,%04x) has %lu bytes, it is one number "
               "of two bytes; correct the file",
               s->path, f->name, f->tag >> 16, f->tag & 0xFFFFU,
               (unsigned long)e->len);
        if (e->len == 2)
            *(int *)to = (int)dicom_number(s, p, 2);
    } else if (value[strspn(value, " ")] != '\0') {
        if (f->kind == NUMBERS)
            TRY(parse_numbers(s, f, value, to));
        else
            TRY(parse_text(s, f, value, to));
    }
out:
    return st;
}

static const struct field *field_of(uint32_t tag)
{
    for (int i = 0; i < FIELDS; i++)
        if (fields[i].tag == tag)
            return &fields[i];
    return NULL;
}

/* Group 2, always explicit VR little endian. Its length, which some writers
 * leave out, is not needed. */
static status read_meta(struct dicom_stream *s, struct dicom_head *h)
{
    static const struct field syntax = {TAG_SYNTAX, "transfer syntax UID", UID,
                                        1, offsetof(struct dicom_head, syntax)};
    status st = OK;
    const uint8_t *p = NULL;

    while (s->at < s->size) {
        struct dicom_element e;

        TRY(dicom_take(s, 2, &p));
        s->at -= 2;
        if (dicom_number(s, p, 2) != META_GROUP)
            break;
        TRY(dicom_next(s, &e));
        if (e.tag == TAG_SYNTAX)
            TRY(read_field(s, &syntax, &e, h));
        else
            TRY(dicom_skip(s, &e));
    }
    ENSURE(h->syntax[0], ERR_DATA,
           "%s: DICOM field transfer syntax UID (0002,0010) is absent: "
           "truncated; fetch the file again, or write it again with a DICOM "
           "tool",
           s->path);
    ENSURE(strcmp(h->syntax, DEFLATED) != 0, ERR_DATA,
           "%s: transfer syntax %s (deflated explicit VR little endian) is not "
           "read; inflate it with \"dcmconv +te\" (DCMTK) or \"gdcmconv "
           "--raw\"",
           s->path, h->syntax);
    s->implicit_vr = strcmp(h->syntax, IMPLICIT_LITTLE) == 0;
    s->big_endian = strcmp(h->syntax, EXPLICIT_BIG) == 0;
    h->big_endian = s->big_endian;
out:
    return st;
}

static status read_pixels(struct dicom_stream *s,
                          const struct dicom_element *e,
                          struct dicom_head *h)
{
    status st = OK;
    bool native = s->implicit_vr || s->big_endian ||
                  strcmp(h->syntax, EXPLICIT_LITTLE) == 0;

    ENSURE(native == (e->len != DICOM_OPEN_END), ERR_DATA,
           "%s: DICOM pixel data (7fe0,0010) are %s, which transfer syntax %s "
           "(%s) excludes; write the file again with a DICOM tool",
           s->path, native ? "in fragments" : "plain numbers", h->syntax,
           dicom_syntax_name(h->syntax));
    h->pixels = native ? DICOM_NATIVE : DICOM_ENCODED;
    h->at = s->at;
    h->bytes = native ? e->len : 0;
    TRY(dicom_skip(s, e));
out:
    return st;
}

static status twice(const struct dicom_stream *s, uint32_t tag)
{
    return status_fail(ERR_DATA, __FILE__, __LINE__,
                       "%s: DICOM element (%04x,%04x) stands there twice; "
                       "write the file again with a DICOM tool",
                       s->path, tag >> 16, tag & 0xFFFFU);
}

static status read_data(struct dicom_stream *s, struct dicom_head *h)
{
    status st = OK;
    struct dicom_element e;
    bool seen[FIELDS] = {false};

    while (s->at < s->size) {
        const struct field *f;

        TRY(dicom_next(s, &e));
        f = field_of(e.tag);
        if ((f && seen[f - fields]) ||
            (e.tag == TAG_PIXELS && h->pixels != DICOM_NONE))
            TRY(twice(s, e.tag));
        if (f)
            seen[f - fields] = true;
        if (e.tag == TAG_PIXELS)
            TRY(read_pixels(s, &e, h));
        else if (f)
            TRY(read_field(s, f, &e, h));
        else
            TRY(dicom_skip(s, &e));
    }
out:
    return st;
}

/* Everything absent. */
static void clear(struct dicom_head *h)
{
    memset(h, 0, sizeof *h);
    for (int i = 0; i < FIELDS; i++) {
        void *to = (char *)h + fields[i].at;

        for (int k = 0; k < fields[i].n; k++)
            if (fields[i].kind == NUMBERS)
                ((double *)to)[k] = (double)NAN;
            else if (fields[i].kind == COUNT)
                *(int *)to = -1;
    }
}

static status take_mark(struct dicom_stream *s, bool *out)
{
    status st = OK;
    const uint8_t *p = NULL;

    *out = false;
    if (s->size < PREAMBLE + MARK)
        return OK;
    TRY(dicom_take(s, PREAMBLE + MARK, &p));
    *out = memcmp(p + PREAMBLE, "DICM", MARK) == 0;
out:
    return st;
}

status dicom_is(const char *path, bool *out)
{
    status st = OK;
    struct dicom_stream s;

    TRY(dicom_stream_open(path, &s));
    TRY(take_mark(&s, out));
out:
    dicom_stream_close(&s);
    return st;
}

status dicom_head_read(const char *path, struct dicom_head *out)
{
    status st = OK;
    struct dicom_stream s;
    struct dicom_head h;
    bool is = false;

    clear(&h);
    TRY(dicom_stream_open(path, &s));
    TRY(take_mark(&s, &is));
    ENSURE(is, ERR_DATA,
           "%s: no \"DICM\" mark at byte 128: truncated, or no DICOM file; "
           "fetch it again, or remove it",
           path);
    TRY(read_meta(&s, &h));
    TRY(read_data(&s, &h));
    *out = h;
out:
    dicom_stream_close(&s);
    return st;
}
