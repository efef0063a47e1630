/* The formulas of tensor.h. */
#include "dev/tensor.h"

/* Rows between planes beyond the data: a plane of a power of two bytes would
 * put the same row of every channel block on the same cache lines. */
enum { PLANE_EXTRA = 5, PLANE_EXTRA_FROM = 8 };

int32_t shape_block(int32_t c)
{
    if (c == 1)
        return 1;
    if (c <= 8)
        return 8;
    return c <= 16 ? 16 : 32;
}

static size_t blocks(int32_t c)
{
    int32_t b = shape_block(c);
    return (size_t)((c + b - 1) / b);
}

size_t shape_rows(struct shape s)
{
    return (size_t)s.n * (size_t)s.d * (size_t)s.h * (size_t)s.w;
}

size_t shape_plane(struct shape s)
{
    size_t rows = shape_rows(s);
    return rows >= PLANE_EXTRA_FROM ? rows + PLANE_EXTRA : rows;
}

size_t shape_len(struct shape s)
{
    return blocks(s.c) * shape_plane(s) * (size_t)shape_block(s.c);
}

size_t weight_len(int32_t o, int32_t k, int32_t c)
{
    size_t taps = (size_t)k * (size_t)k * (size_t)k;
    return blocks(o) * (size_t)shape_block(o) * taps * (size_t)c;
}

size_t shape_at(struct shape s, int32_t sample, int32_t c, size_t voxel)
{
    size_t b = (size_t)shape_block(s.c);
    size_t row = voxel * (size_t)s.n + (size_t)sample;

    return ((size_t)c / b * shape_plane(s) + row) * b + (size_t)c % b;
}

size_t weight_at(int32_t k,
                 int32_t c_count,
                 int32_t o,
                 int32_t tap,
                 int32_t c,
                 int32_t o_count)
{
    size_t b = (size_t)shape_block(o_count);
    size_t taps = (size_t)k * (size_t)k * (size_t)k;
    size_t line = ((size_t)o / b * taps + (size_t)tap) * (size_t)c_count;

    return (line + (size_t)c) * b + (size_t)o % b;
}
