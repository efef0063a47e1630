/* One switch per question; everything that runs per voxel in a loop has its
 * own typed loop instead (window.c, pixel_floats). */
#include "vol/pixel.h"

#include <float.h>
#include <stdint.h>
#include <string.h>

size_t pixel_size(enum pixel p)
{
    static const unsigned char size[PIXEL_TYPES] = {1, 1, 2, 2, 4, 4, 4, 8};

    return size[p];
}

const char *pixel_name(enum pixel p)
{
    static const char *const name[PIXEL_TYPES] = {"uint8",   "int8",   "uint16",
                                                  "int16",   "uint32", "int32",
                                                  "float32", "float64"};

    return name[p];
}

double pixel_get(enum pixel p, const void *data, size_t i)
{
    switch (p) {
    case PIXEL_U8:
        return ((const uint8_t *)data)[i];
    case PIXEL_I8:
        return ((const int8_t *)data)[i];
    case PIXEL_U16:
        return ((const uint16_t *)data)[i];
    case PIXEL_I16:
        return ((const int16_t *)data)[i];
    case PIXEL_U32:
        return ((const uint32_t *)data)[i];
    case PIXEL_I32:
        return ((const int32_t *)data)[i];
    case PIXEL_F32:
        return (double)((const float *)data)[i];
    case PIXEL_F64:
        return ((const double *)data)[i];
    }
    return 0.0;
}

static double clamp(double v, double lo, double hi)
{
    if (v < lo)
        return lo;
    return v > hi ? hi : v;
}

/* An integer between lo and hi; NaN, which no comparison catches, becomes 0
 * instead of an undefined conversion. */
static int64_t to_int(double v, double lo, double hi)
{
    return v == v ? (int64_t)clamp(v, lo, hi) : 0;
}

void pixel_set(enum pixel p, void *data, size_t i, double v)
{
    switch (p) {
    case PIXEL_U8:
        ((uint8_t *)data)[i] = (uint8_t)to_int(v, 0, UINT8_MAX);
        break;
    case PIXEL_I8:
        ((int8_t *)data)[i] = (int8_t)to_int(v, INT8_MIN, INT8_MAX);
        break;
    case PIXEL_U16:
        ((uint16_t *)data)[i] = (uint16_t)to_int(v, 0, UINT16_MAX);
        break;
    case PIXEL_I16:
        ((int16_t *)data)[i] = (int16_t)to_int(v, INT16_MIN, INT16_MAX);
        break;
    case PIXEL_U32:
        ((uint32_t *)data)[i] = (uint32_t)to_int(v, 0, UINT32_MAX);
        break;
    case PIXEL_I32:
        ((int32_t *)data)[i] = (int32_t)to_int(v, INT32_MIN, INT32_MAX);
        break;
    case PIXEL_F32:
        ((float *)data)[i] = (float)clamp(v, -(double)FLT_MAX, (double)FLT_MAX);
        break;
    case PIXEL_F64:
        ((double *)data)[i] = clamp(v, -DBL_MAX, DBL_MAX);
        break;
    }
}

#define FLOATS(type)                                                           \
    do {                                                                       \
        const type *src = (const type *)data + at;                             \
        for (size_t i = 0; i < n; i++)                                         \
            out[i] = (float)src[i];                                            \
    } while (0)

void pixel_floats(
    enum pixel p, const void *data, size_t at, size_t n, float *out)
{
    switch (p) {
    case PIXEL_U8:
        FLOATS(uint8_t);
        break;
    case PIXEL_I8:
        FLOATS(int8_t);
        break;
    case PIXEL_U16:
        FLOATS(uint16_t);
        break;
    case PIXEL_I16:
        FLOATS(int16_t);
        break;
    case PIXEL_U32:
        FLOATS(uint32_t);
        break;
    case PIXEL_I32:
        FLOATS(int32_t);
        break;
    case PIXEL_F32:
        FLOATS(float);
        break;
    case PIXEL_F64:
        FLOATS(double);
        break;
    }
}

#define SWAP(bits)                                                             \
    do {                                                                       \
        for (size_t i = 0; i < n; i++) {                                       \
            uint##bits##_t v;                                                  \
            memcpy(&v, bytes + i * sizeof v, sizeof v);                        \
            v = __builtin_bswap##bits(v);                                      \
            memcpy(bytes + i * sizeof v, &v, sizeof v);                        \
        }                                                                      \
    } while (0)

void pixel_swap(enum pixel p, void *data, size_t n)
{
    unsigned char *bytes = data;

    switch (pixel_size(p)) {
    case 2:
        SWAP(16);
        break;
    case 4:
        SWAP(32);
        break;
    case 8:
        SWAP(64);
        break;
    default:
        break;
    }
}

#define DOUBLES(type)                                                          \
    do {                                                                       \
        const type *src = data;                                                \
        for (size_t i = 0; i < n; i++)                                         \
            out[i] = (double)src[i];                                           \
    } while (0)

static void doubles(enum pixel p, const void *data, size_t n, double *out)
{
    switch (p) {
    case PIXEL_U8:
        DOUBLES(uint8_t);
        break;
    case PIXEL_I8:
        DOUBLES(int8_t);
        break;
    case PIXEL_U16:
        DOUBLES(uint16_t);
        break;
    case PIXEL_I16:
        DOUBLES(int16_t);
        break;
    case PIXEL_U32:
        DOUBLES(uint32_t);
        break;
    case PIXEL_I32:
        DOUBLES(int32_t);
        break;
    case PIXEL_F32:
        DOUBLES(float);
        break;
    case PIXEL_F64:
        DOUBLES(double);
        break;
    }
}

enum { PIECE = 256 };

void pixel_scale(const struct pixel_scale *s,
                 const void *from,
                 void *to,
                 size_t n)
{
    size_t size = pixel_size(s->from);
    bool through_float = s->to == PIXEL_F32 && s->from < PIXEL_F32;

    for (size_t at = 0; at < n; at += PIECE) {
        size_t len = n - at < PIECE ? n - at : PIECE;
        _Alignas(8) unsigned char stored[PIECE * 8];
        double v[PIECE];

        memcpy(stored, (const char *)from + at * size, len * size);
        if (s->swap)
            pixel_swap(s->from, stored, len);
        doubles(s->from, stored, len, v);
        for (size_t i = 0; through_float && i < len; i++)
            v[i] = (double)(float)v[i];
        for (size_t i = 0; i < len; i++)
            v[i] = v[i] * s->slope + s->inter;
        if (s->to == PIXEL_F32)
            for (size_t i = 0; i < len; i++)
                ((float *)to)[at + i] = (float)v[i];
        else if (s->to == PIXEL_F64)
            memcpy((double *)to + at, v, len * sizeof *v);
        else
            for (size_t i = 0; i < len; i++)
                pixel_set(s->to, to, at + i, v[i]);
    }
}
