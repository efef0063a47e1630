/* Plain order is PyTorch's [o][c][k][k][k]; the layout is dev/tensor.h's. */
#include <string.h>

#include "dev/arith.h"
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
    if (dtype == DTYPE_F32)
        slice_get_rows(s, dtype, 0, s->o, vec, plain);
    else
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

/* Columns turned at once, one line of each row: rows often lie a power of two
 * apart and push each other out of the cache. A block has at most 32 lanes. */
enum { TURN = 16, LANES = 32 };

/* n <= TURN elements of each row, `stride` apart, turned: tile[n][rows]. */
static void turn_f32(const float *in,
                     size_t stride,
                     size_t rows,
                     size_t n,
                     float tile[TURN][LANES])
{
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < n; j++)
            tile[j][r] = in[r * stride + j];
}

static void turn_f64(const double *in,
                     size_t stride,
                     size_t rows,
                     size_t n,
                     double tile[TURN][LANES])
{
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < n; j++)
            tile[j][r] = in[r * stride + j];
}

/* Rows side by side into the lanes of one block, which begins at `first`. */
static void put_block(const struct slice *s,
                      enum dtype dtype,
                      const char *in,
                      size_t rows,
                      size_t first,
                      char *vec)
{
    size_t taps = (size_t)s->k * (size_t)s->k * (size_t)s->k;
    size_t row = (size_t)s->c * taps;
    size_t block = (size_t)shape_block(s->o);
    size_t elem = (size_t)dtype;
    union {
        float f32[TURN][LANES];
        double f64[TURN][LANES];
    } tile;

    for (size_t at = 0; at < row; at += TURN) {
        size_t n = row - at < TURN ? row - at : TURN;

        if (dtype == DTYPE_F32)
            turn_f32((const float *)(const void *)in + at, row, rows, n,
                     tile.f32);
        else
            turn_f64((const double *)(const void *)in + at, row, rows, n,
                     tile.f64);
        for (size_t j = 0; j < n; j++) {
            size_t c = (at + j) / taps;
            size_t to = (at + j) % taps * (size_t)s->c + c;

            memcpy(vec + (first + to * block) * elem,
                   (const char *)&tile + j * LANES * elem, rows * elem);
        }
    }
}

void slice_put_rows(const struct slice *s,
                    enum dtype dtype,
                    int32_t o,
                    int32_t n,
                    const void *plain,
                    void *vec)
{
    size_t elem = (size_t)dtype;
    size_t row = (size_t)s->c * (size_t)s->k * (size_t)s->k * (size_t)s->k;
    int32_t block = shape_block(s->o);

    if (s->kind == SLICE_VECTOR) {
        memcpy((char *)vec + place(s, o, 0, 0) * elem, plain, (size_t)n * elem);
        return;
    }
    for (int32_t from = 0; from < n; from += block)
        put_block(s, dtype, (const char *)plain + (size_t)from * row * elem,
                  (size_t)(n - from < block ? n - from : block),
                  place(s, o + from, 0, 0), vec);
}

/* Elements [i, i + n) of every row of a block, through a tile that stays in
 * the first cache: taps lie a power of two apart, so that reading them row by
 * row would throw each line out before its next lane is wanted. */
enum { TILE = 128 };

static void get_tile(const struct slice *s,
                     size_t i,
                     size_t n,
                     size_t bytes,
                     const char *block,
                     char *tile)
{
    size_t taps = (size_t)s->k * (size_t)s->k * (size_t)s->k;
    size_t c = i / taps;
    size_t tap = i % taps;

    for (size_t k = 0; k < n; k++) {
        memcpy(tile + k * bytes, block + (tap * (size_t)s->c + c) * bytes,
               bytes);
        if (++tap == taps) {
            tap = 0;
            c++;
        }
    }
}

static void get_lanes(enum dtype dtype,
                      const void *tile,
                      size_t block,
                      size_t lane,
                      size_t n,
                      void *to)
{
    if (dtype == DTYPE_F32)
        for (size_t i = 0; i < n; i++)
            ((float *)to)[i] = ((const float *)tile)[i * block + lane];
    else
        for (size_t i = 0; i < n; i++)
            ((double *)to)[i] = ((const double *)tile)[i * block + lane];
}

void slice_get_rows(const struct slice *s,
                    enum dtype dtype,
                    int32_t o,
                    int32_t n,
                    const void *vec,
                    void *plain)
{
    size_t elem = (size_t)dtype;
    size_t row = (size_t)s->c * (size_t)s->k * (size_t)s->k * (size_t)s->k;
    size_t block = (size_t)shape_block(s->o);
    double tile[TILE * ARITH_BLOCK_MAX];

    if (s->kind == SLICE_VECTOR) {
        memcpy(plain, (const char *)vec + (s->offset + (size_t)o) * elem,
               (size_t)n * elem);
        return;
    }
    for (size_t from = 0; from < (size_t)n; from += block) {
        size_t rows = (size_t)n - from < block ? (size_t)n - from : block;
        const char *at =
            (const char *)vec + place(s, o + (int32_t)from, 0, 0) * elem;
        char *to = (char *)plain + from * row * elem;

        for (size_t i = 0; i < row; i += TILE) {
            size_t few = row - i < TILE ? row - i : TILE;

            get_tile(s, i, few, block * elem, at, (char *)tile);
            for (size_t r = 0; r < rows; r++)
                get_lanes(dtype, tile, block, r, few,
                          to + (r * row + i) * elem);
        }
    }
}
