#include <stdbool.h>
#include <string.h>

#include "base/mem.h"

#include "det/math.h"
#include "eval/map_part.h"

/* Sums over the other rows run in eight lanes, row j in lane j mod 8, lanes
 * ascending in the end: the order of additions is written down and the
 * compiler is free to use vectors. */

typedef double v8 __attribute__((vector_size(64), aligned(8), may_alias));

enum { LANES = 8, HALVINGS = 200, EARLY = 250, ROWS = 16 };
static const double EXAGGERATION = 12.0;
static const double LEAST = 1e-12; /* of a probability */

struct tsne {
    const struct map *m;
    double target; /* entropy, nats */
    size_t stride; /* n rounded up to whole vectors */
    double *p;     /* [n][stride] joint probabilities, 0 where none */
    double *x, *y; /* [stride] map; what is beyond n is far away */
    double *dx, *dy, *gx, *gy, *ux, *uy; /* [n] force, gain, update */
    double *rx, *ry, *z;                 /* [n] repulsion, row sums */
    double exaggerate;
};

/* Conditional probabilities of row i at precision beta; their entropy. */
static double
conditional(const struct tsne *t, uint32_t i, double beta, double *p)
{
    const double *d = t->m->dist + (size_t)i * t->m->n;
    double near = __builtin_inf();
    double sum = 0.0;
    double moment = 0.0;

    for (uint32_t j = 0; j < t->m->n; j++)
        near = j != i && d[j] < near ? d[j] : near;
    for (uint32_t j = 0; j < t->m->n; j++) {
        p[j] = j == i ? 0.0 : det_exp(-beta * (d[j] - near));
        sum += p[j];
        moment += p[j] * (d[j] - near);
    }
    for (uint32_t j = 0; j < t->m->n; j++)
        p[j] /= sum;
    return det_log(sum) + beta * moment / sum;
}

/* Bisection for the precision whose entropy is the target. */
static status precision(void *ctx, size_t item, int member)
{
    struct tsne *t = ctx;
    double *p = t->p + item * t->stride;
    double lo = 0.0;
    double hi = __builtin_inf();
    double mean = 0.0;
    double beta = 1.0;

    (void)member;
    for (uint32_t j = 0; j < t->m->n; j++)
        mean += t->m->dist[item * t->m->n + j];
    if (mean > 0.0)
        beta = (double)t->m->n / mean;
    for (int k = 0; k < HALVINGS; k++) {
        double over = conditional(t, (uint32_t)item, beta, p) - t->target;

        if (__builtin_fabs(over) < 1e-10)
            break;
        if (over > 0.0) {
            lo = beta;
            beta = hi < __builtin_inf() ? (lo + hi) / 2.0 : beta * 2.0;
        } else {
            hi = beta;
            beta = (lo + hi) / 2.0;
        }
        if (!(beta < 1e300))
            break;
    }
    return OK;
}

static void join(struct tsne *t)
{
    uint32_t n = t->m->n;

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = i + 1; j < n; j++) {
            double *a = &t->p[i * t->stride + j];
            double *b = &t->p[j * t->stride + i];
            double v = (*a + *b) / (2.0 * n);

            *a = *b = v > LEAST ? v : LEAST;
        }
}

static double lanes(const v8 *v)
{
    double sum = 0.0;

    for (int l = 0; l < LANES; l++)
        sum += (*v)[l];
    return sum;
}

/* Attraction and repulsion of ROWS rows. */
static status forces(void *ctx, size_t item, int member)
{
    struct tsne *t = ctx;
    size_t lo = item * ROWS;
    size_t hi = lo + ROWS < t->m->n ? lo + ROWS : t->m->n;

    (void)member;
    for (size_t i = lo; i < hi; i++) {
        const double *p = t->p + i * t->stride;
        v8 z = {0};
        v8 ax = {0};
        v8 ay = {0};
        v8 rx = {0};
        v8 ry = {0};

        for (size_t j = 0; j < t->stride; j += LANES) {
            v8 dx = t->x[i] - *(const v8 *)(t->x + j);
            v8 dy = t->y[i] - *(const v8 *)(t->y + j);
            v8 q = 1.0 / (1.0 + (dx * dx + dy * dy));
            v8 a = *(const v8 *)(p + j) * q;
            v8 r = q * q;

            z += q;
            ax += a * dx;
            ay += a * dy;
            rx += r * dx;
            ry += r * dy;
        }
        t->z[i] = lanes(&z) - 1.0; /* not with itself */
        t->dx[i] = lanes(&ax);
        t->dy[i] = lanes(&ay);
        t->rx[i] = lanes(&rx);
        t->ry[i] = lanes(&ry);
    }
    return OK;
}

static status all_forces(struct tsne *t, double *z)
{
    status st = OK;

    TRY(map_each(t->m, (t->m->n + ROWS - 1) / ROWS, forces, t));
    *z = 0.0;
    for (uint32_t i = 0; i < t->m->n; i++)
        *z += t->z[i];
out:
    return st;
}

