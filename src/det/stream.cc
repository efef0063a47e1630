// The only C++ file: the PCG library behind the C header. It derives from the
// generator because state and increment are protected there.
#include "det/stream.h"

#include <pcg_random.hpp>

namespace
{

using pcg128 = pcg_extras::pcg128_t;

pcg128 join(const uint64_t v[2])
{
    return (pcg128(v[1]) << 64) | pcg128(v[0]);
}

void split(const pcg128 &v, uint64_t out[2])
{
    out[0] = static_cast<uint64_t>(v);
    out[1] = static_cast<uint64_t>(v >> 64);
}

class generator : public pcg64
{
  public:
    generator(pcg128 seed, pcg128 sequence) : pcg64(seed, sequence)
    {
    }

    explicit generator(const struct stream &s)
    {
        state_ = join(s.state);
        inc_ = join(s.inc);
    }

    struct stream stream() const
    {
        struct stream s;

        split(state_, s.state);
        split(inc_, s.inc);
        return s;
    }
};

uint32_t rotl(uint32_t x, int n)
{
    return (x << n) | (x >> (32 - n));
}

void quarter(uint32_t x[16], int a, int b, int c, int d)
{
    x[a] += x[b];
    x[d] = rotl(x[d] ^ x[a], 16);
    x[c] += x[d];
    x[b] = rotl(x[b] ^ x[c], 12);
    x[a] += x[b];
    x[d] = rotl(x[d] ^ x[a], 8);
    x[c] += x[d];
    x[b] = rotl(x[b] ^ x[c], 7);
}

// RFC 8439, 2.3: one block with a zero nonce.
void chacha_block(const uint64_t key[4], uint32_t counter, uint32_t out[16])
{
    // "expand 32-byte k"
    uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

    for (int i = 0; i < 4; i++) {
        in[4 + 2 * i] = static_cast<uint32_t>(key[i]);
        in[5 + 2 * i] = static_cast<uint32_t>(key[i] >> 32);
    }
    in[12] = counter;
    for (int i = 0; i < 16; i++)
        out[i] = in[i];
    for (int round = 0; round < 20; round += 2) {
        for (int i = 0; i < 4; i++)
            quarter(out, i, 4 + i, 8 + i, 12 + i);
        for (int i = 0; i < 4; i++)
            quarter(out, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
    }
    for (int i = 0; i < 16; i++)
        out[i] += in[i];
}

} // namespace

struct stream stream_pcg(const uint64_t seed[2], const uint64_t sequence[2])
{
    return generator(join(seed), join(sequence)).stream();
}

struct stream stream_at(uint64_t seed,
                        enum stream_domain domain,
                        uint64_t a,
                        uint64_t b,
                        uint64_t c)
{
    const uint64_t key[4] = {seed, a, b, c};
    uint32_t block[16];
    uint64_t words[4];

    chacha_block(key, static_cast<uint32_t>(domain), block);
    for (int i = 0; i < 4; i++)
        words[i] =
            block[2 * i] | (static_cast<uint64_t>(block[2 * i + 1]) << 32);
    return stream_pcg(words, words + 2);
}

uint64_t stream_u64(struct stream *s)
{
    generator g(*s);
    const uint64_t out = g();

    *s = g.stream();
    return out;
}
