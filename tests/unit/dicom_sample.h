#ifndef TESTS_UNIT_DICOM_SAMPLE_H
#define TESTS_UNIT_DICOM_SAMPLE_H

/* DICOM files built element by element: a slice of a small CT whose fields a
 * test changes one by one. */
#include <stdbool.h>

#include "check.h"
#include "tmp.h"

enum { DCM_FIELDS = 32, DCM_ROOM = 8192, DCM_ROWS = 3, DCM_COLUMNS = 4 };

#define DCM_IMPLICIT "1.2.840.10008.1.2"
#define DCM_EXPLICIT "1.2.840.10008.1.2.1"
#define DCM_BIG      "1.2.840.10008.1.2.2"
#define DCM_RLE      "1.2.840.10008.1.2.5"
#define DCM_PIXELS   0x7FE00010U

struct dcm {
    const char *syntax;
    struct {
        uint32_t tag;
        char vr[3];
        char text[128];
        int n; /* of US */
    } field[DCM_FIELDS];
    int fields;
    uint16_t pixel[DCM_ROWS * DCM_COLUMNS]; /* stored numbers */
    uint8_t before[512]; /* raw bytes in front of group 0028 */
    size_t before_len;
    uint8_t bytes[DCM_ROOM];
    size_t len;
};

static inline void dcm_text(struct dcm *d, uint32_t tag, const char *text)
{
    for (int i = 0; i < d->fields; i++)
        if (d->field[i].tag == tag) {
            (void)snprintf(d->field[i].text, sizeof d->field[i].text, "%s",
                           text);
            return;
        }
    fail_msg("no field %08x", tag);
}

static inline void dcm_n(struct dcm *d, uint32_t tag, int n)
{
    for (int i = 0; i < d->fields; i++)
        if (d->field[i].tag == tag)
            d->field[i].n = n;
}

static inline void dcm_drop(struct dcm *d, uint32_t tag)
{
    for (int i = 0; i < d->fields; i++)
        if (d->field[i].tag == tag)
            d->field[i].tag = 0;
}

/* 4 columns x 3 rows of 0.5 x 0.75 mm at (-10, 20, z); 12 unsigned bits,
 * intercept -1024; stored numbers 0, 1, 2, ... */
static inline struct dcm dcm_slice(double z)
{
    static const struct {
        uint32_t tag;
        const char *vr, *text;
        int n;
    } all[] = {
        {0x00080008, "CS", "ORIGINAL\\PRIMARY\\AXIAL ", 0},
        {0x00080016, "UI", "1.2.840.10008.5.1.4.1.1.2", 0},
        {0x00080018, "UI", "1.2.3.4", 0},
        {0x00080060, "CS", "CT", 0},
        {0x0008103E, "LO", "thorax", 0},
        {0x00180050, "DS", "2.5", 0},
        {0x0020000E, "UI", "1.2.3", 0},
        {0x00200032, "DS", "", 0},
        {0x00200037, "DS", "1\\0\\0\\0\\1\\0", 0},
        {0x00280002, "US", "", 1},
        {0x00280004, "CS", "MONOCHROME2 ", 0},
        {0x00280008, "IS", "1 ", 0},
        {0x00280010, "US", "", DCM_ROWS},
        {0x00280011, "US", "", DCM_COLUMNS},
        {0x00280030, "DS", "0.75\\0.5", 0},
        {0x00280100, "US", "", 16},
        {0x00280101, "US", "", 12},
        {0x00280102, "US", "", 11},
        {0x00280103, "US", "", 0},
        {0x00281052, "DS", "-1024 ", 0},
        {0x00281053, "DS", "1 ", 0},
        {0x00283000, "SQ", "", 0},
    };
    struct dcm d = {.syntax = DCM_EXPLICIT};
    char position[64];

    d.fields = sizeof all / sizeof *all;
    for (int i = 0; i < d.fields; i++) {
        d.field[i].tag = all[i].tag;
        memcpy(d.field[i].vr, all[i].vr, 3);
        dcm_text(&d, all[i].tag, all[i].text);
        d.field[i].n = all[i].n;
    }
    (void)snprintf(position, sizeof position, "-10\\20\\%.9g", z);
    dcm_text(&d, 0x00200032, position);
    dcm_drop(&d, 0x00283000);
    for (int i = 0; i < DCM_ROWS * DCM_COLUMNS; i++)
        d.pixel[i] = (uint16_t)i;
    return d;
}

/* --- bytes --- */

static inline void dcm_put(struct dcm *d, const void *bytes, size_t len)
{
    assert_true(d->len + len <= DCM_ROOM);
    if (len > 0)
        memcpy(d->bytes + d->len, bytes, len);
    d->len += len;
}

