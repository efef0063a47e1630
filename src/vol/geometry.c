/* Index to world and back. The order of the additions is that of ITK, so that
 * with the same inverse the same bits come out. */
#include "vol/geometry.h"

#include <math.h>

#include "vol/inverse.h"

size_t geometry_len(const struct geometry *g)
{
    return (size_t)g->size[0] * (size_t)g->size[1] * (size_t)g->size[2];
}

static double det3(const double m[9])
{
    return m[0] * (m[4] * m[8] - m[5] * m[7]) -
           m[1] * (m[3] * m[8] - m[5] * m[6]) +
           m[2] * (m[3] * m[7] - m[4] * m[6]);
}

/* Columns of a direction have length 1, so the determinant is the volume of a
 * unit cell: 1 when orthogonal, near 0 when two axes fall together. */
static const double least_det = 1e-3;

status geometry_check(const struct geometry *g, const char *name)
{
    status st = OK;
    double det;

    for (int a = 0; a < 3; a++) {
        ENSURE(g->size[a] >= 1 && g->size[a] <= INT32_MAX, ERR_DATA,
               "%s: size of axis %d is %lld, 1 to 2147483647 is possible", name,
               a, (long long)g->size[a]);
        ENSURE(isfinite(g->spacing[a]) && g->spacing[a] > 0.0, ERR_DATA,
               "%s: spacing of axis %d is %.9g mm, it must be positive; "
               "correct the header",
               name, a, g->spacing[a]);
        ENSURE(isfinite(g->origin[a]), ERR_DATA,
               "%s: origin of axis %d is not a number; correct the header",
               name, a);
    }
    for (int i = 0; i < 9; i++)
        ENSURE(isfinite(g->direction[i]), ERR_DATA,
               "%s: direction[%d] is not a number; correct the header", name,
               i);
    det = det3(g->direction);
    ENSURE(fabs(det) >= least_det, ERR_DATA,
           "%s: direction is singular (determinant %.3g): two axes of the "
           "image run the same way; correct the header",
           name, det);
out:
    return st;
}

void geometry_inverse(const struct geometry *g, double out[9])
{
    double m[9];
    double det;

    for (int i = 0; i < 9; i++)
        m[i] = g->direction[i] * g->spacing[i % 3];
    if (inverse_svd(m, out))
        return;
    det = det3(m); /* spacings of very different size */
    for (int r = 0; r < 3; r++) {
        int r1 = (r + 1) % 3;
        int r2 = (r + 2) % 3;

        for (int c = 0; c < 3; c++) {
            int c1 = (c + 1) % 3;
            int c2 = (c + 2) % 3;

            out[3 * c + r] = (m[3 * r1 + c1] * m[3 * r2 + c2] -
                              m[3 * r1 + c2] * m[3 * r2 + c1]) /
                             det;
        }
    }
}

void geometry_point(const struct geometry *g,
                    const double index[3],
                    double out[3])
{
    for (int r = 0; r < 3; r++) {
        double p = g->origin[r];

        for (int a = 0; a < 3; a++)
            p += g->direction[3 * r + a] * g->spacing[a] * index[a];
        out[r] = p;
    }
}

void geometry_index(const struct geometry *g,
                    const double inverse[9],
                    const double point[3],
                    double out[3])
{
    double c[3] = {0.0, 0.0, 0.0};

    for (int r = 0; r < 3; r++)
        for (int k = 0; k < 3; k++)
            c[r] += inverse[3 * r + k] * (point[k] - g->origin[k]);
    for (int r = 0; r < 3; r++)
        out[r] = c[r];
}
