/* SHA-256 by its text (FIPS 180-4), for machines without libcrypto. */
#include "base/sha256.h"

#include <string.h>

#include "base/mem.h"

struct sha256 {
    uint32_t h[8];
    uint64_t bytes;
    uint8_t block[64];
};

static const uint32_t START[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
                                  0xa54ff53a, 0x510e527f, 0x9b05688c,
                                  0x1f83d9ab, 0x5be0cd19};

/* First 32 bits of the fractions of the cube roots of the primes 2 .. 311. */
static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
    0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
    0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
    0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void schedule(const uint8_t *block, uint32_t w[64])
{
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15];
        uint32_t b = w[i - 2];

        w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[i - 7] +
               (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
}

static void compress(struct sha256 *s)
{
    uint32_t w[64];
    uint32_t v[8]; /* a .. h */

    schedule(s->block, w);
    memcpy(v, s->h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t t1 = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) +
                      ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
        uint32_t t2 = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) +
                      ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));

        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += t1;
        v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++)
        s->h[i] += v[i];
}

static void restart(struct sha256 *s)
{
    memcpy(s->h, START, sizeof s->h);
    s->bytes = 0;
}

status sha256_new(struct sha256 **out)
{
    status st = OK;
    struct sha256 *s = NULL;

    TRY(mem_new(1, sizeof *s, &s));
    restart(s);
    *out = s;
out:
    return st;
}

void sha256_add(struct sha256 *s, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < len; i++) {
        s->block[s->bytes++ % 64] = p[i];
        if (s->bytes % 64 == 0)
            compress(s);
    }
}

void sha256_add_two(struct sha256 *a,
                    const void *bytes_a,
                    struct sha256 *b,
                    const void *bytes_b,
                    size_t len)
{
    sha256_add(a, bytes_a, len);
    sha256_add(b, bytes_b, len);
}

void sha256_end(struct sha256 *s, uint8_t out[SHA256_SIZE])
{
    uint64_t bits = 8 * s->bytes;
    uint8_t end = 0x80;
    uint8_t len[8];

    for (int i = 0; i < 8; i++)
        len[i] = (uint8_t)(bits >> (56 - 8 * i));
    do {
        sha256_add(s, &end, 1);
        end = 0;
    } while (s->bytes % 64 != 56);
    sha256_add(s, len, sizeof len);
    for (int i = 0; i < SHA256_SIZE; i++)
        out[i] = (uint8_t)(s->h[i / 4] >> (24 - 8 * (i % 4)));
    restart(s);
}

void sha256_free(struct sha256 *s)
{
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
