#ifndef TESTS_GOLDEN_GEOMETRY_H
#define TESTS_GOLDEN_GEOMETRY_H

/* Geometry as the golden files have it, compared bit for bit. */

#include "golden/patches.h"

static inline void
get_f64s(const struct json *j, const char *key, double *out, int n)
{
    const struct json *a = json_get(j, key);

    assert_int_equal(json_len(a), n);
    for (int i = 0; i < n; i++)
        out[i] = json_f64(json_at(a, (size_t)i), (double)NAN);
}

static inline void get_i64s(const struct json *a, int64_t *out)
{
    assert_int_equal(json_len(a), 3);
    for (size_t i = 0; i < 3; i++)
        out[i] = json_i64(json_at(a, i), INT64_MIN);
}

static inline struct geometry get_geometry(const struct json *j)
{
    struct geometry g;

    get_i64s(json_get(j, "size"), g.size);
    get_f64s(j, "spacing", g.spacing, 3);
    get_f64s(j, "origin", g.origin, 3);
    get_f64s(j, "direction", g.direction, 9);
    return g;
}

static inline void same_numbers(
    const char *name, const char *what, const double *a, const double *b, int n)
{
    for (int i = 0; i < n; i++)
        if (!(a[i] == b[i]))
            fail_msg("%s: %s[%d] is %.17g, expected %.17g", name, what, i, a[i],
                     b[i]);
}

static inline void same_geometry(const char *name,
                                 const struct geometry *a,
                                 const struct geometry *b)
{
    for (int i = 0; i < 3; i++)
        assert_int_equal(a->size[i], b->size[i]);
    same_numbers(name, "spacing", a->spacing, b->spacing, 3);
    same_numbers(name, "origin", a->origin, b->origin, 3);
    same_numbers(name, "direction", a->direction, b->direction, 9);
}

#endif
