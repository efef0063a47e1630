#include "eval/calibration.h"

#include <math.h>

static uint32_t bin_of(double p, uint32_t bins)
{
    double k = ceil(p * bins);

    return k > 1.0 ? (uint32_t)k - 1 : 0;
}

status calibration_fit(const int32_t *y,
                       const double *proba,
                       uint32_t n,
                       uint32_t bins,
                       struct calibration_bin *bin,
                       struct calibration *out)
{
    status st = OK;
    struct calibration c = {0};

    ENSURE(n > 0 && bins > 0, ERR_DATA,
           "calibration: %u rows in %u bins; need one of each", n, bins);
    for (uint32_t i = 0; i < n; i++)
        ENSURE(proba[i] >= 0.0 && proba[i] <= 1.0, ERR_NUMERIC,
               "calibration: row %u: probability %g; need 0 .. 1", i, proba[i]);
    for (uint32_t k = 0; k < bins; k++)
        bin[k] = (struct calibration_bin){0};
    for (uint32_t i = 0; i < n; i++) {
        struct calibration_bin *b = &bin[bin_of(proba[i], bins)];
        double truth = y[i] > 0;

        c.brier += (proba[i] - truth) * (proba[i] - truth) / n;
        b->n++;
        b->proba += proba[i];
        b->share += truth;
    }
    for (uint32_t k = 0; k < bins; k++) {
        c.error += fabs(bin[k].proba - bin[k].share) / n;
        bin[k].proba /= bin[k].n; /* 0 / 0 is NaN */
        bin[k].share /= bin[k].n;
    }
    *out = c;
out:
    return st;
}
