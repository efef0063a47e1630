#include "base/sha256.h"

#include <openssl/evp.h>

#include "base/mem.h"

struct sha256 {
    EVP_MD_CTX *ctx;
};

/* libcrypto's digest calls fail only when misused: the context exists and the
 * algorithm was accepted in sha256_new. */
status sha256_new(struct sha256 **out)
{
    status st = OK;
    struct sha256 *s = NULL;

    TRY(mem_new(1, sizeof *s, &s));
    s->ctx = EVP_MD_CTX_new();
    ENSURE(s->ctx && EVP_DigestInit_ex(s->ctx, EVP_sha256(), NULL) == 1,
           ERR_MEM,
           "libcrypto gives no SHA-256 (out of memory, or a crypto policy)");
    *out = s;
    s = NULL;
out:
    sha256_free(s);
    return st;
}

void sha256_add(struct sha256 *s, const void *bytes, size_t len)
{
    BUG_IF(EVP_DigestUpdate(s->ctx, bytes, len) != 1);
}

void sha256_end(struct sha256 *s, uint8_t out[SHA256_SIZE])
{
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
