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
    const float *p32 = plain;
    const double *p64 = plain;

    for (int32_t from = 0; from < n;) {
        int32_t block = s->kind == SLICE_VECTOR ? n : shape_block(s->o);
        int32_t rows = n - from < block ? n - from : block;

        for (size_t i = 0; i < row; i++) {
            size_t at =
                place(s, o + from, (int32_t)(i / taps), (int32_t)(i % taps));
            size_t in = (size_t)from * row + i;

            for (size_t r = 0; r < (size_t)rows; r++)
                if (dtype == DTYPE_F32)
                    ((float *)vec)[at + r] = p32[in + r * row];
                else
                    ((double *)vec)[at + r] = p64[in + r * row];
        }
        from += rows;
    }
}
