#ifndef TESTS_GOLDEN_GOLDEN_H
#define TESTS_GOLDEN_GOLDEN_H

#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "base/status.h"

#include "golden/where.h"

/* Count of cases: prints "NAME: consumed N of M covered (K listed)" and fails
 * the test unless N == M. */
void golden_count(const char *name, size_t consumed, size_t covered, size_t k);

/* Formula data of golden/network/README.md: element i of tensor `index`. */
struct formula {
    uint64_t seed, stream, index;
    double offset, scale;
};
double formula_raw(const struct formula *f, uint64_t i);
/* (float)(offset + scale * raw) for i = first .. first + n - 1. */
void formula_fill(const struct formula *f, uint64_t first, size_t n, float *x);
void formula_fill_f64(const struct formula *f,
                      uint64_t first,
                      size_t n,
                      double *x);

/* A .safetensors file: an 8-byte length, a JSON table, the values. */
struct safetensors; /* opaque */
struct sft {        /* one tensor; a view into the file */
    char dtype[8];  /* F64, F32, I64 */
    int rank;
    uint64_t dim[8];
    size_t n;
    const unsigned char *data;
};
status safetensors_open(const char *path, struct safetensors **out);
void safetensors_close(struct safetensors *s);
/* ERR_DATA if there is no such tensor; name is printf-like. */
status safetensors_get(const struct safetensors *s,
                       struct sft *out,
                       const char *fmt,
                       ...) FMCIB_PRINTF(3, 4);
size_t safetensors_count(const struct safetensors *s);
const char *safetensors_name(const struct safetensors *s, size_t i);
/* Element i as a double (I64: exact up to 2^53). */
double sft_at(const struct sft *t, size_t i);

/* Summary of an array as the JSON files have it: n, sum, l2, max_abs and 8
 * samples at floor(i (n - 1) / 7). Largest deviation: sum by l2 sqrt(n), l2 by
 * itself, max_abs and samples by max_abs. */
struct summary {
    size_t n;
    double sum, l2, max_abs;
    double samples[8];
};
struct summary summary_of(const double *a, size_t n);
double summary_worst(const struct summary *a, const struct json *want);

/* Largest |a - b| over n elements divided by the largest |b|; +1e30 for a NaN
 * in a. b all zero: the largest |a|. The rounding of values stored as float32
 * (2^-24 of each) is allowed for. */
double golden_worst(const double *a, const struct sft *b);

/* sqrt(sum (a - b)^2) and sqrt(sum b^2), added to *diff2 and *norm2 squared. */
void golden_l2(const double *a,
               const struct sft *b,
               double *diff2,
               double *norm2);

#endif
