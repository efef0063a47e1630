#ifndef VOL_PIXEL_H
#define VOL_PIXEL_H

#include <stdbool.h>
#include <stddef.h>

/* Types a voxel can have; a patch keeps the type of its volume. */
enum pixel {
    PIXEL_U8 = 0,
    PIXEL_I8 = 1,
    PIXEL_U16 = 2,
    PIXEL_I16 = 3,
    PIXEL_U32 = 4,
    PIXEL_I32 = 5,
    PIXEL_F32 = 6,
    PIXEL_F64 = 7
};
enum { PIXEL_TYPES = 8 };

size_t pixel_size(enum pixel p);      /* bytes of one voxel */
const char *pixel_name(enum pixel p); /* "int16" */

/* data[i] as a double (exact for every type). */
double pixel_get(enum pixel p, const void *data, size_t i);

/* data[i] := v as ITK 5.4's resampler stores it: beyond the type's range the
 * nearest end, then truncation toward zero. NaN gives 0 in integer types. */
void pixel_set(enum pixel p, void *data, size_t i, double v);

/* Reverse the bytes of n voxels. */
void pixel_swap(enum pixel p, void *data, size_t n);

/* Stored numbers to voxels: value = number * slope + inter. */
struct pixel_scale {
    enum pixel from, to;
    bool swap;           /* the stored bytes are reversed */
    double slope, inter; /* in double; a number of an integer type that goes to
                            float32 is rounded to float first */
};
/* n of them; the result is stored as pixel_set does. `from` need not be
 * aligned. */
void pixel_scale(const struct pixel_scale *s,
                 const void *from,
                 void *to,
                 size_t n);

/* n voxels from `at` on as floats (rounded to nearest). */
void pixel_floats(
    enum pixel p, const void *data, size_t at, size_t n, float *out);

#endif
