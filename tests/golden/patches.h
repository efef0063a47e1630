#ifndef TESTS_GOLDEN_PATCHES_H
#define TESTS_GOLDEN_PATCHES_H

/* What the golden tests of patches share: phantoms from their formulas,
 * arrays out of safetensors files. */

#include <math.h>
#include <stdbool.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/sha256.h"

#include "check.h"
#include "golden/where.h"
#include "vol/volume.h"

/* ---- phantoms ----------------------------------------------------------- */

static inline uint32_t
phantom_hash(uint32_t i, uint32_t j, uint32_t k, uint32_t salt)
{
    uint32_t x = (73856093U * i) ^ (19349663U * j) ^ (83492791U * k) ^
                 (2654435761U * salt);

    x ^= x >> 16;
    x *= 0x7FEB352DU;
    x ^= x >> 15;
    x *= 0x846CA68BU;
    x ^= x >> 16;
    return x;
}

static inline double phantom_tri(int64_t t, int64_t p)
{
    int64_t m = t % (2 * p) - p;

    return (double)(m < 0 ? -m : m);
}

struct phantom {
    const char *kind;
    int64_t size[3];
    uint32_t salt;
    double a[8];
    bool frac;
    enum pixel pixel;
};

static inline enum pixel pixel_of(const char *name)
{
    for (int p = 0; p < PIXEL_TYPES; p++)
        if (strcmp(pixel_name((enum pixel)p), name) == 0)
            return (enum pixel)p;
    fail_msg("pixel type %s is not known", name);
    return PIXEL_U8;
}

static inline struct phantom phantom_of(const struct json *j)
{
    struct phantom p = {0};

    p.kind = json_text(json_get(j, "kind"));
    for (size_t a = 0; a < 3; a++)
        p.size[a] = json_i64(json_at(json_get(j, "size"), a), 0);
    p.salt = (uint32_t)json_i64(json_get(j, "salt"), 0);
    for (size_t i = 0; i < json_len(json_get(j, "a")); i++)
        p.a[i] = json_f64(json_at(json_get(j, "a"), i), 0.0);
    p.frac = json_bool(json_get(j, "frac"), false);
    p.pixel = pixel_of(json_text(json_get(j, "type")));
    return p;
}

static inline double
phantom_body(const struct phantom *p, int64_t i, int64_t j, int64_t k)
{
    const int64_t at[3] = {i, j, k};
    int64_t d = INT64_MAX;

    for (int a = 0; a < 3; a++) {
        int64_t far = p->size[a] - 1 - at[a];

        d = at[a] < d ? at[a] : d;
        d = far < d ? far : d;
    }
    if ((double)d < p->a[0])
        return -1000.0;
    return -60.0 + 7.0 * phantom_tri(i, 7) + 5.0 * phantom_tri(j, 5) +
           6.0 * phantom_tri(k, 6) +
           (double)(phantom_hash((uint32_t)i, (uint32_t)j, (uint32_t)k,
                                 p->salt) %
                    (uint32_t)p->a[1]);
}

static inline double
phantom_value(const struct phantom *p, int64_t i, int64_t j, int64_t k)
{
    uint32_t u[3] = {(uint32_t)i, (uint32_t)j, (uint32_t)k};
    const double *a = p->a;
    double v = 0.0;

    if (strcmp(p->kind, "ramp") == 0)
        v = a[0] + a[1] * (double)i + a[2] * (double)j + a[3] * (double)k;
    else if (strcmp(p->kind, "hash") == 0)
        v = a[0] +
            (double)(phantom_hash(u[0], u[1], u[2], p->salt) % (uint32_t)a[1]);
    else if (strcmp(p->kind, "wave") == 0)
        v = a[0] + a[1] * phantom_tri(i, (int64_t)a[2]) +
            a[3] * phantom_tri(j, (int64_t)a[4]) +
            a[5] * phantom_tri(k, (int64_t)a[6]);
    else if (strcmp(p->kind, "body") == 0)
        v = phantom_body(p, i, j, k);
    else if (strcmp(p->kind, "const") == 0)
        v = a[0];
    else
        fail_msg("phantom kind %s is not known", p->kind);
    if (p->frac)
        v += (double)(phantom_hash(u[0], u[1], u[2], p->salt + 1) % 16U) / 16.0;
    return v;
}

/* Voxels [k][j][i]; caller frees with mem_free. */
static inline void *phantom_make(const struct phantom *p)
{
    size_t n = (size_t)(p->size[0] * p->size[1] * p->size[2]);
    size_t at = 0;
    void *data = NULL;

    assert_ok(mem_raw(n, pixel_size(p->pixel), &data));
    for (int64_t k = 0; k < p->size[2]; k++)
        for (int64_t j = 0; j < p->size[1]; j++)
            for (int64_t i = 0; i < p->size[0]; i++)
                pixel_set(p->pixel, data, at++, phantom_value(p, i, j, k));
    return data;
}

static inline void
check_sha256(const char *name, const char *want, const void *data, size_t size)
{
    uint8_t raw[SHA256_SIZE];
    char hex[SHA256_HEX];

    assert_non_null(want);
    assert_ok(sha256_of(data, size, raw));
    sha256_hex(raw, hex);
    if (strcmp(hex, want) != 0)
        fail_msg("%s: values differ: sha256 %s, expected %s", name, hex, want);
}

/* ---- safetensors -------------------------------------------------------- */

struct tensors {
    char *bytes;
    size_t len;
    struct json *index;
    const char *data;
};

static inline struct tensors tensors_read(const char *name)
{
    struct tensors t = {0};
    const char *path = golden_path(name);
    uint64_t n = 0;

    assert_ok(file_read(path, 1 << 26, &t.bytes, &t.len));
    memcpy(&n, t.bytes, sizeof n);
    assert_true(n + 8 <= t.len);
    assert_ok(json_parse(t.bytes + 8, n, path, &t.index));
    t.data = t.bytes + 8 + n;
    return t;
}

/* The values of one array; *size in bytes. Aligned copy, caller frees with
 * mem_free. */
static inline void *
tensors_get(const struct tensors *t, const char *name, size_t *size)
{
    const struct json *j = json_get(t->index, name);
    const struct json *at = json_get(j, "data_offsets");
    size_t lo = (size_t)json_i64(json_at(at, 0), -1);
    size_t hi = (size_t)json_i64(json_at(at, 1), -1);
    void *out = NULL;

    if (!j || hi < lo || hi > t->len)
        fail_msg("array %s is not in the safetensors file", name);
    assert_ok(mem_raw(hi - lo, 1, &out));
    memcpy(out, t->data + lo, hi - lo);
    *size = hi - lo;
    return out;
}

static inline void tensors_free(struct tensors *t)
{
    json_free(t->index);
    mem_free(t->bytes);
}

#endif
