#include "eval/scaler.h"

#include <float.h>
#include <stdbool.h>

#include "base/mem.h"

void scaler_free(struct scaler *s)
{
    if (!s)
        return;
    mem_free(s->mean);
    mem_free(s->var);
    mem_free(s->scale);
    mem_free(s);
}

static status add_rows(const double *x, uint32_t n, struct scaler *s)
{
    status st = OK;

    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < s->p; j++) {
            double v = x[(size_t)i * s->p + j];

            ENSURE(__builtin_isfinite(v), ERR_NUMERIC,
                   "features: row %u, column %u is not a finite number", i, j);
            s->mean[j] += v;
        }
    for (uint32_t j = 0; j < s->p; j++)
        s->mean[j] /= n;
out:
    return st;
}

/* Two passes; the sum of deviations, zero without rounding, corrects the sum
 * of squares (Chan, Golub, LeVeque 1983, eq. 1.7). */
static void
add_squares(const double *x, uint32_t n, struct scaler *s, double *deviation)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < s->p; j++) {
            double d = x[(size_t)i * s->p + j] - s->mean[j];

            deviation[j] += d;
            s->var[j] += d * d;
        }
    for (uint32_t j = 0; j < s->p; j++)
        s->var[j] = (s->var[j] - deviation[j] * deviation[j] / n) / n;
}

static double scale_of(double mean, double var, uint32_t n)
{
    double slack = n * mean * DBL_EPSILON;
    bool constant = var <= n * DBL_EPSILON * var + slack * slack;

    return constant ? 1.0 : __builtin_sqrt(var);
}

status scaler_fit(const double *x, uint32_t n, uint32_t p, struct scaler **out)
{
    status st = OK;
    struct scaler *s = NULL;
    double *deviation = NULL;

    ENSURE(n > 0 && p > 0, ERR_DATA, "features: %u rows of %u columns", n, p);
    TRY(mem_new(1, sizeof *s, &s));
    s->p = p;
    TRY(mem_new(p, sizeof *s->mean, &s->mean));
    TRY(mem_new(p, sizeof *s->var, &s->var));
    TRY(mem_new(p, sizeof *s->scale, &s->scale));
    TRY(mem_new(p, sizeof *deviation, &deviation));
    TRY(add_rows(x, n, s));
    add_squares(x, n, s, deviation);
    for (uint32_t j = 0; j < p; j++)
        s->scale[j] = scale_of(s->mean[j], s->var[j], n);
    *out = s;
    s = NULL;
out:
    scaler_free(s);
    mem_free(deviation);
    return st;
}

void scaler_apply(const struct scaler *s,
                  const double *x,
                  uint32_t n,
                  double *out)
{
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t j = 0; j < s->p; j++) {
            size_t at = (size_t)i * s->p + j;

            out[at] = (x[at] - s->mean[j]) / s->scale[j];
        }
}
