/* Every instruction set gives the bits of the plain loops, and these are right
 * to about one unit in the last place. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "det/math.h"
#include "det/stream.h"
#include "hpo/density.h"

enum { N = 77, POINTS = 24, AXES = 3 };
static double x[AXES][POINTS];
static double mu[AXES][N];
static double scale[AXES][N];
static double weight[N];
static double share[N * POINTS];

static void fill(uint64_t seed)
{
    struct stream s = stream_at(seed, STREAM_TEST, 0, 0, 0);

    for (int j = 0; j < AXES; j++) {
        for (int c = 0; c < POINTS; c++)
            x[j][c] = 20 * stream_double(&s);
        for (int i = 0; i < N; i++) {
            mu[j][i] = 20 * stream_double(&s);
            scale[j][i] = 1 / (0.2 + 20 * stream_double(&s));
        }
    }
    for (int i = 0; i < N; i++)
        weight[i] = stream_double(&s);
    for (int i = 0; i < N * POINTS; i++)
        share[i] = stream_double(&s);
}

/* The sum of point c, by the library's exponential. */
static double slow(const struct density *d, uint32_t c)
{
    double sum = 0;

    for (uint32_t i = 0; i < d->components; i++) {
        double square = 0;
        for (uint32_t j = 0; j < d->axes; j++) {
            double z = (x[j][c] - mu[j][i]) * scale[j][i];
            square += z * z;
        }
        sum += weight[i] * (d->share ? share[i * POINTS + c] : 1.0) *
               det_exp(-0.5 * square);
    }
    return sum;
}

static void levels_agree(void **state)
{
    (void)state;
    int levels = 0;

    for (uint64_t k = 0; k < 16; k++) {
        struct density_axis axis[AXES];
        struct density d = {.components = N,
                            .points = k % 2 ? POINTS : DENSITY_WIDTH,
                            .axes = (uint32_t)(k / 2 % 4),
                            .axis = axis,
                            .weight = weight,
                            .share = k < 8 ? NULL : share};
        double sum[3][POINTS];
        double square[POINTS];

        fill(k);
        for (int j = 0; j < AXES; j++)
            axis[j] = (struct density_axis){x[j], mu[j], scale[j]};
        for (uint32_t i = 0; d.share && i < N; i++)
            for (uint32_t c = 0; c < d.points; c++)
                share[i * d.points + c] = share[i * POINTS + c];
        memset(sum, 0, sizeof sum);
        memset(square, 0, sizeof square);
        for (int l = 0; l < 3; l++) {
            if (!density_add_level(l, &d, sum[l], square))
                continue;
            levels++;
            assert_memory_equal(sum[l], sum[0], d.points * sizeof **sum);
        }
        for (uint32_t c = 0; c < d.points && d.points == POINTS; c++)
            assert_true(fabs(sum[0][c] / slow(&d, c) - 1) < 1e-14);
    }
    printf("instruction sets: %d\n", levels / 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(levels_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
