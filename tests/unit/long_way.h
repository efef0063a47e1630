#ifndef TESTS_UNIT_LONG_WAY_H
#define TESTS_UNIT_LONG_WAY_H

/* Patches the long way, as the original goes it: resample everything, turn the
 * array, cut, turn the piece. */
#include "unit/vol_sample.h"
#include "vol/orient.h"
#include "vol/patch.h"

/* An image with its geometry, turned and cut voxel by voxel. */
struct array {
    struct geometry geo;
    enum pixel pixel;
    char *data;
};

static inline struct array resample_all(const struct volume *v,
                                        const struct grid *g)
{
    const int64_t lo[3] = {0, 0, 0};
    const int64_t *n = g->geo.size;
    const ptrdiff_t stride[3] = {1, (ptrdiff_t)n[0], (ptrdiff_t)(n[0] * n[1])};
    struct array a = {g->geo, v->pixel, NULL};

    assert_ok(mem_new(geometry_len(&g->geo), pixel_size(v->pixel), &a.data));
    window_resample(v, g, lo, n, a.data, 0, stride);
    return a;
}

static inline void turn(struct array *a, const char code[4])
{
    struct orient o = orient_to(a->geo.direction, code);
    struct geometry to = orient_geometry(&a->geo, o);
    size_t size = pixel_size(a->pixel);
    char *out = NULL;
    size_t at = 0;

    assert_ok(mem_new(geometry_len(&to), size, &out));
    for (int64_t k = 0; k < to.size[2]; k++)
        for (int64_t j = 0; j < to.size[1]; j++)
            for (int64_t i = 0; i < to.size[0]; i++, at++) {
                const int64_t i3[3] = {i, j, k};
                int64_t f[3];
                size_t from;

                for (int b = 0; b < 3; b++)
                    f[o.from[b]] = o.flip[b] ? to.size[b] - 1 - i3[b] : i3[b];
                from =
                    (size_t)((f[2] * a->geo.size[1] + f[1]) * a->geo.size[0] +
                             f[0]);
                memcpy(out + at * size, a->data + from * size, size);
            }
    mem_free(a->data);
    a->data = out;
    a->geo = to;
}

static inline void
slice(struct array *a, const int64_t lo[3], const int64_t hi[3])
{
    struct geometry to = a->geo;
    size_t size = pixel_size(a->pixel);
    char *out = NULL;
    size_t at = 0;

    for (int b = 0; b < 3; b++)
        to.size[b] = hi[b] - lo[b];
    assert_ok(mem_new(geometry_len(&to), size, &out));
    for (int64_t k = lo[2]; k < hi[2]; k++)
        for (int64_t j = lo[1]; j < hi[1]; j++)
            for (int64_t i = lo[0]; i < hi[0]; i++, at++)
                memcpy(out + at * size,
                       a->data +
                           (size_t)((k * a->geo.size[1] + j) * a->geo.size[0] +
                                    i) *
                               size,
                       size);
    mem_free(a->data);
    a->data = out;
    a->geo = to;
}

static inline void same(const struct array *a, const struct patch *p)
{
    for (int b = 0; b < 3; b++)
        assert_int_equal(p->shape[2 - b], a->geo.size[b]);
    assert_int_equal(p->pixel, a->pixel);
    assert_same_bits(p->data, a->data, patch_len(p) * pixel_size(p->pixel));
}

static inline void the_long_way(const struct volume *v,
                                const struct grid *g,
                                const struct patch_conf *conf,
                                const int64_t lo[3],
                                const int64_t hi[3],
                                const struct patch *p)
{
    struct array a = resample_all(v, g);

    if (conf->orient)
        turn(&a, "LPI");
    slice(&a, lo, hi);
    if (conf->orient_patch)
        turn(&a, "LPS");
    same(&a, p);
    mem_free(a.data);
}

#endif
