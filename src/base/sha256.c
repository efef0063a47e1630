#include "base/sha256.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/mem.h"
#include "base/sha256_ni.h"

enum {
    BLOCK = 64,
    TWO = 2 * BLOCK,
    LENGTH = 8 /* bytes at the end of the last block */
};

struct sha256 {
    EVP_MD_CTX *ctx; /* NULL: what follows is the state */
    uint32_t h[8];
    uint8_t rest[BLOCK]; /* not a whole block yet */
    size_t used;
    uint64_t size; /* bytes so far */
};

/* FIPS 180-4, 5.3.3 */
static const uint32_t START[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                  0xa54ff53a, 0x510e527f, 0x9b05688c,
                                  0x1f83d9ab, 0x5be0cd19};

static void restart(struct sha256 *s)
{
    memcpy(s->h, START, sizeof START);
    s->used = 0;
    s->size = 0;
}

/* libcrypto's digest calls fail only when misused: the context exists and the
 * algorithm was accepted in sha256_new. */
status sha256_new(struct sha256 **out)
{
    status st = OK;
    struct sha256 *s = NULL;

    TRY(mem_new(1, sizeof *s, &s));
    restart(s);
    if (!sha256_ni_have()) {
        s->ctx = EVP_MD_CTX_new();
        ENSURE(
            s->ctx && EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL) == 1,
            ERR_MEM,
            "libcrypto gives no SHA-256 (out of memory, or a crypto policy)");
    }
    *out = s;
    s = NULL;
out:
    sha256_free(s);
    return st;
}

/* Bytes that fill up a block begun before. */
static size_t fill(struct sha256 *s, const uint8_t *p, size_t len)
{
    size_t n = s->used == 0 ? 0 : BLOCK - s->used;

    n = n < len ? n : len;
    memcpy(s->rest + s->used, p, n);
    s->used += n;
    if (s->used == BLOCK) {
        sha256_ni_one(s->h, s->rest, 1);
        s->used = 0;
    }
    return n;
}

/* Whole blocks, and the rest. */
static void add(struct sha256 *s, const uint8_t *p, size_t len)
{
    size_t n = fill(s, p, len);

    sha256_ni_one(s->h, p + n, (len - n) / BLOCK);
    n += (len - n) / BLOCK * BLOCK;
    if (n == len)
        return;
    memcpy(s->rest, p + n, len - n);
    s->used = len - n;
}

void sha256_add(struct sha256 *s, const void *bytes, size_t len)
{
    if (s->ctx) {
        BUG_IF(EVP_DigestUpdate(s->ctx, bytes, len) != 1);
    } else if (len > 0) {
        s->size += len;
        add(s, bytes, len);
    }
}

void sha256_add_two(struct sha256 *a,
                    const void *bytes_a,
                    struct sha256 *b,
                    const void *bytes_b,
                    size_t len)
{
    const uint8_t *p = bytes_a;
    const uint8_t *q = bytes_b;
    size_t i = 0;
    size_t k = 0;

    if (!a->ctx && !b->ctx && len > BLOCK) {
        i = fill(a, p, len);
        k = fill(b, q, len);
        size_t n = (len - (i > k ? i : k)) / BLOCK;
        sha256_ni_two(a->h, p + i, b->h, q + k, n);
        i += n * BLOCK;
        k += n * BLOCK;
        a->size += i;
        b->size += k;
    }
    sha256_add(a, p + i, len - i);
    sha256_add(b, q + k, len - k);
}

/* A one, zeros, and the length in bits (FIPS 180-4, 5.1.1). */
static void finish(struct sha256 *s, uint8_t out[SHA256_SIZE])
{
    uint8_t pad[TWO] = {0x80};
    size_t n = s->used < BLOCK - LENGTH ? BLOCK - s->used : TWO - s->used;

    for (size_t i = 0; i < LENGTH; i++)
        pad[n - 1 - i] = (uint8_t)(s->size * 8 >> 8 * i);
    add(s, pad, n);
    for (size_t i = 0; i < SHA256_SIZE; i++)
        out[i] = (uint8_t)(s->h[i / 4] >> 8 * (3 - i % 4));
    restart(s);
}

void sha256_end(struct sha256 *s, uint8_t out[SHA256_SIZE])
{
    if (!s->ctx) {
        finish(s, out);
        return;
    }
    BUG_IF(EVP_DigestFinal_ex(s->ctx, out, NULL) != 1);
    BUG_IF(EVP_DigestInit_ex(s->ctx, NULL, NULL) != 1);
}

void sha256_free(struct sha256 *s)
{
    if (!s)
        return;
    EVP_MD_CTX_free(s->ctx);
    mem_free(s);
}

void sha256_hex(const uint8_t digest[SHA256_SIZE], char out[SHA256_HEX])
{
    static const char hex[] = "0123456789abcdef";

    for (size_t i = 0; i < SHA256_SIZE; i++) {
        out[2 * i] = hex[digest[i] >> 4];
        out[2 * i + 1] = hex[digest[i] & 15];
    }
    out[SHA256_HEX - 1] = '\0';
}

status sha256_of(const void *bytes, size_t len, uint8_t out[SHA256_SIZE])
{
    status st = OK;
    struct sha256 *s = NULL;

    TRY(sha256_new(&s));
    sha256_add(s, bytes, len);
    sha256_end(s, out);
out:
    sha256_free(s);
    return st;
}
