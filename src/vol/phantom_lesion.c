/* A lesion is blended into the body: HU (1 - w) + w * inside, with a weight w
 * that falls from 1 to 0 across its border. The classes differ in texture (0
 * to 4) and in shape (5 to 7). */
#include <math.h>

#include "det/math.h"
#include "vol/phantom.h"
#include "vol/phantom_noise.h"

static const double PI = 3.14159265358979323846;

/* A point in the lesion's own turned and stretched frame. */
struct local {
    double p[3];
    double r; /* distance of it, from what the shape says */
    double reach, edge;
};

static void
go_local(const struct phantom_lesion *l, const double d[3], struct local *q)
{
    double sum = 0.0;

    for (int a = 0; a < 3; a++) {
        const double *row = l->turn + (ptrdiff_t)3 * a;

        q->p[a] =
            (row[0] * d[0] + row[1] * d[1] + row[2] * d[2]) / l->stretch[a];
        sum += q->p[a] * q->p[a];
    }
    q->r = sqrt(sum) + 1e-6;
    q->reach = l->radius;
    q->edge = 0.8;
}

static double nearest_ball(const struct phantom_lesion *l, const double p[3])
{
    double best = 1e30;

    for (int i = 0; i < PHANTOM_BALLS; i++) {
        double sum = 0.0;

        for (int a = 0; a < 3; a++) {
            double d = p[a] - l->radius * 0.68 * l->ball[i][a];

            sum += d * d;
        }
        best = sum < best ? sum : best;
    }
    return sqrt(best);
}

static void shape(const struct phantom_lesion *l, struct local *q)
{
    double v = 0.0;

    switch (l->cls) {
    case 5: /* spikes: the reach depends on the direction */
        v = noise_at(l->noise, 3.0 * q->p[0] / q->r + 50.0,
                     3.0 * q->p[1] / q->r + 50.0, 3.0 * q->p[2] / q->r + 50.0);
        q->reach = l->radius * (0.65 + (v < 0.0 ? 0.0 : v > 1.0 ? 1.0 : v));
        break;
    case 6:
        q->r = nearest_ball(l, q->p);
        q->reach = 0.50 * l->radius;
        break;
    case 7:
        q->edge = 0.26 * l->radius;
        break;
    default:
        break;
    }
}

static double noise_mm(uint64_t seed, const double p[3], double step)
{
    return noise_at(seed, p[0] / step, p[1] / step, p[2] / step);
}

static double bubbles(const double p[3])
{
    double s[3];
    double c[3];

    for (int a = 0; a < 3; a++) {
        s[a] = det_sin(2.0 * PI / 7.0 * p[a]);
        c[a] = det_cos(2.0 * PI / 7.0 * p[a]);
    }
    return det_tanh(2.0 * (s[0] * c[1] + s[1] * c[2] + s[2] * c[0]));
}

static double texture(const struct phantom_lesion *l, const struct local *q)
{
    switch (l->cls) {
    case 0:
        return 1.2 * det_sin(2.0 * PI * q->p[0] / 6.0);
    case 1:
        return 1.2 * det_cos(2.0 * PI * q->r / 6.0);
    case 2:
        return noise_mm(l->noise, q->p, 3.4) > 0.30 ? 1.8 : -0.5;
    case 3:
        return 1.1 * det_tanh((q->r - 0.68 * l->radius) / 0.8);
    case 4:
        return 1.2 * bubbles(q->p);
    default: /* faint mottle in the shape classes */
        return 0.7 * noise_mm(l->noise, q->p, 4.0);
    }
}

static double
blend(const struct phantom_lesion *l, const double d[3], double hu)
{
    struct local q;
    double t = 0.0;
    double w = 0.0;

    go_local(l, d, &q);
    shape(l, &q);
    t = (q.r - q.reach) / q.edge;
    if (t >= 30.0)
        return hu; /* w < 1e-13 */
    w = 1.0 / (1.0 + det_exp(t < -30.0 ? -30.0 : t));
    return hu * (1.0 - w) +
           w * (l->base + l->amp * texture(l, &q) +
                60.0 * l->mottle * noise_mm(l->noise + 9, d, 4.0));
}

/* Voxels nearer than 30 mm along an axis: lo <= i < hi. */
static void near_voxels(
    const struct phantom *p, int axis, double center, int64_t *lo, int64_t *hi)
{
    *lo = 0;
    *hi = p->size[axis];
    for (int64_t i = 0; i < p->size[axis]; i++) {
        double at =
            ((double)i - (double)(p->size[axis] - 1) / 2.0) * p->spacing[axis];

        if (at <= center - 30.0)
            *lo = i + 1;
        if (at < center + 30.0)
            *hi = i + 1;
    }
}

void phantom_add_lesion(const struct phantom *p,
                        const struct phantom_lesion *l,
                        float *hu)
{
    int64_t lo[3];
    int64_t hi[3];
    double d[3];

    for (int a = 0; a < 3; a++)
        near_voxels(p, a, l->center[a], &lo[a], &hi[a]);
    for (int64_t z = lo[2]; z < hi[2]; z++)
        for (int64_t y = lo[1]; y < hi[1]; y++)
            for (int64_t x = lo[0]; x < hi[0]; x++) {
                const int64_t i[3] = {x, y, z};
                float *v = hu + x + p->size[0] * (y + p->size[1] * z);

                for (int a = 0; a < 3; a++)
                    d[a] = ((double)i[a] - (double)(p->size[a] - 1) / 2.0) *
                               p->spacing[a] -
                           l->center[a];
                *v = (float)blend(l, d, (double)*v);
            }
}
