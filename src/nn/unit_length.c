#include "nn/unit_length.h"

#include <math.h>

static const double LENGTH_MIN = 1e-12;

double unit_dot(const double *a, const double *b, size_t d)
{
    double sum = 0.0;

    for (size_t i = 0; i < d; i++)
        sum += a[i] * b[i];
    return sum;
}

double unit_make(const double *x, size_t d, double *z)
{
    double length = sqrt(unit_dot(x, x, d));
    double by = length > LENGTH_MIN ? length : LENGTH_MIN;

    for (size_t i = 0; i < d; i++)
        z[i] = x[i] / by;
    return length;
}

void unit_back(
    const double *z, double length, double scale, size_t d, double *g)
{
    double along = length > LENGTH_MIN ? unit_dot(z, g, d) : 0.0;

    for (size_t i = 0; i < d; i++)
        g[i] = scale * (g[i] - along * z[i]) /
               (length > LENGTH_MIN ? length : LENGTH_MIN);
}
