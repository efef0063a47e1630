/* Plain order is PyTorch's [o][c][k][k][k]; the layout is dev/tensor.h's. */
#include <string.h>

#include "nn/net.h"

/* Where element (o, c, tap) of a slice lies in the flat vector. */
static size_t place(const struct slice *s, int32_t o, int32_t c, int32_t tap)
{
    if (s->kind == SLICE_VECTOR)
        return s->offset + (size_t)o;
    return s->offset + weight_at(s->k, s->c, o, tap, c, s->o);
}

/* One of plain32, plain64 is given; it is read (in) or written. */
static void walk(const struct slice *s,
                 enum dtype dtype,
                 void *vec,
                 float *plain32,
                 double *plain64,
                 bool in)
{
    int32_t taps = s->k * s->k * s->k;
    float *v32 = vec;
    double *v64 = vec;
    size_t i = 0;

    for (int32_t o = 0; o < s->o; o++)
        for (int32_t c = 0; c < s->c; c++)
            for (int32_t tap = 0; tap < taps; tap++, i++) {
                size_t at = place(s, o, c, tap);

                if (in && dtype == DTYPE_F32)
                    v32[at] = plain32 ? plain32[i] : (float)plain64[i];
                else if (in)
                    v64[at] = plain32 ? (double)plain32[i] : plain64[i];
                else if (plain32)
                    plain32[i] = dtype == DTYPE_F32 ? v32[at] : (float)v64[at];
                else
                    plain64[i] = dtype == DTYPE_F32 ? (double)v32[at] : v64[at];
            }
}

/* walk does not write where it only reads, so the casts are safe. */
void slice_get_f32(const struct slice *s,
                   enum dtype dtype,
                   const void *vec,
                   float *plain)
{
    walk(s, dtype, (void *)vec, plain, NULL, false);
}

void slice_get_f64(const struct slice *s,
                   enum dtype dtype,
                   const void *vec,
                   double *plain)
{
    walk(s, dtype, (void *)vec, NULL, plain, false);
}

void slice_put_f32(const struct slice *s,
                   enum dtype dtype,
                   const float *plain,
                   void *vec)
{
    walk(s, dtype, vec, (float *)plain, NULL, true);
}

void slice_put_f64(const struct slice *s,
                   enum dtype dtype,
                   const double *plain,
                   void *vec)
{
    walk(s, dtype, vec, NULL, (double *)plain, true);
}

/* Rows `stride` elements apart into the lanes of one block. */
static void put_lanes(enum dtype dtype,
                      const void *plain,
                      size_t in,
                      size_t stride,
                      void *vec,
                      size_t at,
                      size_t rows)
{
    if (dtype == DTYPE_F32) {
        const float *from = (const float *)plain + in;
        float *to = (float *)vec + at;

        for (size_t r = 0; r < rows; r++)
            to[r] = from[r * stride];
    } else {
        const double *from = (const double *)plain + in;
        double *to = (double *)vec + at;

        for (size_t r = 0; r < rows; r++)
            to[r] = from[r * stride];
    }
}

/* Rows lie side by side in a block: 32 of them are read along, each in its own
 * order, and written together. */
void slice_put_rows(const struct slice *s,
                    enum dtype dtype,
                    int32_t o,
                    int32_t n,
                    const void *plain,
                    void *vec)
{
    size_t taps = (size_t)s->k * (size_t)s->k * (size_t)s->k;
    size_t row = (size_t)s->c * taps;
    int32_t block = s->kind == SLICE_VECTOR ? n : shape_block(s->o);

    for (int32_t from = 0; from < n; from += block) {
        size_t rows = (size_t)(n - from < block ? n - from : block);
        size_t first = place(s, o + from, 0, 0);
        size_t in = (size_t)from * row;

        for (size_t c = 0; c < (size_t)s->c; c++)
            for (size_t tap = 0; tap < taps; tap++, in++)
                put_lanes(dtype, plain, in, row, vec,
                          first + (tap * (size_t)s->c + c) * (size_t)block,
                          rows);
    }
}
