/* Memory, and values into and out of the layout of tensor.h. */
#include "base/mem.h"

#include "dev/ref/ref.h"

status REF(alloc)(struct dev *d, size_t bytes, void **out)
{
    (void)d;
    return mem_new(bytes, 1, out);
}

void REF(release)(struct dev *d, void *mem)
{
    (void)d;
    mem_free(mem);
}

/* Loops over the elements in plain order [n][c][voxel]. */
#define EACH_ELEMENT(s)                                                        \
    for (int32_t n = 0; n < (s).n; n++)                                        \
        for (int32_t c = 0; c < (s).c; c++)                                    \
            for (size_t v = 0; v < shape_voxels(s); v++)

void REF(put_f32)(struct dev *d, const float *plain, const struct tensor *t)
{
    (void)d;
    EACH_ELEMENT(t->shape)
    *at(t, n, c, v) = (real)*plain++;
    tensor_clear_padding(t, sizeof(real));
}

void REF(get_f32)(struct dev *d, const struct tensor *t, float *plain)
{
    (void)d;
    EACH_ELEMENT(t->shape)
    *plain++ = (float)*at(t, n, c, v);
}

void REF(put_f64)(struct dev *d, const double *plain, const struct tensor *t)
{
    (void)d;
    EACH_ELEMENT(t->shape)
    *at(t, n, c, v) = (real)*plain++;
    tensor_clear_padding(t, sizeof(real));
}

void REF(get_f64)(struct dev *d, const struct tensor *t, double *plain)
{
    (void)d;
    EACH_ELEMENT(t->shape)
    *plain++ = (double)*at(t, n, c, v);
}

void REF(pack)(struct dev *d,
               int32_t o,
               int32_t c,
               int32_t k,
               const void *plain,
               void *blocked)
{
    const real *from = plain;
    real *to = blocked;

    (void)d;
    memset(to, 0, weight_len(o, k, c) * sizeof *to);
    for (int32_t i = 0; i < o; i++)
        for (int32_t j = 0; j < c; j++)
            for (int32_t tap = 0; tap < k * k * k; tap++)
                to[weight_at(k, c, i, tap, j, o)] = *from++;
}

void REF(unpack)(struct dev *d,
                 int32_t o,
                 int32_t c,
                 int32_t k,
                 const void *blocked,
                 void *plain)
{
    const real *from = blocked;
    real *to = plain;

    (void)d;
    for (int32_t i = 0; i < o; i++)
        for (int32_t j = 0; j < c; j++)
            for (int32_t tap = 0; tap < k * k * k; tap++)
                *to++ = from[weight_at(k, c, i, tap, j, o)];
}
