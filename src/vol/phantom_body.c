/* The anatomy, row by row: lattice values are hashed once a volume and blended
 * once a row, so a voxel costs a few operations for each noise. Structures
 * later in the list of phantom_body overwrite earlier ones. */
#include <math.h>

#include "base/mem.h"

#include "det/math.h"
#include "vol/phantom.h"
#include "vol/phantom_noise.h"

enum { TISSUE, VESSEL_A, VESSEL_B, SPINE, NODULE, NOISES };

static const double PI = 3.14159265358979323846;

struct body {
    const struct phantom *p;
    struct noise_grid noise[NOISES];
    double y, z; /* of the row, mm */
    bool disc;   /* the row crosses a disc of the spine */
};

static double mm(const struct phantom *p, int axis, int64_t i)
{
    return ((double)i - (double)(p->size[axis] - 1) / 2.0) * p->spacing[axis];
}

static bool
in_ellipsoid(double x, double y, double z, const double c[3], const double r[3])
{
    double u = (x - c[0]) / r[0];
    double v = (y - c[1]) / r[1];
    double w = (z - c[2]) / r[2];

    return u * u + v * v + w * w < 1.0;
}

static bool in_liver(double x, double y, double z)
{
    static const double c[3] = {-28.0, 0.0, -48.0};
    static const double r[3] = {48.0, 44.0, 34.0};

    return in_ellipsoid(x, y, z, c, r);
}

static bool in_lungs(double x, double y, double z)
{
    static const double left[3] = {40.0, -4.0, 28.0};
    static const double right[3] = {-40.0, -4.0, 28.0};
    static const double r[3] = {31.0, 46.0, 62.0};

    return in_ellipsoid(x, y, z, left, r) || in_ellipsoid(x, y, z, right, r);
}

/* Soft tissue, liver, lungs, harmless nodules, vessels. */
static double inner(const struct body *b, double x, int64_t i)
{
    double v = noise_get(&b->noise[TISSUE], i);
    double m = 5.0 * (noise_get(&b->noise[NODULE], i) - 0.30);
    double t1 = noise_get(&b->noise[VESSEL_A], i);
    double t2 = noise_get(&b->noise[VESSEL_B], i);
    bool liver = in_liver(x, b->y, b->z);
    bool lung = !liver && in_lungs(x, b->y, b->z);

    if (t1 * t1 + t2 * t2 < 0.012)
        return lung ? 40.0 : 150.0;
    m = m < 0.0 ? 0.0 : m > 1.0 ? 1.0 : m;
    if (lung)
        return -830.0 + 50.0 * v + 940.0 * m;
    return (liver ? 75.0 : 40.0) + 15.0 * v + 110.0 * m;
}

static double spine(const struct body *b, double distance, int64_t i)
{
    if (b->disc)
        return 90.0;
    if (distance > 11.0)
        return 500.0;
    return 180.0 + 80.0 * noise_get(&b->noise[SPINE], i);
}

static double voxel(const struct body *b, int64_t i)
{
    const struct phantom *p = b->p;
    double x = mm(p, 0, i);
    double ex = x / p->a;
    double ey = b->y / p->b;
    double e = sqrt(ex * ex + ey * ey);
    double sy = b->y - 0.58 * p->b;
    double s = sqrt(x * x + sy * sy);

    if (s < 14.0)
        return spine(b, s, i);
    if (e >= 1.0)
        return -1000.0;
    if (e >= 0.90)
        return -100.0;
    if (e > 0.82 && e < 0.89 &&
        det_sin(2.0 * PI * (b->z + 0.3 * fabs(x)) / 24.0) > 0.3)
        return 350.0;
    return inner(b, x, i);
}

/* Remainder of z by 30 mm, in [0, 30). */
static bool crosses_disc(double z)
{
    double r = z - 30.0 * (double)(int64_t)(z / 30.0);

    return (r < 0.0 ? r + 30.0 : r) < 6.0;
}

static const struct {
    uint64_t seed; /* added to the patient's */
    double step;   /* mm */
} NOISE[NOISES] = {[TISSUE] = {1, 10.0},
                   [VESSEL_A] = {2, 17.0},
                   [VESSEL_B] = {3, 17.0},
                   [SPINE] = {4, 5.0},
                   [NODULE] = {5, 15.0}};

status phantom_body(const struct phantom *p, float *hu)
{
    status st = OK;
    struct body b = {.p = p};

    for (int k = 0; k < NOISES; k++)
        TRY(noise_new(p->noise + NOISE[k].seed, NOISE[k].step, p->size,
                      p->spacing, &b.noise[k]));
    for (int64_t z = 0; z < p->size[2]; z++) {
        b.z = mm(p, 2, z);
        b.disc = crosses_disc(b.z);
        for (int64_t y = 0; y < p->size[1]; y++) {
            b.y = mm(p, 1, y);
            for (int k = 0; k < NOISES; k++)
                noise_row(&b.noise[k], y, z);
            for (int64_t x = 0; x < p->size[0]; x++)
                *hu++ = (float)voxel(&b, x);
        }
    }
out:
    for (int k = 0; k < NOISES; k++)
        noise_free(&b.noise[k]);
    return st;
}
