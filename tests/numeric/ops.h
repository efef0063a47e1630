#ifndef TESTS_NUMERIC_OPS_H
#define TESTS_NUMERIC_OPS_H

/* Tensors, plain arrays and repeatable numbers for the tests of operations.
 * Plain order is [n][c][voxel]. */
#include "check.h"
#include "dev/dev.h"
#include "dev/tensor.h"

/* A number in [-1, 1) from a counter (splitmix64: Steele, Lea, Flood 2014). */
static inline double number(uint64_t seed, uint64_t i)
{
    uint64_t z = seed * UINT64_C(0x9E3779B97F4A7C15) +
                 (i + 1) * UINT64_C(0xD1B54A32D192ED03);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    z ^= z >> 31;
    return (double)(z >> 11) * 0x1p-52 - 1;
}

/* The bits of a float, to compare them (+0 and -0 differ). */
static inline uint32_t float_bits(float v)
{
    uint32_t bits = 0;
    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static inline size_t plain_len(struct shape s)
{
    return shape_rows(s) * (size_t)s.c;
}

static inline double *doubles(size_t len)
{
    double *p = calloc(len ? len : 1, sizeof *p);
    assert_non_null(p);
    return p;
}

static inline double *numbers(uint64_t seed, size_t len)
{
    double *p = doubles(len);
    for (size_t i = 0; i < len; i++)
        p[i] = number(seed, i);
    return p;
}

static inline void *dev_array(struct dev *d, size_t len)
{
    void *p = NULL;
    assert_ok(dev_ops(d)->alloc(d, len * (size_t)dev_facts(d).dtype, &p));
    return p;
}

static inline struct tensor dev_tensor(struct dev *d, struct shape s)
{
    return (struct tensor){dev_array(d, shape_len(s)), s};
}

static inline void drop(struct dev *d, struct tensor *t)
{
    dev_ops(d)->release(d, t->data);
    t->data = NULL;
}

/* Element of an array of the device's type. */
static inline double dev_at(const struct dev *d, const void *p, size_t i)
{
    if (dev_facts(d).dtype == DTYPE_F32)
        return (double)((const float *)p)[i];
    return ((const double *)p)[i];
}

static inline void dev_set(const struct dev *d, void *p, size_t i, double v)
{
    if (dev_facts(d).dtype == DTYPE_F32)
        ((float *)p)[i] = (float)v;
    else
        ((double *)p)[i] = v;
}

/* Fill the lanes and rows that carry no data with large finite numbers: an
 * operation that reads them shows it. */
static inline void poison(struct dev *d, const struct tensor *t)
{
    struct shape s = t->shape;
    size_t len = shape_len(s);
    size_t voxels = shape_rows(s) / (size_t)s.n;
    char *used = calloc(len, 1);

    assert_non_null(used);
    for (int32_t n = 0; n < s.n; n++)
        for (int32_t c = 0; c < s.c; c++)
            for (size_t v = 0; v < voxels; v++)
                used[shape_at(s, n, c, v)] = 1;
    for (size_t i = 0; i < len; i++)
        if (!used[i])
            dev_set(d, t->data, i, 1e6 + (double)(i % 7));
    free(used);
}

/* A tensor with these plain values, its padding poisoned. */
static inline struct tensor
dev_tensor_of(struct dev *d, struct shape s, const double *plain)
{
    struct tensor t = dev_tensor(d, s);
    dev_ops(d)->put_f64(d, plain, &t);
    poison(d, &t);
    return t;
}

static inline size_t plain_weights_len(int32_t o, int32_t c, int32_t k)
{
    return (size_t)o * (size_t)c * (size_t)(k * k * k);
}

/* Plain weights [o][c][k^3] as the device wants them. */
static inline void *
dev_weights(struct dev *d, int32_t o, int32_t c, int32_t k, const double *plain)
{
    size_t len = plain_weights_len(o, c, k);
    void *flat = dev_array(d, len);
    void *w = dev_array(d, weight_len(o, k, c));

    for (size_t i = 0; i < len; i++)
        dev_set(d, flat, i, plain[i]);
    dev_ops(d)->pack(d, o, c, k, flat, w);
    dev_ops(d)->release(d, flat);
    return w;
}

/* The way back, into doubles. */
static inline double *
plain_weights(struct dev *d, int32_t o, int32_t c, int32_t k, const void *w)
{
    size_t len = plain_weights_len(o, c, k);
    void *flat = dev_array(d, len);
    double *out = doubles(len);

    dev_ops(d)->unpack(d, o, c, k, w, flat);
    for (size_t i = 0; i < len; i++)
        out[i] = dev_at(d, flat, i);
    dev_ops(d)->release(d, flat);
    return out;
}

static inline double dot(const double *a, const double *b, size_t len)
{
    double sum = 0;
    for (size_t i = 0; i < len; i++)
        sum += a[i] * b[i];
    return sum;
}

#endif
