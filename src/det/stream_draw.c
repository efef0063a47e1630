/* Numbers of other kinds from the generator's 64-bit words. */
#include "base/status.h"

#include "det/stream.h"

__extension__ typedef unsigned __int128 wide;

double stream_double(struct stream *s)
{
    return (double)(stream_u64(s) >> 11) * 0x1p-53;
}

double stream_range(struct stream *s, double lo, double hi)
{
    return lo + (hi - lo) * stream_double(s);
}

uint64_t stream_below(struct stream *s, uint64_t n)
{
    wide product;

    BUG_IF(n == 0);
    product = (wide)stream_u64(s) * n;
    if ((uint64_t)product < n) {
        uint64_t reject = (0 - n) % n; /* 2^64 mod n */

        while ((uint64_t)product < reject)
            product = (wide)stream_u64(s) * n;
    }
    return (uint64_t)(product >> 64);
}

void stream_permutation(struct stream *s, uint32_t n, uint32_t *out)
{
    for (uint32_t i = 0; i < n; i++)
        out[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = (uint32_t)stream_below(s, i);
        uint32_t t = out[i - 1];

        out[i - 1] = out[j];
        out[j] = t;
    }
}
