/* PNG (W3C 2003) around a zlib stream (RFC 1950) of stored blocks
 * (RFC 1951, 3.2.4), in base64 (RFC 4648). */
#include "eval/png.h"

#include <string.h>

#include "base/mem.h"

enum { STORED_MAX = 65535, CHUNK_EXTRA = 12 };

struct bytes {
    uint8_t *at;
    size_t len;
};

static void put(struct bytes *b, const void *from, size_t len)
{
    memcpy(b->at + b->len, from, len);
    b->len += len;
}

static void put8(struct bytes *b, uint8_t v)
{
    b->at[b->len++] = v;
}

static void put32(struct bytes *b, uint32_t v)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        put8(b, (uint8_t)(v >> shift));
}

static uint32_t crc32_of(const uint8_t *p, size_t n)
{
    uint32_t c = 0xffffffffu;

    for (size_t i = 0; i < n; i++) {
        c ^= p[i];
        for (int k = 0; k < 8; k++)
            c = (c >> 1) ^ ((c & 1u) ? 0xedb88320u : 0u);
    }
    return c ^ 0xffffffffu;
}

static uint32_t adler32_of(const uint8_t *p, size_t n)
{
    uint32_t a = 1;
    uint32_t b = 0;

    for (size_t i = 0; i < n; i++) {
        a = (a + p[i]) % 65521u;
        b = (b + a) % 65521u;
    }
    return b << 16 | a;
}

/* Start a chunk; its length is put in by chunk_end. */
static size_t chunk_start(struct bytes *b, const char type[4])
{
    size_t start = b->len;

    put32(b, 0);
    put(b, type, 4);
    return start;
}

static void chunk_end(struct bytes *b, size_t start)
{
    struct bytes head = {b->at, start};

    put32(&head, (uint32_t)(b->len - start - 8));
    put32(b, crc32_of(b->at + start + 4, b->len - start - 4));
}

static void put_zlib(struct bytes *b, const uint8_t *raw, size_t n)
{
    put8(b, 0x78);
    put8(b, 0x01);
    for (size_t at = 0; at < n; at += STORED_MAX) {
        size_t len = n - at < STORED_MAX ? n - at : STORED_MAX;

        put8(b, at + len == n); /* last block, stored */
        put8(b, (uint8_t)len);
        put8(b, (uint8_t)(len >> 8));
        put8(b, (uint8_t)~len);
        put8(b, (uint8_t)(~len >> 8));
        put(b, raw + at, len);
    }
    put32(b, adler32_of(raw, n));
}

static void put_base64(struct text *out, const struct bytes *b)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrs"
                                 "tuvwxyz0123456789+/";
    char four[4];

    for (size_t i = 0; i < b->len; i += 3) {
        size_t left = b->len - i;
        uint32_t v = (uint32_t)b->at[i] << 16;

        v |= left > 1 ? (uint32_t)b->at[i + 1] << 8 : 0u;
        v |= left > 2 ? b->at[i + 2] : 0u;
        for (int k = 0; k < 4; k++)
            four[k] = digits[v >> (18 - 6 * k) & 63u];
        if (left < 3)
            four[3] = '=';
        if (left < 2)
            four[2] = '=';
        text_put(out, four, 4);
    }
}

status png_data_uri(const uint8_t *pixels,
                    uint32_t width,
                    uint32_t height,
                    struct text *out)
{
    static const uint8_t magic[8] = {137, 80, 78, 71, 13, 10, 26, 10};
    status st = OK;
    size_t row = (size_t)width + 1;
    size_t n = row * height;
    uint8_t *raw = NULL;
    struct bytes b = {0};
    size_t start;

    ENSURE(width > 0 && height > 0, ERR_DATA, "picture of %u x %u pixels",
           width, height);
    TRY(mem_new(n, 1, &raw));
    TRY(mem_new(n + 5 * (n / STORED_MAX + 1) + 6 + (size_t)3 * CHUNK_EXTRA +
                    13 + 8,
                1, &b.at));
    for (size_t y = 0; y < height; y++) /* filter 0 in front of each row */
        memcpy(raw + y * row + 1, pixels + y * width, width);
    put(&b, magic, sizeof magic);
    start = chunk_start(&b, "IHDR");
    put32(&b, width);
    put32(&b, height);
    put(&b, (const uint8_t[]){8, 0, 0, 0, 0}, 5);
    chunk_end(&b, start);
    start = chunk_start(&b, "IDAT");
    put_zlib(&b, raw, n);
    chunk_end(&b, start);
    start = chunk_start(&b, "IEND");
    chunk_end(&b, start);
    text_add(out, "data:image/png;base64,");
    put_base64(out, &b);
    st = text_status(out);
out:
    mem_free(raw);
    mem_free(b.at);
    return st;
}
