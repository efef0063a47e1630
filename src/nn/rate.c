/* The cosine argument is reduced to one period by whole numbers before pi
 * comes in, so late steps lose nothing. */
#include "nn/rate.h"

#include <math.h>

#include "det/math.h"

static const double PI = 3.14159265358979323846;

status rate_check(const struct rate *r)
{
    status st = OK;

    ENSURE(isfinite(r->base) && r->base > 0.0, ERR_CONF,
           "learning rate %g (optim.lr), must be above 0", r->base);
    ENSURE(r->kind == RATE_CONSTANT || r->kind == RATE_STEP || r->t_max >= 1,
           ERR_CONF, "t_max of a cosine schedule is %lld, must be 1 or more",
           (long long)r->t_max);
    ENSURE(r->kind != RATE_STEP || r->size >= 1, ERR_CONF,
           "step size of a schedule is %lld, must be 1 or more",
           (long long)r->size);
    ENSURE(r->kind != RATE_STEP || (isfinite(r->gamma) && r->gamma > 0.0),
           ERR_CONF, "factor %g of a schedule, must be above 0", r->gamma);
    ENSURE(r->warmup >= 0, ERR_CONF, "warm-up of %lld steps, must be 0 or more",
           (long long)r->warmup);
out:
    return st;
}

static double cosine(const struct rate *r, int64_t t)
{
    double angle = PI * (double)(t % (2 * r->t_max)) / (double)r->t_max;

    return r->low + (r->base - r->low) * (1.0 + det_cos(angle)) / 2.0;
}

double rate_at(const struct rate *r, int64_t step, int64_t epoch)
{
    double rate = r->base;

    switch (r->kind) {
    case RATE_CONSTANT:
        break;
    case RATE_COSINE_STEP:
        rate = cosine(r, step);
        break;
    case RATE_COSINE_EPOCH:
        rate = cosine(r, epoch);
        break;
    case RATE_STEP:
        for (int64_t i = 0; i < epoch / r->size; i++)
            rate *= r->gamma;
        break;
    }
    if (step < r->warmup)
        rate *= (double)(step + 1) / (double)r->warmup;
    return rate;
}
