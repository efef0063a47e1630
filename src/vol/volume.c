#include "vol/volume.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"

#include "vol/scan.h"

status volume_open(const char *path, struct volume *out)
{
    static const int64_t zero[3];
    status st = OK;
    struct scan *s = NULL;

    TRY(scan_open(path, &s));
    TRY(scan_part(s, zero, scan_geometry(s)->size, out));
    if (scan_note(s))
        log_warn("%s: %s", path, scan_note(s));
out:
    scan_close(s);
    return st;
}

status
volume_peek(const char *path, struct geometry *out_geo, enum pixel *out_pixel)
{
    status st = OK;
    struct scan *s = NULL;

    TRY(scan_open(path, &s));
    *out_geo = *scan_geometry(s);
    *out_pixel = scan_pixel(s);
out:
    scan_close(s);
    return st;
}

struct volume
volume_of(const struct geometry *geo, enum pixel pixel, void *data)
{
    struct volume v = {.geo = *geo, .pixel = pixel, .data = data};

    memcpy(v.hi, geo->size, sizeof v.hi);
    return v;
}

status
volume_new(const struct geometry *geo, enum pixel pixel, struct volume *out)
{
    struct volume v = volume_of(geo, pixel, NULL);
    status st = OK;

    TRY(geometry_check(geo, "volume"));
    TRY(mem_new(geometry_len(geo), pixel_size(pixel), &v.data));
    *out = v;
out:
    return st;
}

bool volume_holds(const struct volume *v,
                  const int64_t lo[3],
                  const int64_t hi[3])
{
    for (int a = 0; a < 3; a++)
        if (lo[a] >= hi[a])
            return true;
    for (int a = 0; a < 3; a++)
        if (lo[a] < v->lo[a] || hi[a] > v->hi[a])
            return false;
    return true;
}

void volume_free(struct volume *v)
{
    if (!v)
        return;
    mem_free(v->data);
    memset(v, 0, sizeof *v);
}
