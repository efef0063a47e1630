#include "det/mt19937.h"

enum { MT_M = 397 };

void mt_seed(struct mt19937 *g, uint32_t seed)
{
    uint32_t s = seed;
    for (uint32_t i = 0; i < MT_N; i++) {
        g->word[i] = s;
        s = 1812433253u * (s ^ (s >> 30)) + i + 1;
    }
    g->next = MT_N;
}

static uint32_t twist(uint32_t upper, uint32_t lower, uint32_t far)
{
    uint32_t y = (upper & 0x80000000u) | (lower & 0x7fffffffu);
    return far ^ (y >> 1) ^ ((y & 1u) ? 0x9908b0dfu : 0u);
}

uint32_t mt_u32(struct mt19937 *g)
{
    if (g->next >= MT_N) {
        for (uint32_t i = 0; i < MT_N; i++)
            g->word[i] = twist(g->word[i], g->word[(i + 1) % MT_N],
                               g->word[(i + MT_M) % MT_N]);
        g->next = 0;
    }
    uint32_t y = g->word[g->next++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

double mt_double(struct mt19937 *g)
{
    uint32_t high = mt_u32(g) >> 5;
    uint32_t low = mt_u32(g) >> 6;
    return ((double)high * 67108864.0 + (double)low) / 9007199254740992.0;
}

uint32_t mt_below(struct mt19937 *g, uint32_t n)
{
    uint32_t mask = n - 1;
    for (int k = 1; k < 32; k *= 2)
        mask |= mask >> k;
    if (n <= 1)
        return 0;
    uint32_t v;
    do {
        v = mt_u32(g) & mask;
    } while (v > n - 1);
    return v;
}

void mt_fill(struct mt19937 *g, uint32_t n, uint32_t count, uint32_t *out)
{
    uint32_t mask = n - 1;

    for (int k = 1; k < 32; k *= 2)
        mask |= mask >> k;
    for (uint32_t i = 0; n <= 1 && i < count; i++)
        out[i] = 0;
    /* what is too large is overwritten by the next: no branch to mispredict */
    for (uint32_t i = 0; n > 1 && i < count;) {
        out[i] = mt_u32(g) & mask;
        i += out[i] < n;
    }
}

void mt_shuffle(struct mt19937 *g, uint32_t n, uint32_t *x)
{
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = mt_below(g, i);
        uint32_t t = x[i - 1];

        x[i - 1] = x[j];
        x[j] = t;
    }
}

void mt_permutation(struct mt19937 *g, uint32_t n, uint32_t *out)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = i;
    mt_shuffle(g, n, out);
}