static inline void dcm_put_number(struct dcm *d, uint32_t v, int size, bool big)
{
    for (int i = 0; i < size; i++) {
        uint8_t b = (uint8_t)(v >> 8 * (big ? size - 1 - i : i));

        dcm_put(d, &b, 1);
    }
}

/* Tag, VR and length. */
static inline void dcm_put_head(struct dcm *d,
                                const char *syntax,
                                uint32_t tag,
                                const char *vr,
                                uint32_t len)
{
    bool big = strcmp(syntax, DCM_BIG) == 0;
    bool wide = strstr("OB OW SQ UN", vr) != NULL;

    dcm_put_number(d, tag >> 16, 2, big);
    dcm_put_number(d, tag & 0xFFFF, 2, big);
    if (strcmp(syntax, DCM_IMPLICIT) == 0 || tag >> 16 == 0xFFFE) {
        dcm_put_number(d, len, 4, big);
        return;
    }
    dcm_put(d, vr, 2);
    if (wide)
        dcm_put_number(d, 0, 2, big);
    dcm_put_number(d, len, wide ? 4 : 2, big);
}

static inline void dcm_put_text(struct dcm *d,
                                const char *syntax,
                                uint32_t tag,
                                const char *vr,
                                const char *text)
{
    size_t n = strlen(text);

    dcm_put_head(d, syntax, tag, vr, (uint32_t)(n + n % 2));
    dcm_put(d, text, n);
    dcm_put(d, vr[0] == 'U' ? "" : " ", n % 2);
}

/* RLE of the PS3.5 annex G: high bytes, then low bytes, runs of literals. */
static inline void dcm_put_rle(struct dcm *d)
{
    enum { N = DCM_ROWS * DCM_COLUMNS, SEGMENT = N + 2 };
    uint8_t item[64 + 2 * SEGMENT] = {2, 0, 0, 0, 64, 0, 0, 0, 64 + SEGMENT};

    for (int s = 0; s < 2; s++) {
        uint8_t *p = item + 64 + s * SEGMENT;

        p[0] = N - 1; /* N literal bytes follow */
        for (int i = 0; i < N; i++)
            p[1 + i] = (uint8_t)(d->pixel[i] >> (s ? 0 : 8));
        p[1 + N] = 0x80; /* nothing */
    }
    dcm_put_head(d, d->syntax, DCM_PIXELS, "OB", 0xFFFFFFFF);
    dcm_put_head(d, d->syntax, 0xFFFEE000, "", 0);
    dcm_put_head(d, d->syntax, 0xFFFEE000, "", sizeof item);
    dcm_put(d, item, sizeof item);
    dcm_put_head(d, d->syntax, 0xFFFEE0DD, "", 0);
}

/* d->bytes of the whole file. */
static inline void dcm_build(struct dcm *d)
{
    static const uint8_t zero[128];
    bool big = strcmp(d->syntax, DCM_BIG) == 0;
    const int n = DCM_ROWS * DCM_COLUMNS;

    d->len = 0;
    dcm_put(d, zero, sizeof zero);
    dcm_put(d, "DICM", 4);
    dcm_put_head(d, DCM_EXPLICIT, 0x00020000, "UL", 4);
    dcm_put_number(d, (uint32_t)(8 + (strlen(d->syntax) + 1) / 2 * 2), 4,
                   false);
    dcm_put_text(d, DCM_EXPLICIT, 0x00020010, "UI", d->syntax);
    for (int i = 0; i < d->fields; i++) {
        if (d->field[i].tag == 0)
            continue;
        if (d->field[i].tag == 0x00280002)
            dcm_put(d, d->before, d->before_len);
        if (strcmp(d->field[i].vr, "US") != 0) {
            dcm_put_text(d, d->syntax, d->field[i].tag, d->field[i].vr,
                         d->field[i].text);
            continue;
        }
        dcm_put_head(d, d->syntax, d->field[i].tag, "US", 2);
        dcm_put_number(d, (uint32_t)d->field[i].n, 2, big);
    }
    if (strcmp(d->syntax, DCM_RLE) == 0) {
        dcm_put_rle(d);
        return;
    }
    dcm_put_head(d, d->syntax, DCM_PIXELS, "OW", (uint32_t)(2 * n));
    for (int i = 0; i < n; i++)
        dcm_put_number(d, d->pixel[i], 2, big);
}

static inline const char *
dcm_write(struct dcm *d, const char *dir, const char *name, char path[TMP_PATH])
{
    dcm_build(d);
    return tmp_write(dir, name, d->bytes, d->len, path);
}

#endif
