/* First form: the whole volume at the first box. */
#include "vol/scan.h"

#include <string.h>

#include "base/mem.h"

struct scan {
    char *path;
    struct geometry geo;
    enum pixel pixel;
    struct volume all;
};

status scan_open(const char *path, struct scan **out)
{
    status st = OK;
    struct scan *s = NULL;

    TRY(mem_new(1, sizeof *s, &s));
    TRY(mem_text(path, &s->path));
    TRY(volume_peek(path, &s->geo, &s->pixel));
    *out = s;
    s = NULL;
out:
    scan_close(s);
    return st;
}

void scan_close(struct scan *s)
{
    if (!s)
        return;
    volume_free(&s->all);
    mem_free(s->path);
    mem_free(s);
}

const struct geometry *scan_geometry(const struct scan *s)
{
    return &s->geo;
}

enum pixel scan_pixel(const struct scan *s)
{
    return s->pixel;
}

status
scan_read(struct scan *s, const int64_t lo[3], const int64_t hi[3], void *out)
{
    status st = OK;
    size_t size = pixel_size(s->pixel);
    char *to = out;

    for (int a = 0; a < 3; a++)
        BUG_IF(lo[a] < 0 || hi[a] <= lo[a] || hi[a] > s->geo.size[a]);
    if (!s->all.data)
        TRY(volume_open(s->path, &s->all));
    for (int64_t k = lo[2]; k < hi[2]; k++)
        for (int64_t j = lo[1]; j < hi[1]; j++) {
            int64_t row = k * s->geo.size[1] + j;
            size_t at = (size_t)(row * s->geo.size[0] + lo[0]);
            size_t len = (size_t)(hi[0] - lo[0]) * size;

            memcpy(to, (const char *)s->all.data + at * size, len);
            to += len;
        }
out:
    return st;
}

status scan_part(struct scan *s,
                 const int64_t lo[3],
                 const int64_t hi[3],
                 struct volume *out)
{
    status st = OK;
    struct volume v = volume_of(&s->geo, s->pixel, NULL);
    size_t len = 1;

    for (int a = 0; a < 3; a++) {
        v.lo[a] = lo[a];
        v.hi[a] = hi[a];
        len *= (size_t)(hi[a] - lo[a]);
    }
    TRY(mem_raw(len, pixel_size(s->pixel), &v.data));
    TRY(scan_read(s, lo, hi, v.data));
    *out = v;
    v.data = NULL;
out:
    volume_free(&v);
    return st;
}
