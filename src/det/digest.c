#include "det/digest.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

struct digest {
    struct sha256 *sha;
};

static const struct {
    const char *name;
    size_t size;
} types[] = {
    [DIGEST_F32] = {"f32", 4}, [DIGEST_F64] = {"f64", 8},
    [DIGEST_I16] = {"i16", 2}, [DIGEST_I32] = {"i32", 4},
    [DIGEST_I64] = {"i64", 8}, [DIGEST_U8] = {"u8", 1},
    [DIGEST_I8] = {"i8", 1},   [DIGEST_U16] = {"u16", 2},
    [DIGEST_U32] = {"u32", 4},
};

status digest_new(struct digest **out)
{
    status st = OK;
    struct digest *d = NULL;

    TRY(mem_new(1, sizeof *d, &d));
    TRY(sha256_new(&d->sha));
    *out = d;
    d = NULL;
out:
    digest_free(d);
    return st;
}

static void add_head(struct digest *d,
                     const char *name,
                     const char *type,
                     int rank,
                     const uint64_t *dim)
{
    char number[24];

    sha256_add(d->sha, name, strlen(name) + 1);
    sha256_add(d->sha, type, strlen(type) + 1);
    (void)snprintf(number, sizeof number, "%d", rank);
    sha256_add(d->sha, number, strlen(number));
    for (int i = 0; i < rank; i++) {
        (void)snprintf(number, sizeof number, ",%" PRIu64, dim[i]);
        sha256_add(d->sha, number, strlen(number));
    }
    sha256_add(d->sha, "", 1);
}

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
static void
add_values(struct digest *d, const uint8_t *v, uint64_t n, size_t size)
{
    uint8_t swapped[4096];
    size_t used = 0;

    for (uint64_t i = 0; i < n; i++) {
        for (size_t k = 0; k < size; k++)
            swapped[used++] = v[i * size + size - 1 - k];
        if (used == sizeof swapped || i + 1 == n) {
            sha256_add(d->sha, swapped, used);
            used = 0;
        }
    }
}

static void add_two(struct digest *a,
                    const uint8_t *va,
                    struct digest *b,
                    const uint8_t *vb,
                    uint64_t n,
                    size_t size)
{
    add_values(a, va, n, size);
    add_values(b, vb, n, size);
}
#else
static void
add_values(struct digest *d, const uint8_t *v, uint64_t n, size_t size)
{
    sha256_add(d->sha, v, n * size);
}

static void add_two(struct digest *a,
                    const uint8_t *va,
                    struct digest *b,
                    const uint8_t *vb,
                    uint64_t n,
                    size_t size)
{
    sha256_add_two(a->sha, va, b->sha, vb, n * size);
}
#endif

void digest_array_start(struct digest *d,
                        const char *name,
                        enum digest_type type,
                        int rank,
                        const uint64_t *dim)
{
    add_head(d, name, types[type].name, rank, dim);
}

void digest_values(struct digest *d,
                   enum digest_type type,
                   const void *values,
                   uint64_t n)
{
    if (n > 0)
        add_values(d, values, n, types[type].size);
}

void digest_values_two(struct digest *a,
                       const void *values_a,
                       struct digest *b,
                       const void *values_b,
                       enum digest_type type,
                       uint64_t n)
{
    if (n > 0)
        add_two(a, values_a, b, values_b, n, types[type].size);
}

void digest_array(struct digest *d,
                  const char *name,
                  enum digest_type type,
                  int rank,
                  const uint64_t *dim,
                  const void *values)
{
    uint64_t n = 1;

    for (int i = 0; i < rank; i++)
        n *= dim[i];
    digest_array_start(d, name, type, rank, dim);
    digest_values(d, type, values, n);
}

void digest_text(struct digest *d, const char *name, const char *value)
{
    uint64_t len = strlen(value);

    add_head(d, name, "text", 1, &len);
    sha256_add(d->sha, value, len);
}

void digest_i64(struct digest *d, const char *name, int64_t value)
{
    digest_array(d, name, DIGEST_I64, 0, NULL, &value);
}

void digest_f64(struct digest *d, const char *name, double value)
{
    digest_array(d, name, DIGEST_F64, 0, NULL, &value);
}

void digest_end(struct digest *d, char hex[SHA256_HEX])
{
    uint8_t sum[SHA256_SIZE];

    sha256_end(d->sha, sum);
    sha256_hex(sum, hex);
}

void digest_free(struct digest *d)
{
    if (!d)
        return;
    sha256_free(d->sha);
    mem_free(d);
}
