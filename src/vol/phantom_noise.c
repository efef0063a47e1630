#include "vol/phantom_noise.h"

#include "base/mem.h"

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31);
}

double noise_lattice(uint64_t seed, int64_t i, int64_t j, int64_t k)
{
    uint64_t key = (uint64_t)i * 0x9E3779B97F4A7C15ULL +
                   (uint64_t)j * 0xC2B2AE3D27D4EB4FULL +
                   (uint64_t)k * 0x165667B19E3779F9ULL + seed;

    return (double)(mix(mix(key)) >> 40) * 0x1p-24;
}

/* Largest whole number <= q, for |q| far below 2^62. */
static int64_t floor_of(double q)
{
    int64_t i = (int64_t)q;

    return i - ((double)i > q);
}

static double smooth(double t)
{
    return t * t * (3.0 - 2.0 * t);
}

double noise_at(uint64_t seed, double x, double y, double z)
{
    int64_t i = floor_of(x);
    int64_t j = floor_of(y);
    int64_t k = floor_of(z);
    double wx = smooth(x - (double)i);
    double wy = smooth(y - (double)j);
    double wz = smooth(z - (double)k);
    double plane[2];

    for (int dz = 0; dz < 2; dz++) {
        double line[2];

        for (int dy = 0; dy < 2; dy++)
            line[dy] = noise_lattice(seed, i, j + dy, k + dz) * (1.0 - wx) +
                       noise_lattice(seed, i + 1, j + dy, k + dz) * wx;
        plane[dz] = line[0] * (1.0 - wy) + line[1] * wy;
    }
    return 2.0 * (plane[0] * (1.0 - wz) + plane[1] * wz) - 1.0;
}

static status
axis_new(double step, int64_t n, double spacing, struct noise_axis *a)
{
    status st = OK;
    double middle = (double)(n - 1) / 2.0;

    a->n = n;
    TRY(mem_new((size_t)n, sizeof *a->cell, &a->cell));
    TRY(mem_new((size_t)n, sizeof *a->weight, &a->weight));
    a->first = floor_of(-middle * spacing / step);
    for (int64_t i = 0; i < n; i++) {
        double q = ((double)i - middle) * spacing / step;
        int64_t cell = floor_of(q);

        a->cell[i] = (int32_t)(cell - a->first);
        a->weight[i] = smooth(q - (double)cell);
    }
    a->points = a->cell[n - 1] + 2;
out:
    return st;
}

status noise_new(uint64_t seed,
                 double step,
                 const int64_t n[3],
                 const double spacing[3],
                 struct noise_grid *out)
{
    status st = OK;
    struct noise_grid g = {0};
    size_t at = 0;

    for (int a = 0; a < 3; a++)
        TRY(axis_new(step, n[a], spacing[a], &g.axis[a]));
    TRY(mem_new((size_t)(g.axis[0].points * g.axis[1].points),
                (size_t)g.axis[2].points * sizeof *g.value, &g.value));
    TRY(mem_new((size_t)g.axis[0].points, sizeof *g.row, &g.row));
    for (int64_t k = 0; k < g.axis[2].points; k++)
        for (int64_t j = 0; j < g.axis[1].points; j++)
            for (int64_t i = 0; i < g.axis[0].points; i++)
                g.value[at++] = (float)noise_lattice(seed, g.axis[0].first + i,
                                                     g.axis[1].first + j,
                                                     g.axis[2].first + k);
    *out = g;
    g = (struct noise_grid){0};
out:
    noise_free(&g);
    return st;
}

void noise_free(struct noise_grid *g)
{
    for (int a = 0; a < 3; a++) {
        mem_free(g->axis[a].cell);
        mem_free(g->axis[a].weight);
    }
    mem_free(g->value);
    mem_free(g->row);
    *g = (struct noise_grid){0};
}

void noise_row(struct noise_grid *g, int64_t y, int64_t z)
{
    int64_t nx = g->axis[0].points;
    int64_t ny = g->axis[1].points;
    double wy = g->axis[1].weight[y];
    double wz = g->axis[2].weight[z];
    const float *p =
        g->value + nx * (g->axis[1].cell[y] + ny * g->axis[2].cell[z]);
    const float *q = p + nx * ny;

    for (int64_t i = 0; i < nx; i++) {
        double lower = (double)p[i] * (1.0 - wy) + (double)p[nx + i] * wy;
        double upper = (double)q[i] * (1.0 - wy) + (double)q[nx + i] * wy;

        g->row[i] = lower * (1.0 - wz) + upper * wz;
    }
}