static void
move(double force, double momentum, double rate, double *gain, double *update)
{
    *gain = force * *update < 0.0 ? *gain + 0.2 : *gain * 0.8;
    if (*gain < 0.01)
        *gain = 0.01;
    *update = momentum * *update - rate * *gain * force;
}

static void descend(struct tsne *t, double z, double momentum, double rate)
{
    uint32_t n = t->m->n;
    double mx = 0.0;
    double my = 0.0;

    for (uint32_t i = 0; i < n; i++) {
        double fx = 4.0 * (t->exaggerate * t->dx[i] - t->rx[i] / z);
        double fy = 4.0 * (t->exaggerate * t->dy[i] - t->ry[i] / z);

        move(fx, momentum, rate, &t->gx[i], &t->ux[i]);
        move(fy, momentum, rate, &t->gy[i], &t->uy[i]);
        t->x[i] += t->ux[i];
        t->y[i] += t->uy[i];
        mx += t->x[i];
        my += t->y[i];
    }
    for (uint32_t i = 0; i < n; i++) {
        t->x[i] -= mx / n;
        t->y[i] -= my / n;
    }
}

/* Sum of p ln(p / q). */
static double divergence(const struct tsne *t, double z)
{
    uint32_t n = t->m->n;
    double kl = 0.0;

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < n; j++) {
            double dx = t->x[i] - t->x[j];
            double dy = t->y[i] - t->y[j];
            double q = 1.0 / (1.0 + (dx * dx + dy * dy)) / z;
            double p = t->p[i * t->stride + j];

            if (i != j)
                kl += p * det_log(p / (q > LEAST ? q : LEAST));
        }
    return kl;
}

static status tsne_new(struct tsne *t, const struct map *m)
{
    status st = OK;
    double **const row[] = {&t->dx, &t->dy, &t->gx, &t->gy, &t->ux,
                            &t->uy, &t->rx, &t->ry, &t->z};

    t->m = m;
    t->stride = ((size_t)m->n + LANES - 1) / LANES * LANES;
    TRY(mem_new(m->n * t->stride, sizeof *t->p, &t->p));
    TRY(mem_new(t->stride, sizeof *t->x, &t->x));
    TRY(mem_new(t->stride, sizeof *t->y, &t->y));
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
        TRY(mem_new(m->n, sizeof(double), row[i]));
    for (uint32_t i = 0; i < m->n; i++)
        t->gx[i] = t->gy[i] = 1.0;
out:
    return st;
}

static void tsne_clear(struct tsne *t)
{
    double *const all[] = {t->p,  t->x,  t->y,  t->dx, t->dy, t->gx,
                           t->gy, t->ux, t->uy, t->rx, t->ry, t->z};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        mem_free(all[i]);
}

/* The first two components, the first at a standard deviation of 1e-4. */
static status start(struct tsne *t, double *xy)
{
    status st = OK;
    double share[2];
    double sum = 0.0;
    double by;

    TRY(map_pca(t->m, xy, share));
    for (size_t i = 0; i < t->m->n; i++)
        sum += xy[2 * i] * xy[2 * i];
    by = sum > 0.0 ? 1e-4 / __builtin_sqrt(sum / t->m->n) : 0.0;
    for (size_t i = 0; i < t->stride; i++) {
        bool real = i < t->m->n;

        t->x[i] = real ? by * xy[2 * i] : 1e200; /* adds 0 to every sum */
        t->y[i] = real ? by * xy[2 * i + 1] : 0.0;
    }
out:
    return st;
}

status map_tsne(const struct map *m,
                const struct map_tsne *how,
                double *xy,
                double *kl)
{
    status st = OK;
    struct tsne t = {0};
    double most = ((double)m->n - 1.0) / 3.0;
    double rate = m->n / (4.0 * EXAGGERATION);
    double z = 1.0;

    ENSURE(how->perplexity >= 1.0 && how->steps >= 1, ERR_DATA,
           "t-SNE needs a perplexity of at least 1 and a step");
    TRY(tsne_new(&t, m));
    t.target = det_log(how->perplexity < most ? how->perplexity : most);
    TRY(map_each(m, m->n, precision, &t));
    join(&t);
    TRY(start(&t, xy));
    for (uint32_t k = 0; k < how->steps; k++) {
        bool early = k < EARLY;

        t.exaggerate = early ? EXAGGERATION : 1.0;
        TRY(all_forces(&t, &z));
        descend(&t, z, early ? 0.5 : 0.8, rate > 50.0 ? rate : 50.0);
    }
    TRY(all_forces(&t, &z));
    *kl = divergence(&t, z);
    for (size_t i = 0; i < m->n; i++) {
        xy[2 * i] = t.x[i];
        xy[2 * i + 1] = t.y[i];
    }
out:
    tsne_clear(&t);
    return st;
}
