#include "golden/golden.h"

double formula_raw(const struct formula *f, uint64_t i)
{
    uint64_t x = f->seed * 0xD1342543DE82EF95u + (f->stream << 52) +
                 (f->index << 40) + i + 0x9E3779B97F4A7C15u;

    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    x = x ^ x >> 31;
    return (double)((int64_t)(x >> 43) - 1048576) / 1048576.0;
}

void formula_fill(const struct formula *f, uint64_t first, size_t n, float *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(f->offset + f->scale * formula_raw(f, first + i));
}

void formula_fill_f64(const struct formula *f,
                      uint64_t first,
                      size_t n,
                      double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] =
            (double)(float)(f->offset + f->scale * formula_raw(f, first + i));
}
