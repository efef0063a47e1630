#ifndef EVAL_CALIBRATION_H
#define EVAL_CALIBRATION_H

#include <stdint.h>

#include "base/status.h"

/* Are predicted probabilities frequencies? Two classes, y [n] > 0 is positive,
 * proba [n] in 0..1. Any rank. */

/* Mean squared error (Brier 1950) and, over `bins` equal widths of [0, 1] (an
 * edge belongs to the bin below it), the expected calibration error: the mean
 * of |mean probability - share of positives| weighted by rows. bin [bins] is
 * the caller's; an empty one has NaN means. ERR_DATA: no rows, no bins;
 * ERR_NUMERIC: a probability outside 0..1 (row). */
struct calibration_bin {
    uint32_t n;
    double proba, share;
};
struct calibration {
    double brier;
    double error;
};
status calibration_fit(const int32_t *y,
                       const double *proba,
                       uint32_t n,
                       uint32_t bins,
                       struct calibration_bin *bin,
                       struct calibration *out);

#endif
