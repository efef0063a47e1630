/* One switch per question; everything that runs per voxel in a loop has its
 * own typed loop instead (window.c, pixel_floats). */
#include "vol/pixel.h"

#include <float.h>
#include <stdint.h>

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
