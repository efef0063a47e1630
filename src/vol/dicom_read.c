/* A segment is a file. */
#include "vol/dicom_read.h"

#include <string.h>

#include "vol/dicom_pixels.h"
#include "vol/dicom_series.h"

static bool big_machine(void)
{
    const uint16_t one = 1;

    return *(const uint8_t *)&one == 0;
}

/* The header is read again: files of ours are small, and a layout is plain. */
static status
read_slice(const struct segment *s, const struct layout *l, void *out)
{
    status st = OK;
    struct dicom_head h;

    TRY(dicom_head_read(s->path, &h));
    ENSURE(h.columns == l->geo.size[0] && h.rows == l->geo.size[1] &&
               h.allocated == (int)(8 * pixel_size(l->disk)) && h.stored > 0 &&
               h.stored <= h.allocated && h.pixels != DICOM_NONE &&
               (h.pixels == DICOM_ENCODED || h.at == s->offset),
           ERR_DATA, "%s: changed while the series was read; start again",
           s->path);
    h.slope = s->slope;
    h.inter = s->inter;
    TRY(dicom_pixels(s->path, &h, out));
out:
    return st;
}

/* Can scan.c take the numbers as they lie there? */
static bool in_place(const struct dicom_head *h, const struct dicom_head *first)
{
    return h->pixels == DICOM_NATIVE && h->stored == h->allocated &&
           h->big_endian == first->big_endian;
}

static bool is_lossy(const char *syntax)
{
    static const char *const lossy[] = {
        "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51",
        "1.2.840.10008.1.2.4.81", "1.2.840.10008.1.2.4.91",
        "1.2.840.10008.1.2.4.203"};

    for (size_t i = 0; i < sizeof lossy / sizeof *lossy; i++)
        if (strcmp(syntax, lossy[i]) == 0)
            return true;
    return false;
}

status dicom_parse(const char *path, struct layout *out)
{
    status st = OK;
    struct dicom_series s = {.slice = NULL};
    struct layout l = {.coding = CODING_RAW, .read_slice = read_slice};
    const struct dicom_head *first;

    TRY(dicom_series_read(path, &s));
    first = &s.slice[0].head;
    l.geo = s.geo;
    l.disk = s.disk;
    l.pixel = s.pixel;
    l.swap = first->big_endian != big_machine();
    l.scaled = s.disk != s.pixel;
    for (size_t i = 0; i < s.n; i++) {
        const struct dicom_head *h = &s.slice[i].head;
        const struct segment g = {.path = s.slice[i].path,
                                  .offset = h->at,
                                  .slices = 1,
                                  .slope = h->slope,
                                  .inter = h->inter};

        TRY(layout_add(&l, &g));
        l.scaled = l.scaled || h->slope != 1.0 || h->inter != 0.0;
        if (!in_place(h, first))
            l.coding = CODING_SLICE;
        l.decoded = l.decoded || h->pixels == DICOM_ENCODED;
        if (is_lossy(h->syntax))
            l.note = "compressed with loss: another decoder may give other "
                     "values";
    }
    if (l.coding == CODING_SLICE)
        l.swap = false;
    *out = l;
    l = (struct layout){.segment = NULL};
out:
    layout_free(&l);
    dicom_series_free(&s);
    return st;
}
