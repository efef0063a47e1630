/* The loops run over points, so that a vector holds several points and a sum
 * keeps its order whatever the vector's width. One body, built for each
 * instruction set. */
#include "hpo/density.h"

#include <stddef.h>
#include <string.h>

#define INLINE static inline __attribute__((always_inline))

#define LOG2_E 1.4426950408889634
#define LN2_HI 0x1.62e42fefa39efp-1
#define LN2_LO 0x1.abc9e3b39803fp-56
#define LEAST  (-700.0)
#define MAGIC  0x1.8p52

/* e^u, u <= 0: u = k ln 2 + r, a polynomial of Taylor's coefficients in r. */
INLINE double exp_down(double u)
{
    u = u > LEAST ? u : LEAST;
    double t = __builtin_fma(u, LOG2_E, MAGIC);
    double k = t - MAGIC;
    double r = __builtin_fma(-k, LN2_HI, u);
    r = __builtin_fma(-k, LN2_LO, r);
    double p = 1.0 / 6227020800.0;
    p = __builtin_fma(p, r, 1.0 / 479001600.0);
    p = __builtin_fma(p, r, 1.0 / 39916800.0);
    p = __builtin_fma(p, r, 1.0 / 3628800.0);
    p = __builtin_fma(p, r, 1.0 / 362880.0);
    p = __builtin_fma(p, r, 1.0 / 40320.0);
    p = __builtin_fma(p, r, 1.0 / 5040.0);
    p = __builtin_fma(p, r, 1.0 / 720.0);
    p = __builtin_fma(p, r, 1.0 / 120.0);
    p = __builtin_fma(p, r, 1.0 / 24.0);
    p = __builtin_fma(p, r, 1.0 / 6.0);
    p = __builtin_fma(p, r, 0.5);
    p = __builtin_fma(p, r, 1.0);
    p = __builtin_fma(p, r, 1.0);
    /* the last bits of t are those of k */
    uint64_t bits;
    double power;
    memcpy(&bits, &t, sizeof bits);
    bits = (bits + 1023) << 52;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

/* One axis and no shares: nothing is kept between the loops. */
INLINE void one_axis(const struct density *d, double *restrict sum)
{
    const double *restrict x = d->axis->x;

    for (uint32_t i = 0; i < d->components; i++) {
        double mu = d->axis->mu[i];
        double scale = d->axis->scale[i];
        double w = d->weight[i];
        for (uint32_t c = 0; c < d->points; c++) {
            double z = (x[c] - mu) * scale;
            sum[c] = __builtin_fma(w, exp_down(-0.5 * (z * z)), sum[c]);
        }
    }
}

INLINE void
squares(const struct density *d, uint32_t i, double *restrict square)
{
    for (uint32_t c = 0; c < d->points; c++)
        square[c] = 0;
    for (uint32_t j = 0; j < d->axes; j++) {
        const double *restrict x = d->axis[j].x;
        double mu = d->axis[j].mu[i];
        double scale = d->axis[j].scale[i];
        for (uint32_t c = 0; c < d->points; c++) {
            double z = (x[c] - mu) * scale;
            square[c] = __builtin_fma(z, z, square[c]);
        }
    }
}

INLINE void
body(const struct density *d, double *restrict sum, double *restrict square)
{
    if (d->axes == 1 && !d->share) {
        one_axis(d, sum);
        return;
    }
    for (uint32_t i = 0; i < d->components; i++) {
        double w = d->weight[i];
        const double *restrict share =
            d->share ? d->share + (size_t)i * d->points : NULL;
        if (d->axes > 0 || !share)
            squares(d, i, square);
        if (!share)
            for (uint32_t c = 0; c < d->points; c++)
                sum[c] = __builtin_fma(w, exp_down(-0.5 * square[c]), sum[c]);
        else if (d->axes == 0)
            for (uint32_t c = 0; c < d->points; c++)
                sum[c] = __builtin_fma(w, share[c], sum[c]);
        else
            for (uint32_t c = 0; c < d->points; c++)
                sum[c] = __builtin_fma(w * share[c], exp_down(-0.5 * square[c]),
                                       sum[c]);
    }
}

typedef void add_fn(const struct density *d, double *sum, double *square);

#define LEVEL(name, target)                                                    \
    target static void name(const struct density *d, double *sum,              \
                            double *square)                                    \
    {                                                                          \
        body(d, sum, square);                                                  \
    }

LEVEL(add_plain, )
#if defined(__x86_64__)
LEVEL(add_avx2, __attribute__((target("avx2,fma"))))
LEVEL(add_avx512, __attribute__((target("avx512f"))))
#endif

static add_fn *level_of(int level)
{
    if (level == 0)
        return add_plain;
#if defined(__x86_64__)
    if (level == 1 && __builtin_cpu_supports("avx2") &&
        __builtin_cpu_supports("fma"))
        return add_avx2;
    if (level == 2 && __builtin_cpu_supports("avx512f"))
        return add_avx512;
#endif
    return NULL;
}

int density_add_level(int level,
                      const struct density *d,
                      double *sum,
                      double *square)
{
    add_fn *fn = level_of(level);

    if (!fn)
        return 0;
    fn(d, sum, square);
    return 1;
}

void density_add(const struct density *d, double *sum, double *square)
{
    int level = 2;

    while (!density_add_level(level, d, sum, square))
        level--;
}
