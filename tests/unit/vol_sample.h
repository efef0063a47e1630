#ifndef TESTS_UNIT_VOL_SAMPLE_H
#define TESTS_UNIT_VOL_SAMPLE_H

/* Random volumes for the tests of vol/. */

#include "base/mem.h"

#include "check.h"
#include "det/stream.h"
#include "vol/volume.h"

/* One of the 48 axis-aligned directions. */
static inline void sample_direction(int which, double d[9])
{
    static const int perm[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                   {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    memset(d, 0, 9 * sizeof *d);
    for (int a = 0; a < 3; a++)
        d[3 * perm[which / 8][a] + a] = which >> a & 1 ? -1.0 : 1.0;
}

/* A volume of random numbers; sizes 3 to 3 + spread. */
static inline struct volume
sample_volume(struct stream *s, int which, enum pixel pixel, int spread)
{
    struct geometry g = {{0}, {0}, {0}, {0}};
    struct volume v = {0};

    sample_direction(which, g.direction);
    for (int a = 0; a < 3; a++) {
        g.size[a] = 3 + (int64_t)stream_below(s, (uint64_t)spread);
        g.spacing[a] = stream_below(s, 4) == 0
                           ? 0.5 * (double)(1 + stream_below(s, 6))
                           : stream_range(s, 0.4, 3.2);
        g.origin[a] = stream_range(s, -300, 300);
    }
    assert_ok(volume_new(&g, pixel, &v));
    for (size_t i = 0; i < geometry_len(&g); i++)
        pixel_set(pixel, v.data, i, stream_range(s, -1200, 3000));
    return v;
}

/* A box of a volume, in memory of its own; volume_free ends it. */
static inline struct volume
sample_part(const struct volume *v, const int64_t lo[3], const int64_t hi[3])
{
    struct volume p = *v;
    size_t size = pixel_size(v->pixel);
    size_t len = (size_t)(hi[0] - lo[0]) * size;
    char *to;

    for (int a = 0; a < 3; a++) {
        p.lo[a] = lo[a];
        p.hi[a] = hi[a];
    }
    p.data = NULL;
    assert_ok(
        mem_raw((size_t)((hi[1] - lo[1]) * (hi[2] - lo[2])), len, &p.data));
    to = p.data;
    for (int64_t k = lo[2]; k < hi[2]; k++)
        for (int64_t j = lo[1]; j < hi[1]; j++, to += len) {
            size_t at =
                (size_t)((k * v->geo.size[1] + j) * v->geo.size[0] + lo[0]);

            memcpy(to, (const char *)v->data + at * size, len);
        }
    return p;
}

#endif
