#include "base/sha256_ni.h"

#if defined(__x86_64__)
    #include <cpuid.h>
    #include <immintrin.h>

    #define SHA_TARGET __attribute__((target("sha,sse4.1")))
    #define SHA_INLINE                                                         \
        static inline __attribute__((always_inline, target("sha,sse4.1")))
    #if defined(__clang__)
        #define FULLY_UNROLLED _Pragma("clang loop unroll(full)")
    #else
        #define FULLY_UNROLLED _Pragma("GCC unroll 16")
    #endif

/* FIPS 180-4, 4.2.2 */
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
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/* A message: the state in the order the instructions want, a b e f and
 * c d g h from the highest word down, and the last 16 words. */
struct stream {
    __m128i abef, cdgh;
    __m128i w[4];
};

SHA_INLINE void stream_load(struct stream *s, const uint32_t h[8])
{
    __m128i dcba = _mm_loadu_si128((const __m128i *)h);
    __m128i hgfe = _mm_loadu_si128((const __m128i *)(h + 4));
    __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1);
    __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);

    s->abef = _mm_alignr_epi8(cdab, efgh, 8);
    s->cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);
}

SHA_INLINE void stream_store(const struct stream *s, uint32_t h[8])
{
    __m128i feba = _mm_shuffle_epi32(s->abef, 0x1b);
    __m128i dchg = _mm_shuffle_epi32(s->cdgh, 0xb1);

    _mm_storeu_si128((__m128i *)h, _mm_blend_epi16(feba, dchg, 0xf0));
    _mm_storeu_si128((__m128i *)(h + 4), _mm_alignr_epi8(dchg, feba, 8));
}

/* Words 4 i .. 4 i + 3 of the schedule; words are big-endian in a message. */
SHA_INLINE __m128i next_words(const struct stream *s, const uint8_t *p, int i)
{
    __m128i turn = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    __m128i a;

    if (i < 4)
        return _mm_shuffle_epi8(
            _mm_loadu_si128((const __m128i *)(p + (size_t)(16 * i))), turn);
    a = _mm_sha256msg1_epu32(s->w[i % 4], s->w[(i + 1) % 4]);
    a = _mm_add_epi32(a,
                      _mm_alignr_epi8(s->w[(i + 3) % 4], s->w[(i + 2) % 4], 4));
    return _mm_sha256msg2_epu32(a, s->w[(i + 3) % 4]);
}

/* Rounds 4 i .. 4 i + 3. */
SHA_INLINE void four_rounds(struct stream *s, const uint8_t *p, int i)
{
    __m128i k = _mm_loadu_si128((const __m128i *)(K + (size_t)(4 * i)));

    s->w[i % 4] = next_words(s, p, i);
    k = _mm_add_epi32(k, s->w[i % 4]);
    s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, k);
    k = _mm_shuffle_epi32(k, 0x0e);
    s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, k);
}

SHA_INLINE void
blocks(uint32_t *const *h, const uint8_t *const *p, size_t n, int streams)
{
    struct stream s[2];

    FULLY_UNROLLED
    for (int j = 0; j < streams; j++)
        stream_load(&s[j], h[j]);
    for (size_t at = 0; at < 64 * n; at += 64) {
        __m128i abef[2];
        __m128i cdgh[2];
        FULLY_UNROLLED
        for (int j = 0; j < streams; j++) {
            abef[j] = s[j].abef;
            cdgh[j] = s[j].cdgh;
        }
        FULLY_UNROLLED
        for (int i = 0; i < 16; i++)
            FULLY_UNROLLED
        for (int j = 0; j < streams; j++)
            four_rounds(&s[j], p[j] + at, i);
        FULLY_UNROLLED
        for (int j = 0; j < streams; j++) {
            s[j].abef = _mm_add_epi32(s[j].abef, abef[j]);
            s[j].cdgh = _mm_add_epi32(s[j].cdgh, cdgh[j]);
        }
    }
    FULLY_UNROLLED
    for (int j = 0; j < streams; j++)
        stream_store(&s[j], h[j]);
}

bool sha256_ni_have(void)
{
    enum { SHA = 1 << 29, SSSE3 = 1 << 9, SSE41 = 1 << 19 };
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;

    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & SSSE3) || !(c & SSE41))
        return false;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & SHA);
}

SHA_TARGET void sha256_ni_one(uint32_t h[8], const uint8_t *p, size_t n)
{
    blocks(&h, &p, n, 1);
}

SHA_TARGET void sha256_ni_two(uint32_t h[8],
                              const uint8_t *p,
                              uint32_t h2[8],
                              const uint8_t *p2,
                              size_t n)
{
    blocks((uint32_t *const[]){h, h2}, (const uint8_t *const[]){p, p2}, n, 2);
}

#else
    #include "base/status.h"

bool sha256_ni_have(void)
{
    return false;
}

void sha256_ni_one(uint32_t h[8], const uint8_t *p, size_t n)
{
    (void)h, (void)p, (void)n;
    BUG_IF(true);
}

void sha256_ni_two(uint32_t h[8],
                   const uint8_t *p,
                   uint32_t h2[8],
                   const uint8_t *p2,
                   size_t n)
{
    (void)h, (void)p, (void)h2, (void)p2, (void)n;
    BUG_IF(true);
}
#endif
