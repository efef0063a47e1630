#include <string.h>

#include "base/mem.h"

#include "det/order.h"
#include "eval/map_part.h"

enum { W = MAT_WIDTH };

status map_each(const struct map *m, size_t n, team_fn *fn, void *ctx)
{
    status st = OK;

    if (m->team)
        return team_run(m->team, n, fn, ctx);
    for (size_t i = 0; i < n; i++)
        TRY(fn(ctx, i, 0));
out:
    return st;
}

static status check(const double *x, uint32_t n, uint32_t p)
{
    status st = OK;

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < p; j++)
            ENSURE(__builtin_isfinite(x[(size_t)i * p + j]), ERR_NUMERIC,
                   "feature %u of row %u is not finite: no map", j, i);
out:
    return st;
}

static void centre(struct map *m, const double *x)
{
    for (size_t j = 0; j < m->p; j++) {
        double sum = 0.0;

        for (size_t i = 0; i < m->n; i++)
            sum += x[i * m->p + j];
        for (size_t i = 0; i < m->n; i++)
            m->x[i * m->p + j] = x[i * m->p + j] - sum / (double)m->n;
    }
}

/* Eight columns of the Gram matrix against all rows. */
static status eight(void *ctx, size_t item, int member)
{
    status st = OK;
    struct map *m = ctx;
    uint32_t lo = (uint32_t)item * W;
    uint32_t k = lo + W < m->n ? W : m->n - lo;
    double *b = NULL;
    double *z = NULL;

    (void)member;
    TRY(mem_new((size_t)m->p * W, sizeof *b, &b));
    TRY(mem_raw((size_t)m->n * W, sizeof *z, &z));
    for (uint32_t c = 0; c < k; c++)
        for (uint32_t j = 0; j < m->p; j++)
            b[(size_t)j * W + c] = m->row[lo + c][j];
    m->ops->forward(m->row, m->n, m->p, b, z);
    for (uint32_t c = 0; c < k; c++)
        for (uint32_t i = 0; i < m->n; i++)
            m->dist[(size_t)(lo + c) * m->n + i] = z[(size_t)i * W + c];
out:
    mem_free(b);
    mem_free(z);
    return st;
}

/* |a - b|^2 = aa + bb - 2 ab, in place, never below zero. A product of two
 * rows has the same bits in either order, so the result is symmetric. */
static status distances(struct map *m)
{
    status st = OK;
    double *norm = NULL;
    size_t n = m->n;

    TRY(mem_raw(n, sizeof *norm, &norm));
    TRY(map_each(m, (n + W - 1) / W, eight, m));
    for (size_t i = 0; i < n; i++)
        norm[i] = m->dist[i * n + i];
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double d = norm[i] + norm[j] - 2.0 * m->dist[i * n + j];

            m->dist[i * n + j] = i == j || d < 0.0 ? 0.0 : d;
        }
out:
    mem_free(norm);
    return st;
}

status map_open(const double *x,
                uint32_t n,
                uint32_t p,
                struct team *team,
                struct map **out)
{
    status st = OK;
    struct map *m = NULL;

    ENSURE(n >= 8 && n <= MAP_ROWS && p >= 1, ERR_DATA,
           "a map needs 8 to %d rows and a feature, not %u rows of %u",
           MAP_ROWS, n, p);
    TRY(check(x, n, p));
    TRY(mem_new(1, sizeof *m, &m));
    m->ops = mat_ops();
    m->team = team;
    m->n = n;
    m->p = p;
    TRY(mem_raw((size_t)n * p, sizeof *m->x, &m->x));
    TRY(mem_raw(n, sizeof *m->row, &m->row));
    TRY(mem_raw((size_t)n * n, sizeof *m->dist, &m->dist));
    for (uint32_t i = 0; i < n; i++)
        m->row[i] = m->x + (size_t)i * p;
    centre(m, x);
    TRY(distances(m));
    *out = m;
    m = NULL;
out:
    map_close(m);
    return st;
}

void map_close(struct map *m)
{
    if (!m)
        return;
    mem_free(m->x);
    mem_free(m->row);
    mem_free(m->dist);
    mem_free(m);
}

/* ---- trustworthiness */

struct trust {
    const struct map *m;
    const double *xy;
    uint32_t k;
    uint64_t *excess; /* [n] sum over the row's false neighbours of rank - k */
};

/* The others of row i, nearest first; i itself is put last. */
static void
others(const double *dist, uint32_t n, size_t i, double *key, uint32_t *idx)
{
    memcpy(key, dist, n * sizeof *key);
    key[i] = __builtin_inf();
    order_f64(key, n, idx);
}

static status trust_row(void *ctx, size_t item, int member)
{
    status st = OK;
    const struct trust *t = ctx;
    uint32_t n = t->m->n;
    size_t i = item;
    double *key = NULL;
    double *flat = NULL;
    uint32_t *idx = NULL;
    uint32_t *rank = NULL;

    (void)member;
    TRY(mem_raw(n, sizeof *key, &key));
    TRY(mem_raw(n, sizeof *flat, &flat));
    TRY(mem_raw(n, sizeof *idx, &idx));
    TRY(mem_raw(n, sizeof *rank, &rank));
    others(t->m->dist + i * n, n, i, key, idx);
    for (uint32_t r = 0; r < n; r++)
        rank[idx[r]] = r + 1;
    for (size_t j = 0; j < n; j++) {
        double dx = t->xy[2 * i] - t->xy[2 * j];
        double dy = t->xy[2 * i + 1] - t->xy[2 * j + 1];

        flat[j] = dx * dx + dy * dy;
    }
    others(flat, n, i, key, idx);
    for (uint32_t r = 0; r < t->k; r++)
        if (rank[idx[r]] > t->k)
            t->excess[i] += rank[idx[r]] - t->k;
out:
    mem_free(key);
    mem_free(flat);
    mem_free(idx);
    mem_free(rank);
    return st;
}

status map_trust(const struct map *m, const double *xy, uint32_t k, double *out)
{
    status st = OK;
    struct trust t = {.m = m, .xy = xy, .k = k};
    uint64_t sum = 0;
    double n = m->n;

    ENSURE(k >= 1 && 2 * k < m->n, ERR_DATA,
           "trustworthiness in %u neighbours needs more than %u rows", k,
           2 * k);
    TRY(mem_new(m->n, sizeof *t.excess, &t.excess));
    TRY(map_each(m, m->n, trust_row, &t));
    for (uint32_t i = 0; i < m->n; i++)
        sum += t.excess[i];
    *out =
        1.0 - 2.0 * (double)sum / (n * (double)k * (2.0 * n - 3.0 * k - 1.0));
out:
    mem_free(t.excess);
    return st;
}
